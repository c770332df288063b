"""Areas as a coverage: neighbours share their borders vertex by vertex, nothing overlaps, narrow gaps are closed."""

from __future__ import annotations

import numpy as np
import shapely

from grid.build.linework import GRID_M, shared_borders
from grid.build.plane import Geometries, Plane, polygons_of

GAP_M = 2.0
CRUMB_M2 = 100.0  # a detached part smaller than this, beside another area, is an error of drawing
SPECK_M2 = 1.0  # and one smaller than this wherever it lies
DROPPED = -1


def clean_areas(areas: Geometries, *, gap_m: float = GAP_M) -> Geometries:
    """Areas of one level (EPSG:4326 polygons) made into a coverage, as multi-polygons in the same order.

    An overlap goes to the neighbour with which it shares most border, and so do gaps narrower than `gap_m` metres and
    detached crumbs below 100 m²; wider gaps stay: they may be no one's ground. Detached specks below 1 m² beside no
    other area are dropped. Real sources rarely are without.
    """
    if not len(areas):
        return np.empty(0, np.object_)
    plane = Plane.around(areas)
    cleaned = np.asarray(shapely.set_precision(plane.to(areas), GRID_M), np.object_)
    if not shapely.coverage_is_valid(cleaned):
        cleaned = np.asarray(shapely.coverage_clean(cleaned, gap_width=gap_m), np.object_)  # type: ignore[attr-defined]  # newer than the stubs
    parts, of = polygons_of(cleaned)
    size, largest = shapely.area(parts), np.zeros(len(areas))
    np.maximum.at(largest, of, size)
    crumbs = (size < CRUMB_M2) & (size < largest[of])
    if crumbs.any():
        best = np.zeros(len(parts))
        first, second, border_m = shared_borders(parts)
        for one, other in ((first, second), (second, first)):
            for part, into, metres in zip(one, other, border_m, strict=True):
                if crumbs[part] and not crumbs[into] and metres > best[part]:
                    best[part], of[part] = metres, of[into]
        of[crumbs & (best == 0) & (size < SPECK_M2)] = DROPPED
    whole = [shapely.coverage_union_all(parts[of == row]) for row in range(len(areas))]
    rows = [shapely.multipolygons(shapely.get_parts(one)) for one in whole]
    return plane.back(np.array(rows, np.object_))
