"""Styles made, changed and taken away, and layers kept at hand, in the transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit.service import record
from app.styles.models import Favourite, MapStyle
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from layers.declared import Declared, check, known_names, read_declared
from layers.layer import Layer

TITLE_MAX = 100
STYLES_MAX = 200  # of one account: a list that can still be read
SHARE = "styles.share"


class TooManyStyles(Conflict):
    """The account keeps as many styles as it may."""

    code = "styles.too_many"


def every(db: Session, viewer: Viewer, layer_ids: list[str]) -> list[MapStyle]:
    """The viewer's own styles and the shared ones, of some layers, own ones first."""
    asked = select(MapStyle).where(MapStyle.layer_id.in_(layer_ids), _is_seen(viewer))
    return list(db.scalars(asked.order_by(MapStyle.owner_id != viewer.account_id, MapStyle.title, MapStyle.id)))


def get(db: Session, viewer: Viewer, style_id: int, *, to_change: bool = False) -> MapStyle:
    """A style that the viewer may use, or with `to_change` may change; locked for a change."""
    asked = select(MapStyle).where(MapStyle.id == style_id, _is_seen(viewer))
    found = db.scalar(asked.with_for_update() if to_change else asked)
    if found is None:
        raise NotFound("There is no style {id}.", id=style_id)
    if to_change and not may_change(viewer, found):
        raise Forbidden("Only its owner may change the style {title}.", title=found.title)
    return found


def declared_of(db: Session, viewer: Viewer, style_id: int, layer: Layer) -> Declared:
    """The declaration of a kept style for this very layer; NotFound for a style of another."""
    return declared_of_layer(get(db, viewer, style_id), layer)


def declared_of_layer(found: MapStyle, layer: Layer) -> Declared:
    """The same of a style that was read; NotFound also where it names a field that the layer hasn't for its reader."""
    if found.layer_id != layer.id or not is_told(found, layer):
        raise NotFound("There is no style {id}.", id=found.id)
    return read_declared(found.declared)


def is_told(style: MapStyle, layer: Layer) -> bool:
    """Whether all fields that a style names are fields of the layer, as its reader sees it: a style lists values."""
    return read_declared(style.declared).fields() <= known_names(layer)


def may_change(viewer: Viewer, style: MapStyle) -> bool:
    """Owners change theirs; who may share changes shared ones."""
    return style.owner_id == viewer.account_id or (style.is_shared and viewer.may(SHARE))


def add(
    db: Session, viewer: Viewer, layer: Layer, title: str, given: Mapping[str, Any], *, is_shared: bool = False
) -> MapStyle:
    """Keep a style; InvalidInput where the layer can't be drawn so, Forbidden to share without the right."""
    viewer.require("layers.read")
    if viewer.account_id is None:
        raise Forbidden("Only who is logged in keeps styles.")
    kept = db.scalar(select(func.count()).select_from(MapStyle).where(MapStyle.owner_id == viewer.account_id)) or 0
    if kept >= STYLES_MAX:
        raise TooManyStyles("{max} styles are kept already: take one away first.", max=STYLES_MAX)
    _may_share(viewer, is_shared)
    made = MapStyle(
        layer_id=layer.id, title=_title(title), owner_id=viewer.account_id, is_shared=is_shared,
        declared=_checked(layer, given),
    )  # fmt: skip
    db.add(made)
    db.flush()
    _record(db, viewer, "styles.add", made)
    return made


def change(
    db: Session, viewer: Viewer, layer: Layer, style_id: int, *, title: str | None = None,
    given: Mapping[str, Any] | None = None, is_shared: bool | None = None,
) -> MapStyle:  # fmt: skip
    """Another title, another declaration, shared or no longer."""
    found = get(db, viewer, style_id, to_change=True)
    if is_shared is not None and is_shared != found.is_shared:
        _may_share(viewer, is_shared)
        found.is_shared = is_shared
    if title is not None:
        found.title = _title(title)
    if given is not None:
        found.declared = _checked(layer, given)
    found.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
    db.flush()
    _record(db, viewer, "styles.change", found)
    return found


def remove(db: Session, viewer: Viewer, style_id: int) -> None:
    """The style is gone; maps that were sent around with it show the layer as it is declared."""
    found = get(db, viewer, style_id, to_change=True)
    _record(db, viewer, "styles.remove", found)
    db.delete(found)
    db.flush()


def favourites(db: Session, viewer: Viewer) -> list[str]:
    """Ids of the layers kept at hand, in the order in which they were kept."""
    asked = select(Favourite.layer_id).where(Favourite.account_id == viewer.account_id)
    return list(db.scalars(asked.order_by(Favourite.added_at, Favourite.layer_id)))


def keep(db: Session, viewer: Viewer, layer: Layer) -> None:
    """Keep a layer at hand; once more changes nothing."""
    if viewer.account_id is None:
        raise Forbidden("Only who is logged in keeps layers at hand.")
    made = insert(Favourite).values(account_id=viewer.account_id, layer_id=layer.id)
    db.execute(made.on_conflict_do_nothing())


def let_go(db: Session, viewer: Viewer, layer_id: str) -> None:
    """No longer at hand; a layer that wasn't changes nothing."""
    db.execute(delete(Favourite).where(Favourite.account_id == viewer.account_id, Favourite.layer_id == layer_id))


def _is_seen(viewer: Viewer) -> Any:
    if viewer.account_id is None or not viewer.may("layers.read"):
        return MapStyle.id.is_(None)
    return or_(MapStyle.owner_id == viewer.account_id, MapStyle.is_shared)


def _may_share(viewer: Viewer, is_shared: bool) -> None:
    if is_shared:
        viewer.require(SHARE)


def _checked(layer: Layer, given: Mapping[str, Any]) -> dict[str, Any]:
    declared = read_declared(given)
    check(layer, declared)
    return declared.model_dump(mode="json", exclude_defaults=True)


def _title(given: str) -> str:
    plain = " ".join(given.split())
    if not plain or len(plain) > TITLE_MAX:
        raise InvalidInput("A title has between 1 and {max} characters.", field="title", max=TITLE_MAX)
    return plain


def _record(db: Session, viewer: Viewer, act: str, style: MapStyle) -> None:
    detail = {"layer": style.layer_id, "shared": style.is_shared}
    record(db, viewer, act=act, subject="style", subject_id=style.id, detail=detail)
