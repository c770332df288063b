"""The HTTP contract of the layers' doors, and one rule of rights for all of them."""

from __future__ import annotations

import gzip
import json
from collections import OrderedDict

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.maps import asked
from grid.models import AddressKind, UnitCell
from layers import tile_cache
from layers.kept import Ready
from layers.mercator import tile_at
from tests import make, make_accounts
from tests.layers.things import decoded, lamp, lamps

SPOT = (121.4512, 31.2312)
NORTH_SPOT = (121.4512, 31.2332)
SOUTH_CELL, NORTH_CELL = "310199001001001", "310199001002001"
AT = tile_at(*SPOT, 12)
TILE = f"/tiles/lamps/{AT.z}/{AT.x}/{AT.y}.mvt"


@pytest.fixture
def two_lamps(db: Session, cells: dict[str, UnitCell]) -> tuple[int, int]:
    mine = lamp(db, cells[SOUTH_CELL], *SPOT, number="S1")
    other = lamp(db, cells[NORTH_CELL], *NORTH_SPOT, AddressKind.BUILDING, number="N1")
    return mine.id, other.id


def test_a_viewer_of_one_street_sees_no_row_of_another_at_any_door(
    south: FlaskClient, two_lamps: tuple[int, int]
) -> None:
    mine, other = two_lamps
    assert [one["id"] for one in decoded(south.get(TILE).data)["lamps"]] == [mine]
    found = south.get("/api/v1/layers/lamps/features?bbox=121,31,122,32").json
    assert [one["id"] for one in found["features"]] == [mine]
    assert found["matched"] == 1
    assert south.get(f"/api/v1/layers/lamps/features/{mine}").status_code == 200
    assert south.get(f"/api/v1/layers/lamps/features/{other}").status_code == 404
    for by in ("area", "cell"):
        counted = south.get(f"/api/v1/layers/lamps/counts?by={by}").json
        assert counted["total"] == sum(one["count"] for one in counted["items"]) == 1
        assert not [one for one in counted["items"] if one["code"].startswith("310199001002")]
    legend = south.get("/api/v1/layers/lamps/legend").json
    assert legend["total"] == 1
    assert {one["value"]: one["count"] for one in legend["items"]} == {"door": 1, "building": 0, "poi": 0}


def test_nobody_is_let_in_without_a_login(web: Flask, cells: dict[str, UnitCell]) -> None:
    for address in (
        TILE,
        "/tiles/lamps.json",
        "/api/v1/layers",
        "/api/v1/layers/lamps/features",
    ):
        assert web.test_client().get(address).status_code == 401


def test_a_tile_is_gzipped_and_known_again_by_its_etag(
    planner: FlaskClient, db: Session, cells: dict[str, UnitCell], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tile_cache, "GZIP_FROM", 10)
    lamps(db, cells[SOUTH_CELL], [SPOT] * 50)
    first = planner.get(TILE, headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.content_type == "application/vnd.mapbox-vector-tile"
    assert len(decoded(gzip.decompress(first.data))["lamps"]) == 50
    assert first.headers["Cache-Control"] == "private, max-age=0, must-revalidate"
    again = planner.get(TILE, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    plain = planner.get(TILE, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["ETag"] == first.headers["ETag"]
    lamp(db, cells[SOUTH_CELL], *SPOT)
    assert planner.get(TILE, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_empty_tile_has_no_content(planner: FlaskClient) -> None:
    assert planner.get("/tiles/lamps/3/0/0.mvt").status_code == 204


@pytest.mark.parametrize("where", ["23/0/0", "2/4/0", "2/0/-1", "x/0/0"])
def test_a_tile_that_does_not_exist_is_refused_with_the_part_at_fault(planner: FlaskClient, where: str) -> None:
    answer = planner.get(f"/tiles/lamps/{where}.mvt")
    assert answer.status_code == 422
    assert answer.json["field"] in ("z", "x", "y")


def test_an_unknown_layer_is_not_found(planner: FlaskClient) -> None:
    for address in ("/tiles/nothing/1/0/0.mvt", "/tiles/nothing.json", "/api/v1/layers/nothing/legend"):
        assert planner.get(address).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("f.nothing=1", "f.nothing"), ("f.name_zh=a", "f.name_zh"), ("f.kind=palace", "f.kind"), ("bbox=1,2,3", "bbox"),
        ("bbox=122,31,121,32", "bbox"), ("from=yesterday", "from"), ("from=2025-01-02&to=2025-01-01", "to"),
        ("area=%25", "area"), ("after=nonsense", "after"), ("limit=0", "limit"), ("q=" + "x" * 101, "q"),
    ],
)  # fmt: skip
def test_what_can_not_be_asked_is_refused_naming_the_argument(planner: FlaskClient, query: str, field: str) -> None:
    answer = planner.get(f"/api/v1/layers/lamps/features?{query}")
    assert answer.status_code == 422
    assert answer.json["field"] == field


def test_features_come_page_by_page_with_the_exact_number(
    planner: FlaskClient, db: Session, cells: dict[str, UnitCell]
) -> None:
    lamps(db, cells[SOUTH_CELL], [SPOT] * 25)
    seen: list[int] = []
    address = "/api/v1/layers/lamps/features?limit=10&bbox=121.45,31.23,121.46,31.24"
    after = ""
    for size in (10, 10, 5):
        found = planner.get(address + after).json
        assert len(found["features"]) == size
        assert found["matched"] == 25
        seen += [one["id"] for one in found["features"]]
        after = f"&after={found['next']}"
    assert found["next"] is None
    assert len(set(seen)) == 25
    assert seen == sorted(seen)


def test_a_feature_has_all_fields_and_its_place(planner: FlaskClient, two_lamps: tuple[int, int]) -> None:
    found = planner.get(f"/api/v1/layers/lamps/features/{two_lamps[0]}").json
    assert found["geometry"] == {"type": "Point", "coordinates": list(SPOT)}
    assert found["properties"] == {
        "kind": "door",
        "number": "S1",
        "name_zh": "灯",
        "name_en": "lamp",
        "since": "2024-01-01",
    }


def test_counts_with_geometry_are_outlines_of_the_units(planner: FlaskClient, two_lamps: tuple[int, int]) -> None:
    found = planner.get("/api/v1/layers/lamps/counts?by=area&level=street&geometry=1").json
    [street] = found["features"]
    assert street["properties"]["count"] == 2
    assert street["geometry"]["type"] == "MultiPolygon"
    xs = [x for x, _ in street["geometry"]["coordinates"][0][0]]
    assert (min(xs), max(xs)) == pytest.approx((make.WEST, make.WEST + 2 * make.SIDE))
    assert planner.get("/api/v1/layers/lamps/counts?level=galaxy").json["field"] == "level"


def test_people_leave_by_no_door_as_rows(planner: FlaskClient, two_lamps: tuple[int, int]) -> None:
    assert planner.get("/api/v1/layers/lodgers/features").status_code == 403
    assert planner.get(f"/api/v1/layers/lodgers/features/{two_lamps[0]}").status_code == 403
    for z in (8, 12, 14, 16, 18):
        at = tile_at(*SPOT, z)
        parts = decoded(planner.get(f"/tiles/lodgers/{at.z}/{at.x}/{at.y}.mvt").data)
        assert set(parts) <= {"lodgers", "lodgers_names"}
        for one in [*parts["lodgers"], *parts.get("lodgers_names", [])]:
            assert "number" not in one["properties"]
            assert not one["properties"].get("count")


def test_the_list_of_layers_says_all_that_a_page_needs(planner: FlaskClient) -> None:
    items = {one["id"]: one for one in planner.get("/api/v1/layers").json["items"]}
    lamps_told = items["lamps"]
    assert lamps_told["fields"][0]["choices"] == {"door": "Door", "building": "House", "poi": "Place"}
    assert lamps_told["tiles"] == "/tiles/lamps.json"
    assert lamps_told["zooms"] == [0, 18]
    assert items["lodgers"]["floor"] == 5


def test_tilejson_names_tiles_that_can_be_fetched(planner: FlaskClient, two_lamps: tuple[int, int]) -> None:
    told = planner.get("/tiles/lamps.json?f.kind=door&limit=3").json
    assert told["tilejson"] == "3.0.0"
    assert [one["id"] for one in told["vector_layers"]] == ["lamps", "lamps_counts"]
    assert told["bounds"] == pytest.approx([make.WEST, make.SOUTH, make.WEST + 0.004, make.SOUTH + 0.004])
    address = told["tiles"][0].format(z=AT.z, x=AT.x, y=AT.y)
    assert address.startswith("http://localhost/tiles/lamps/")
    assert "limit" not in address
    assert len(decoded(planner.get(address).data)["lamps"]) == 1


def test_styles_and_base_map_name_no_outside_address(planner: FlaskClient) -> None:
    for address in ("/api/v1/map/style.json?theme=dark&lang=en", "/api/v1/layers/lamps/style?theme=light&lang=zh"):
        found = planner.get(address)
        assert found.status_code == 200
        assert "http" not in json.dumps(found.json)
        assert "glyphs" not in found.json
    assert planner.get("/api/v1/map/style.json?theme=neon").json["field"] == "theme"


def test_a_tile_takes_one_query_beside_who_asks(
    planner: FlaskClient, db: Session, two_lamps: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    planner.get(TILE)
    sent: list[str] = []
    run = Ready.run
    monkeypatch.setattr(Ready, "run", lambda ready, on, binds: sent.append(ready.text) or run(ready, on, binds))
    event.listen(db.get_bind(), "before_cursor_execute", lambda _c, _cu, sql, *_: sent.append(sql))
    planner.get(TILE)
    queries = [sql for sql in sent if sql.startswith(("SELECT", "WITH"))]
    assert len([sql for sql in queries if "ST_AsMVT" in sql]) == 1
    assert len(queries) <= 4  # account, city facts and the book of layers (which a server keeps), tile


def test_days_are_the_citys_days(planner: FlaskClient, db: Session, cells: dict[str, UnitCell]) -> None:
    lamp(db, cells[SOUTH_CELL], *SPOT)
    assert planner.get("/api/v1/layers/lamps/features?from=2024-01-01&to=2024-01-01").json["matched"] in (0, 1)
    assert planner.get("/api/v1/layers/lamps/features?from=2024-01-02").json["matched"] == 0
    assert planner.get("/api/v1/layers/lamps/features?to=2023-12-30").json["matched"] == 0


def test_a_closed_layer_is_closed_everywhere(web: Flask, db: Session, cells: dict[str, UnitCell]) -> None:
    inspector = make_accounts.client_as(web, make_accounts.account(db, role="inspector", areas=[]))
    assert inspector.get("/api/v1/layers/lamps/features").json["matched"] == 0
    assert inspector.get(TILE).status_code == 204


def test_an_ended_login_gets_no_tile_a_second_later(
    web: Flask, db: Session, cells: dict[str, UnitCell], monkeypatch: pytest.MonkeyPatch
) -> None:
    who = make_accounts.account(db, role="planner")
    client = make_accounts.client_as(web, who)
    lamp(db, cells[SOUTH_CELL], *SPOT)
    assert client.get(TILE).status_code == 200
    who.is_active = False
    db.flush()
    assert client.get("/api/v1/layers/lamps/features").status_code == 401
    monkeypatch.setattr(asked, "_viewers", OrderedDict())  # what a second does
    assert client.get(TILE).status_code == 401


def test_one_persons_tiles_are_never_anothers(web: Flask, db: Session, two_lamps: tuple[int, int]) -> None:
    def ids(areas: list[str]) -> list[int]:
        client = make_accounts.client_as(web, make_accounts.account(db, role="planner", areas=areas))
        return [one["id"] for one in decoded(client.get(TILE).data)["lamps"]]

    mine, other = two_lamps
    assert ids(["310199001001"]) == [mine]
    assert ids(["310199001002"]) == [other]
    assert ids([""]) == sorted(two_lamps)
    assert web.test_client().get(TILE).status_code == 401


def test_one_authorization_that_a_proxy_sends_for_everybody_mixes_nobodys_tiles(
    web: Flask, db: Session, two_lamps: tuple[int, int]
) -> None:
    proxied = {"Authorization": "Basic b3BlcmF0b3I6eA=="}

    def ids(area: str) -> list[int]:
        client = make_accounts.client_as(web, make_accounts.account(db, role="planner", areas=[area]))
        return [one["id"] for one in decoded(client.get(TILE, headers=proxied).data)["lamps"]]

    assert [ids(area) for area in ("310199001001", "310199001002")] == [[one] for one in two_lamps]
    assert web.test_client().get(TILE, headers=proxied).status_code == 401


def test_a_chart_is_of_the_rows_of_the_list_under_the_same_rights(
    south: FlaskClient, two_lamps: tuple[int, int]
) -> None:
    told = south.get("/api/v1/layers/lamps/tallies?by=field:kind").json
    assert {one["key"]: one["count"] for one in told["bars"]} == {"door": 1, "building": 0, "poi": 0}
    assert told["total"] == south.get("/api/v1/layers/lamps/features").json["matched"] == 1
    filtered = south.get("/api/v1/layers/lamps/tallies?by=cell&f.kind=building").json
    assert filtered["total"] == 0
    assert south.get("/api/v1/layers/lamps/tallies?by=cell&bbox=0,0,1,1").json["bars"] == []
    refused = south.get("/api/v1/layers/lamps/tallies?by=field:nothing")
    assert (refused.status_code, refused.json["field"]) == (422, "by")
