"""The recipes that come along, each by its one documented command on the real data, against geopandas and networkx."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from shapely.geometry import Point
from sqlalchemy.orm import Session

from app.planning import commands
from app.settings import Settings
from app.web.create import create_app
from tests import make
from tests.conftest import SHARED

DATA, RECIPES = SHARED / "data", Path(__file__).resolve().parents[2] / "data" / "recipes"
CRS = 26986
Plan = Callable[[str], tuple[gpd.GeoDataFrame, dict[str, Any]]]


@pytest.fixture
def plan(db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """`./city plan run data/recipes/NAME.json --from DATA --json`, and the layer that it made in metres."""
    app = create_app(Settings(home=tmp_path))
    monkeypatch.setattr(commands, "_registry", lambda: app.extensions["city"].layers)
    make.city(db, crs_epsg=CRS)

    def carried(name: str) -> tuple[gpd.GeoDataFrame, dict[str, Any]]:
        words = ["run", str(RECIPES / f"{name}.json"), "--from", str(DATA), "--json"]
        done = CliRunner().invoke(commands.plan, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        told = json.loads(done.stdout)
        assert all(check["ok"] for step in told["run"]["steps"] for check in step["sums"])
        assert told["run"]["crs"] == CRS
        layer = app.extensions["city"].layers.get(told["layer"], commands._viewer(db, None))
        rows = layer.rows(commands._viewer(db, None))
        frame = gpd.read_postgis(rows, db.connection(), geom_col="geom")
        return frame.set_crs(4326, allow_override=True).to_crs(CRS), told

    return carried


def read(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(DATA / name).to_crs(CRS)


def test_cases_for_a_thousand_residents_of_each_precinct(plan: Plan) -> None:
    made, _ = plan("cases_per_1000")
    cases = pd.read_csv(DATA / "boston" / "cases_311_2015_jan_sep.csv.gz")
    cases = cases[cases["default_location"] == 0]
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(cases["lon"], cases["lat"]), crs=4326).to_crs(CRS)
    precincts = read("boston/precincts.geojson")
    held = gpd.sjoin(points, precincts, predicate="intersects").groupby("WARD_PRECINCT").size()
    people = pd.read_csv(DATA / "boston" / "precinct_demographics_acs_2014_2018.csv", dtype={"precinct": str})
    people = people.set_index("precinct")["population__total_population_all_ages"]
    found = made.set_index("WARD_PRECINCT")
    assert len(found) == 255
    counts = held.reindex(found.index).fillna(0)
    assert (found["cases"] - counts).abs().max() <= 1  # a case on a border to the last bit of its projection
    assert found["cases"].sum() == pytest.approx(counts.sum(), rel=1e-4)
    assert found["residents"].to_dict() == people.reindex(found.index).astype(float).to_dict()
    lived = people.reindex(found.index) > 0
    rate = 1000 * found["cases"] / people.reindex(found.index)
    assert found["cases_per_1000"][lived].to_dict() == pytest.approx(rate[lived].to_dict(), rel=1e-9)
    assert found["cases_per_1000"][~lived].isna().all()


def walked(streets: gpd.GeoDataFrame) -> tuple[nx.Graph, shapely.STRtree, list[tuple[int, int, Any]]]:
    """Street lines as a graph of their vertices: each straight piece an edge."""
    graph, nodes, pieces = nx.Graph(), {}, []
    lonlat = streets.to_crs(4326)
    for line in lonlat.explode(ignore_index=True).geometry:
        coords = [(round(x, 7), round(y, 7)) for x, y in line.coords]
        metric = gpd.GeoSeries([Point(one) for one in coords], crs=4326).to_crs(CRS)
        for (one, a), (other, b) in zip(
            list(zip(coords, metric, strict=True)), list(zip(coords, metric, strict=True))[1:], strict=False
        ):
            if one == other:
                continue
            i, j = (nodes.setdefault(spot, len(nodes)) for spot in (one, other))
            graph.add_edge(i, j, weight=a.distance(b))
            pieces.append((i, j, shapely.LineString([a, b])))
    return graph, shapely.STRtree([piece for _, _, piece in pieces]), pieces


def test_residents_more_than_800_m_on_foot_from_a_clinic(plan: Plan) -> None:
    made, _ = plan("beyond_800m_of_a_clinic")
    [row] = made.to_dict("records")
    blocks, tracts = read("cambridge_ma/census_blocks_2020.geojson"), read("cambridge_ma/census_tracts_2010.geojson")
    parts = gpd.overlay(
        blocks[["GEOID20", "geometry"]],
        tracts[["geoid", "totalpop", "geometry"]],
        how="intersection",
        keep_geom_type=True,
    )
    parts["people"] = parts["totalpop"] * parts.area / parts["geoid"].map(tracts.set_index("geoid").area)
    people = parts.groupby("GEOID20")["people"].sum().reindex(blocks["GEOID20"]).fillna(0).to_numpy()

    graph, tree, pieces = walked(read("cambridge_ma/street_centerlines.geojson"))
    middles = blocks.geometry.representative_point()
    with_clinics: list[tuple[int, float]] = []
    for clinic in read("cambridge_ma/health_clinics.geojson").geometry:
        i, j, line = pieces[int(tree.nearest(clinic))]
        on, off = line.project(clinic), line.distance(clinic)
        with_clinics += [(i, off + on), (j, off + line.length - on)]
    for number, (node, cost) in enumerate(with_clinics):
        graph.add_edge("clinics", ("by", number), weight=cost)
        graph.add_edge(("by", number), node, weight=0.0)
    costs = nx.single_source_dijkstra_path_length(graph, "clinics")
    metres = []
    for middle in middles:
        i, j, line = pieces[int(tree.nearest(middle))]
        on, off = line.project(middle), line.distance(middle)
        cost = off + min(costs.get(i, np.inf) + on, costs.get(j, np.inf) + line.length - on)
        metres.append(cost if off <= 300 else np.inf)
    held = middles.within(read("cambridge_ma/city_boundary.geojson").union_all())
    beyond = people[np.array(metres) > 800]
    share = 100 * people[(np.array(metres) > 800) & held].sum() / people[held].sum()
    assert row["percent_beyond"] == pytest.approx(share, abs=0.5)
    assert row["residents_beyond"] == pytest.approx(beyond.sum(), rel=0.02)
    assert 20 < share < 80


def test_where_day_care_has_no_working_hydrant_near(plan: Plan) -> None:
    made, told = plan("hydrants_missing")
    hydrants = read("cambridge_ma/hydrants.geojson")
    working = hydrants[hydrants["LIFECYCLESTATUS"] == "ACT"]
    houses = read("cambridge_ma/day_care.geojson")
    far = houses.geometry.apply(lambda one: working.distance(one).min())
    step = next(one for one in told["run"]["steps"] if one["as"] == "dry")
    assert (far > 60.1).sum() <= step["rows"] <= (far > 59.9).sum()
    dry = houses[far > 60]
    whole = next(one for one in told["run"]["steps"] if one["as"] == "out")["figures"]
    assert whole["features"] == len(dry)
    away = np.array([[one.distance(other) for other in dry.geometry] for one in made.geometry.centroid]) / 300
    wanted = np.where(away < 1, 3 / np.pi * (1 - away**2) ** 2, 0).sum(axis=1) / 300**2 * 1e6
    assert list(made["per_km2"]) == pytest.approx(list(wanted), rel=0.02, abs=0.02 * wanted.max())


def test_residents_and_houses_in_the_flood_zone(plan: Plan) -> None:
    made, _ = plan("flood_zone_residents")
    water = read("cambridge_ma/water_bodies.geojson").make_valid().union_all()
    tracts, zones = read("cambridge_ma/census_tracts_2010.geojson"), read("cambridge_ma/flood_zones_100yr.geojson")
    tracts["geometry"] = tracts.make_valid().difference(water)
    zones["geometry"] = zones.make_valid().difference(water)
    zones = zones[~zones.is_empty].dissolve("fld_zone").reset_index()
    parts = gpd.overlay(
        zones[["fld_zone", "geometry"]],
        tracts[["geoid", "totalpop", "geometry"]],
        how="intersection",
        keep_geom_type=True,
    )
    parts["people"] = parts["totalpop"] * parts.area / parts["geoid"].map(tracts.set_index("geoid").area)
    people = parts.groupby("fld_zone")["people"].sum()
    found = made.set_index("fld_zone")
    assert found["totalpop"].to_dict() == pytest.approx(people.reindex(found.index).to_dict(), rel=1e-4)
    assert found.area.sum() == pytest.approx(zones.area.sum(), rel=1e-6)
    for column, file in (("schools", "public_schools"), ("day_care", "day_care"), ("elderly", "elderly_facilities")):
        houses = read(f"cambridge_ma/{file}.geojson")
        assert found[column].sum() == houses.within(zones.union_all()).sum()
    assert people.sum() > 100
