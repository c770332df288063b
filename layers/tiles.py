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
from layers.mercator import BUFFER, EXTENT, MARGIN, Tile, latitude
from layers.outlines import SIMPLIFY_BELOW, grid_m, label_place, outline
from layers.rectangle import any_frame, any_rectangle, edges, touches
from layers.shielded_tiles import shielded_tile
from layers.tile_counts import counts_tile, kept_counts

_NOTHING: ColumnElement[Any] = literal_column("''::bytea")
ROWS_MAX = 5_000
ROWS_FIRST = 14  # from this zoom on a tile seldom holds too many rows, and to ask the kept counts first costs more
EDGE_LAT = latitude(0.0)  # the north edge of Web Mercator, 85.0511°
ONCE: ColumnElement[int] = literal_column(
    "0"
)  # as an OFFSET: what stands below is worked out once, though it is asked about and drawn


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
    if only_counts:
        return _counted(db, layer, viewer, at, chosen)
    if at.z < ROWS_FIRST:
        kept = kept_counts(db, layer, viewer, at, chosen, ROWS_MAX)
        if kept is not None and kept[0] > ROWS_MAX:
            return kept[1]
    ready, binds = rows_query(db, layer, viewer, at, chosen)
    [(found, body)] = ready.run(db, binds)
    return _counted(db, layer, viewer, at, chosen) if found > ROWS_MAX else bytes(body or b"")


def _counted(db: Session, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter) -> bytes:
    """The tile as counts: the kept ones, or counted now where none are kept for this question."""
    kept = kept_counts(db, layer, viewer, at, chosen, 0)
    return counts_tile(db, layer, viewer, at, chosen) if kept is None else kept[1]


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

    ready = kept_statement(db, kind, layer, viewer, chosen, build)
    place = edges(at.bounds(MARGIN))
    if layer.geometry == "POINT":
        return ready, place | {"units": float(EXTENT << at.z), "left": at.x * EXTENT, "top": at.y * EXTENT}
    place |= {"z": at.z, "x": at.x, "y": at.y}
    return ready, place | ({"half_px_m": grid_m(at)} if is_far else {})


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
    drawn = _dotted(layer, hits) if layer.geometry == "POINT" else _drawn(layer, hits, far=far)
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
    point = func.ST_Transform(label_place(hits.c.geom), literal_column("3857"))
    geom = func.ST_AsMVTGeom(point, any_frame(), EXTENT, 0)
    spots = select(hits.c.id, *_properties(layer, hits), geom.label("geom")).offset(ONCE).subquery("spots")
    inside = (func.ST_X(spots.c.geom) < EXTENT) & (func.ST_Y(spots.c.geom) < EXTENT)
    ordered: Any = aggregate_order_by(literal_column("'id'"), spots.c.id)
    mvt = func.ST_AsMVT(literal_column("spots"), literal_column(f"'{layer.id}_names'"), EXTENT, "geom", ordered)
    return select(mvt).select_from(spots).where(spots.c.geom.is_not(None), inside).scalar_subquery()


def _drawn(layer: Layer, hits: Any, *, far: bool) -> Subquery:
    """Id, geometry in tile units and the few properties of each row."""
    geom = outline(layer, hits.c.geom, far=far)
    return select(hits.c.id, *_properties(layer, hits), geom.label("geom")).offset(ONCE).subquery("drawn")


def _dotted(layer: Layer, hits: Any) -> Subquery:
    """The same of points, by arithmetic: a third of the time of ST_Transform and ST_AsMVTGeom.

    Web Mercator has no place for the poles: what lies beyond its edge stands on it.
    """
    units = bindparam("units", type_=Double)
    lat = func.radians(func.greatest(func.least(func.ST_Y(hits.c.geom), EDGE_LAT), -EDGE_LAT))
    across = func.round((func.ST_X(hits.c.geom) + 180.0) / 360.0 * units) - bindparam("left", type_=Double)
    down = func.round((0.5 - func.asinh(func.tan(lat)) / literal_column("(2 * pi())", Double)) * units)
    below = down - bindparam("top", type_=Double)
    spots = (
        select(hits.c.id, *_properties(layer, hits), across.label("px"), below.label("py"))
        .offset(ONCE)
        .subquery("spots")
    )
    kept = [column for column in spots.c if column.name not in ("px", "py")]
    near = (column.between(-BUFFER, EXTENT + BUFFER) for column in (spots.c.px, spots.c.py))
    return select(*kept, func.ST_MakePoint(spots.c.px, spots.c.py).label("geom")).where(*near).subquery("drawn")


def _properties(layer: Layer, hits: Any) -> list[ColumnElement[Any]]:
    columns = [tile_value(field, hits.c[field.name]).label(field.name) for field in layer.fields if field.in_tile]
    return [column for column in columns if column.name not in ("id", "geom")]


def tile_value(field: Field, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A property as a tile carries it: moments as seconds since 1970 (a third of their text), odd types as text."""
    if isinstance(column.type, DateTime):
        return cast(func.extract("epoch", column), BigInteger)
    if isinstance(column.type, Enum):
        return type_coerce(column, Text)
    return column
