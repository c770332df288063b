"""Pages of features and single ones, in the asked CRS. The count is taken once, with the first page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal_column, select
from sqlalchemy.orm import Session

from app.ogc.asked import Asked
from app.ogc.crs import Crs
from gis.errors import NotFound
from grid.reach import Viewer
from layers import features
from layers.features import feature
from layers.filters import rows_of
from layers.layer import Layer
from layers.near import MOST


@dataclass(frozen=True)
class Page:
    """Features as GeoJSON texts with the ids of the first and the last; whether others stand before and after.

    `matched` is exact, or None where it is more than was counted.
    """

    features: list[str]
    first_id: int | None
    last_id: int | None
    has_before: bool
    has_after: bool
    matched: int | None


def page(db: Session, layer: Layer, viewer: Viewer, asked: Asked) -> Page:
    """The asked page, in the order of ids; two statements at most, the second only counts and only for a first page."""
    box = asked.plain_box
    if box is not None and layer.geometry == "POINT" and not (asked.cursor and asked.cursor.is_back):
        return _plain_page(db, layer, viewer, asked, box)
    rows = rows_of(layer, viewer, asked.chosen)
    conditions = asked.conditions(layer, rows.c)
    cursor, is_back = asked.cursor, asked.cursor is not None and asked.cursor.is_back
    picked: Select[Any] = select(rows).where(*conditions)
    if cursor is not None:
        picked = picked.where(rows.c.id < cursor.row_id if is_back else rows.c.id > cursor.row_id)
    part = picked.order_by(rows.c.id.desc() if is_back else rows.c.id).limit(asked.limit + 1).subquery("part")
    text = feature(layer, part.c, shown(part.c.geom, asked.crs), asked.crs.digits)
    found = list(db.execute(select(part.c.id, text).order_by(part.c.id.desc() if is_back else part.c.id)))
    is_cut, found = len(found) > asked.limit, found[: asked.limit]
    if is_back:
        found.reverse()
    if cursor is not None:
        matched = cursor.matched
    elif not is_cut:
        matched = len(found)
    else:
        matched = _matched(db, layer, viewer, asked, rows, conditions)
    return Page(
        [row[1] for row in found], found[0][0] if found else None, found[-1][0] if found else None,
        has_before=is_cut if is_back else cursor is not None, has_after=True if is_back else is_cut, matched=matched,
    )  # fmt: skip


def _matched(
    db: Session, layer: Layer, viewer: Viewer, asked: Asked, rows: Subquery, conditions: Sequence[ColumnElement[bool]]
) -> int | None:
    """How many features there are: all of a layer by its kept counts, else counted up to `MOST` and no further."""
    if not conditions:
        return features.matched(db, layer, viewer, asked.chosen)
    few = select(literal_column("1")).select_from(rows).where(*conditions).limit(MOST + 1).subquery("few")
    count = db.scalars(select(func.count()).select_from(few)).one()
    return count if count <= MOST else None


def _plain_page(
    db: Session, layer: Layer, viewer: Viewer, asked: Asked, box: tuple[float, float, float, float]
) -> Page:
    """Points in a box, what maps ask for most: by the statements that are kept ready for it."""
    cursor = asked.cursor
    found = features.page(
        db, layer, viewer, bbox=box, after=cursor.row_id if cursor else None, limit=asked.limit,
        known=cursor.matched if cursor else None,
    )  # fmt: skip
    matched = cursor.matched if cursor is not None else found.matched
    return Page(
        found.features, found.first_id, found.last_row_id, cursor is not None, found.last_id is not None, matched
    )  # fmt: skip


def one(db: Session, layer: Layer, viewer: Viewer, row_id: int, crs: Crs) -> str:
    """A feature as GeoJSON text; NotFound when there is none, or none for this viewer."""
    rows = rows_of(layer, viewer)
    found = db.scalar(select(feature(layer, rows.c, shown(rows.c.geom, crs), crs.digits)).where(rows.c.id == row_id))
    if found is None:
        raise NotFound("{layer} {id} is not there, or not for you to see.", layer=layer.title, id=row_id)
    return str(found)


def shown(geom: Any, crs: Crs) -> ColumnElement[Any]:
    """A geometry in a CRS, in the order of its axes."""
    moved = geom if crs.srid == 4326 else func.ST_Transform(geom, literal_column(f"{crs.srid:d}"))
    made: ColumnElement[Any] = func.ST_FlipCoordinates(moved) if crs.flipped else moved
    return made
