"""What goes into a thematic map file: outlines with values, light enough to open, and circles for many rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.reach import Viewer
from layers.counts import Counted
from layers.filters import Filter
from layers.layer import Layer
from layers.tile_counts import all_squares, coarser

OUTLINES_MAX = 2_500_000  # bytes of outlines in one file
SQUARES_MAX = 2_500
SQUARE_ZOOM = 16  # squares of 76 m at the equator to begin with
TOLERANCES = (0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3)  # degrees: about 1 m to 100 m
DIGITS = 1e-6


@dataclass(frozen=True)
class Outlines:
    """GeoJSON geometries of units, in the units' order; `tolerance_deg` is by how much they were simplified."""

    geometries: list[dict[str, Any] | None]
    tolerance_deg: float

    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north."""
        shapes = [shapely.geometry.shape(one) for one in self.geometries if one]
        if not shapes:
            return None
        west, south, east, north = shapely.total_bounds(np.array(shapes))
        return float(west), float(south), float(east), float(north)


def outlines(units: list[Counted]) -> Outlines:
    """Outlines that together are small enough, borders shared by neighbours simplified alike (no gaps between them).

    Raises InvalidInput when there are too many units even for rough ones.
    """
    shapes = shapely.from_geojson(np.array([one.geometry for one in units], dtype=object))
    for tolerance in TOLERANCES:
        plain = shapely.coverage_simplify(shapes, tolerance) if tolerance and len(shapes) else shapes
        texts = shapely.to_geojson(shapely.set_precision(plain, DIGITS, mode="pointwise"))
        if sum(len(text) for text in texts if text) <= OUTLINES_MAX:
            return Outlines([json.loads(text) if text else None for text in texts], tolerance)
    raise InvalidInput(
        "{count} outlines are too many for one file. Choose an area, or count by a wider level.",
        field="by", count=len(units),
    )  # fmt: skip


def squares(db: Session, layer: Layer, viewer: Viewer, chosen: Filter) -> list[tuple[float, float, int]]:
    """Longitude, latitude and number of rows of at most `SQUARES_MAX` squares; the numbers add up to all rows."""
    z = SQUARE_ZOOM
    found = all_squares(db, layer, viewer, z, chosen)
    while len(found) > SQUARES_MAX and z > 0:
        found, z = coarser(found), z - 1
    placed = ((one.place(z), one.count) for one in found)
    return sorted((round(lon, 5), round(lat, 5), count) for (lon, lat), count in placed)
