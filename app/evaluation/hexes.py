"""Hexagons of equal size over the ground: cells whose counts can be compared, each with the six around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROOT3 = 3.0**0.5
AROUND = np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)])
MAX_HEXES = 20_000


@dataclass(frozen=True)
class Hexes:
    """Pointy hexagons with sides of `side_m` metres in axial coordinates (q, r); shape (n, 2)."""

    axial: Ints
    side_m: float

    def centres(self) -> Floats:
        """x, y in metres, shape (n, 2)."""
        q, r = self.axial[:, 0], self.axial[:, 1]
        return np.column_stack([self.side_m * ROOT3 * (q + r / 2), self.side_m * 1.5 * r])

    def corners(self) -> Floats:
        """The ring of each, shape (n, 7, 2)."""
        turn = np.deg2rad(30 + 60 * np.arange(7))
        ring = self.side_m * np.column_stack([np.cos(turn), np.sin(turn)])
        made: Floats = self.centres()[:, None, :] + ring[None, :, :]
        return made

    def neighbours(self) -> csr_matrix:
        """1 for a cell and each of the six around it that are there; shape (n, n)."""
        place = {(int(q), int(r)): index for index, (q, r) in enumerate(self.axial)}
        rows, columns = [], []
        for index, one in enumerate(self.axial):
            for step in AROUND:
                other = place.get((int(one[0] + step[0]), int(one[1] + step[1])))
                if other is not None:
                    rows.append(index)
                    columns.append(other)
        return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(place), len(place)))

    def index_of(self, axial: Ints) -> Ints:
        """Which cell each pair is; -1 for none."""
        place = {(int(q), int(r)): index for index, (q, r) in enumerate(self.axial)}
        return np.array([place.get((int(q), int(r)), -1) for q, r in axial], dtype=np.int64)


def axial_of(points: Floats, side_m: float) -> Ints:
    """The hexagon that each point (metres, shape (n, 2)) lies in: cube rounding."""
    q = (points[:, 0] * ROOT3 / 3 - points[:, 1] / 3) / side_m
    r = points[:, 1] * 2 / 3 / side_m
    cube = np.column_stack([q, -q - r, r])
    near = np.round(cube)
    off = np.abs(near - cube)
    worst = off.argmax(axis=1)
    rows = np.arange(len(points))
    near[rows, worst] = -(near.sum(axis=1) - near[rows, worst])
    return near[:, [0, 2]].astype(np.int64)


def cover(ground: BaseGeometry, side_m: float, points: Floats) -> Hexes:
    """All hexagons whose middle lies on the ground, and those that hold a point."""
    west, south, east, north = ground.bounds
    r = np.arange(np.floor(south / (1.5 * side_m)), np.ceil(north / (1.5 * side_m)) + 1)
    wide = ROOT3 * side_m
    held = [axial_of(points, side_m)] if len(points) else []
    for row in r:
        q = np.arange(np.floor(west / wide - row / 2), np.ceil(east / wide - row / 2) + 1)
        x, y = wide * (q + row / 2), np.full(len(q), 1.5 * side_m * row)
        inside = shapely.contains_xy(ground, x, y)
        held.append(np.column_stack([q[inside], np.full(inside.sum(), row)]).astype(np.int64))
    return Hexes(np.unique(np.concatenate(held), axis=0), side_m)
