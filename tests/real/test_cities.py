"""Real cities, loaded whole from their files: what must come out of them was counted elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from flask import Flask
from flask_babel import Babel, force_locale
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import app
from app.accounts.rights import RIGHTS
from app.cases.layers import CASES
from app.cities import service
from app.launch import vendor
from app.launch.cluster import Cluster
from gis import db as database
from grid.reach import whole_city
from layers.folium_map import Order, thematic_map
from layers.mercator import Tile, tile_at
from layers.tiles import tile
from tests.conftest import SHARED, copy_database
from tests.layers.things import decoded

DATA = SHARED / "data"


def loaded(cluster: Cluster, name: str, folder: str) -> tuple[Engine, service.Outcome]:
    """A city in a database of its own."""
    app.import_models()
    engine = database.make_engine(copy_database(cluster, f"city_{name}"))
    database.bind(engine)
    with database.transaction() as db:
        outcome = service.load(db, service.Order(name, DATA / folder), lambda what: None)
    database.bind(None)
    return engine, outcome


@pytest.fixture(scope="module")
def boston(cluster: Cluster, template_url: str) -> Iterator[tuple[Engine, service.Outcome]]:
    engine, outcome = loaded(cluster, "boston", "boston")
    yield engine, outcome
    engine.dispose()


def value(engine: Engine, query: str) -> float:
    with engine.connect() as connection:
        return float(connection.execute(text(query)).scalar_one())


def far_from_boston(file: str) -> int:
    """Located rows of a file that lie more than the snapping distance outside the city, by geopandas."""
    rows = pd.read_csv(DATA / "boston" / file).dropna(subset=["lon"])
    points = gpd.GeoSeries(gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326).to_crs(26986)
    city = gpd.read_file(DATA / "boston" / "city_boundary.geojson").to_crs(26986).union_all()
    return int((points.distance(city) > 120).sum())


@pytest.mark.timeout(900)
def test_boston_holds_every_case_with_its_times_deadline_and_outcome(boston: tuple[Engine, service.Outcome]) -> None:
    engine, outcome = boston
    assert outcome.rows["cases"] == 93_963
    assert value(engine, "SELECT count(*) FROM cases WHERE due_at IS NULL") == 21_645
    assert value(engine, "SELECT count(*) FROM cases WHERE closed_at IS NULL") == 14_257
    assert value(engine, "SELECT count(*) FROM cases WHERE closed_at < reported_at") == 176
    assert value(engine, "SELECT count(*) FROM case_moves") == 93_963 + 79_706


def test_cases_on_the_default_point_are_marked_or_moved_to_their_address(
    boston: tuple[Engine, service.Outcome],
) -> None:
    engine, _ = boston
    assert value(engine, "SELECT count(*) FROM cases WHERE located_by = 'import'") == 80_538
    moved = value(engine, "SELECT count(*) FROM cases WHERE located_by = 'address'")
    assert moved + value(engine, "SELECT count(*) FROM cases WHERE located_by = 'default'") == 13_425
    assert moved > 3_800  # of the 4,440 that have an address
    assert (
        value(engine, "SELECT count(*) FROM cases WHERE located_by = 'address' AND attributes ->> 'relocated' IS NULL")
        == 0
    )
    stand_in = "ST_DWithin(geom, ST_Point(-71.0587, 42.3594, 4326), 1e-6)"
    assert value(engine, f"SELECT count(*) FROM cases WHERE located_by = 'default' AND NOT {stand_in}") == 0


def test_ward_and_precinct_agree_with_the_record_as_published(boston: tuple[Engine, service.Outcome]) -> None:
    engine, _ = boston
    recorded = "lpad(substring(c.attributes ->> '{}' from '\\d+'), {}, '0')"
    ward = value(
        engine,
        f"SELECT 100 * avg((a.code = {recorded.format('ward', 2)})::int) FROM cases c "
        "JOIN areas a ON a.level = 'ward' AND ST_Covers(a.geom, c.geom) "
        "WHERE c.located_by = 'import' AND c.attributes ->> 'ward' <> ''",
    )
    precinct = value(
        engine,
        f"SELECT 100 * avg((c.area_code = {recorded.format('precinct', 4)})::int) FROM cases c "
        "WHERE c.located_by = 'import' AND c.attributes ->> 'precinct' <> ''",
    )
    assert round(ward, 1) == 98.9
    assert round(precinct, 1) == 94.4


def test_wrong_geocodes_are_refused_with_reasons_and_nothing_is_drawn_far_away(
    boston: tuple[Engine, service.Outcome],
) -> None:
    engine, outcome = boston
    refused = outcome.refused.counts
    fire = "fire_incidents_2016.csv.gz"
    assert refused[(fire, "gis.no_place")] == 47_263 - 24_041
    assert refused[(fire, "grid.outside_city")] == pytest.approx(far_from_boston(fire), abs=15)
    # within the snapping distance of the border a point still belongs to the city
    outside = "FROM events e, city WHERE NOT ST_Covers(boundary, e.geom)"
    assert value(engine, f"SELECT max(ST_Distance(e.geom::geography, boundary::geography)) {outside}") <= 120
    assert value(engine, "SELECT count(*) FROM events WHERE external_system = 'boston-crash'") == 7_151


def test_bostons_cells_are_seamless_and_numbered(boston: tuple[Engine, service.Outcome]) -> None:
    engine, outcome = boston
    assert outcome.rows["unit_cells"] > 10_000
    share = value(
        engine,
        "SELECT (SELECT sum(area_m2) FROM unit_cells) / (SELECT sum(area_m2) FROM areas WHERE level = 'precinct')",
    )
    assert share == pytest.approx(1, abs=1e-6)
    assert value(engine, "SELECT count(*) - count(DISTINCT code) FROM unit_cells") == 0


def test_cambridge_holds_its_street_furniture_and_facilities(cluster: Cluster, template_url: str) -> None:
    engine, outcome = loaded(cluster, "cambridge", "cambridge_ma")
    expected = 1_960 + 6_117 + 858 + 2_457 + 990 + 785 + 4_605
    refused = sum(outcome.refused.counts.values())
    left_out = sum(n for (file, _), n in outcome.refused.counts.items() if file == "intersections.geojson")
    assert outcome.rows["components"] == expected - (refused - left_out)
    assert outcome.rows["facilities"] == 3 + 12 + 18 + 32 + 87 + 23 + 15 + 8 + 2 + 24
    engine.dispose()


def test_shanghai_given_in_gcj02_comes_out_in_its_right_place(cluster: Cluster, template_url: str) -> None:
    engine, outcome = loaded(cluster, "shanghai", "shanghai")
    assert outcome.rows["areas"] == 16
    assert outcome.rows["area_codes"] == 234 + 6_509
    true = gpd.read_file(DATA / "shanghai" / "districts_cgcs2000.geojson").set_index("adcode").geometry
    with engine.connect() as connection:
        got = {
            row[0]: shapely.from_wkb(bytes(row[1]))
            for row in connection.execute(text("SELECT code, ST_AsBinary(geom) FROM areas"))
        }
    overlaps = [got[code].intersection(true[code]).area / got[code].union(true[code]).area for code in got]
    assert sum(overlaps) / len(overlaps) == pytest.approx(0.92, abs=0.01)  # 0.82 without the shift
    engine.dispose()


@pytest.mark.parametrize("z", [9, 11, 13, 15])
def test_the_tiles_of_boston_tell_every_case_at_any_zoom(boston: tuple[Engine, service.Outcome], z: int) -> None:
    engine, _ = boston
    corners = tile_at(-71.20, 42.41, z), tile_at(-70.90, 42.22, z)
    ids: set[int] = set()
    counted = 0
    with Session(engine) as db:
        for x in range(corners[0].x, corners[1].x + 1):
            for y in range(corners[0].y, corners[1].y + 1):
                parts = decoded(tile(db, CASES, whole_city(RIGHTS), Tile(z, x, y)))
                counted += sum(one["properties"]["count"] for one in parts.get("cases_counts", []))
                if "cases_counts" not in parts:  # rows in the margin are the next tile's, and may be counted there
                    inside = [0 <= at < 4096 for one in parts.get("cases", []) for at in one["geometry"]["coordinates"]]
                    rows = parts.get("cases", [])
                    ids |= {one["id"] for n, one in enumerate(rows) if inside[2 * n] and inside[2 * n + 1]}
    assert counted + len(ids) == pytest.approx(93_963, abs=60)  # rows within half a unit of a seam fall either way


def test_a_map_file_of_every_cell_of_boston_is_small(boston: tuple[Engine, service.Outcome]) -> None:
    engine, _ = boston
    vendor.install()
    web = Flask("thematic")
    Babel(web)
    with web.app_context(), force_locale("en"), Session(engine) as db:
        page = thematic_map(
            db,
            CASES,
            whole_city(RIGHTS),
            Order(by="cell", lang="en"),
            vendor.VENDOR,
            at=datetime(2026, 3, 1, tzinfo=UTC),
        )
    assert len(page.encode()) < 5_000_000
    assert "93,963 rows" in page
