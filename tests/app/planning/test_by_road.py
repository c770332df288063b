"""Service areas, costs by road and chosen sites, against networkx on a grid of streets whose lengths are known."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from shapely import LineString, Point
from sqlalchemy.orm import Session

from app.datasets import service as datasets
from app.datasets.service import Wish
from app.planning import chain, median, service
from app.planning.errors import BadChain
from gis.errors import CityError
from gis.files.read import open_file
from grid.reach import Viewer
from layers.layer import Registry
from tests.app.planning.conftest import CRS, Run

X, Y = 600_000.0, 3_456_000.0


@pytest.fixture
def streets(db: Session, viewer: Viewer, layers: Any, tmp_path: Path) -> dict[str, gpd.GeoDataFrame]:
    """A grid of 7 × 7 streets 100 m apart, places beside it, one of them far off."""
    lines = [LineString([(X + 100 * i, Y), *((X + 100 * i, Y + 100 * j) for j in range(1, 7))]) for i in range(7)]
    lines += [LineString([(X, Y + 100 * j), *((X + 100 * i, Y + 100 * j) for i in range(1, 7))]) for j in range(7)]
    places = [Point(X + 110, Y + 100), Point(X + 480, Y + 500), Point(X + 5_000, Y)]
    works = shapely.box(X + 140, Y - 9, X + 160, Y + 450)
    made = {
        "streets": gpd.GeoDataFrame({"name": [f"s{n}" for n in range(14)]}, geometry=lines, crs=CRS),
        "places": gpd.GeoDataFrame({"place": ["a", "b", "far"]}, geometry=places, crs=CRS),
        "barrier": gpd.GeoDataFrame({"why": ["works"]}, geometry=[works], crs=CRS),
    }  # fmt: skip
    for name, frame in made.items():
        file = tmp_path / f"{name}.gpkg"
        frame.to_file(file, engine="pyogrio")
        with open_file(file) as opened:
            datasets.add_source(db, viewer, opened, name, Wish(name), lambda _: False)
    return made


def graph(closed: shapely.Geometry | None = None) -> nx.Graph:
    made = nx.Graph()
    for i in range(7):
        for j in range(7):
            for k, m in ((i + 1, j), (i, j + 1)):
                line = LineString([(X + 100 * i, Y + 100 * j), (X + 100 * k, Y + 100 * m)])
                if k < 7 and m < 7 and not (closed is not None and line.intersects(closed)):
                    made.add_edge((i, j), (k, m), weight=100.0)
    return made


def cost(network: nx.Graph, a: Point, b: Point) -> float:
    """From point to point: off the street, along it to a corner, by corners, and back."""

    lines = [LineString([(X + 100 * i, Y + 100 * j), (X + 100 * k, Y + 100 * m)]) for (i, j), (k, m) in network.edges]
    ours, theirs = (min(lines, key=point.distance) for point in (a, b))
    if ours == theirs:
        return float(abs(ours.project(a) - ours.project(b)) + ours.distance(a) + ours.distance(b))

    def corners(point: Point) -> list[tuple[tuple[int, int], float]]:
        edges = [
            LineString([(X + 100 * i, Y + 100 * j), (X + 100 * k, Y + 100 * m)]) for (i, j), (k, m) in network.edges
        ]
        near = min(edges, key=point.distance)
        ends = [Point(one) for one in near.coords]
        on = near.interpolate(near.project(point))
        return [((round((one.x - X) / 100), round((one.y - Y) / 100)), on.distance(one) + on.distance(point))
                for one in ends]  # fmt: skip

    return min(
        nx.shortest_path_length(network, one, other, weight="weight") + there + here
        for one, there in corners(a) for other, here in corners(b) if nx.has_path(network, one, other)
    )  # fmt: skip


def test_each_point_has_its_cost_to_the_nearest_place_by_road(run: Run, streets: Any, layers: Any) -> None:
    made = run({"do": "reach", "as": "out", "of": "spots", "with": "places", "roads": "streets", "joins_m": 60})
    network, places = graph(), list(streets["places"].geometry)[:2]
    spots = layers["spots"].set_index("weight").geometry
    for weight, got in zip(made["weight"], made["road_m"], strict=True):
        wanted = min(cost(network, spots[weight], place) for place in places)
        assert got == pytest.approx(wanted, rel=1e-3, abs=0.1)
    assert len(made) == 150


def test_what_is_closed_is_gone_around(run: Run, streets: Any, layers: Any) -> None:
    step = {"do": "reach", "as": "out", "of": "spots", "with": "places", "roads": "streets"}
    open_, shut = run(step), run(step | {"closed": "barrier"})
    assert (shut["road_m"] >= open_["road_m"] - 30).all()  # who lived on the closed stretch joins another
    assert (shut["road_m"] > open_["road_m"] + 50).sum() > 5


def test_a_limit_leaves_the_rest_empty_and_minutes_are_metres_by_pace(run: Run, streets: Any) -> None:
    step = {"do": "reach", "as": "out", "of": "spots", "with": "places", "roads": "streets"}
    metres = run(step)["road_m"]
    near = run(step | {"within": 250})["road_m"]
    assert near.notna().sum() == (metres <= 250).sum() < 150
    minutes = run(step | {"unit": "min", "into": "road_min"})["road_min"]
    assert list(minutes) == pytest.approx(list(metres / 80), rel=1e-9)


def test_service_areas_hold_what_is_within_their_limits(run: Run, streets: Any, layers: Any) -> None:
    made = run(
        {"do": "service_areas", "as": "out", "of": "places", "roads": "streets", "limits": [150, 300], "beside_m": 20}
    )
    assert list(made["upto"]) == [150, 300]
    costs = run({"do": "reach", "as": "out", "of": "spots", "with": "places", "roads": "streets"})
    for upto, shape in zip(made["upto"], made.geometry, strict=True):
        for spot, metres in zip(costs.geometry, costs["road_m"], strict=True):
            off = min(
                abs(spot.x - X - 100 * round((spot.x - X) / 100)), abs(spot.y - Y - 100 * round((spot.y - Y) / 100))
            )
            if off < 19 and metres - off < upto - 1:
                assert shape.buffer(0.1).contains(spot)
            if metres - 2 * 20 > upto + 15:
                assert not shape.contains(spot)
    rings = run({"do": "service_areas", "as": "out", "of": "places", "roads": "streets", "limits": [150, 300],
                 "beside_m": 20, "rings": True})  # fmt: skip
    assert rings.area.sum() == pytest.approx(made.area.max(), rel=1e-6)
    nearest = run({"do": "service_areas", "as": "out", "of": "places", "roads": "streets", "limits": [300],
                   "split": "nearest"})  # fmt: skip
    assert list(nearest["place"]) == ["a", "b"]
    assert nearest["ways_m"].sum() == pytest.approx(made["ways_m"].max(), rel=1e-9)


def test_the_best_sites_of_all_choices_are_chosen(run: Run, streets: Any, layers: Any) -> None:
    made = run(
        {"do": "pick", "as": "few", "of": "spots", "field": "weight", "how": "<", "value": 40},
        {"do": "pick", "as": "sites", "of": "spots", "field": "weight", "how": ">=", "value": 138},
        {"do": "locate", "as": "out", "of": "few", "with": "sites", "k": 2, "weight": "weight", "along": "straight"},
    )
    frame = layers["spots"]
    demand, sites = frame[frame["weight"] < 40], frame[frame["weight"] >= 138]
    table = np.array([[a.distance(b) for b in sites.geometry] for a in demand.geometry]) * demand[["weight"]].to_numpy()
    best = min(table[:, list(two)].min(axis=1).sum() for two in combinations(range(len(sites)), 2))
    assert (made["weight_served"] * made["mean_cost"]).sum() == pytest.approx(best, rel=1e-6)
    assert made["weight_served"].sum() == demand["weight"].sum()
    assert made["is_new"].all()


def test_a_facility_that_stays_serves_and_sites_are_chosen_beside_it_by_road(
    run: Run, streets: Any, layers: Any
) -> None:
    chosen = [
        {"do": "pick", "as": "few", "of": "spots", "field": "weight", "how": "<", "value": 30},
        {"do": "pick", "as": "sites", "of": "spots", "field": "weight", "how": ">=", "value": 144},
        {"do": "pick", "as": "stays", "of": "places", "field": "place", "value": "a"},
    ]
    step = {"do": "locate", "as": "out", "of": "few", "with": "sites", "fixed": "stays", "k": 1, "roads": "streets"}
    made = run(*chosen, step)
    assert sorted(made["is_new"]) == [False, True]
    network, frame = graph(), layers["spots"]
    demand, sites = frame[frame["weight"] < 30], frame[frame["weight"] >= 144]
    stays = np.array([cost(network, one, streets["places"].geometry[0]) for one in demand.geometry])
    table = np.array([[cost(network, a, b) for b in sites.geometry] for a in demand.geometry])
    best = min(np.minimum(table[:, one], stays).sum() for one in range(len(sites)))
    assert (made["weight_served"] * made["mean_cost"]).sum() == pytest.approx(best, rel=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_median_is_exact_when_small_and_never_below_its_bound_when_large(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = np.hypot(*(rng.uniform(0, 10, (40, 1, 2)) - rng.uniform(0, 10, (1, 12, 2))).transpose(2, 0, 1))
    weights, fixed = rng.integers(1, 9, 40).astype(float), rng.uniform(2, 8, 40)
    for stays in (None, fixed):
        nearest = np.full(40, np.inf) if stays is None else stays
        best = min(
            (np.minimum(costs[:, list(one)].min(axis=1), nearest) * weights).sum() for one in combinations(range(12), 3)
        )
        exact = median.solve(costs, weights, 3, stays)
        assert (exact.method, exact.cost) == ("exact", pytest.approx(best))
        assert exact.gap < 1e-6
        near = median.solve(costs, weights, 3, stays, exact_max=0)
        assert near.method == "interchange"
        assert near.bound <= best + 1e-9 <= near.cost + 2e-9
        assert near.cost <= 1.1 * best
        assert near.gap < 0.15


@pytest.mark.parametrize(("step", "words"), [
    ({"do": "density", "as": "a", "of": "spots", "bandwidth_m": 20, "cell_m": 10}, "coarse"),
    ({"do": "service_areas", "as": "a", "of": "spots", "limits": []}, "at least 1"),
    ({"do": "service_areas", "as": "a", "of": "spots", "limits": [5], "rings": True, "split": "nearest"}, "Rings"),
    ({"do": "locate", "as": "a", "of": "spots", "with": "spots", "k": 0}, "Must be at least 1"),
])  # fmt: skip
def test_values_that_do_not_go_together_are_refused(step: dict[str, Any], words: str) -> None:
    with pytest.raises(BadChain, match=words):
        chain.parse([step])


def test_a_city_without_roads_says_so(db: Session, viewer: Viewer, registry: Registry, run: Run) -> None:
    with pytest.raises(AssertionError, match="no_roads"):
        run({"do": "reach", "as": "out", "of": "spots", "with": "zones"})
    with pytest.raises(CityError):
        service.estimate(
            db, viewer, registry, [{"do": "reach", "as": "a", "of": "spots", "with": "z", "roads": "none"}]
        )


def test_why_tells_the_place_that_is_nearest(
    run: Run, streets: Any, db: Session, viewer: Viewer, registry: Registry
) -> None:
    made = run({"do": "reach", "as": "out", "of": "spots", "with": "places", "roads": "streets"})
    recipe = service.find(db, viewer, "trial")
    assert recipe is not None
    first = made.iloc[0]
    told = service.why(db, viewer, registry, recipe.id, int(first["id"]))
    [place] = [dict(one) for one in told["made_from"][1]["features"]]
    network = graph()
    a, b = list(streets["places"].geometry)[:2]
    wanted = "a" if cost(network, first.geom, a) < cost(network, first.geom, b) else "b"
    assert place["place"] == wanted
