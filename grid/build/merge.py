"""Merging faces that are too small or too thin into a neighbour of the same area."""

from __future__ import annotations

import heapq
from math import log, pi
from typing import overload

import numpy as np
import shapely
from numpy.typing import NDArray

from grid.build.linework import shared_borders
from grid.build.plane import Floats, Geometries

THIN_M = 15.0  # mean width (2A/P) below which a face is a strip, not a cell
LARGE = 1.6  # a union above this share of the target is avoided
LARGEST = 2.5  # a strip makes no union above this share of the target …
LITTLE = 1.25  # … unless the union is hardly larger than the neighbour was


def merge_small(faces: Geometries, owner: NDArray[np.int64], target_m2: Floats, *, small: float) -> NDArray[np.int64]:
    """Group faces so that few groups stay below `small` × target; returns the group of each face.

    Smallest first, each joins the neighbour of its owner with which it shares much border and whose union comes near
    the target and is compact. Faces of different owners never join. `target_m2` is by face.
    """
    merging = _Merging(
        shapely.area(faces).tolist(), shapely.length(faces).tolist(), owner.tolist(), target_m2.tolist(), small
    )
    for first, second, length_m in zip(*(part.tolist() for part in shared_borders(faces)), strict=True):
        if merging.owner[first] == merging.owner[second]:
            merging.shared[first][second] = merging.shared[second][first] = length_m
    merging.run()
    return np.unique(np.array([merging.find(i) for i in range(len(faces))]), return_inverse=True)[1]


@overload
def is_thin(area: float, perimeter: float) -> bool: ...
@overload
def is_thin(area: Floats, perimeter: Floats) -> NDArray[np.bool_]: ...
def is_thin(area: Floats | float, perimeter: Floats | float) -> NDArray[np.bool_] | bool:
    """Whether a face of some m² and metres around is a strip: a median, a verge, the two kerbs of a road."""
    return 2 * area < THIN_M * perimeter


def dissolve(faces: Geometries, group: NDArray[np.int64]) -> Geometries:
    """The union of each group of noded faces, in the order of the groups; every vertex is kept."""
    if not len(faces):
        return faces
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    sizes = np.diff(np.r_[starts, len(order)])
    made = faces[order][starts]
    for at in np.flatnonzero(sizes > 1):
        members = faces[order[starts[at] : starts[at] + sizes[at]]]
        whole = shapely.get_parts(shapely.coverage_union_all(members))
        made[at] = whole[0] if len(whole) == 1 else shapely.unary_union(members)
    return np.asarray(made, np.object_)


class _Merging:
    """The neighbourhood of faces while they join. Plain lists: the work is scalar."""

    def __init__(
        self, area: list[float], perimeter: list[float], owner: list[int], target: list[float], small: float
    ) -> None:
        self.area, self.perimeter, self.owner, self.target, self.small = area, perimeter, owner, target, small
        self.shared: list[dict[int, float]] = [{} for _ in area]
        self.parent = list(range(len(area)))

    def find(self, one: int) -> int:
        """The face that now stands for this one."""
        while self.parent[one] != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one

    def run(self) -> None:
        """Join until nothing wants to."""
        waiting = [(area, one) for one, area in enumerate(self.area) if self._wants(one)]
        heapq.heapify(waiting)
        while waiting:
            area, one = heapq.heappop(waiting)
            if self.parent[one] != one or area != self.area[one]:
                continue
            open_ = [other for other in self.shared[one] if self._may(one, other)]
            if not open_:
                continue
            best = max(open_, key=lambda other: self._score(one, other))
            self._join(one, best)
            if self._wants(best):
                heapq.heappush(waiting, (self.area[best], best))

    def _is_thin(self, one: int) -> bool:
        return bool(is_thin(self.area[one], self.perimeter[one]))

    def _wants(self, one: int) -> bool:
        return self.area[one] < self.small * self.target[one] or self._is_thin(one)

    def _may(self, one: int, other: int) -> bool:
        """Whether a union is not too large. What is far too small can't stand alone, however large the neighbour."""
        area, target = self.area[one] + self.area[other], self.target[one]
        if area <= LARGE * target or self.area[one] < self.small / 2 * target:
            return True
        return self._is_thin(one) and area <= max(LARGEST * target, LITTLE * self.area[other])

    def _score(self, one: int, other: int) -> float:
        """How good a union is: share of the border + compactness (1: a circle) - distance from the target size."""
        border = self.shared[one][other]
        area = self.area[one] + self.area[other]
        perimeter = max(self.perimeter[one] + self.perimeter[other] - 2 * border, 1e-9)
        return border / self.perimeter[one] + 4 * pi * area / perimeter**2 - 0.5 * abs(log(area / self.target[one]))

    def _join(self, one: int, into: int) -> None:
        border = self.shared[one].pop(into)
        del self.shared[into][one]
        self.area[into] += self.area[one]
        self.perimeter[into] += self.perimeter[one] - 2 * border
        for other, length in self.shared[one].items():
            self.shared[into][other] = self.shared[into].get(other, 0.0) + length
            self.shared[other][into] = self.shared[into][other]
            del self.shared[other][one]
        self.shared[one].clear()
        self.parent[one] = into
