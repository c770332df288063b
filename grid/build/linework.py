"""From lines to faces, and which faces share a border: every vertex on a grid of 1 mm, every border noded once."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from grid.build.plane import Floats, Geometries

GRID_M = 0.001
NONE = -1


def faces_of(lines: Geometries) -> Geometries:
    """The faces that lines enclose (metres). Neighbours share their vertices exactly; loose ends vanish."""
    noded = shapely.union_all(lines, grid_size=GRID_M)
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), np.object_)


def owners(faces: Geometries, polygons: Geometries) -> NDArray[np.int64]:
    """The index of the polygon in which each face lies (by a point on it; the first of several), -1 where none."""
    spots = np.asarray(shapely.point_on_surface(faces), np.object_)
    face, polygon = shapely.STRtree(polygons).query(spots, predicate="intersects")
    found = np.full(len(faces), len(polygons), np.int64)
    np.minimum.at(found, face, polygon)
    found[found == len(polygons)] = NONE
    return found


def shared_borders(faces: Geometries) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs of faces (first < second) that share a border, and its length in metres.

    The faces are noded: two that touch have the same segments there.
    """
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    follows = ring[1:] == ring[:-1]
    start, end = xy[:-1][follows], xy[1:][follows]
    face = face_of_ring[ring[:-1][follows]]
    a, b = _vertex_keys(start), _vertex_keys(end)
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((face, high, low))
    same = (low[order][1:] == low[order][:-1]) & (high[order][1:] == high[order][:-1])
    first, second = face[order][:-1][same], face[order][1:][same]
    length_m = np.hypot(*(end - start).T)[order][1:][same]
    apart = first != second
    pairs, inverse = np.unique(np.column_stack((first, second))[apart], axis=0, return_inverse=True)
    total_m = np.zeros(len(pairs))
    np.add.at(total_m, inverse.reshape(-1), length_m[apart])
    return pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64), total_m


def _vertex_keys(xy: Floats) -> NDArray[np.int64]:
    """One integer for each vertex of the millimetre grid."""
    grid = np.round(xy / GRID_M).astype(np.int64)
    return np.asarray(grid[:, 0] * (1 << 32) + grid[:, 1], np.int64)
