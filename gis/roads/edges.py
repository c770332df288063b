"""Edges between junctions, from lines that share points."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely
from shapely import LineString
from shapely.ops import substring

from gis.measure import length_m

DIGITS = 7  # of a degree: about a centimetre; ends that agree so far are one junction
XY = tuple[float, float]


@dataclass(frozen=True)
class Edge:
    """A stretch between two junctions, its line in EPSG:4326; `of` is the place of its road in the list given."""

    source: int
    target: int
    metres: float
    is_oneway: bool
    line: LineString
    of: int


def edges_of(lines: list[LineString], oneway: list[bool]) -> list[Edge]:
    """The stretches between junctions, from lines in EPSG:4326.

    Roads meet where they share a vertex, or where one ends on another. Two that only cross in the picture do not:
    one of them is a bridge. A stretch that ends where it begins is cut in two, so that an edge has two ends.
    """
    paths = [[(round(x, DIGITS), round(y, DIGITS)) for x, y, *_ in line.coords] for line in lines]
    paths = _with_ends_of_others(paths)
    seen = Counter(point for path in paths for point in set(path))
    nodes: dict[XY, int] = {}
    parts = [(at, part) for at, path in enumerate(paths) for part in _cut(path, seen)]
    stretches = [LineString(part) for _, part in parts]
    metres = length_m(np.array(stretches, dtype=object))
    made: list[Edge] = []
    for (at, part), line, long in zip(parts, stretches, metres, strict=True):
        source, target = (nodes.setdefault(point, len(nodes) + 1) for point in (part[0], part[-1]))
        made.append(Edge(source, target, float(long), oneway[at], line, at))
    return made


def line_of(wkb: bytes) -> LineString:
    """A line as the database gives it."""
    return cast(LineString, shapely.from_wkb(bytes(wkb)))


def _with_ends_of_others(paths: list[list[XY]]) -> list[list[XY]]:
    """The same, with the ends of roads that lie on another's middle as vertices of it."""
    if not paths:
        return paths
    ends = sorted({point for path in paths for point in (path[0], path[-1])})
    points = shapely.points(np.array(ends))
    tree = shapely.STRtree([LineString(path) for path in paths])
    near, on = tree.query(points, predicate="dwithin", distance=2 * 10.0**-DIGITS)
    extra: dict[int, list[XY]] = {}
    for end, path in zip(near.tolist(), on.tolist(), strict=True):
        if ends[end] not in paths[path]:
            extra.setdefault(path, []).append(ends[end])
    return [_inserted(path, extra[at]) if at in extra else path for at, path in enumerate(paths)]


def _inserted(path: list[XY], points: list[XY]) -> list[XY]:
    line = LineString(path)
    placed = [(float(line.project(shapely.Point(point))), point) for point in [*path[1:-1], *points]]
    return [path[0], *(point for _at, point in sorted(placed)), path[-1]]


def _cut(path: list[XY], seen: Counter[XY]) -> list[list[XY]]:
    parts: list[list[XY]] = []
    part = [path[0]]
    for at, point in enumerate(path[1:], 1):
        if point == part[-1]:
            continue
        part.append(point)
        if seen[point] > 1 or at == len(path) - 1:
            parts += _halves(part) if part[0] == part[-1] else [part]
            part = [point]
    return parts


def _halves(loop: list[XY]) -> list[list[XY]]:
    line = LineString(loop)
    first, second = substring(line, 0, 0.5, normalized=True), substring(line, 0.5, 1, normalized=True)
    return [[(x, y) for x, y in half.coords] for half in (first, second)]
