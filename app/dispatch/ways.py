"""Ways by road between places: metres of all pairs, and the line of one leg along the roads.

A place joins the network at the nearest stretch within 300 m; the walk there counts. Where a place is farther away, or
no road leads from one to the other, the straight line is given and marked as such. Degrees are EPSG:4326.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from shapely import LineString
from shapely.ops import substring
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.measure import distance_m
from gis.roads.edges import line_of
from gis.roads.network import BY_VEHICLE, NOT_DRIVEN, Network, Way, routed
from grid import roads

REACH_M = 300.0
XY = tuple[float, float]
DRIVEN = Way(BY_VEHICLE)

_NEAREST = text("""
SELECT p.at, e.id AS edge, ST_LineLocatePoint(e.geom, p.geom) AS fraction,
       ST_Distance(p.geom::geography, ST_ClosestPoint(e.geom, p.geom)::geography) AS metres
FROM (SELECT at, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS geom
      FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS p(lon, lat, at)) AS p
CROSS JOIN LATERAL (SELECT id, geom FROM (
    SELECT id, geom FROM road_edges WHERE kind <> ALL(:barred) ORDER BY geom <-> p.geom LIMIT 8
) AS few ORDER BY geom::geography <-> p.geom::geography LIMIT 1) AS e
ORDER BY p.at
""")
_MATRIX = text("""
SELECT start_vid, end_vid, agg_cost FROM pgr_withPointsCostMatrix(:edges, :points, CAST(:pids AS bigint[]), true, 'b')
""")
_PATH = text("""
SELECT node, edge FROM pgr_withPoints(
    :edges, :points, CAST(:first AS bigint), CAST(:last AS bigint), true, 'b', true) ORDER BY seq
""")


@dataclass(frozen=True)
class Joint:
    """Where a place joins the network: the stretch, the share of its length, metres from the place."""

    edge: int
    fraction: float
    metres: float


@dataclass(frozen=True)
class Leg:
    """From one place to another: metres, whether that is only the straight line, and the line (lon, lat)."""

    metres: float
    is_straight: bool
    line: LineString


@dataclass(frozen=True)
class Ways:
    """All pairs of some places. `metres[i][j]` from i to j; `straight` where no way by road was found."""

    places: tuple[XY, ...]
    joints: tuple[Joint | None, ...]
    metres: tuple[tuple[float, ...], ...]
    straight: tuple[tuple[bool, ...], ...]
    network: Network | None


def between(db: Session, places: Sequence[XY]) -> Ways:
    """Distances of all pairs of places by road."""
    network = roads.network(db)
    joints = (None,) * len(places) if network is None else _joints(db, places)
    by_road = {} if network is None else _matrix(db, network, joints)
    metres, straight = [], []
    for i, one in enumerate(places):
        row, flags = [], []
        for j, other in enumerate(places):
            found = 0.0 if i == j else by_road.get((i, j))
            flags.append(found is None)
            row.append(distance_m(*one, *other) if found is None else found)
        metres.append(tuple(row))
        straight.append(tuple(flags))
    return Ways(tuple(places), joints, tuple(metres), tuple(straight), network)


def leg(db: Session, ways: Ways, i: int, j: int) -> Leg:
    """One pair with its line: from the place to the road, along it, and to the other place."""
    one, other = ways.places[i], ways.places[j]
    first, last = ways.joints[i], ways.joints[j]
    if ways.straight[i][j] or first is None or last is None or ways.network is None or i == j:
        return Leg(ways.metres[i][j], ways.straight[i][j], LineString([one, other]))
    points = [one, *_along(db, ways.network, first, last), other]
    return Leg(ways.metres[i][j], False, LineString(_without_repeats(points)))


def _joints(db: Session, places: Sequence[XY]) -> tuple[Joint | None, ...]:
    spots = {"lons": [x for x, _ in places], "lats": [y for _, y in places]}
    rows = db.execute(_NEAREST, {"barred": sorted(NOT_DRIVEN), **spots}).all()
    found = {row.at - 1: Joint(row.edge, row.fraction, row.metres) for row in rows if row.metres <= REACH_M}
    return tuple(found.get(at) for at in range(len(places)))


def _points_sql(joints: Sequence[tuple[int, Joint]]) -> str:
    """The places as pgRouting reads them; only numbers go in."""
    rows = ", ".join(f"({pid:d}, {one.edge:d}, {_inner(one.fraction)!r}::float8)" for pid, one in joints)
    return f"SELECT pid, edge_id, fraction FROM (VALUES {rows}) AS p(pid, edge_id, fraction)"  # noqa: S608


def _inner(fraction: float) -> float:
    """Ends of a stretch are junctions, not points on it."""
    return min(max(float(fraction), 1e-9), 1 - 1e-9)


def _matrix(db: Session, network: Network, joints: Sequence[Joint | None]) -> dict[tuple[int, int], float]:
    held = [(at + 1, one) for at, one in enumerate(joints) if one is not None]
    if len(held) < 2:
        return {}
    given = {"edges": routed(network, DRIVEN), "points": _points_sql(held), "pids": [-pid for pid, _ in held]}
    off = {pid: one.metres for pid, one in held}
    found = {}
    for start, end, cost in db.execute(_MATRIX, given):
        i, j = int(-start), int(-end)
        found[i - 1, j - 1] = float(cost) + off[i] + off[j]
    return found


def _along(db: Session, network: Network, first: Joint, last: Joint) -> list[XY]:
    given = {"edges": routed(network, DRIVEN), "points": _points_sql([(1, first), (2, last)]), "first": -1, "last": -2}
    rows = db.execute(_PATH, given).all()
    ids = sorted({row.edge for row in rows if row.edge > 0})
    found = text("SELECT id, source, target, ST_AsBinary(geom) AS geom FROM road_edges WHERE id = ANY(:ids)")
    edges = {row.id: row for row in db.execute(found, {"ids": ids})}
    at = {-1: first.fraction, -2: last.fraction}
    points: list[XY] = []
    for here, there in itertools.pairwise(rows):
        edge = edges[here.edge]
        start, end = (at[node] if node < 0 else float(node == edge.target) for node in (here.node, there.node))
        part = substring(line_of(edge.geom), start, end, normalized=True)
        points += [(x, y) for x, y in part.coords]
    return points


def _without_repeats(points: list[XY]) -> list[XY]:
    kept = [points[0]]
    kept += [point for before, point in itertools.pairwise(points) if point != before]
    return kept if len(kept) > 1 else [*kept, kept[0]]
