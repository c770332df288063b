"""Rectangles in queries: of a tile, or of a request's ``bbox``; EPSG:4326, west, south, east, north."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal_column, text
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from layers.mercator import Tile


def rectangle(west: float, south: float, east: float, north: float) -> ColumnElement[Any]:
    """A rectangle, worked out beforehand and bound: the statement's text stays, and the column is bare for GiST."""
    edges = (("west", west), ("south", south), ("east", east), ("north", north))
    bound: list[ColumnElement[Any]] = [bindparam(name, value, unique=True) for name, value in edges]
    made: ColumnElement[Any] = func.ST_MakeEnvelope(*bound, literal_column("4326"))
    return made


def envelope(at: Tile, margin: float = 0.0) -> ColumnElement[Any]:
    """A tile's rectangle, widened on every side by a share of its side."""
    return rectangle(*at.bounds(margin))


def touches(geom: Any, near: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether bounding boxes meet (``&&``, served by GiST)."""
    found: ColumnElement[bool] = geom.op("&&", is_comparison=True)(near)
    return found


def plan_for_each_rectangle(db: Session) -> None:
    """Have this transaction's prepared statements planned for the rectangle at hand.

    A plan for any rectangle expects few rows in it, and takes 2.4 s where the right one takes 0.9 s (94,000 cases at
    zoom 9 after many tiles at zoom 16); planning anew takes about a millisecond.
    """
    db.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def read_bbox(given: str | None) -> tuple[float, float, float, float] | None:
    """``west,south,east,north`` in degrees; None when nothing was given, InvalidInput when it is no rectangle."""
    if not given:
        return None
    try:
        edges = tuple(float(part) for part in given.split(","))
    except ValueError:
        edges = ()
    if len(edges) != 4 or not all(math.isfinite(edge) for edge in edges):
        raise InvalidInput("A bbox is west,south,east,north in degrees.", field="bbox")
    west, south, east, north = edges
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput("The bbox lies outside the world, or its corners are swapped.", field="bbox")
    return west, south, east, north
