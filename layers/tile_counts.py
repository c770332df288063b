"""Counts in place of rows: what a tile shows when too many rows lie in it.

The world is cut into ``2**z * SIDE`` squares a side, so that tiles and squares share borders, and the squares of zoom
z are each made of four squares of zoom z + 1. A row belongs to one square by its coordinates alone (half-open: west
and north borders belong to it), whichever tile asks: counts add up over tiles, and from zoom to zoom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    Float,
    Integer,
    Select,
    Subquery,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers.filters import NOTHING, Filter, rows_of
from layers.kept import Ready, kept_statement
from layers.layer import Layer
from layers.mercator import BUFFER, EXTENT, HALF_WORLD_M, Tile, latitude
from layers.pyramid import SIDE, inside
from layers.rectangle import any_frame, any_rectangle, edges, touches

REACH = 1e-9  # degrees by which rows are looked for around a tile, so that rounding loses none on the border
WORLD = bindparam("world", type_=Double)
NEVER = 2**31 - 1  # more rows than any layer has: no tile is drawn
PULL = 0.5  # how far a circle stands from its square's middle towards its rows' mean: near them, yet apart from others


@dataclass(frozen=True)
class Square:
    """One square of a zoom with its number of rows and their mean place, in squares counted over the world."""

    across: int
    down: int
    count: int
    mean_across: float
    mean_down: float

    def halved(self) -> Square:
        """The same rows in the square of the next zoom out."""
        return Square(self.across // 2, self.down // 2, self.count, self.mean_across / 2, self.mean_down / 2)

    def plus(self, other: Square) -> Square:
        """Both together; the mean place weighs by count."""
        count = self.count + other.count

        def mean(mine: float, others: float) -> float:
            return (mine * self.count + others * other.count) / count

        return Square(
            self.across, self.down, count,
            mean(self.mean_across, other.mean_across), mean(self.mean_down, other.mean_down),
        )  # fmt: skip

    def place(self, z: int) -> tuple[float, float]:
        """Longitude and latitude of the rows' mean place."""
        world = float(SIDE << z)
        return self.mean_across / world * 360.0 - 180.0, latitude(self.mean_down / world)


def counts_tile(db: Session, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter = NOTHING) -> bytes:
    """The tile as MVT with the one layer ``<id>_counts``: points with ``count``, each square once."""
    ready, binds = counts_query(db, layer, viewer, at, chosen)
    [(body,)] = ready.run(db, binds)
    return bytes(body or b"")


def counts_query(
    db: Session, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter = NOTHING
) -> tuple[Ready, dict[str, float]]:
    """One value, the tile; the statement is the same for all tiles, and comes with its binds."""

    def build() -> Select[Any]:
        return _counts_statement(layer, viewer, chosen)

    return kept_statement(db, "counts", layer, viewer, chosen, build), _place(at)


def _place(at: Tile) -> dict[str, float]:
    """What statements about a tile's squares are told of it."""
    west, south, east, north = at.bounds()
    return {
        **edges((west - REACH, south - REACH, east + REACH, north + REACH)), "z": at.z, "x": at.x, "y": at.y,
        "world": float(SIDE << at.z), "first_across": at.x * SIDE, "first_down": at.y * SIDE,
    }  # fmt: skip


def kept_counts(
    db: Session, layer: Layer, viewer: Viewer, at: Tile, chosen: Filter, above: int
) -> tuple[int, bytes] | None:
    """How many rows the kept squares of a tile hold, and the tile of counts if they are more than `above`.

    None where no squares are kept for this question.
    """
    pyramid = layer.pyramid
    if pyramid is None or not pyramid.answers(viewer, chosen, at.z):
        return None
    binds = _place(at) | {"above": above}

    def build() -> Select[Any]:
        return _kept_statement(layer, pyramid.squares(viewer, chosen))

    [(found, body)] = kept_statement(db, "kept", layer, viewer, chosen, build).run(db, binds)
    return int(found), bytes(body or b"")


def kept_total(db: Session, layer: Layer, viewer: Viewer, chosen: Filter) -> int | None:
    """How many rows the kept squares of the whole world hold; None where none are kept for this question."""
    found = kept_counts(db, layer, viewer, Tile(0, 0, 0), chosen, NEVER)
    return None if found is None else found[0]


def _kept_statement(layer: Layer, kept: Select[Any]) -> Select[Any]:
    part = kept.subquery("part")
    count = func.sum(part.c.n)
    squares = (
        select(
            part.c.across, part.c.down, cast(count, Integer).label("count"),
            (func.sum(part.c.su) / count * WORLD).label("mean_across"),
            (func.sum(part.c.sv) / count * WORLD).label("mean_down"),
        )
        .group_by(part.c.across, part.c.down)
        .having(count > 0)
        .cte("squares")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )  # fmt: skip
    total = select(func.coalesce(func.sum(squares.c["count"]), 0)).scalar_subquery()
    body = _drawn_squares(layer, squares).scalar_subquery()
    return select(total, case((total > bindparam("above", type_=Integer), body)))


def _counts_statement(layer: Layer, viewer: Viewer, chosen: Filter) -> Select[Any]:
    return _drawn_squares(layer, _squares_of_tile(layer, viewer, chosen).subquery("squares"))


def _drawn_squares(layer: Layer, squares: Any) -> Select[Any]:
    """The MVT of squares: a circle's place for each, with its count."""
    step = 2 * HALF_WORLD_M / WORLD

    def place(square: ColumnElement[Any], mean: ColumnElement[Any]) -> ColumnElement[Any]:
        return (square + 0.5) * (1 - PULL) + mean * PULL

    point = func.ST_SetSRID(
        func.ST_MakePoint(
            place(squares.c.across, squares.c.mean_across) * step - HALF_WORLD_M,
            HALF_WORLD_M - place(squares.c.down, squares.c.mean_down) * step,
        ),
        literal_column("3857"),
    )
    geom = func.ST_AsMVTGeom(point, any_frame(), EXTENT, BUFFER)
    drawn = select(squares.c["count"], geom.label("geom")).order_by(squares.c.down, squares.c.across).subquery("drawn")
    mvt = func.ST_AsMVT(literal_column("drawn"), literal_column(f"'{layer.id}_counts'"), EXTENT, "geom")
    return select(mvt).select_from(drawn)


def _squares_of_tile(layer: Layer, viewer: Viewer, chosen: Filter) -> Select[Any]:
    """The squares of a tile that hold rows: ``across``, ``down`` (counted over the world), ``count`` and mean places.

    A line or an area stands in the square that the middle of its bounding box lies in.
    """
    rows = rows_of(layer, viewer, chosen)
    squares = _squares(layer, rows, touches(rows.c.geom, any_rectangle())).subquery("all_squares")
    return select(squares).where(*inside(squares.c.across, squares.c.down))


def all_squares(db: Session, layer: Layer, viewer: Viewer, z: int, chosen: Filter = NOTHING) -> list[Square]:
    """Every square of a zoom that holds rows."""
    squares = _squares(layer, rows_of(layer, viewer, chosen), true())
    return [Square(*row) for row in db.execute(squares, {"world": float(SIDE << z)})]


def coarser(squares: list[Square]) -> list[Square]:
    """The squares of the next zoom out: each the sum of up to four."""
    merged: dict[tuple[int, int], Square] = {}
    for one in squares:
        key = (one.across // 2, one.down // 2)
        merged[key] = one.halved() if key not in merged else merged[key].plus(one.halved())
    return list(merged.values())


def _squares(layer: Layer, rows: Subquery, near: ColumnElement[bool]) -> Select[Any]:
    """Rows counted by square; binds ``world``, the squares around the world.

    OFFSET 0 keeps what is asked of squares from being asked of each row: PostgreSQL would guess that one row answers to
    it, and join the others one by one (5.8 s for a tile of 7,567 cases).
    """
    lon, lat = _middle(layer, rows.c.geom)
    clamped = func.greatest(func.least(lat, literal_column("89.9")), literal_column("-89.9"))
    spots = (
        select(
            ((lon + 180.0) / 360.0 * WORLD).label("across"),
            ((1 - func.asinh(func.tan(func.radians(clamped))) / func.pi()) / 2 * WORLD).label("down"),
        )
        .where(near)
        .offset(literal_column("0"))
        .subquery("spots")
    )
    across, down = (
        cast(func.greatest(func.least(func.floor(spots.c[name]), WORLD - 1), 0), Integer) for name in ("across", "down")
    )
    return select(
        across.label("across"),
        down.label("down"),
        func.count().label("count"),
        cast(func.avg(spots.c.across), Float).label("mean_across"),
        cast(func.avg(spots.c.down), Float).label("mean_down"),
    ).group_by(literal_column("1"), literal_column("2"))


def _middle(layer: Layer, geom: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if layer.geometry == "POINT":
        return func.ST_X(geom), func.ST_Y(geom)
    return (func.ST_XMin(geom) + func.ST_XMax(geom)) / 2, (func.ST_YMin(geom) + func.ST_YMax(geom)) / 2
