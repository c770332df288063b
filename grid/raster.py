"""A fine raster under the cells: most points of a crowd lie in a square that no border crosses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.lazy import library

ndimage = library("scipy.ndimage")

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
SQUARES_A_CELL = 160
SQUARES_MAX = 16_000_000
UNKNOWN = -2  # a border may run here: ask the geometry
EDGE = 1e-6  # of a square: how much wider than it is each border is drawn, against rounding


class Raster:
    """Which cell each square lies in, or `UNKNOWN` where a border passes.

    Squares that touch each other and no border lie in the same cell, or all outside: one exact question (`covering`,
    lon and lat to rows) for each such patch settles them all.
    """

    def __init__(self, cells: NDArray[np.object_], covering: Callable[[Floats, Floats], Rows]) -> None:
        west, south, east, north = shapely.total_bounds(cells)
        count = min(SQUARES_A_CELL * len(cells), SQUARES_MAX)
        size = np.sqrt((east - west) * (north - south) / count)
        self.low = np.array([west, south])
        self.shape = tuple(int(np.ceil(span / size)) + 1 for span in (east - west, north - south))
        self.size = size
        crossed = self._crossed(cells)
        patch, patches = ndimage.label(~crossed)
        first = np.empty(patches + 1, np.int64)
        flat = patch.reshape(-1)
        first[flat[::-1]] = np.arange(flat.size)[::-1]  # of equal targets the last written stays: the first square
        x, y = np.divmod(first, self.shape[1])
        middle = (np.column_stack((x, y)) + 0.5) * size + self.low
        row = covering(middle[:, 0], middle[:, 1]).astype(np.int32)
        row[0] = UNKNOWN  # patch 0 is the borders
        self.row = row[patch]

    def lookup(self, lon: Floats, lat: Floats) -> Rows:
        """For each point the row of its cell, -1 outside all, or `UNKNOWN`."""
        with np.errstate(over="ignore", invalid="ignore"):  # of coordinates that are none
            x, y = (lon - self.low[0]) / self.size, (lat - self.low[1]) / self.size
        inside = (x >= 0) & (y >= 0) & (x < self.shape[0]) & (y < self.shape[1])  # nan is not
        found = np.full(len(lon), -1, np.int64)
        found[inside] = self.row[x[inside].astype(np.int64), y[inside].astype(np.int64)]
        return found

    def _crossed(self, cells: NDArray[np.object_]) -> NDArray[np.bool_]:
        """The squares that a border may touch: borders cut into steps shorter than a square, their corners marked."""
        rings = shapely.get_rings(cells)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        xy = (xy - self.low) / self.size
        follows = ring[1:] == ring[:-1]
        start, step = xy[:-1][follows], (xy[1:] - xy[:-1])[follows]
        steps = np.maximum(np.ceil(np.abs(step).max(axis=1) * 1.01), 1).astype(np.int64)
        edge = np.repeat(np.arange(len(start)), steps)
        at = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
        share = (at / steps[edge])[:, None]
        a = start[edge] + share * step[edge]
        b = a + step[edge] / steps[edge][:, None]
        low = np.maximum((np.minimum(a, b) - EDGE).astype(np.int64), 0)
        high = np.minimum((np.maximum(a, b) + EDGE).astype(np.int64), np.array(self.shape) - 1)
        crossed = np.zeros(self.shape, np.bool_)
        for x in (low[:, 0], high[:, 0]):
            for y in (low[:, 1], high[:, 1]):
                crossed[x, y] = True
        return crossed
