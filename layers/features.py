"""Rows of a layer as GeoJSON: by rectangle, page by page in order of id. The database writes the text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session

from gis.errors import Forbidden, NotFound
from grid.reach import Viewer
from layers.counts import total
from layers.filters import NOTHING, Filter, rows_of
from layers.kept import Ready, kept_statement
from layers.layer import Layer
from layers.rectangle import any_rectangle, edges, touches

LIMIT_MAX = 10_000
DIGITS = 7  # of a degree: a centimetre

Bbox = tuple[float, float, float, float]


@dataclass(frozen=True)
class Page:
    """Some features as GeoJSON texts; `last_id` is where the next page starts after, None on the last page."""

    features: list[str]
    last_id: int | None

    def as_collection(self, **members: object) -> str:
        """A FeatureCollection with further members (`next`, `matched`)."""
        told = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in members.items())
        return f'{{"type":"FeatureCollection","features":[{",".join(self.features)}]{told}}}'


def page(
    db: Session,
    layer: Layer,
    viewer: Viewer,
    chosen: Filter = NOTHING,
    *,
    bbox: Bbox | None = None,
    after: int | None = None,
    limit: int = 100,
    newest: bool = False,
) -> Page:
    """Up to `limit` (at most `LIMIT_MAX`) features with ids above `after` whose bounding boxes touch `bbox`.

    With `newest` the ids fall instead of rising, and go on below `after`.

    Forbidden for a layer of people: those leave as counts only.
    """
    limit = max(1, min(limit, LIMIT_MAX))
    ready, binds = page_query(db, layer, viewer, chosen, bbox=bbox, after=after, limit=limit + 1, newest=newest)
    found = ready.run(db, binds)
    more = len(found) > limit
    kept = found[:limit]
    return Page([feature for _, feature in kept], kept[-1][0] if more else None)


def page_query(
    db: Session,
    layer: Layer,
    viewer: Viewer,
    chosen: Filter,
    *,
    bbox: Bbox | None,
    after: int | None,
    limit: int,
    newest: bool = False,
) -> tuple[Ready, dict[str, float]]:
    """Id and GeoJSON text of each feature; the statement is kept for a while, and comes with its binds."""
    _refuse_people(layer)
    kind = f"page {bbox is not None} {after is not None} {newest}"

    def build() -> Select[Any]:
        return _page_statement(layer, viewer, chosen, here=bbox is not None, on=after is not None, newest=newest)

    binds: dict[str, float] = {"most": limit}
    binds |= ({} if after is None else {"after": after}) | ({} if bbox is None else edges(bbox))
    return kept_statement(db, kind, layer, viewer, chosen, build), binds


def _page_statement(layer: Layer, viewer: Viewer, chosen: Filter, *, here: bool, on: bool, newest: bool) -> Select[Any]:
    rows = rows_of(layer, viewer, chosen)
    picked = select(rows)
    if here:
        picked = picked.where(touches(rows.c.geom, any_rectangle()))
    if on:
        mark: Any = bindparam("after", type_=BigInteger)
        picked = picked.where(rows.c.id < mark if newest else rows.c.id > mark)
    order = rows.c.id.desc() if newest else rows.c.id
    part = picked.order_by(order).limit(bindparam("most", type_=Integer)).subquery("part")
    made = select(part.c.id, _feature(layer, part.c).label("feature"))
    return made.order_by(part.c.id.desc() if newest else part.c.id)


def one(db: Session, layer: Layer, viewer: Viewer, row_id: int) -> str:
    """One feature as GeoJSON text; NotFound when there is none, or none for this viewer."""
    _refuse_people(layer)
    rows = rows_of(layer, viewer)
    found = db.scalar(select(_feature(layer, rows.c)).where(rows.c.id == row_id))
    if found is None:
        raise NotFound("{layer} {id} is not there, or not for you to see.", layer=layer.title, id=row_id)
    return str(found)


def matched(db: Session, layer: Layer, viewer: Viewer, chosen: Filter = NOTHING, *, bbox: Bbox | None = None) -> int:
    """How many rows match, exactly."""
    _refuse_people(layer)
    if bbox is None:
        return total(db, layer, viewer, chosen)
    ready, binds = matched_query(db, layer, viewer, chosen, bbox)
    [(count,)] = ready.run(db, binds)
    return int(count)


def matched_query(
    db: Session, layer: Layer, viewer: Viewer, chosen: Filter, bbox: Bbox
) -> tuple[Ready, dict[str, float]]:
    """One number; the statement is kept for a while, and comes with its binds."""

    def build() -> Select[Any]:
        rows = rows_of(layer, viewer, chosen)
        return select(func.count()).select_from(rows).where(touches(rows.c.geom, any_rectangle()))

    return kept_statement(db, "matched", layer, viewer, chosen, build), edges(bbox)


def _feature(layer: Layer, columns: Any) -> ColumnElement[str]:
    """``{"type": "Feature", …}`` as text, written by the database."""
    pairs: list[Any] = []
    for field in layer.fields:
        pairs += [literal_column(f"'{field.name}'"), _value(columns[field.name])]
    made = func.json_build_object(
        literal_column("'type'"), literal_column("'Feature'"),
        literal_column("'id'"), columns.id,
        literal_column("'geometry'"), func.ST_AsGeoJSON(columns.geom, literal_column(str(DIGITS))).cast(JSON),
        literal_column("'properties'"), func.json_build_object(*pairs),
    )  # fmt: skip
    return cast(made, Text)


def _value(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Moments as ISO 8601 in UTC."""
    if isinstance(column.type, DateTime):
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    return column


def _refuse_people(layer: Layer) -> None:
    if layer.floor is not None:
        raise Forbidden("{layer} is shown as counts by cell or area only.", layer=layer.title)
