"""Invented buildings in rows along their block, with floors, a use, and a house number on the nearest road.

Coordinates are metres in the city's projected CRS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon, STRtree
from shapely.affinity import rotate
from shapely.geometry.base import BaseGeometry

from app.cities.invented.fabric import Fabric, long_axis_degrees, polygons

SETBACK_M = 11.0
GREEN_SHARE = 0.07
FLAT_M2 = 60.0


@dataclass(frozen=True)
class Pattern:
    """How a block is built up: footprint and spacing in metres, floors, use, and its share of all blocks."""

    use: str
    width_m: float
    depth_m: float
    gap_x_m: float
    gap_y_m: float
    floors: tuple[int, int]
    share: float
    fill: float = 0.94


PATTERNS = (
    Pattern("residential", 52, 12, 10, 15, (6, 7), 0.40),
    Pattern("residential", 32, 16, 24, 26, (14, 30), 0.20),
    Pattern("residential", 22, 11, 4, 8, (2, 3), 0.17),
    Pattern("commercial", 44, 34, 16, 18, (4, 9), 0.12),
    Pattern("office", 38, 36, 26, 26, (12, 34), 0.08),
    Pattern("public", 60, 26, 24, 30, (3, 6), 0.03),
)


@dataclass(frozen=True)
class Buildings:
    """Arrays of one length: outline, floors, flats on each, use, community, road, number. And the green blocks."""

    shape: NDArray[np.object_]
    floors: NDArray[np.int64]
    flats_a_floor: NDArray[np.int64]
    use: NDArray[np.object_]
    community: NDArray[np.object_]
    road: NDArray[np.int64]
    number: NDArray[np.int64]
    green: list[Polygon]


def build_up(fabric: Fabric, keep_clear: BaseGeometry, rng: np.random.Generator) -> Buildings:
    """Fill the blocks with buildings; nothing stands in `keep_clear` (water)."""
    shapes, floors, uses, communities = [], [], [], []
    green: list[Polygon] = []
    shares = np.array([pattern.share for pattern in PATTERNS])
    for block in fabric.blocks:
        if rng.random() < GREEN_SHARE:
            green.append(block.shape)
            continue
        pattern = PATTERNS[rng.choice(len(PATTERNS), p=shares / shares.sum())]
        for plot in polygons(block.shape.buffer(-SETBACK_M).difference(keep_clear)):
            rows = _rows(plot, pattern, rng)
            shapes += list(rows)
            low, high = pattern.floors
            floors.append(np.full(len(rows), rng.integers(low, high + 1)) + rng.integers(0, 2, len(rows)))
            uses += [pattern.use] * len(rows)
            communities += [block.community] * len(rows)
    outlines = np.array(shapes, dtype=object)
    road, number = _house_numbers(fabric, outlines)
    flats = np.maximum(1, np.round(shapely.area(outlines) / FLAT_M2)).astype(np.int64)
    return Buildings(
        outlines, np.concatenate(floors), flats, np.array(uses, dtype=object), np.array(communities, dtype=object),
        road, number, green,
    )  # fmt: skip


def _rows(plot: Polygon, pattern: Pattern, rng: np.random.Generator) -> NDArray[np.object_]:
    """Rectangles on a grid along the plot's long axis, those that lie wholly inside it."""
    angle, centre = long_axis_degrees(plot), plot.centroid
    turned = rotate(plot, -angle, origin=centre)
    west, south, east, north = turned.bounds
    xs = np.arange(west + 1, east - pattern.width_m, pattern.width_m + pattern.gap_x_m)
    ys = np.arange(south + 1, north - pattern.depth_m, pattern.depth_m + pattern.gap_y_m)
    if not len(xs) or not len(ys):
        return np.array([], dtype=object)
    x, y = (grid.ravel() for grid in np.meshgrid(xs, ys))
    boxes = shapely.box(x, y, x + pattern.width_m, y + pattern.depth_m)
    shapely.prepare(turned)
    boxes = boxes[shapely.contains_properly(turned, boxes)]
    boxes = boxes[rng.random(len(boxes)) < pattern.fill]
    return np.array([rotate(box, angle, origin=centre) for box in boxes], dtype=object)


def _house_numbers(fabric: Fabric, outlines: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each building the road it faces and its number: odd on the left, even on the right, rising along it."""
    lines = np.array([stretch.line for stretch in fabric.stretches], dtype=object)
    roads = np.array([stretch.road for stretch in fabric.stretches])
    centres = shapely.centroid(outlines)
    road = roads[STRtree(lines).nearest(centres)]
    xy = shapely.get_coordinates(centres)
    number = np.zeros(len(outlines), dtype=np.int64)
    for one in np.unique(road):
        here = np.flatnonzero(road == one)
        ends = shapely.get_coordinates(lines[roads == one])
        axis = ends[-1] - ends[0]
        axis = axis / max(float(np.hypot(*axis)), 1.0)
        offset = xy[here] - ends[0]
        along = offset @ axis
        left = axis[0] * offset[:, 1] - axis[1] * offset[:, 0] > 0
        for side, first in ((left, 1), (~left, 2)):
            order = np.argsort(along[side], kind="stable")
            number[here[side][order]] = first + 2 * np.arange(len(order))
    return road, number
