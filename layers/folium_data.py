"""What goes into a thematic map file: outlines with values, light enough to open, and circles for many rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.reach import Viewer
from layers.counts import Counted
from layers.filters import Filter
from layers.layer import Layer
from layers.tile_counts import all_squares, coarser
from layers.units import Division, city_levels, units

VERTICES_MAX = 350_000  # in one file; each takes some 8 bytes
SQUARES_MAX = 2_500
SQUARE_ZOOM = 16  # squares of 76 m at the equator to begin with
TOLERANCES = (0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3)  # degrees: about 1 m to 100 m
PARTS = 100_000  # to a degree: outlines are written as whole steps of a metre, each from the vertex before
NAMES_MAX = 40

Rings = list[list[list[int]]]  # polygons, their rings, steps of lon and lat by turns


@dataclass(frozen=True)
class Outlines:
    """Polygons of units in the units' order, each a list of rings: first vertex, then steps, in 1/`PARTS` degree.

    `bounds` is west, south, east, north in degrees; None without any outline.
    """

    shapes: list[Rings]
    bounds: tuple[float, float, float, float] | None


def outlines(counted: list[Counted]) -> Outlines:
    """Outlines that together are light enough, borders shared by neighbours simplified alike (no gaps between them).

    Raises InvalidInput when there are too many units even for rough ones.
    """
    if not counted:
        return Outlines([], None)
    shapes = shapely.from_geojson(np.array([one.geometry for one in counted], dtype=object))
    for tolerance in TOLERANCES:
        plain = shapely.coverage_simplify(shapes, tolerance) if tolerance else shapes
        if shapely.get_num_coordinates(plain).sum() <= VERTICES_MAX:
            edges = shapely.total_bounds(plain)
            bounds = (
                None if np.isnan(edges).any() else (float(edges[0]), float(edges[1]), float(edges[2]), float(edges[3]))
            )
            return Outlines([_rings(shape) for shape in plain], bounds)
    raise InvalidInput(
        "{count} outlines are too many for one file. Choose an area, or count by a wider level.",
        field="by", count=len(counted),
    )  # fmt: skip


def _rings(shape: Any) -> Rings:
    """The polygons of a shape as steps; what is smaller than a step vanishes."""
    if shape is None or shape.is_empty:
        return []
    polygons = []
    for part in shapely.get_parts(shape):
        rings = [_steps(ring) for ring in (part.exterior, *part.interiors)]
        if rings[0]:
            polygons.append([ring for ring in rings if ring])
    return polygons


def _steps(ring: Any) -> list[int]:
    vertices = np.rint(shapely.get_coordinates(ring)[:-1] * PARTS).astype(np.int64)
    steps = np.diff(vertices, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    kept = steps[(steps != 0).any(axis=1)]
    return [int(step) for step in kept.ravel()] if len(kept) >= 3 else []


def squares(db: Session, layer: Layer, viewer: Viewer, chosen: Filter) -> list[tuple[float, float, int]]:
    """Longitude, latitude and number of rows of at most `SQUARES_MAX` squares; the numbers add up to all rows."""
    z = SQUARE_ZOOM
    found = all_squares(db, layer, viewer, z, chosen)
    while len(found) > SQUARES_MAX and z > 0:
        found, z = coarser(found), z - 1
    placed = ((one.place(z), one.count) for one in found)
    return sorted((round(lon, 5), round(lat, 5), count) for (lon, lat), count in placed)


@dataclass(frozen=True)
class Guide:
    """What a reader finds the way by: names with their places (lon, lat), and the borders of the areas so named.

    `borders` is empty where the coloured units themselves are named.
    """

    names: list[tuple[float, float, str]]
    borders: list[dict[str, Any]]


def guide(db: Session, viewer: Viewer, division: Division, lang: str) -> Guide:
    """Names and borders of the finest areas, up from the division, that are few enough to be named."""
    levels = city_levels(db)
    finest = min(division.depth, len(levels) - 1)
    for depth in range(finest, -1, -1):
        unit = units(Division("area", levels[depth], depth), viewer)
        if db.execute(select(func.count()).select_from(unit)).scalar_one() <= NAMES_MAX:
            return _guide(db, unit, lang, with_borders=division.by == "cell" or depth < division.depth)
    return Guide([], [])


def _guide(db: Session, unit: Subquery, lang: str, *, with_borders: bool) -> Guide:
    spot = func.ST_PointOnSurface(unit.c.geom)
    first, second = (unit.c.name_zh, unit.c.name_en) if lang == "zh" else (unit.c.name_en, unit.c.name_zh)
    name = func.coalesce(func.nullif(first, ""), func.nullif(second, ""), unit.c.code)
    rows = db.execute(select(func.ST_X(spot), func.ST_Y(spot), name, func.ST_AsGeoJSON(unit.c.geom, 6))).all()
    shapes = [shapely.from_geojson(row[3]) for row in rows] if with_borders else []
    edges = [json.loads(shapely.to_geojson(shape.boundary.simplify(TOLERANCES[1]))) for shape in shapes]
    return Guide([(round(row[0], 5), round(row[1], 5), row[2]) for row in rows], edges)
