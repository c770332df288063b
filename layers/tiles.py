"""One vector tile of one layer, for one viewer.

A tile holds either every row that lies in it, or, past `ROWS_MAX` rows, counts on a grid that the tile's own border is
part of (`tile_counts`). It never holds some of the rows: who adds up all tiles of a zoom gets every row once.
A layer of people (`Layer.floor`) never sends rows: its tiles hold counting units (`shielded_tiles`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Double,
    Enum,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers.filters import NOTHING, Filter, rows_of
from layers.kept import Ready, kept_statement
from layers.layer import Field, Layer
from layers.mercator import BUFFER, EXTENT, MARGIN, Tile, metres_a_pixel
from layers.rectangle import any_frame, any_rectangle, edges, touches
from layers.shielded_tiles import shielded_tile
from layers.tile_counts import counts_tile, kept_counts

_NOTHING: ColumnElement[Any] = literal_column("''::bytea")
ROWS_MAX = 5_000
SIMPLIFY_BELOW = 14  # from this zoom on, half a pixel is under a metre and a half: outlines are sent as they are


def tile(
    db: Session, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter = NOTHING, *, only_counts: bool = False
) -> bytes:
    """The tile as Mapbox Vector Tile 2.1; empty bytes when nothing lies in it or the layer starts at a finer zoom.

    Rows stand in the MVT layer of the layer's own id: feature id = row id, properties = the fields with `in_tile`.
    Counts stand in ``<id>_counts``: points with ``count``. Areas that have a label have a point for it in
    ``<id>_names``, each in one tile only: a label drawn for each part of an area would stand there many times.
    With `only_counts` few rows are counted too.
    """
    if at.z < layer.zooms.start:
        return b""
    if layer.floor is not None:
        return shielded_tile(db, layer, viewer, at, chosen)
    above = 0 if only_counts else ROWS_MAX
    kept = kept_counts(db, layer, viewer, at, chosen, above)
    if kept is not None and (only_counts or kept[0] > above):
        return kept[1]
    if only_counts:
        return counts_tile(db, layer, viewer, at, chosen)
    ready, binds = rows_query(db, layer, viewer, at, chosen)
    [(found, body)] = ready.run(db, binds)
    if found > ROWS_MAX:
        return counts_tile(db, layer, viewer, at, chosen)
    return bytes(body or b"")


def rows_query(
    db: Session, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter = NOTHING
) -> tuple[Ready, dict[str, float]]:
    """One row: how many rows lie in the tile (at most `ROWS_MAX` + 1 are looked at), and the tile if they fit.

    The statement is the same for all tiles (below `SIMPLIFY_BELOW` another than above), and comes with its binds.
    """
    is_far = layer.geometry != "POINT" and at.z < SIMPLIFY_BELOW
    kind = f"rows {is_far} {ROWS_MAX}"

    def build() -> Select[Any]:
        return _rows_statement(layer, viewer, chosen, far=is_far)

    place = edges(at.bounds(MARGIN)) | {"z": at.z, "x": at.x, "y": at.y}
    ready = kept_statement(db, kind, layer, viewer, chosen, build)
    return ready, place | ({"tolerance_m": metres_a_pixel(at.z) / 2} if is_far else {})


def _rows_statement(layer: Layer, viewer: Viewer, chosen: Filter, *, far: bool) -> Select[Any]:
    rows = rows_of(layer, viewer, chosen)
    hits = (
        select(rows.c.id, rows.c.geom, *(rows.c[field.name] for field in layer.fields if field.in_tile))
        .where(touches(rows.c.geom, any_rectangle()))
        .limit(ROWS_MAX + 1)
        .cte("hits")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    total = select(func.count()).select_from(hits).scalar_subquery()
    drawn = _drawn(layer, hits, far=far)
    ordered: Any = aggregate_order_by(literal_column("'id'"), drawn.c.id)
    mvt = func.ST_AsMVT(literal_column("drawn"), literal_column(f"'{layer.id}'"), EXTENT, "geom", ordered)
    body: Any = select(mvt).select_from(drawn).where(drawn.c.geom.is_not(None)).scalar_subquery()
    if is_named(layer):
        body = func.coalesce(body, _NOTHING).op("||")(func.coalesce(_names(layer, hits), _NOTHING))
    return select(total.label("found"), case((total <= ROWS_MAX, body)).label("body"))


def is_named(layer: Layer) -> bool:
    """Whether the layer's tiles hold points for the names of its areas."""
    return layer.geometry == "POLYGON" and layer.style.label is not None


def _names(layer: Layer, hits: Any) -> Any:
    """A point inside each area whose point lies in this very tile (west and north border belong to it)."""
    point = func.ST_Transform(func.ST_PointOnSurface(hits.c.geom), literal_column("3857"))
    columns = [tile_value(field, hits.c[field.name]).label(field.name) for field in layer.fields if field.in_tile]
    kept = [column for column in columns if column.name not in ("id", "geom")]
    geom = func.ST_AsMVTGeom(point, any_frame(), EXTENT, 0)
    spots = select(hits.c.id, *kept, geom.label("geom")).subquery("spots")
    inside = (func.ST_X(spots.c.geom) < EXTENT) & (func.ST_Y(spots.c.geom) < EXTENT)
    ordered: Any = aggregate_order_by(literal_column("'id'"), spots.c.id)
    mvt = func.ST_AsMVT(literal_column("spots"), literal_column(f"'{layer.id}_names'"), EXTENT, "geom", ordered)
    return select(mvt).select_from(spots).where(spots.c.geom.is_not(None), inside).scalar_subquery()


def _drawn(layer: Layer, hits: Any, *, far: bool) -> Subquery:
    """Id, geometry in tile units and the few properties of each row.

    From afar lines and areas lose what is under half a pixel; one that would vanish becomes a point.
    """
    frame = any_frame()
    flat = func.ST_Transform(hits.c.geom, literal_column("3857"))
    geom: ColumnElement[Any] = func.ST_AsMVTGeom(flat, frame, EXTENT, BUFFER)
    if far:
        outline = func.ST_Simplify(flat, bindparam("tolerance_m", type_=Double), literal_column("true"))
        geom = func.coalesce(
            func.ST_AsMVTGeom(outline, frame, EXTENT, BUFFER),
            func.ST_AsMVTGeom(func.ST_PointOnSurface(flat), frame, EXTENT, BUFFER),
        )
    columns = [tile_value(field, hits.c[field.name]).label(field.name) for field in layer.fields if field.in_tile]
    named = [column for column in columns if column.name not in ("id", "geom")]
    return select(hits.c.id, *named, geom.label("geom")).subquery("drawn")


def tile_value(field: Field, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A property as a tile carries it: moments as seconds since 1970 (a third of their text), odd types as text."""
    if isinstance(column.type, DateTime):
        return cast(func.extract("epoch", column), BigInteger)
    if isinstance(column.type, Enum):
        return type_coerce(column, Text)
    return column
