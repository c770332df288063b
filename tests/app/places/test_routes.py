"""The API of places: answers follow the viewer's language, reach and right."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, Point, box
from sqlalchemy.orm import Session

from gis.datum import from_wgs84
from grid import addresses, duty
from grid.models import Building, Road
from tests import make, make_accounts

WEST, SOUTH, SIDE = make.WEST, make.SOUTH, make.SIDE


@pytest.fixture
def town(db: Session) -> Session:
    cells = make.city(db)
    addresses.add(
        db, Point(WEST + 0.001, SOUTH + 0.001), text_zh="瑞祥路11号", text_en="11 Ruixiang Road", number="11",
        aliases=["老瑞祥"],
    )  # fmt: skip
    addresses.add(db, Point(WEST + 0.001, SOUTH + 0.003), text_zh="瑞祥路12号", text_en="12 Ruixiang Road", number="12")
    path = LineString([(WEST, SOUTH + 0.001), (WEST + 0.004, SOUTH + 0.001)])
    db.add(Road(name_zh="瑞祥路", name_en="Ruixiang Road", road_class="residential", geom=from_shape(path, srid=4326)))
    duty.make(db, "D1", ["310199001001001"], name_zh="一号责任网格", name_en="Duty cell 1", team="North")
    outline = box(WEST + 0.0005, SOUTH + 0.0005, WEST + 0.0008, SOUTH + 0.0008)
    for area_code in ("310199001001", None):
        cell_id = cells["310199001001001"].id if area_code else None
        db.add(
            Building(
                name_zh="一号楼", area_code=area_code, unit_cell_id=cell_id, floors=6, geom=from_shape(outline, 4326)
            )
        )
    db.flush()
    return db


@pytest.fixture
def planner(app: OpenAPI, town: Session) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(town, role="planner", language="zh"))


@pytest.fixture
def narrow(app: OpenAPI, town: Session) -> FlaskClient:
    """An inspector of the northern community only."""
    who = make_accounts.account(town, role="inspector", areas=["310199001002"], language="en")
    return make_accounts.client_as(app, who)


def test_search_answers_in_the_readers_language(planner: FlaskClient) -> None:
    items = planner.get("/api/v1/places/search", query_string={"q": "ruixianglu 11"}).get_json()["items"]
    assert {key: items[0][key] for key in ("kind", "text", "text_zh", "text_en", "area_code")} == {
        "kind": "address",
        "text": "瑞祥路11号",
        "text_zh": "瑞祥路11号",
        "text_en": "11 Ruixiang Road",
        "area_code": "310199001001",
    }
    assert (items[0]["lon"], items[0]["lat"]) == pytest.approx((WEST + 0.001, SOUTH + 0.001))
    assert (
        planner.get("/api/v1/places/search", query_string={"q": "老瑞祥"}).get_json()["items"][0]["text"]
        == "瑞祥路11号"
    )
    assert planner.get("/api/v1/places/search").get_json() == {"items": []}


def test_addresses_that_are_called_alike_are_told_apart_by_their_area(town: Session, planner: FlaskClient) -> None:
    addresses.add(
        town, Point(WEST + 0.001, SOUTH + 0.0032), text_zh="瑞祥路11号", text_en="11 Ruixiang Road", number="11"
    )
    items = planner.get("/api/v1/places/search", query_string={"q": "瑞祥路11号"}).get_json()["items"]
    assert {one["area"] for one in items if one["text"] == "瑞祥路11号"} == {"区310199001001", "区310199001002"}


def test_search_stays_inside_the_reach(narrow: FlaskClient) -> None:
    items = narrow.get("/api/v1/places/search", query_string={"q": "瑞祥路"}).get_json()["items"]
    assert [(item["kind"], item["text"]) for item in items] == [
        ("road", "Ruixiang Road"),
        ("address", "12 Ruixiang Road"),
    ]


def test_reverse_tells_place_cell_duty_cell_and_areas(planner: FlaskClient) -> None:
    answer = planner.get("/api/v1/places/reverse", query_string={"lon": WEST + 0.0012, "lat": SOUTH + 0.001}).get_json()
    assert answer["text"] == "瑞祥路11号东方向19.1米"
    assert answer["text_en"] == "19.1 m east of 11 Ruixiang Road"
    assert answer["distance_m"] == pytest.approx(19.07, abs=0.05)
    assert answer["unit_cell"]["code"] == "310199001001001"
    assert (answer["duty_cell"]["code"], answer["duty_cell"]["team"]) == ("D1", "North")
    assert [area["code"] for area in answer["areas"]] == ["310199", "310199001", "310199001001"]


def test_reverse_takes_coordinates_in_the_datum_they_come_in(planner: FlaskClient) -> None:
    lon, lat = from_wgs84(WEST + 0.001, SOUTH + 0.001, datum="gcj02")
    given = {"lon": float(lon), "lat": float(lat), "datum": "gcj02"}
    assert planner.get("/api/v1/places/reverse", query_string=given).get_json()["text"] == "瑞祥路11号"


def test_reverse_outside_the_city_or_the_reach_is_refused(planner: FlaskClient, narrow: FlaskClient) -> None:
    outside = planner.get("/api/v1/places/reverse", query_string={"lon": 0, "lat": 0})
    assert (outside.status_code, outside.get_json()["code"]) == (422, "grid.outside_city")
    elsewhere = narrow.get("/api/v1/places/reverse", query_string={"lon": WEST + 0.001, "lat": SOUTH + 0.001})
    assert (elsewhere.status_code, elsewhere.get_json()["code"]) == (422, "grid.outside_city")


@pytest.mark.parametrize(
    "query",
    ["/places/reverse?lon=999&lat=0", "/places/reverse", "/places/reverse?lon=121.45&lat=31.23&datum=moon",
     "/places/search?q=a&lon=1", "/places/search?q=a&limit=0", "/areas?on=yesterday"],
)  # fmt: skip
def test_wrong_questions_are_answered_with_the_reason(planner: FlaskClient, query: str) -> None:
    answer = planner.get("/api/v1" + query)
    assert answer.status_code == 422
    assert answer.content_type.startswith("application/problem+json")


def test_the_city_and_its_areas(planner: FlaskClient, narrow: FlaskClient) -> None:
    city = planner.get("/api/v1/city").get_json()
    assert (city["name_zh"], city["levels"], city["is_demo"]) == ("试验城", ["district", "street", "community"], False)
    assert city["bbox"] == pytest.approx([WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE])
    codes = [area["code"] for area in planner.get("/api/v1/areas?level=community").get_json()["items"]]
    assert codes == ["310199001001", "310199001002"]
    mine = [area["code"] for area in narrow.get("/api/v1/areas").get_json()["items"]]
    assert mine == ["310199", "310199001", "310199001002"]
    assert planner.get("/api/v1/areas?on=2019-01-01").get_json()["items"] == []


def test_a_unit_cell_is_read_by_code_inside_the_reach(planner: FlaskClient, narrow: FlaskClient) -> None:
    cell = planner.get("/api/v1/unit-cells/310199001001001").get_json()
    assert (cell["area_code"], cell["geometry"]["type"], cell["valid_to"]) == ("310199001001", "Polygon", None)
    assert planner.get("/api/v1/unit-cells/310199001001001?on=2019-01-01").status_code == 404
    assert narrow.get("/api/v1/unit-cells/310199001001001").status_code == 404


def test_a_building_is_read_inside_the_reach(planner: FlaskClient, narrow: FlaskClient, town: Session) -> None:
    placed, nowhere = (row.id for row in town.query(Building).order_by(Building.id))
    answer = planner.get(f"/api/v1/places/buildings/{placed}").get_json()
    assert (answer["floors"], answer["geometry"]["type"], answer["address"]) == (6, "Polygon", None)
    assert planner.get(f"/api/v1/places/buildings/{nowhere}").status_code == 200
    assert narrow.get(f"/api/v1/places/buildings/{placed}").status_code == 404
    assert narrow.get(f"/api/v1/places/buildings/{nowhere}").status_code == 404
    assert planner.get("/api/v1/places/buildings/0").status_code == 422


@pytest.mark.parametrize("path", ["places/search?q=a", "places/reverse?lon=1&lat=1", "city", "areas", "unit-cells/x",
                                  "places/buildings/1"])  # fmt: skip
def test_nobody_reads_places_without_a_login(client: FlaskClient, path: str) -> None:
    assert client.get(f"/api/v1/{path}").status_code == 401
