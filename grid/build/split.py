"""Splitting what is too large: across the longest axis, by share of area, where the fewest buildings are in the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from grid.build.plane import Floats, Geometries, areal, polygons_of

LARGE = 1.5  # × target: above it a face is split
SHARES = np.array([0.0, -0.05, 0.05, -0.1, 0.1, -0.15, 0.15, -0.2, 0.2])  # how far a cut may move, in share of the area
TURNS_DEG = (0.0, -10.0, 10.0, 90.0)  # other directions, tried only where a building is still in the way
ROUNDS = 24
TOUCH_M = 0.01  # of a border in a building: less is a touch
PLOT_M = 5.0  # of ground that go with a building that fills most of a face
SMALLEST = 0.2  # × target: a cut that leaves less than that on one side is none
Ints = NDArray[np.int64]


def split_large(
    faces: Geometries, target_m2: Floats, buildings: Geometries, *, smallest: float = SMALLEST
) -> tuple[Geometries, Ints]:
    """Pieces of faces near the target size, and the face that each comes from. Metres; buildings are polygons.

    A face of n × target (rounded) becomes n pieces by halving again and again, each time across its longest axis. One
    that a building fills stays large: no cut leaves less than `smallest` × target on one side.
    """
    tree = shapely.STRtree(buildings)
    done: list[Geometries] = []
    done_of: list[Ints] = []
    source = np.arange(len(faces), dtype=np.int64)
    stuck = np.zeros(len(faces), np.bool_)
    for _ in range(ROUNDS):
        area = shapely.area(faces)
        large = (area > LARGE * target_m2) & ~stuck
        done.append(faces[~large])
        done_of.append(source[~large])
        faces, target_m2, source, area = faces[large], target_m2[large], source[large], area[large]
        if not len(faces):
            break
        pieces = np.maximum(np.round(area / target_m2), 2)
        faces, of, stuck = _cut(faces, np.floor(pieces / 2) / pieces, smallest * target_m2, tree, buildings)
        target_m2, source = target_m2[of], source[of]
    else:
        done.append(faces)
        done_of.append(source)
    return np.concatenate(done), np.concatenate(done_of)


def _cut(
    faces: Geometries, share: Floats, smallest_m2: Floats, tree: shapely.STRtree, buildings: Geometries
) -> tuple[Geometries, Ints, NDArray[np.bool_]]:
    """Each face cut in two (more where it is not convex), `share` of its area on one side; buildings stay whole.

    Gives the pieces, the face that each comes from, and which are faces of which no cut leaves two cells.
    """
    best = _best_cuts(faces, share, TURNS_DEG[0], tree, buildings)
    blocked = np.flatnonzero(best.crossing_m > 0)
    for turn in TURNS_DEG[1:]:
        other = _best_cuts(faces[blocked], share[blocked], turn, tree, buildings)
        better = other.cost < best.cost[blocked]
        best.take(blocked[better], other, better)
    left, right = _sides(faces, best.halves, best.lines, tree, buildings)
    stuck = _smaller(left, right) < smallest_m2
    for face in np.flatnonzero(stuck & (best.crossing_m > 0)):
        one = slice(face, face + 1)
        plot = _plot_of_largest(faces[face], tree, buildings)
        left[one], right[one] = _sides(faces[one], plot, shapely.boundary(plot), tree, buildings)
    stuck = _smaller(left, right) < smallest_m2
    left[stuck], right[stuck] = faces[stuck], None
    pieces, of = polygons_of(np.concatenate((left, right)))
    of %= len(faces)
    return pieces, of, stuck[of]


def _smaller(left: Geometries, right: Geometries) -> Floats:
    return np.asarray(np.minimum(shapely.area(left), shapely.area(right)), np.float64)


def _plot_of_largest(face: shapely.Polygon, tree: shapely.STRtree, buildings: Geometries) -> Geometries:
    """The rectangle around the building that holds most of a face, a few metres wider than it: one geometry."""
    inside = buildings[tree.query(face, predicate="intersects")]
    most = inside[np.argmax(shapely.area(shapely.intersection(inside, face)))]
    plot = shapely.buffer(shapely.oriented_envelope(most), PLOT_M, join_style="mitre")
    return np.array([plot], np.object_)


def _sides(
    faces: Geometries, halves: Geometries, lines: Geometries, tree: shapely.STRtree, buildings: Geometries
) -> tuple[Geometries, Geometries]:
    """What of each face lies in a half, and what not; the lines are the borders between, led around buildings."""
    left = areal(np.asarray(shapely.intersection(faces, halves), np.object_))
    right = areal(np.asarray(shapely.difference(faces, halves), np.object_))
    _keep_buildings_whole(faces, left, right, lines, tree, buildings)
    return left, right


@dataclass
class _Cuts:
    """One chosen cut for each face: the line, the half-plane on one side (as a long box), what it costs."""

    lines: Geometries
    halves: Geometries
    crossing_m: Floats
    cost: Floats

    def take(self, rows: Ints, other: _Cuts, which: NDArray[np.bool_]) -> None:
        """Put others' cuts in the place of some of these."""
        for name in ("lines", "halves", "crossing_m", "cost"):
            getattr(self, name)[rows] = getattr(other, name)[which]


def _best_cuts(
    faces: Geometries, share: Floats, turn_deg: float, tree: shapely.STRtree, buildings: Geometries
) -> _Cuts:
    """For each face the cheapest of the cuts in one direction."""
    frame = _Frame.of(faces, turn_deg)
    wanted = np.clip(share[:, None] + SHARES, 0.1, 0.9)
    offset = np.stack([frame.offset_at(wanted[:, i]) for i in range(len(SHARES))], axis=1)
    lines = np.asarray(shapely.intersection(frame.lines(offset), faces[:, None]), np.object_)
    crossing_m = _length_inside(lines.reshape(-1), tree, buildings).reshape(lines.shape)
    size = np.sqrt(shapely.area(faces))[:, None]
    cost = 10 * crossing_m + shapely.length(lines) + 2 * size * np.abs(wanted - share[:, None])
    chosen = np.arange(len(faces)), np.argmin(cost, axis=1)
    return _Cuts(lines[chosen], frame.halves(offset[chosen]), crossing_m[chosen], cost[chosen])


def _length_inside(lines: Geometries, tree: shapely.STRtree, buildings: Geometries) -> Floats:
    """Metres of each line that lie inside buildings."""
    line, building = tree.query(lines, predicate="intersects")
    inside = shapely.length(shapely.intersection(lines[line], buildings[building]))
    return np.bincount(line, weights=inside, minlength=len(lines)).astype(np.float64)


def _keep_buildings_whole(
    faces: Geometries, left: Geometries, right: Geometries, lines: Geometries, tree: shapely.STRtree,
    buildings: Geometries,
) -> None:  # fmt: skip
    """Lead the border around buildings that a cut still crosses: each goes to the side that holds most of it."""
    at, building = tree.query(lines, predicate="intersects")
    crossed = shapely.length(shapely.intersection(lines[at], buildings[building])) > TOUCH_M
    at = at[crossed]
    parts = areal(shapely.intersection(buildings[building[crossed]], faces[at]))  # what sticks out is cut there anyway
    is_left = shapely.area(shapely.intersection(parts, left[at])) * 2 >= shapely.area(parts)
    for face in np.unique(at):
        here = at == face
        to_left = shapely.union_all(parts[here & is_left])
        to_right = shapely.union_all(parts[here & ~is_left])
        left[face] = shapely.difference(shapely.union(left[face], to_left), to_right)
        right[face] = shapely.difference(faces[face], left[face])


@dataclass(frozen=True)
class _Frame:
    """Faces turned so that u runs along each one's longest axis; all their edges, as flat arrays."""

    axis: Floats  # (n, 2) unit vectors along u
    edges: Floats  # (m, 4): u1, v1, u2, v2, rings counter-clockwise, holes clockwise
    face: Ints  # (m,) which face an edge belongs to
    area: Floats
    low: Floats  # (n, 2) lowest u, v
    high: Floats

    @classmethod
    def of(cls, faces: Geometries, turn_deg: float) -> _Frame:
        axis = longest_axes(faces, turn_deg)
        rings, face_of_ring = shapely.get_rings(shapely.orient_polygons(faces), return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        face = face_of_ring[ring]
        along = axis[face]
        uv = np.column_stack(
            (xy[:, 0] * along[:, 0] + xy[:, 1] * along[:, 1], xy[:, 1] * along[:, 0] - xy[:, 0] * along[:, 1])
        )
        low, high = np.full((len(faces), 2), np.inf), np.full((len(faces), 2), -np.inf)
        np.minimum.at(low, face, uv)
        np.maximum.at(high, face, uv)
        follows = ring[1:] == ring[:-1]
        edges = np.column_stack((uv[:-1][follows], uv[1:][follows]))
        return cls(axis, edges, face[:-1][follows].astype(np.int64), shapely.area(faces), low, high)

    def area_before(self, offset: Floats) -> Floats:
        """Area of each face with u < offset: ∮ min(u, offset) dv over its rings (divergence theorem)."""
        u1, v1, u2, v2 = self.edges.T
        c = offset[self.face]
        low, high = np.minimum(u1, u2), np.maximum(u1, u2)
        span = np.maximum(high - low, 1e-12)
        within = np.clip((c - low) / span, 0, 1)  # the share of the edge that lies before the offset
        mean = within * (low + np.minimum(high, c)) / 2 + (1 - within) * c
        mean = np.where(high <= c, (low + high) / 2, np.where(low >= c, c, mean))
        return np.bincount(self.face, weights=mean * (v2 - v1), minlength=len(self.area)).astype(np.float64)

    def offset_at(self, share: Floats) -> Floats:
        """The u before which `share` of each face's area lies, by bisection to a part in a million of its length."""
        low, high = self.low[:, 0].copy(), self.high[:, 0].copy()
        for _ in range(20):
            middle = (low + high) / 2
            short = self.area_before(middle) < share * self.area
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return np.asarray((low + high) / 2, np.float64)

    def lines(self, offset: Floats) -> Geometries:
        """Cutting lines at offsets (n, k), longer than the faces are wide."""
        v = np.stack((self.low[:, 1] - 1, self.high[:, 1] + 1), axis=1)[:, None, :]
        u = np.broadcast_to(offset[..., None], (*offset.shape, 2))
        return np.asarray(shapely.linestrings(self._xy(u, np.broadcast_to(v, u.shape))), np.object_)

    def halves(self, offset: Floats) -> Geometries:
        """The boxes that hold whatever of the faces lies before the offsets (n,)."""
        before, low, high = self.low[:, 0] - 1, self.low[:, 1] - 1, self.high[:, 1] + 1
        u = np.stack((before, offset, offset, before), axis=1)
        v = np.stack((low, low, high, high), axis=1)
        return np.asarray(shapely.polygons(self._xy(u[:, None], v[:, None])[:, 0]), np.object_)

    def _xy(self, u: Floats, v: Floats) -> Floats:
        x, y = self.axis[:, 0, None, None], self.axis[:, 1, None, None]
        return np.stack((u * x - v * y, u * y + v * x), axis=-1)


def longest_axes(faces: Geometries, turn_deg: float = 0.0) -> Floats:
    """Unit vectors (n, 2) along the longer side of each face's smallest enclosing rectangle, turned by some degrees."""
    xy, face = shapely.get_coordinates(shapely.oriented_envelope(faces), return_index=True)
    start = np.searchsorted(face, np.arange(len(faces)))
    first, second = xy[start + 1] - xy[start], xy[start + 2] - xy[start + 1]
    longer = np.where((np.hypot(*first.T) >= np.hypot(*second.T))[:, None], first, second)
    longer = longer / np.maximum(np.hypot(*longer.T), 1e-12)[:, None]
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    return np.column_stack((longer[:, 0] * cos - longer[:, 1] * sin, longer[:, 0] * sin + longer[:, 1] * cos))
