"""Rows of a layer as GeoJSON: by rectangle, page by page, by id or the newest first. The database writes the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
    null,
    select,
    tuple_,
)
from sqlalchemy.orm import Session

from gis.errors import Forbidden, NotFound
from grid.reach import Viewer
from layers.counts import total
from layers.filters import NOTHING, Filter, rows_of
from layers.kept import Ready, kept_statement
from layers.layer import Layer
from layers.near import WIDE, near_rows
from layers.rectangle import any_rectangle, edges, touches

LIMIT_MAX = 10_000
DIGITS = 7  # of a degree: a centimetre

Bbox = tuple[float, float, float, float]


@dataclass(frozen=True)
class Page:
    """Some features as GeoJSON texts; `last_id` is where the next page starts after, None on the last page.

    `last_at` is that row's moment, where rows are read by it. `first_id` and `last_row_id` are the page's own ends.
    `matched` is how many rows there are, where reading the page told it.
    """

    features: list[str]
    last_id: int | None
    last_at: datetime | None = None
    first_id: int | None = None
    last_row_id: int | None = None
    matched: int | None = None

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
    after_at: datetime | None = None,
    limit: int = 100,
    newest: bool = False,
    known: int | None = None,
) -> Page:
    """Up to `limit` (at most `LIMIT_MAX`) features with ids above `after` whose bounding boxes touch `bbox`.

    `known` is how many the first page had told of: where they are few, they are read again and sorted.

    With `newest` they come by the layer's time (those without a moment before all others), or by id where it has none,
    and go on below `after_at` and `after`, which are `last_at` and `last_id` of the page before.

    Forbidden for a layer of people: those leave as counts only.
    """
    _refuse_people(layer)
    limit = max(1, min(limit, LIMIT_MAX))
    if bbox is not None and not newest and (after is None or (known is not None and known <= WIDE)):
        near = near_rows(
            db, layer, viewer, bbox, chosen, limit + 1, lambda columns: feature(layer, columns), after=after
        )  # fmt: skip
        if near is not None:
            return _page_of(near[0], limit, matched=near[1])
    ready, binds = page_query(
        db, layer, viewer, chosen, bbox=bbox, after=after, after_at=after_at, limit=limit + 1, newest=newest
    )
    return _page_of(ready.run(db, binds), limit)


def _page_of(found: Sequence[tuple[Any, ...]], limit: int, matched: int | None = None) -> Page:
    """From id, text and perhaps a moment of one row more than the page holds, if there is one."""
    kept = found[:limit]
    is_cut = len(found) > limit
    first, last = (kept[0][0], kept[-1][0]) if kept else (None, None)
    at = kept[-1][2] if is_cut and len(kept[-1]) > 2 else None
    return Page([row[1] for row in kept], last if is_cut else None, at, first, last, matched)


def page_query(
    db: Session,
    layer: Layer,
    viewer: Viewer,
    chosen: Filter,
    *,
    bbox: Bbox | None,
    after: int | None,
    limit: int,
    after_at: datetime | None = None,
    newest: bool = False,
) -> tuple[Ready, dict[str, Any]]:
    """Id, GeoJSON text and moment of each feature; the statement is kept for a while, and comes with its binds."""
    _refuse_people(layer)
    on = "" if after is None else "id" if after_at is None else "time"
    kind = f"page {bbox is not None} {on} {newest}"

    def build() -> Select[Any]:
        return _page_statement(layer, viewer, chosen, here=bbox is not None, on=on, newest=newest)

    binds: dict[str, Any] = {"most": limit}
    binds |= ({} if after is None else {"after": after}) | ({} if bbox is None else edges(bbox))
    binds |= {} if after_at is None else {"after_at": after_at}
    return kept_statement(db, kind, layer, viewer, chosen, build), binds


def _page_statement(layer: Layer, viewer: Viewer, chosen: Filter, *, here: bool, on: str, newest: bool) -> Select[Any]:
    rows = rows_of(layer, viewer, chosen)
    by = layer.time_field if newest else None
    picked = select(rows)
    if here:
        picked = picked.where(touches(rows.c.geom, any_rectangle()))
    if on:
        picked = picked.where(_beyond(rows.c, by, on, newest=newest))
    order = _order(rows.c, by, newest=newest)
    part = picked.order_by(*order).limit(bindparam("most", type_=Integer)).subquery("part")
    at: Any = part.c[by] if by else null()
    return select(part.c.id, feature(layer, part.c).label("feature"), at.label("at")).order_by(
        *_order(part.c, by, newest=newest)
    )


def _order(columns: Any, by: str | None, *, newest: bool) -> list[Any]:
    """Falling moments and ids, as an index on both is read backwards; or rising ids."""
    if not newest:
        return [columns.id]
    return [columns[by].desc(), columns.id.desc()] if by else [columns.id.desc()]


def _beyond(columns: Any, by: str | None, on: str, *, newest: bool) -> Any:
    """What comes after the last row of the page before; rows without a moment stand before all others."""
    mark: Any = bindparam("after", type_=BigInteger)
    if not newest:
        return columns.id > mark
    if by is None:
        return columns.id < mark
    if on == "time":
        return tuple_(columns[by], columns.id) < tuple_(bindparam("after_at", type_=DateTime(timezone=True)), mark)
    return columns[by].is_not(None) | (columns.id < mark)


def one(db: Session, layer: Layer, viewer: Viewer, row_id: int, as_of: datetime | None = None) -> str:
    """One feature as GeoJSON text; NotFound when there is none (at that moment), or none for this viewer."""
    _refuse_people(layer)
    rows = rows_of(layer, viewer, Filter(as_of=as_of))
    found = db.scalar(select(feature(layer, rows.c)).where(rows.c.id == row_id))
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


def feature(
    layer: Layer, columns: Any, geom: ColumnElement[Any] | None = None, digits: int = DIGITS
) -> ColumnElement[str]:
    """``{"type": "Feature", …}`` as text, written by the database; `geom` instead of the rows' own, in another CRS."""
    pairs: list[Any] = []
    for field in layer.fields:
        pairs += [literal_column(f"'{field.name}'"), _value(columns[field.name])]
    place = func.ST_AsGeoJSON(
        columns.geom if geom is None else geom, literal_column(f"{digits:d}"), literal_column("0")
    )
    made = func.json_build_object(
        literal_column("'type'"), literal_column("'Feature'"),
        literal_column("'id'"), columns.id,
        literal_column("'geometry'"), cast(place, JSON),
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
