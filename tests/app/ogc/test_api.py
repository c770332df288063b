"""OGC API Features 1 to 4, Tiles and Styles over the layers: what is found, in which form, for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from pyproj import Transformer
from sqlalchemy.orm import Session

from app.cases.models import CaseStatus
from tests import make_accounts, make_cases
from tests.app.datasets.conftest import Add, add, cells, stations  # noqa: F401 - fixtures
from tests.layers.things import decoded

BASE = "/ogc/collections/stations"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
WIEN = (16.37, 48.2)


@pytest.fixture
def public(add: Add, stations: Path) -> None:  # noqa: F811 - fixtures
    """Wien, Graz, Linz and a bridge in the test's city, open to everyone."""
    add(stations, "--id", "stations", "--public")


@pytest.fixture
def owner(app: Flask, db: Session, add: Add, stations: Path) -> FlaskClient:  # noqa: F811 - fixtures
    """A planner, with the same places as a layer of the planner's own."""
    account = make_accounts.account(db, role="planner", name="pia")
    add(stations, "--id", "stations", "--as", "pia")
    return make_accounts.client_by_token(app, db, account)


def names(client: FlaskClient, **query: str) -> list[str]:
    answer = client.get(f"{BASE}/items", query_string=query)
    assert answer.status_code == 200, answer.text
    return [one["properties"]["name"] for one in answer.json["features"]]


@pytest.mark.usefixtures("public")
def test_the_landing_page_leads_to_every_part(client: FlaskClient) -> None:
    links = {one["rel"]: one["href"] for one in client.get("/ogc").json["links"]}
    assert {"self", "service-desc", "service-doc", "conformance", "data"} <= set(links)
    for href in links.values():
        assert client.get(href.replace("http://localhost", "")).status_code == 200
    assert client.get("/ogc", headers={"Accept": "text/html"}).content_type.startswith("text/html")
    [one] = client.get("/ogc/collections").json["collections"][-1:]
    assert one["id"] == "stations"
    assert one["extent"]["spatial"]["bbox"][0] == pytest.approx([14.29, 31.2312, 121.4512, 48.3])
    for link in one["links"]:
        assert client.get(link["href"].replace("http://localhost", "")).status_code == 200, link


@pytest.mark.usefixtures("public")
def test_pages_follow_each_other_forward_and_back_and_count_once(client: FlaskClient) -> None:
    first = client.get(f"{BASE}/items?limit=2").json
    assert (first["numberMatched"], first["numberReturned"]) == (4, 2)
    links = {one["rel"]: one["href"] for one in first["links"]}
    assert "prev" not in links
    second = client.get(links["next"].replace("http://localhost", "")).json
    assert [one["properties"]["name"] for one in second["features"]] == ["Linz", "桥"]
    assert second["numberMatched"] == 4
    back = {one["rel"]: one["href"] for one in second["links"]}
    assert "next" not in back
    again = client.get(back["prev"].replace("http://localhost", "")).json
    assert again["features"] == first["features"]


@pytest.mark.usefixtures("public")
def test_box_time_property_and_filter_narrow_together(client: FlaskClient) -> None:
    assert names(client, bbox="14,47,17,49") == ["Wien", "Graz", "Linz"]
    assert names(client, bbox="14,47,17,49", filter="since < 1850 AND high > 200") == ["Graz"]
    assert names(client, since="1858") == ["Linz"]
    as_json = json.dumps({"op": "like", "args": [{"property": "name"}, "%n%"]})
    assert names(client, filter=as_json, **{"filter-lang": "cql2-json"}) == ["Wien", "Linz"]
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(*WIEN)
    box = f"{x - 1000},{y - 1000},{x + 1000},{y + 1000}"
    assert names(client, bbox=box, **{"bbox-crs": f"{EPSG}3857"}) == ["Wien"]
    assert names(client, bbox="48,16,49,17", **{"bbox-crs": f"{EPSG}4326"}) == ["Wien"]  # latitude first
    near = f"S_WITHIN(geom, BBOX({x - 9}, {y - 9}, {x + 9}, {y + 9}))"
    assert names(client, filter=near, **{"filter-crs": f"{EPSG}3857"}) == ["Wien"]


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"}, {"limit": "x"}, {"bbox": "1,2,3"}, {"bbox": "1,9,3,4"}, {"bbox": "nan,0,1,1"}, {"nosuch": "1"},
        {"crs": f"{EPSG}2154"}, {"bbox": "0,0,1,1", "bbox-crs": "x"}, {"filter": "name ="}, {"filter": "nosuch = 1"},
        {"filter": "name = 1"}, {"filter": "{", "filter-lang": "cql2-json"}, {"filter": "1", "filter-lang": "sql"},
        {"cursor": "xx"}, {"since": "many"}, {"filter": "(" * 5000}, {"filter": "S_INTERSECTS(geom, POINT(x))"},
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_refused_with_400(client: FlaskClient, query: dict[str, str]) -> None:
    answer = client.get(f"{BASE}/items", query_string=query)
    assert answer.status_code == 400, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"]


@pytest.mark.usefixtures("public")
def test_features_come_in_the_asked_crs_with_its_axes(client: FlaskClient) -> None:
    plain = client.get(f"{BASE}/items?limit=1")
    assert plain.headers["Content-Crs"] == f"<{CRS84}>"
    assert plain.json["features"][0]["geometry"]["coordinates"] == pytest.approx(WIEN)
    turned = client.get(f"{BASE}/items?limit=1&crs={quote(EPSG + '4326')}")
    assert turned.headers["Content-Crs"] == f"<{EPSG}4326>"
    assert turned.json["features"][0]["geometry"]["coordinates"] == pytest.approx(WIEN[::-1])
    flat = client.get(f"{BASE}/items?limit=1&crs={quote(EPSG + '3857')}").json["features"][0]["geometry"]["coordinates"]
    assert flat == pytest.approx(Transformer.from_crs(4326, 3857, always_xy=True).transform(*WIEN), abs=0.001)
    own = client.get(BASE).json["crs"][-1]
    city = client.get(f"{BASE}/items", query_string={"crs": own, "name": "桥"}).json["features"][0]["geometry"]
    y_x = Transformer.from_crs(4326, int(own.rsplit("/", 1)[1])).transform(31.2312, 121.4512)  # as the authority has it
    assert city["coordinates"] == pytest.approx(y_x, abs=0.01)


@pytest.mark.usefixtures("public")
def test_queryables_and_schema_name_every_property(client: FlaskClient) -> None:
    told = client.get(f"{BASE}/queryables")
    assert told.content_type == "application/schema+json"
    assert set(told.json["properties"]) == {"geom", "name", "since", "high"}
    assert told.json["properties"]["since"]["type"] == "number"
    assert client.get(f"{BASE}/schema").json["properties"]["id"]["readOnly"] is True


@pytest.mark.usefixtures("public")
def test_tiles_and_styles_are_those_of_the_map(client: FlaskClient) -> None:
    [one] = client.get(f"{BASE}/tiles").json["tilesets"]
    href = next(link["href"] for link in one["links"] if link["rel"] == "item")
    address = href.replace("http://localhost", "").format(tileMatrix=6, tileRow=22, tileCol=34)
    assert len(decoded(client.get(address).data)["stations"]) == 3
    matrix = client.get("/ogc/tileMatrixSets/WebMercatorQuad").json["tileMatrices"]
    assert matrix[0]["scaleDenominator"] == pytest.approx(559082264.028717)  # OGC 17-083r4, table D.1
    assert (matrix[6]["matrixWidth"], matrix[6]["cellSize"]) == (64, pytest.approx(2445.98490512564))
    style = client.get(f"{BASE}/styles/default").json
    assert (style["version"], set(style["sources"])) == (8, {"stations"})


def test_a_closed_layer_asks_for_a_login_and_people_are_no_collection(
    app: Flask, client: FlaskClient, db: Session, owner: FlaskClient
) -> None:
    assert client.get(f"{BASE}/items").status_code == 401
    other = make_accounts.client_by_token(app, db, make_accounts.account(db, role="planner"))
    assert other.get(f"{BASE}/items").status_code == 404
    assert names(owner) == ["Wien", "Graz", "Linz", "桥"]
    clerk = make_accounts.client_by_token(app, db, make_accounts.account(db, role="clerk"))
    assert "residents" not in [one["id"] for one in clerk.get("/ogc/collections").json["collections"]]
    assert clerk.get("/ogc/collections/residents/items").status_code == 404


def test_cases_keep_to_the_reach_of_who_asks_and_to_the_time(app: Flask, db: Session, add: Add) -> None:  # noqa: F811
    south, north = make_cases.case(db), make_cases.case(db, at=make_cases.NORTH)
    account = make_accounts.account(db, role="inspector", areas=[make_cases.SOUTH_AREA])
    client = make_accounts.client_by_token(app, db, account)
    base = "/ogc/collections/cases/items"
    found = client.get(base).json
    assert [one["id"] for one in found["features"]] == [south.id]
    assert client.get(f"{base}/{north.id}").status_code == 404
    assert client.get(base, query_string={"filter": "status = 'reported'"}).json["numberMatched"] == 1
    assert CaseStatus.REPORTED == "reported"
    day = south.reported_at.astimezone().date().isoformat()
    assert client.get(f"{base}?datetime=../2001-01-01").json["numberMatched"] == 0
    assert client.get(f"{base}?datetime=2001-01-01/..").json["numberMatched"] == 1
    assert client.get(f"{base}?datetime={day}/{day}").status_code == 200


def test_features_are_added_replaced_changed_and_taken_away(owner: FlaskClient) -> None:
    salzburg = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [13.05, 47.8]},
                "properties": {"name": "Salzburg", "since": 1860}}  # fmt: skip
    made = owner.post(f"{BASE}/items", json=salzburg)
    assert made.status_code == 201
    address = made.headers["Location"].replace("http://localhost", "")
    found = owner.get(address)
    assert found.json["properties"] == {"name": "Salzburg", "since": 1860, "high": None}
    tag = found.headers["ETag"]
    moved = salzburg | {"geometry": {"type": "Point", "coordinates": [47.81, 13.06]}}
    turned = owner.put(address, json=moved, headers={"If-Match": tag, "Content-Crs": f"<{EPSG}4326>"})
    assert turned.status_code == 204
    assert owner.get(address).json["geometry"]["coordinates"] == pytest.approx([13.06, 47.81])
    stale = owner.patch(address, json={"properties": {"high": 424.5}}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json["code"]) == (412, "ogc.changed")
    assert owner.patch(address, json={"properties": {"high": 424.5}}).status_code == 204
    assert owner.get(address).json["properties"] == {"name": "Salzburg", "since": 1860, "high": 424.5}
    assert names(owner)[-1] == "Salzburg"
    tile = owner.get("/tiles/stations/6/34/22.mvt")
    assert "Salzburg" in [one["properties"]["name"] for one in decoded(tile.data)["stations"]]  # served at once
    assert owner.delete(address).status_code == 204
    assert owner.get(address).status_code == 404
    assert names(owner) == ["Wien", "Graz", "Linz", "桥"]


@pytest.mark.parametrize(
    "feature",
    [
        [], {"properties": {}}, {"geometry": {"type": "Point", "coordinates": ["x", 1]}, "properties": {}},
        {"geometry": {"type": "Point", "coordinates": [500, 1]}, "properties": {}},
        {"geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, "properties": {}},
        {"geometry": {"type": "Point", "coordinates": [1, 1]}, "properties": {"nosuch": 1}},
        {"geometry": {"type": "Point", "coordinates": [1, 1]}, "properties": {"since": "1837"}},
        {"geometry": {"type": "Point", "coordinates": [1, 1]}, "properties": []},
    ],
)  # fmt: skip
def test_a_feature_that_does_not_fit_is_refused_and_changes_nothing(owner: FlaskClient, feature: Any) -> None:
    answer = owner.post(f"{BASE}/items", json=feature)
    assert answer.status_code == 400, answer.text
    assert len(names(owner)) == 4


def test_nobody_edits_the_layer_of_another_nor_a_register(app: Flask, db: Session, owner: FlaskClient) -> None:
    body = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 1]}, "properties": {}}
    owner.post(f"{BASE}/items", json=body)
    other = make_accounts.client_by_token(app, db, make_accounts.account(db, role="planner"))
    assert other.post(f"{BASE}/items", json=body).status_code == 404
    assert other.delete(f"{BASE}/items/1").status_code == 404
    assert owner.post("/ogc/collections/cases/items", json=body).status_code == 405
    assert app.test_client().post(f"{BASE}/items", json=body).status_code == 401


def test_a_layer_of_many_parts_takes_single_ones(add: Add, app: Flask, db: Session, tmp_path: Path) -> None:  # noqa: F811
    account = make_accounts.account(db, role="planner", name="pia")
    parts = [shapely.box(0, 0, 1, 1), shapely.MultiPolygon([shapely.box(2, 2, 3, 3), shapely.box(4, 4, 5, 5)])]
    file = tmp_path / "fields.gpkg"
    gpd.GeoDataFrame({"n": [1, 2]}, geometry=parts, crs=4326).to_file(file, engine="pyogrio")
    add(file, "--id", "fields", "--as", "pia")
    client = make_accounts.client_by_token(app, db, account)
    body = {"type": "Feature", "geometry": shapely.geometry.mapping(shapely.box(7, 7, 8, 8)), "properties": {"n": 3}}
    address = client.post("/ogc/collections/fields/items", json=body).headers["Location"]
    assert client.get(address.replace("http://localhost", "")).json["geometry"]["type"] == "MultiPolygon"
    found = client.get("/ogc/collections/fields").json
    assert found["isEditable"] is True
    assert found["extent"]["spatial"]["bbox"][0] == [0, 0, 8, 8]
