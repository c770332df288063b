"""Stop orders: against every order there is, and on roads whose lengths are known by hand."""

from __future__ import annotations

import random
from itertools import pairwise, permutations

import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dispatch import order, ways
from gis.measure import distance_m
from gis.roads.edges import edges_of
from grid import roads
from grid.models import Road, RoadEdge, RoadGraph
from tests import make

W, S, D = make.WEST, make.SOUTH, 0.001


def road(db: Session, *points: tuple[float, float], **given: object) -> None:
    """A road through points counted in thousandths of a degree from the city's corner."""
    line = LineString([(W + x * D, S + y * D) for x, y in points])
    db.add(Road(**({"road_class": "residential", "geom": from_shape(line, srid=4326)} | given)))
    db.flush()


def at(x: float, y: float) -> tuple[float, float]:
    return (W + x * D, S + y * D)


def metres(*points: tuple[float, float]) -> float:
    """By hand: the sum of the straight pieces on the ellipsoid."""
    return sum(distance_m(*at(*a), *at(*b)) for a, b in pairwise(points))


def brute(matrix: list[list[float]]) -> float:
    stops = range(1, len(matrix))
    return min(order.length(matrix, (0, *one)) for one in permutations(stops))


@pytest.mark.parametrize("count", [1, 2, 5, 7])
def test_few_stops_are_visited_in_the_shortest_order_of_all(count: int) -> None:
    chance = random.Random(count)
    for _ in range(4):
        matrix = [[0.0 if i == j else chance.uniform(1, 100) for j in range(count + 1)] for i in range(count + 1)]
        found = order.shortest(matrix)
        assert found[0] == 0
        assert sorted(found) == list(range(count + 1))
        assert order.length(matrix, found) == pytest.approx(brute(matrix))


def test_many_stops_on_one_road_are_visited_along_it() -> None:
    places = [0, 7, 3, 11, 1, 9, 5, 12, 2, 10, 4, 8, 6]
    matrix = [[abs(a - b) * 1.0 for b in places] for a in places]
    assert [places[one] for one in order.shortest(matrix)] == list(range(13))


@pytest.mark.parametrize("seed", range(6))
def test_two_opt_comes_near_the_best_of_all_orders(seed: int) -> None:
    chance = random.Random(seed)
    spots = [(chance.random(), chance.random()) for _ in range(7)]
    matrix = [[((a - c) ** 2 + (b - d) ** 2) ** 0.5 for c, d in spots] for a, b in spots]
    found = order.length(matrix, order.nearly(matrix))
    assert brute(matrix) - 1e-12 <= found <= 1.05 * brute(matrix)


def test_over_a_river_with_one_bridge_the_nearest_by_air_is_not_the_nearest_by_road(db: Session) -> None:
    make.city(db)
    road(db, (0, 1), (4, 1))  # the south bank
    road(db, (0, 2), (4, 2))  # the north bank
    road(db, (4, 1), (4, 2))  # the bridge
    here, over, along = at(0.5, 1), at(0.5, 2), at(3, 1)
    found = ways.between(db, [here, over, along])
    assert distance_m(*here, *over) < distance_m(*here, *along)
    assert found.metres[0][1] == pytest.approx(metres((0.5, 1), (4, 1), (4, 2), (0.5, 2)), abs=0.5)
    assert found.metres[0][2] == pytest.approx(metres((0.5, 1), (3, 1)), abs=0.5)
    line = ways.leg(db, found, 0, 1).line
    corners = [(round((x - W) / D, 3), round((y - S) / D, 3)) for x, y in line.coords]
    assert corners == [(0.5, 1), (4, 1), (4, 2), (0.5, 2)]


def test_the_order_on_a_hand_made_grid_is_the_shortest_and_its_legs_have_their_lengths(db: Session) -> None:
    make.city(db)
    for y in (1, 2, 3):
        road(db, *((x, y) for x in range(4)))
    for x in range(4):
        road(db, *((x, y) for y in (1, 2, 3)))
    places = [at(0, 1), at(3, 3), at(1, 2), at(3, 1), at(0, 3)]
    found = ways.between(db, places)
    matrix = [list(row) for row in found.metres]
    best = order.shortest(matrix)
    assert order.length(matrix, best) == pytest.approx(brute(matrix))
    assert matrix[0][2] == pytest.approx(metres((0, 1), (1, 1), (1, 2)), abs=0.5)
    assert not any(flag for row in found.straight for flag in row)


def test_a_one_way_street_is_longer_back_than_forth(db: Session) -> None:
    make.city(db)
    road(db, (0, 1), (3, 1), is_oneway=True)
    road(db, (0, 1), (0, 2), (3, 2), (3, 1))
    forth = ways.between(db, [at(0, 1), at(3, 1)]).metres
    assert forth[0][1] == pytest.approx(metres((0, 1), (3, 1)), abs=0.5)
    assert forth[1][0] == pytest.approx(metres((3, 1), (3, 2), (0, 2), (0, 1)), abs=0.5)


def test_what_no_road_reaches_is_given_as_a_straight_line_and_says_so(db: Session) -> None:
    make.city(db)
    road(db, (0, 1), (1, 1))
    road(db, (3, 1), (4, 1))  # an island of its own
    found = ways.between(db, [at(0.5, 1), at(3.5, 1), at(0.5, 3.95)])
    assert found.straight[0][1]
    assert found.metres[0][1] == pytest.approx(metres((0.5, 1), (3.5, 1)))
    assert found.joints[2] is None  # 330 m from any road
    assert ways.leg(db, found, 0, 2).is_straight


def test_roads_meet_at_shared_points_and_ends_but_not_where_they_only_cross(db: Session) -> None:
    lines = [LineString([(0, 0), (2, 2)]), LineString([(0, 2), (2, 0)]), LineString([(1, 0), (0.5, 0.5)])]
    made = edges_of(lines, [False] * 3)
    assert len(made) == 4  # the first is cut where the third ends on it, not where the second crosses


def test_the_graph_is_made_once_for_the_same_roads_and_anew_for_others(db: Session) -> None:
    make.city(db)
    road(db, (0, 1), (1, 1))
    assert roads.network(db)
    first = db.scalar(select(RoadGraph.version))
    assert roads.network(db)
    assert db.scalar(select(RoadGraph.version)) == first
    road(db, (1, 1), (2, 1))
    assert roads.network(db)
    assert len(db.scalars(select(RoadEdge.id)).all()) == 2
