"""The fabric of an invented city: streets, communities, blocks and the roads between them.

All coordinates are metres in the city's own projected CRS. The outline is cut into the given streets (nearest
seed), each street into its communities (equal areas), each community into blocks. Every cut is a road. All edges
are noded together, so neighbours share their vertices: no gap and no overlap by construction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, STRtree
from shapely.affinity import rotate
from shapely.geometry.base import BaseGeometry

GRID_M = 0.001
BLOCK_M2 = 24_000.0
TURNS = (0, 20, -20, 45, -45, 90, 70, -70)


@dataclass(frozen=True)
class Cut:
    """A line that parts two neighbours, with its rank among the roads (0 = between streets)."""

    line: shapely.Geometry
    rank: int


@dataclass(frozen=True)
class Block:
    """Ground between roads: its community and its polygon."""

    community: str
    shape: Polygon


@dataclass(frozen=True)
class Stretch:
    """A road between two junctions; stretches of one cut share `road` (they carry one name)."""

    road: int
    rank: int
    line: LineString


@dataclass(frozen=True)
class Fabric:
    """Blocks and road stretches of the whole city, and the line where streets of the two creek banks meet."""

    blocks: list[Block]
    stretches: list[Stretch]
    creek: BaseGeometry


def weave(
    outline: Polygon,
    street_places: Mapping[str, tuple[float, float]],
    communities: Mapping[str, Sequence[str]],
    south_bank: Sequence[str],
    rng: np.random.Generator,
) -> Fabric:
    """The fabric for an outline, street seeds (x, y in metres) and the community codes of each street."""
    streets = streets_around(outline, street_places)
    cuts: list[Cut] = []
    leaves: list[tuple[str, Polygon]] = []
    for street in sorted(streets):
        parts = divide(streets[street], len(communities[street]), rng, cuts, rank=1)
        for community, part in zip(communities[street], _in_reading_order(parts), strict=True):
            count = max(1, round(part.area / BLOCK_M2))
            leaves += [(community, block) for block in divide(part, count, rng, cuts, rank=2)]
    cuts += [Cut(line, 0) for line in _borders(list(streets.values()))]
    blocks = _node(leaves)
    return Fabric(blocks, _stretches(blocks, outline, cuts), _bank(streets, south_bank))


def dry(woven: Fabric, water: BaseGeometry) -> Fabric:
    """The fabric without the roads that run in the water; those that cross it are bridges."""
    lines = np.array([stretch.line for stretch in woven.stretches], dtype=object)
    wet = shapely.length(shapely.intersection(lines, water)) > 0.5 * shapely.length(lines)
    return replace(woven, stretches=[one for one, is_wet in zip(woven.stretches, wet, strict=True) if not is_wet])


def streets_around(outline: Polygon, places: Mapping[str, tuple[float, float]]) -> dict[str, Polygon]:
    """The outline by nearest place; a piece cut off from its street goes to the neighbour it touches most."""
    codes = list(places)
    seeds = [Point(places[code]) for code in codes]
    cells = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=outline.buffer(1000)).geoms
    streets: dict[str, Polygon] = {}
    loose: list[Polygon] = []
    for cell in cells:
        code = codes[next(i for i, seed in enumerate(seeds) if cell.contains(seed))]
        parts = sorted(polygons(shapely.intersection(cell, outline, grid_size=GRID_M)), key=lambda part: -part.area)
        streets[code] = parts[0]
        loose += parts[1:]
    for part in loose:
        best = max(streets, key=lambda code: streets[code].intersection(part).length)
        streets[best] = polygons(shapely.union(streets[best], part, grid_size=GRID_M))[0]
    return streets


def divide(shape: Polygon, count: int, rng: np.random.Generator, cuts: list[Cut], *, rank: int) -> list[Polygon]:
    """Cut a polygon into `count` parts of about equal area across its longest axis; the cuts are appended."""
    if count <= 1:
        return [shape]
    left = count // 2
    near, far = halve(shape, left / count, rng.normal(0, 3))
    cuts.append(Cut(near.intersection(far), rank))
    return divide(near, left, rng, cuts, rank=rank) + divide(far, count - left, rng, cuts, rank=rank)


def halve(shape: Polygon, share: float, tilt_degrees: float) -> tuple[Polygon, Polygon]:
    """Two parts of a polygon, the first holding `share` of its area; each is one piece.

    The cut goes across the longest axis; where that would leave loose pieces, other directions are tried.
    """
    angle = long_axis_degrees(shape) + tilt_degrees
    for turn in TURNS:
        near, far = _halves(shape, share, angle + turn)
        if len(near) == len(far) == 1:
            return near[0], far[0]
    near, far = _halves(shape, share, angle)
    return _whole(near, far), _whole(far, near)


def _halves(shape: Polygon, share: float, angle: float) -> tuple[list[Polygon], list[Polygon]]:
    """The pieces on either side of the line across `angle` (degrees) that parts off `share` of the area."""
    centre = shape.centroid
    turned = rotate(shape, -angle, origin=centre)
    west, south, east, north = turned.bounds
    low, high = west, east
    for _ in range(24):
        middle = (low + high) / 2
        if shapely.clip_by_rect(turned, west, south, middle, north).area < share * turned.area:
            low = middle
        else:
            high = middle
    side = rotate(shapely.box(west - 1, south - 1, high, north + 1), angle, origin=centre)
    near = polygons(shapely.intersection(shape, side, grid_size=GRID_M))
    return near, polygons(shapely.difference(shape, side, grid_size=GRID_M))


def long_axis_degrees(shape: Polygon) -> float:
    """Direction of the longer side of the smallest rectangle around a polygon, degrees from the x axis."""
    corners = shapely.get_coordinates(shape.minimum_rotated_rectangle)
    sides = np.diff(corners[:3], axis=0)
    longest = sides[int(np.argmax(np.hypot(sides[:, 0], sides[:, 1])))]
    return float(np.degrees(np.arctan2(longest[1], longest[0])))


def polygons(shape: shapely.Geometry) -> list[Polygon]:
    """The polygons of any geometry, largest first."""
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0]
    return sorted(parts, key=lambda part: -part.area)


def _whole(mine: list[Polygon], other: list[Polygon]) -> Polygon:
    """My largest piece with the other side's lesser pieces, which touch it along the cut."""
    joined = shapely.union_all([mine[0], *other[1:]], grid_size=GRID_M)
    return polygons(joined)[0]


def _in_reading_order(parts: list[Polygon]) -> list[Polygon]:
    """North to south in bands of 300 m, west to east within."""
    return sorted(parts, key=lambda part: (-round(part.centroid.y / 300), part.centroid.x))


def _borders(shapes: list[Polygon]) -> list[shapely.Geometry]:
    """The lines where neighbours meet."""
    tree = STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    lines = [shapes[i].intersection(shapes[j]) for i, j in zip(first, second, strict=True) if i < j]
    return [line for line in lines if line.length > 0]


def _node(leaves: list[tuple[str, Polygon]]) -> list[Block]:
    """The leaves with all their edges noded together, so that neighbours share every vertex."""
    shapes = [shape for _, shape in leaves]
    edges = shapely.union_all(shapely.boundary(shapes), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    owner = STRtree(shapes).nearest(shapely.point_on_surface(faces))
    return [
        Block(community, polygons(shapely.coverage_union_all(faces[owner == leaf]))[0])  # with its slivers of rounding
        for leaf, (community, _) in enumerate(leaves)
    ]


def _stretches(blocks: list[Block], outline: Polygon, cuts: list[Cut]) -> list[Stretch]:
    """Roads between junctions: the noded edges inside the outline, each with the cut that it lies on."""
    edges = shapely.union_all(shapely.boundary([block.shape for block in blocks]))
    inner = shapely.difference(edges, outline.boundary.buffer(2))
    lines = shapely.get_parts(shapely.line_merge(inner))
    lines = lines[shapely.length(lines) > 15]
    owner = STRtree([cut.line for cut in cuts]).nearest(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    return [Stretch(int(i), cuts[int(i)].rank, line) for line, i in zip(lines, owner, strict=True)]


def _bank(streets: Mapping[str, Polygon], south: Sequence[str]) -> BaseGeometry:
    """Where the streets south of the creek meet those north of it."""
    if not south:
        return LineString()
    here = MultiPolygon([streets[code] for code in south if code in streets])
    there = MultiPolygon([shape for code, shape in streets.items() if code not in south])
    meeting = shapely.intersection(shapely.union_all(here), shapely.union_all(there))
    return shapely.line_merge(shapely.MultiLineString([p for p in shapely.get_parts(meeting) if p.length > 0]))
