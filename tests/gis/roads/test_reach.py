"""Reach by road against networkx on the same edges, and against figures worked out by hand."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape
from pyproj import Transformer
from shapely.geometry import LineString, Point
from shapely.ops import substring
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from gis.measure import distance_m
from gis.roads import reach as going
from gis.roads.network import BY_VEHICLE, ON_FOOT, Network, Way
from grid import roads
from grid.models import Road
from tests import make

W, S, D = make.WEST, make.SOUTH, 0.001
CRS = 4549
TO_METRES = Transformer.from_crs(4326, CRS, always_xy=True)
XY = tuple[float, float]


def at(x: float, y: float) -> XY:
    """Thousandths of a degree from the city's corner."""
    return (W + x * D, S + y * D)


def road(db: Session, *points: XY, **given: object) -> None:
    line = LineString([at(*one) for one in points])
    db.add(Road(**({"road_class": "residential", "geom": from_shape(line, srid=4326)} | given)))
    db.flush()


def metres(*points: XY) -> float:
    return sum(distance_m(*at(*a), *at(*b)) for a, b in pairwise(points))


def town(db: Session, seed: int = 3) -> Network:
    """Streets on a bent grid, some of them one-way, some for walkers only, one apart from all others."""
    make.city(db, crs_epsg=CRS)
    rng = np.random.default_rng(seed)
    spots = {(i, j): (i + rng.uniform(-0.2, 0.2), j + rng.uniform(-0.2, 0.2)) for i in range(8) for j in range(7)}
    for (i, j), spot in spots.items():
        for other in ((i + 1, j), (i, j + 1)):
            if other in spots and rng.random() < 0.85:
                kind = rng.choice(["residential", "primary", "footway"], p=[0.6, 0.2, 0.2])
                road(db, spot, spots[other], road_class=str(kind), is_oneway=bool(rng.random() < 0.3))
    road(db, (20, 20), (21, 20))
    found = roads.network(db)
    assert found is not None
    return found


def graph(db: Session, way: Way) -> tuple[nx.DiGraph, list[tuple[int, int, int, float, bool, LineString]]]:
    """The same edges for networkx, with what the way bars and may not go against left out."""
    made = nx.DiGraph()
    kept = []
    rows = db.execute(text("SELECT id, source, target, metres, is_oneway, kind, ST_AsBinary(line) FROM road_edges"))
    for edge, source, target, long, oneway, kind, line in rows:
        if kind in way.going.barred or edge in way.closed:
            continue
        cost = long if way.unit == "m" else long * 60 / 1000 / way.going.kmh.get(kind, way.going.usual_kmh)
        both = not (oneway and way.going.heeds_oneway)
        kept.append((edge, source, target, cost, both, shapely.from_wkb(bytes(line))))
        ends = [(source, target)] + ([(target, source)] if both else [])
        for a, b in ends:
            made.add_edge(*((b, a) if way.towards else (a, b)), weight=cost)
    return made, kept


def join(
    kept: list[tuple[int, int, int, float, bool, LineString]], spot: XY, edge: int | None = None
) -> tuple[int, float, float]:
    """Nearest edge by shapely (or the one given): its place in the list, share, metres off."""
    point = Point(TO_METRES.transform(*spot))
    held = [at for at, one in enumerate(kept) if edge in (None, one[0])]
    nearest = min(held, key=lambda one: kept[one][5].distance(point))
    line = kept[nearest][5]
    return nearest, line.project(point, normalized=True), line.distance(point)


def by_networkx(
    db: Session, way: Way, starts: list[XY], points: list[XY], on: list[int] | None = None
) -> list[float | None]:
    """Cost from the nearest start to each point: every start and point becomes a node that cuts its edge."""
    made, kept = graph(db, way)
    off = 1.0 if way.unit == "m" else 60 / 4800
    marks: dict[int, list[tuple[float, str]]] = {}
    joins: dict[str, tuple[str, float]] = {}
    for name, spots in (("s", starts), ("p", points)):
        for number, spot in enumerate(spots):
            edge, share, away = join(kept, spot, on[number] if on and name == "p" else None)
            if away <= way.joins_m:
                if 1e-9 < share < 1 - 1e-9:
                    marks.setdefault(edge, []).append((share, f"{name}{number}"))
                else:  # at a corner: the corner itself
                    corner = kept[edge][1 if share < 0.5 else 2]
                    for one, other in ((corner, f"{name}{number}"), (f"{name}{number}", corner)):
                        made.add_edge(one, other, weight=0.0)
                joins[f"{name}{number}"] = (f"{name}{number}", away)
    for edge, held in marks.items():
        _, source, target, cost, both, _ = kept[edge]
        chain = [(0.0, source), *sorted(held), (1.0, target)]
        for (lo, a), (hi, b) in pairwise(chain):
            for one, other in [(a, b)] + ([(b, a)] if both else []):
                made.add_edge(*((other, one) if way.towards else (one, other)), weight=cost * (hi - lo))
    for name, (node, away) in joins.items():
        if name.startswith("s"):
            made.add_edge("all", node, weight=away * off)
    found = nx.single_source_dijkstra_path_length(made, "all") if "all" in made else {}
    return [
        found[f"p{one}"] + joins[f"p{one}"][1] * off if f"p{one}" in joins and f"p{one}" in found else None
        for one in range(len(points))
    ]


@pytest.mark.parametrize("way", [
    Way(), Way(ON_FOOT, unit="min"), Way(BY_VEHICLE), Way(BY_VEHICLE, unit="min", towards=True),
    Way(BY_VEHICLE, closed=frozenset({3, 7, 11, 20})), Way(towards=True, joins_m=40),
])  # fmt: skip
def test_points_cost_what_networkx_finds_on_the_same_edges(db: Session, way: Way) -> None:
    network = town(db)
    rng = np.random.default_rng(5)
    starts = [at(*one) for one in rng.uniform(0, 6, (4, 2))]
    points = [at(*one) for one in rng.uniform(-0.5, 7.5, (300, 2))] + [starts[0], at(20.5, 20.001), at(50, 50)]
    found = going.nearest(db, network, points, starts, way)
    wanted = by_networkx(db, way, starts, points)
    assert [one.cost is None for one in found] == [one is None for one in wanted]
    assert [one.cost for one in found if one.cost is not None] == pytest.approx(
        [one for one in wanted if one is not None], rel=1e-6, abs=1e-6
    )
    assert (found[-1].state, found[-2].state) == ("too far", "no way")
    assert len(found) == len(points)


@pytest.mark.parametrize("way", [Way(), Way(BY_VEHICLE, unit="min"), Way(BY_VEHICLE, towards=True)])
@pytest.mark.parametrize("each", [False, True])
def test_reached_stretches_end_where_the_limit_does(db: Session, way: Way, each: bool) -> None:
    network = town(db, seed=8)
    starts = [at(1.3, 1.1), at(5.2, 4.4)]
    limit = 450.0 if way.unit == "m" else 1.2
    found = going.reach(db, network, starts, limit, way, each=each)
    assert found.metres > 500
    assert max(max(one.from_cost, one.to_cost) for one in found.pieces) <= limit + 1e-9
    for place in range(2) if each else (None,):
        mine = [one for one in found.pieces if place in (None, one.place)]
        spots = [one.line.interpolate(share, normalized=True).coords[0] for one in mine for share in (0.1, 0.9)]
        costs = [one.from_cost + share * (one.to_cost - one.from_cost) for one in mine for share in (0.1, 0.9)]
        edges = [one.edge for one in mine for _ in range(2)]
        wanted = by_networkx(db, way, starts if place is None else [starts[place]], spots, edges)
        assert costs == pytest.approx(wanted, abs=0.02)  # spots went through degrees


def test_all_that_is_within_the_limit_is_in_the_stretches(db: Session) -> None:
    """A thousand spots along all edges: in a stretch if and only if networkx has them within the limit."""
    network, way, starts, limit = town(db, seed=4), Way(BY_VEHICLE), [at(2.2, 3.1), at(6, 1)], 400.0
    _, kept = graph(db, way)
    rng = np.random.default_rng(1)
    spots, shares = [], []
    back = Transformer.from_crs(CRS, 4326, always_xy=True)
    for edge, _, _, _, _, line in kept:
        for share in rng.uniform(0.01, 0.99, 12):
            point = line.interpolate(share, normalized=True)
            spots.append(back.transform(point.x, point.y))
            shares.append((edge, share, line))
    costs = by_networkx(db, way, starts, spots, [edge for edge, _, _ in shares])
    found = going.reach(db, network, starts, limit, way).pieces
    lines: dict[int, list[LineString]] = {}
    for one in found:
        lines.setdefault(one.edge, []).append(one.line)
    compared = 0
    for spot, (edge, _, _), cost in zip(spots, shares, costs, strict=True):
        if cost is not None and abs(cost - limit) < 0.05:
            continue
        near = min((one.distance(Point(spot)) for one in lines.get(edge, [])), default=1.0)
        assert (near < 1e-7) == (cost is not None and cost < limit)
        compared += 1
    assert compared > 600


def test_a_stretch_is_cut_where_two_places_are_equally_near(db: Session) -> None:
    make.city(db, crs_epsg=CRS)
    road(db, (0, 1), (4, 1))
    network = roads.network(db)
    assert network is not None
    found = going.reach(db, network, [at(0.5, 1), at(2.5, 1)], 10_000, Way()).pieces
    ends = sorted((one.place, round((one.line.coords[-1][0] - W) / D, 3)) for one in found)
    assert ends == [(0, 0.0), (0, 1.5), (1, 1.5), (1, 4.0)]
    assert sum(abs(one.to_cost - one.from_cost) for one in found) == pytest.approx(metres((0, 1), (4, 1)), abs=0.01)


def test_one_way_streets_bind_vehicles_and_not_walkers_and_turn_with_the_direction(db: Session) -> None:
    make.city(db, crs_epsg=CRS)
    road(db, (0, 1), (3, 1), is_oneway=True)
    road(db, (0, 1), (0, 2), (3, 2), (3, 1))
    network = roads.network(db)
    assert network is not None
    west, east = at(0, 1), at(3, 1)
    straight, around = metres((0, 1), (3, 1)), metres((3, 1), (3, 2), (0, 2), (0, 1))

    def cost(way: Way, points: XY, place: XY) -> float | None:
        return going.nearest(db, network, [points], [place], way)[0].cost

    assert cost(Way(BY_VEHICLE), east, west) == pytest.approx(straight, abs=0.05)
    assert cost(Way(BY_VEHICLE), west, east) == pytest.approx(around, abs=0.05)
    assert cost(Way(BY_VEHICLE, towards=True), east, west) == pytest.approx(around, abs=0.05)
    assert cost(Way(ON_FOOT), west, east) == pytest.approx(straight, abs=0.05)
    minutes = cost(Way(ON_FOOT, unit="min"), west, east)
    assert minutes == pytest.approx(straight / 80, abs=0.01)


def test_a_closed_stretch_is_gone_around_and_joined_by_nobody(db: Session) -> None:
    make.city(db, crs_epsg=CRS)
    road(db, (0, 1), (3, 1))
    road(db, (0, 1), (0, 2), (3, 2), (3, 1))
    network = roads.network(db)
    assert network is not None
    closed = going.edges_under(db, network, Point(at(1.5, 1.0001)))
    assert len(closed) == 1
    found = going.nearest(db, network, [at(3, 1)], [at(0, 1)], Way(closed=closed))
    assert found[0].cost == pytest.approx(metres((0, 1), (0, 2), (3, 2), (3, 1)), abs=0.05)
    area = going.edges_under(db, network, Point(at(1.5, 1.5)).buffer(0.8 * D))
    assert len(area) == 2
    nothing = going.reach(db, network, [at(0, 1)], 500, Way(closed=area))
    assert (nothing.unjoined, nothing.pieces) == ((0,), [])


def test_service_areas_are_what_lies_beside_the_reached_ways(db: Session) -> None:
    network = town(db)
    starts = [at(1, 1), at(5, 5), at(50, 50)]
    found, unjoined = going.service_areas(db, network, starts, [200, 500], Way(), beside_m=40)
    assert unjoined == (2,)
    assert [one.limit for one in found] == [200, 500]
    for one in found:
        reached = going.reach(db, network, starts, one.limit, Way())
        assert one.metres == pytest.approx(reached.metres, rel=1e-9)
        lines = [LineString(TO_METRES.itransform(piece.line.coords)) for piece in reached.pieces]
        wanted = shapely.union_all([line.buffer(40, quad_segs=4) for line in lines])
        shape = shapely.transform(one.shape, lambda xy: np.column_stack(TO_METRES.transform(xy[:, 0], xy[:, 1])))
        assert shape.symmetric_difference(wanted).area < 1e-3 * wanted.area
    by_place, _ = going.service_areas(db, network, starts, [500], Way(), by_place=True)
    assert [one.place for one in by_place] == [0, 1]
    assert sum(one.metres for one in by_place) == pytest.approx(found[1].metres, rel=1e-9)


def test_limits_that_are_none_and_no_starts_at_all(db: Session) -> None:
    network = town(db)
    with pytest.raises(InvalidInput):
        going.reach(db, network, [at(1, 1)], 0, Way())
    assert going.reach(db, network, [], 100, Way()).pieces == []
    assert {one.state for one in going.nearest(db, network, [at(1, 1)], [], Way())} == {"no way"}
    assert going.nearest(db, network, [], [at(1, 1)], Way()) == []
    [one] = going.nearest(db, network, [at(1, 1)], [at(6, 6)], Way(), limit=10)
    assert one.state == "no way"


def test_the_halves_of_an_edge_add_up(db: Session) -> None:
    """By hand: 100 m limit from the middle of a straight street reaches 100 m to both sides."""
    make.city(db, crs_epsg=CRS)
    road(db, (0, 1), (4, 1))
    network = roads.network(db)
    assert network is not None
    found = going.reach(db, network, [at(2, 1)], 100, Way())
    assert found.metres == pytest.approx(200, abs=0.01)
    whole = LineString([TO_METRES.transform(*at(0, 1)), TO_METRES.transform(*at(4, 1))])
    middle = substring(whole, 0.5 * whole.length - 100, 0.5 * whole.length + 100)
    got = shapely.union_all([LineString(TO_METRES.itransform(one.line.coords)) for one in found.pieces])
    assert got.hausdorff_distance(middle) < 0.5
