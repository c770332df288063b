"""Which data sets there are, and who may see them: one rule for every door."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from app.datasets.models import Audience, Dataset
from gis.db import look
from grid.reach import Viewer
from layers.layer import Registry
from layers.touches import TOUCHES, Touch

FACTS = (
    Dataset.id, Dataset.layer_id, Dataset.title, Dataset.owner_id, Dataset.audience, Dataset.geometry, Dataset.columns,
    Dataset.version, Dataset.changed_at, Dataset.origin, Dataset.bounds, Dataset.row_count, Dataset.about,
)  # fmt: skip


KNOWN_MAX = 1_000
_ONE = select(*FACTS).where(Dataset.layer_id == bindparam("id"))


_known: OrderedDict[str, Row[Any] | None] = OrderedDict()


def _touched(found: list[Touch] | None) -> None:
    """A data set was changed, or its rows were (`changed_at` tells so too)."""
    if found is None or any(one.name.startswith("dataset") for one in found):
        _known.clear()


TOUCHES.listen(_touched)


def one(layer_id: str) -> Row[Any] | None:
    """What is known of the data set of a layer id: asked with every tile and page, so kept until it is touched."""
    position = TOUCHES.catch_up()
    if position is not None and layer_id in _known:
        return _known[layer_id]
    with look() as connection:
        found = connection.execute(_ONE, {"id": layer_id}).first()
    if position is not None and TOUCHES.since(position) == []:
        _known[layer_id] = found
        while len(_known) > KNOWN_MAX:
            _known.popitem(last=False)
    return found


def every() -> list[Row[Any]]:
    """All data sets, by title."""
    with look() as connection:
        return list(connection.execute(_facts().order_by(Dataset.title, Dataset.id)))


def seen(registry: Registry, viewer: Viewer) -> list[Row[Any]]:
    """The data sets that a viewer sees as layers, by title."""
    known = {one.id for one in registry.all(viewer)}
    return [one for one in every() if one.layer_id in known]


def hidden_columns(registry: Registry, viewer: Viewer, layer_id: str) -> frozenset[str]:
    """The columns of a data set that its layer does not have for this viewer; NotFound where it has no such layer."""
    shown = {field.name for field in registry.get(layer_id, viewer).fields}
    found = one(layer_id)
    return frozenset() if found is None else frozenset(part["name"] for part in found.columns) - shown


def _facts() -> Select[Any]:
    return select(*FACTS)


def is_seen_by(viewer: Viewer | None, audience: Audience, owner_id: int | None) -> bool:
    """Whether a viewer (None: someone without a login) may see a data set.

    Owners see theirs, staff what is for staff; who may manage data sets, and commands on the server, see all.
    """
    if audience == Audience.PUBLIC:
        return True
    if viewer is None or not viewer.may("layers.read"):
        return False
    is_own = owner_id is not None and owner_id == viewer.account_id
    return is_own or audience == Audience.STAFF or viewer.may("datasets.manage")
