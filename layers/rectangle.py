"""Rectangles in queries: of a tile, or of a request's ``bbox``; EPSG:4326, west, south, east, north."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import ColumnElement, Double, Integer, bindparam, func, literal_column

from gis.errors import InvalidInput
from layers.mercator import Tile

EDGES = ("west", "south", "east", "north")


def rectangle(west: float, south: float, east: float, north: float) -> ColumnElement[Any]:
    """A rectangle, worked out beforehand and bound: the statement's text stays, and the column is bare for GiST."""
    values = zip(EDGES, (west, south, east, north), strict=True)
    bound: list[ColumnElement[Any]] = [bindparam(name, value, type_=Double, unique=True) for name, value in values]
    made: ColumnElement[Any] = func.ST_MakeEnvelope(*bound, literal_column("4326"))
    return made


def envelope(at: Tile, margin: float = 0.0) -> ColumnElement[Any]:
    """A tile's rectangle, widened on every side by a share of its side."""
    return rectangle(*at.bounds(margin))


def any_rectangle() -> ColumnElement[Any]:
    """A rectangle whose edges are given when the statement runs: see `edges`."""
    bound: list[ColumnElement[Any]] = [bindparam(name, type_=Double) for name in EDGES]
    made: ColumnElement[Any] = func.ST_MakeEnvelope(*bound, literal_column("4326"))
    return made


def edges(bounds: tuple[float, float, float, float]) -> dict[str, float]:
    """The values for `any_rectangle`."""
    return dict(zip(EDGES, bounds, strict=True))


def any_frame() -> ColumnElement[Any]:
    """The square in EPSG:3857 of the tile whose ``z``, ``x``, ``y`` are given when the statement runs."""
    made: ColumnElement[Any] = func.ST_TileEnvelope(*(bindparam(name, type_=Integer) for name in "zxy"))
    return made


def touches(geom: Any, near: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether bounding boxes meet (``&&``, served by GiST)."""
    found: ColumnElement[bool] = geom.op("&&", is_comparison=True)(near)
    return found


def read_bbox(given: str | None) -> tuple[float, float, float, float] | None:
    """``west,south,east,north`` in degrees; None when nothing was given, InvalidInput when it is no rectangle."""
    if not given:
        return None
    try:
        found = tuple(float(part) for part in given.split(","))
    except ValueError:
        found = ()
    if len(found) != 4 or not all(math.isfinite(edge) for edge in found):
        raise InvalidInput("A bbox is west,south,east,north in degrees.", field="bbox")
    west, south, east, north = found
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput("The bbox lies outside the world, or its corners are swapped.", field="bbox")
    return west, south, east, north
