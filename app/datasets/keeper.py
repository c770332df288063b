"""What is said of an uploaded layer stands with the layer itself: the book of layers asks and tells it here."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.datasets import queries, service
from app.datasets.words import audience_words, datum_words
from app.layerbook.keepers import KeptWords
from app.layerbook.said import checked
from grid.reach import Viewer


class DatasetWords:
    """The keeper of uploaded and worked-out layers."""

    names = ("title", *service.ABOUT)

    def words(self, viewer: Viewer, layer_id: str) -> KeptWords | None:
        """What stands with the layer; None for one that is no upload."""
        found = queries.one(layer_id)
        if found is None:
            return None
        is_own = found.owner_id is not None and found.owner_id == viewer.account_id
        about = {name: str(found.about.get(name, "")) for name in service.ABOUT}
        said = {"title": found.title, **about, "crs": datum_words(found.origin.get("datum") or "EPSG:4326")}
        return KeptWords(
            said, found.audience.value, str(audience_words(found.audience)),
            may_change=(is_own and viewer.may("datasets.edit")) or viewer.may("datasets.manage"),
        )  # fmt: skip

    def change(self, db: Session, viewer: Viewer, layer_id: str, said: Mapping[str, str]) -> None:
        """Its own title, source, licence, time and quality. Forbidden, InvalidInput."""
        about = checked({name: text for name, text in said.items() if name in service.ABOUT})
        service.change(db, viewer, layer_id, title=said.get("title"), about=about or None)
