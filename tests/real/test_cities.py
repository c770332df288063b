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
from app.components.codes import take_code
from app.evaluation.agreement import compare
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


def recorded_cases() -> pd.DataFrame:
    """The file of cases by their number, every column as text."""
    frame = pd.read_csv(DATA / "boston" / "cases_311_2015_jan_sep.csv.gz", dtype=str, keep_default_na=False)
    return frame.set_index("case_id").sort_index()


def test_every_case_says_what_its_row_in_the_file_says(boston: tuple[Engine, service.Outcome]) -> None:
    engine, _ = boston
    local = "coalesce(to_char({} AT TIME ZONE 'America/New_York', 'YYYY-MM-DD HH24:MI:SS'), '')"
    with engine.connect() as connection:
        got = (
            pd.read_sql(
                text(
                    f"SELECT k.number, {local.format('reported_at')} AS opened_at, {local.format('due_at')} AS due_at,"
                    f" {local.format('closed_at')} AS closed_at, k.description AS title, m.name_en AS reason,"
                    " c.name_en AS type, coalesce(k.department, '') AS department, coalesce(k.outcome, '') AS outcome,"
                    " CASE k.status WHEN 'reported' THEN 'Open' WHEN 'closed' THEN 'Closed' END AS status,"
                    " CASE k.is_on_time WHEN true THEN 'ONTIME' WHEN false THEN 'OVERDUE' ELSE '' END AS on_time,"
                    " ST_X(k.geom) AS lon, ST_Y(k.geom) AS lat, k.located_by, k.address_id IS NOT NULL AS has_address"
                    " FROM cases k JOIN case_classes c ON c.id = k.class_id JOIN case_classes m ON m.id = c.parent_id"
                ),
                connection,
            )
            .set_index("number")
            .sort_index()
        )
    given = recorded_cases()
    assert list(got.index) == list(given.index)
    for column in ("opened_at", "due_at", "closed_at", "title", "reason", "type", "department", "outcome", "status"):
        assert (got[column] != given[column]).sum() == 0, column
    assert (got["on_time"] != given["on_time"]).sum() == 0
    true = given["default_location"] == "0"
    for column in ("lon", "lat"):
        assert (got[column] - given[column].astype(float)).abs()[true].max() < 1e-9
    known = {name: set(pd.read_csv(DATA / "boston" / f"{name}_from_cases.csv.gz", dtype=str)["property_id"])
             for name in ("addresses", "intersections")}  # fmt: skip
    named = (given["property_type"].eq("Address") & given["property_id"].isin(known["addresses"])) | (
        given["property_type"].eq("Intersection") & given["property_id"].isin(known["intersections"])
    )
    assert (got["has_address"] != named)[true].sum() == 0
    assert got["has_address"][true].mean() > 0.98


def test_on_time_by_the_times_agrees_with_what_was_recorded_and_every_other_group_has_its_reason(
    boston: tuple[Engine, service.Outcome],
) -> None:
    """By pandas on the wall-clock times of the file, over all and by type."""
    engine, _ = boston
    given = recorded_cases()
    due, closed = (pd.to_datetime(given[name].replace("", None)) for name in ("due_at", "closed_at"))
    told = given["on_time"]
    last = due[closed.isna() & told.eq("OVERDUE")].max()
    assert last < due[closed.isna() & told.eq("ONTIME")].min()  # one moment of judging explains all open cases
    expected = pd.Series("?", index=given.index)
    expected[closed.notna() & (closed <= due) & told.eq("ONTIME")] = "agrees_on_time"
    expected[closed.notna() & (closed > due) & told.eq("OVERDUE")] = "agrees_late"
    expected[closed.isna() & due.notna() & (told.eq("ONTIME") == (due > last)) & told.ne("")] = "agrees_open"
    expected[due.isna() & told.ne("")] = "no_limit"
    expected[told.eq("") & closed.notna()] = "no_flag_closed"
    expected[told.eq("") & closed.isna()] = "no_flag_open"
    Babel(words := Flask("words"))
    with Session(engine) as db, words.test_request_context(), force_locale("en"):
        found = compare(db, whole_city({"cases.read", "evaluation.read"}))
    assert dict(found.whole.counts) == expected.value_counts().to_dict() == {
        "agrees_on_time": 46_031, "agrees_late": 15_957, "agrees_open": 10_183, "no_limit": 21_645,
        "no_flag_closed": 80, "no_flag_open": 67,
    }  # fmt: skip
    assert (found.whole.agree, found.whole.differ, found.whole.ratio) == (72_171, 0, 1)
    by_type = expected.groupby(given["reason"] + " · " + given["type"]).value_counts()
    assert {(one.name, reason): count for one in found.classes for reason, count in one.counts.items()} == (
        by_type.to_dict()
    )


def test_a_class_is_handled_by_the_department_that_has_most_of_its_cases(
    boston: tuple[Engine, service.Outcome],
) -> None:
    engine, _ = boston
    types = pd.read_csv(DATA / "boston" / "case_types.csv", keep_default_na=False)
    most = types.sort_values("cases", ascending=False, kind="stable").drop_duplicates(["reason", "type"])
    expected = {(row.reason, row.type): row.department for row in most.itertuples()}
    with engine.connect() as connection:
        rows = connection.execute(text(
            "SELECT m.name_en, c.name_en, c.department FROM case_classes c JOIN case_classes m ON m.id = c.parent_id"
            " JOIN catalogue_schemes s ON s.id = c.scheme_id WHERE s.name = 'boston-311'"
        ))  # fmt: skip
        got = {(row[0], row[1]): row[2] for row in rows}
    assert len(got) == 158
    assert got == expected


def test_cases_on_the_default_point_are_marked_or_moved_to_their_address(
    boston: tuple[Engine, service.Outcome],
) -> None:
    engine, _ = boston
    assert value(engine, "SELECT count(*) FROM cases WHERE located_by = 'import'") == 80_538
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT attributes ->> 'relocated', count(*) FROM cases WHERE located_by = 'address' GROUP BY 1")
        )
        moved = {row[0]: row[1] for row in rows}
    assert set(moved) == {"same address", "number range", "between house numbers", "nearest house number"}
    assert sum(moved.values()) > 3_800  # of the 4,440 that have an address
    left = value(engine, "SELECT count(*) FROM cases WHERE located_by = 'default'")
    assert sum(moved.values()) + left == 13_425
    unplaced = "located_by = 'address' AND (address_id IS NULL OR accuracy_m IS NULL)"
    assert value(engine, f"SELECT count(*) FROM cases WHERE {unplaced}") == 0
    stand_in = "ST_DWithin(geom, ST_Point(-71.0587, 42.3594, 4326), 1e-6)"
    assert value(engine, f"SELECT count(*) FROM cases WHERE located_by = 'default' AND NOT {stand_in}") == 0
    assert value(engine, "SELECT count(*) FROM cases WHERE located_by = 'default' AND address_id IS NOT NULL") == 0


def test_ward_precinct_and_police_district_agree_with_the_record_as_published(
    boston: tuple[Engine, service.Outcome],
) -> None:
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
    with engine.connect() as connection:
        cases = gpd.read_postgis(
            text("SELECT attributes ->> 'police_district' AS recorded, geom FROM cases WHERE located_by = 'import'"),
            connection,
        )
    districts = gpd.read_file(DATA / "boston" / "police_districts.geojson")[["DISTRICT", "geometry"]]
    joined = cases[cases["recorded"] != ""].sjoin(districts.rename_geometry("geom"), predicate="within")
    assert round(ward, 1) == 98.9
    assert round(precinct, 1) == 94.4
    assert round(100 * (joined["recorded"] == joined["DISTRICT"]).mean(), 1) == 99.4


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
    hydrants = gpd.read_file(DATA / "cambridge_ma" / "hydrants.geojson")["HYDRANT_ID"]
    assert hydrants.isna().sum() == 36  # each is a hydrant all the same
    assert outcome.refused.counts[("hydrants.geojson", "imports.twice")] == hydrants.dropna().duplicated().sum()
    assert value(engine, "SELECT count(*) FROM components WHERE external_id LIKE 'hydrants:line %'") == 36
    assert value(engine, r"SELECT count(*) FROM components WHERE code !~ '^\d\d-\d{4}-\d{6}$'") == 0
    with Session(engine) as db:  # the next one by hand goes on after them
        last = db.execute(text("SELECT max(code) FROM components WHERE code LIKE '01-0101-%'")).scalar_one()
        assert int(take_code(db, "01", "0101")[-6:]) == int(last[-6:]) + 1
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
    assert outcome.rows["roads"] == 796
    assert value(engine, "SELECT count(*) FROM roads, city WHERE NOT ST_Intersects(boundary, roads.geom)") == 0
    named = gpd.read_file(DATA / "shanghai" / "osm_named_points_sample.geojson")
    assert outcome.rows["addresses"] == len(named) == 51
    streets = pd.read_csv(DATA / "shanghai" / "streets.csv", dtype=str)
    committees = pd.read_csv(DATA / "shanghai" / "villages_committees.csv.gz", dtype=str)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT level, code, parent_code, name_zh FROM area_codes"))
        got = {tuple(row) for row in rows}
    assert got == {
        *(("street", row.code, row.areaCode, row.name) for row in streets.itertuples()),
        *(("community", row.code, row.streetCode, row.name) for row in committees.itertuples()),
    }
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
