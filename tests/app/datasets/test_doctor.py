"""The upload doctor by its API: each defect is found with its count and rows, mended when ticked, and undone."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.datasets.models import Dataset, Upload
from gis.datum import from_wgs84
from tests import make, make_accounts
from tests.app.datasets import files
from tests.app.datasets.files import HERE, S, W

API = "/api/v1/datasets"


@pytest.fixture
def planner(app: Flask, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_by_token(app, db, make_accounts.account(db, role="planner", name="pia"))


def send(client: FlaskClient, name: str, body: bytes | str) -> Any:
    """The answer to a file."""
    data = body.encode() if isinstance(body, str) else body
    return client.post(
        f"{API}/uploads", query_string={"name": name}, data=data, content_type="application/octet-stream"
    )


def examined(client: FlaskClient, name: str, body: bytes | str) -> tuple[str, dict[str, Any]]:
    """Key and report of a file of one table."""
    answer = send(client, name, body)
    assert answer.status_code == 201, answer.json
    [table] = answer.json["tables"]
    return answer.json["key"], table


def found(table: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The findings of a table by key."""
    return {one["key"]: one for one in table["findings"]}


def made(client: FlaskClient, key: str, table: dict[str, Any], mends: dict[str, Any] | None = None, **more: Any) -> Any:
    """The layers that are made of a table."""
    answer = client.post(API, json={"upload": key, "table": table["name"], "mends": mends or {}} | more)
    assert answer.status_code == 201, answer.json
    return answer.json["items"]


def shapes(client: FlaskClient, layer_id: str) -> list[shapely.Geometry]:
    """The geometries of a layer, as everybody gets them."""
    features = client.get(f"/api/v1/layers/{layer_id}/features").json["features"]
    return [shapely.geometry.shape(one["geometry"]) for one in features]


def test_a_good_file_has_nothing_to_be_said_of_and_becomes_a_private_layer(
    planner: FlaskClient, db: Session, app: Flask
) -> None:
    key, table = examined(planner, "lamps.geojson", files.points(HERE))
    assert (table["rows"], table["kinds"], table["findings"]) == (12, {"POINT": 12}, [])
    assert table["share_in_city"] == 1
    [layer] = made(planner, key, table)
    assert (layer["id"], layer["geometry"], layer["audience"], layer["rows"]) == ("lamps", "POINT", "owner", 12)
    other = make_accounts.client_as(app, make_accounts.account(db, role="planner"))
    assert other.get(f"{API}/lamps").status_code == 404
    indexes = db.scalars(text("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'dataset_%'")).all()
    assert any("gist (geom)" in one for one in indexes)


def test_an_id_is_made_of_a_chinese_name_in_pinyin(planner: FlaskClient) -> None:
    key, table = examined(planner, "路灯普查2026.geojson", files.points(HERE))
    [layer] = made(planner, key, table)
    assert (layer["id"], layer["title"]) == ("ludengpucha2026", "路灯普查2026")


def test_exchanged_axes_are_found_row_by_row(planner: FlaskClient) -> None:
    key, table = examined(planner, "s.csv", files.csv([*HERE[:9], *((y, x) for x, y in HERE[9:])]))
    swap = found(table)["swap"]
    assert (swap["count"], swap["lines"], swap["mend"]["on"]) == (3, [11, 12, 13], True)
    [layer] = made(planner, key, table)
    there = shapely.get_coordinates(shapes(planner, layer["id"]))
    assert sorted(there.tolist()) == [pytest.approx(at) for at in sorted(HERE)]


def test_crossed_outlines_are_kept_mended_or_left_out(planner: FlaskClient) -> None:
    body = files.geojson([files.square(W, S), files.bow(W + 0.001, S), files.bow(W + 0.002, S)])
    key, table = examined(planner, "parks.geojson", body)
    crossing = found(table)["geometry.self_crossing"]
    assert (crossing["count"], crossing["lines"]) == (2, [2, 3])
    [layer] = made(planner, key, table)
    assert layer["rows"] == 3
    assert all(one.is_valid for one in shapes(planner, layer["id"]))
    [without] = made(planner, key, table, {"geometry.self_crossing": False}, id="without")
    assert without["rows"] == 1


def test_a_mend_is_undone_from_the_kept_original_and_taken_again(planner: FlaskClient, db: Session) -> None:
    key, table = examined(planner, "s.csv", files.csv([*HERE[:9], *((y, x) for x, y in HERE[9:])]))
    [layer] = made(planner, key, table, id="spots")
    assert [(one["key"], one["taken"]) for one in layer["mends"]] == [("swap", True)]
    [undone] = planner.post(f"{API}/spots/mends", json={"mends": {"swap": False}}).json["items"]
    assert (undone["version"], undone["mends"][0]["taken"], undone["rows"]) == (2, False, 9)
    [again] = planner.post(f"{API}/spots/mends", json={"mends": {"swap": True}}).json["items"]
    assert (again["version"], again["rows"]) == (3, 12)
    tables = db.scalars(text("SELECT tablename FROM pg_tables WHERE tablename ~ '^dataset_\\d'")).all()
    assert tables == [db.query(Dataset).one().table]


@pytest.mark.parametrize("shift", ["gcj02", "bd09"])
def test_a_shifted_datum_is_measured_against_the_known_streets(planner: FlaskClient, db: Session, shift: str) -> None:
    files.streets(db)
    lamps = files.on_streets()
    key, table = examined(planner, "lamps.geojson", files.points([from_wgs84(*at, shift) for at in lamps]))
    offset = found(table)["crs"]
    assert (offset["code"], offset["mend"]) == ("crs.offset", {"on": True, "value": shift})
    assert offset["facts"]["known"] == "roads"
    assert offset["facts"]["after_m"] < 1 < 5 < offset["facts"]["before_m"]
    [layer] = made(planner, key, table)
    there = sorted((p.x, p.y) for p in shapes(planner, layer["id"]))
    assert there == [pytest.approx(at, abs=1e-6) for at in sorted(lamps)][: len(there)]
    [as_it_is] = made(planner, key, table, {"crs": False}, id="as-it-is")
    assert shapes(planner, as_it_is["id"])[0].distance(shapely.Point(lamps[0])) > 0.002


def test_what_lies_right_is_not_shifted(planner: FlaskClient, db: Session) -> None:
    files.streets(db)
    _, table = examined(planner, "lamps.geojson", files.points(files.on_streets()))
    assert table["findings"] == []


def test_a_shapefile_without_prj_is_placed_by_trying(planner: FlaskClient, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": range(12)}, geometry=gpd.points_from_xy(*zip(*HERE, strict=True)), crs=4326)
    body = files.shapefile(frame.to_crs(4549), tmp_path / "room", leave=(".prj",))
    key, table = examined(planner, "s.zip", body)
    crs = found(table)["crs"]
    assert (crs["code"], crs["mend"]["value"], crs["facts"]["share"]) == ("crs.missing", "EPSG:4549", 1)
    [layer] = made(planner, key, table)
    assert (shapes(planner, layer["id"])[0].x, shapes(planner, layer["id"])[0].y) == pytest.approx(HERE[0], abs=1e-7)


def test_a_wrong_prj_is_found_out_by_where_the_city_is(planner: FlaskClient, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": range(12)}, geometry=gpd.points_from_xy(*zip(*HERE, strict=True)), crs=4326)
    wrong = frame.to_crs(4549).set_crs(32650, allow_override=True)
    wrong.to_file(tmp_path / "w.gpkg", engine="pyogrio")
    _, table = examined(planner, "w.gpkg", (tmp_path / "w.gpkg").read_bytes())
    crs = found(table)["crs"]
    assert (crs["code"], crs["mend"]["value"], crs["facts"]["said"]) == ("crs.wrong", "EPSG:4549", "EPSG:32650")
    assert (crs["facts"]["share_said"], crs["facts"]["share"]) == (0, 1)


def test_a_system_without_an_honest_way_is_not_taken_unasked(planner: FlaskClient, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": range(12)}, geometry=gpd.points_from_xy(*zip(*HERE, strict=True)), crs=4610)
    frame.to_file(tmp_path / "x.gpkg", engine="pyogrio")
    key, table = examined(planner, "x.gpkg", (tmp_path / "x.gpkg").read_bytes())
    crs = found(table)["crs"]
    assert (crs["code"], crs["mend"]) == ("crs.refused", {"on": False, "value": "wgs84"})
    refused = planner.post(API, json={"upload": key, "table": table["name"]})
    assert (refused.status_code, refused.json["code"]) == (422, "gis.crs_refused")
    [layer] = made(planner, key, table, {"crs": True})
    assert layer["rows"] == 12


def test_many_rows_at_one_place_are_no_measure_of_a_shift(planner: FlaskClient, db: Session) -> None:
    files.streets(db)
    at = from_wgs84(*files.on_streets()[0], "gcj02")
    _, table = examined(planner, "same.csv", files.csv([at] * 50, more=[str(n) for n in range(50)]))
    assert "crs" not in found(table)


def test_northing_before_easting_is_seen(planner: FlaskClient) -> None:
    metres = [from_wgs84(*at, "EPSG:4549") for at in HERE]
    key, table = examined(planner, "survey.csv", files.csv([(north, east) for east, north in metres], "x,y,name"))
    assert {"crs", "swap"} <= set(found(table))
    [layer] = made(planner, key, table)
    assert (shapes(planner, layer["id"])[0].x, shapes(planner, layer["id"])[0].y) == pytest.approx(HERE[0], abs=1e-7)


def test_metres_that_fit_nowhere_must_be_named(planner: FlaskClient) -> None:
    key, table = examined(planner, "m.csv", "x,y,n\n1000.5,2000.5,a\n1010.5,2010.5,b\n")
    assert (found(table)["crs"]["code"], found(table)["crs"]["mend"]) == ("crs.unknown", None)
    refused = planner.post(API, json={"upload": key, "table": "m"})
    assert (refused.status_code, refused.json["code"]) == (422, "datasets.datum_unknown")
    answer = planner.post(API, json={"upload": key, "table": "m", "mends": {"crs": "nonsense"}})
    assert (answer.status_code, answer.json["code"]) == (422, "gis.crs_unknown")


def test_gbk_texts_without_cpg_are_read(planner: FlaskClient, tmp_path: Path) -> None:
    names = ["人民路路灯", "中山公园", "静安寺街道", "南京西路派出所", "上海图书馆"]
    frame = gpd.GeoDataFrame({"name": names}, geometry=gpd.points_from_xy(*zip(*HERE[:5], strict=True)), crs=4326)
    key, table = examined(planner, "g.zip", files.shapefile(frame, tmp_path / "room", encoding="gbk", leave=(".cpg",)))
    assert found(table)["encoding"]["mend"] == {"on": True, "value": "gb18030"}
    assert found(table)["encoding"]["facts"]["example"] == names[0]
    [layer] = made(planner, key, table)
    features = planner.get(f"/api/v1/layers/{layer['id']}/features").json["features"]
    assert [one["properties"]["name"] for one in features] == names


def test_a_cpg_that_lies_is_said(planner: FlaskClient, tmp_path: Path) -> None:
    names = ["人民路路灯", "中山公园", "静安寺街道", "南京西路派出所", "上海图书馆"]
    frame = gpd.GeoDataFrame({"name": names}, geometry=gpd.points_from_xy(*zip(*HERE[:5], strict=True)), crs=4326)
    room = tmp_path / "room"
    files.shapefile(frame, room, encoding="gbk")
    (room / "s.cpg").write_text("UTF-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in room.iterdir():
            archive.write(part, part.name)
    _, table = examined(planner, "g.zip", packed.getvalue())
    facts = found(table)["encoding"]["facts"]
    assert (facts["encoding"], facts["said"]) == ("gb18030", "UTF-8")


def test_a_gbk_table_is_read_too(planner: FlaskClient) -> None:
    body = files.csv(HERE, more=["人民路路灯中山公园"] * 12).encode("gbk")
    key, table = examined(planner, "g.csv", body)
    assert found(table)["encoding"]["mend"]["value"] == "gb18030"
    [layer] = made(planner, key, table)
    [first, *_] = planner.get(f"/api/v1/layers/{layer['id']}/features").json["features"]
    assert first["properties"]["name"] == "人民路路灯中山公园"


def test_double_ids_are_numbered_when_ticked(planner: FlaskClient) -> None:
    body = files.csv(HERE[:5], "lon,lat,id", more=["a", "b", "a", "c", "a"])
    key, table = examined(planner, "ids.csv", body)
    ids = found(table)["ids:id"]
    assert (ids["count"], ids["lines"], ids["mend"]["on"]) == (2, [4, 6], False)
    [layer] = made(planner, key, table, {"ids:id": True})
    features = planner.get(f"/api/v1/layers/{layer['id']}/features").json["features"]
    assert [one["properties"]["id_2"] for one in features] == ["a", "b", "a-2", "c", "a-3"]


def test_rows_that_come_twice_are_kept_once(planner: FlaskClient) -> None:
    key, table = examined(planner, "twice.csv", files.csv([HERE[0], HERE[1], HERE[0]], more=["a", "b", "a"]))
    assert (found(table)["once"]["count"], found(table)["once"]["lines"]) == (1, [4])
    [layer] = made(planner, key, table)
    [all_] = made(planner, key, table, {"once": False}, id="every")
    assert (layer["rows"], all_["rows"]) == (2, 3)


def test_rows_without_a_place_stay_out_and_are_named(planner: FlaskClient) -> None:
    place = {"type": "Point", "coordinates": list(HERE[0])}
    empty = {"type": "GeometryCollection", "geometries": []}
    _, table = examined(planner, "e.geojson", files.geojson([place, None, empty]))
    codes = {key: (one["count"], one["lines"], one["mend"]) for key, one in found(table).items()}
    assert codes == {"geometry.missing": (1, [2], None), "geometry.empty": (1, [3], None)}


def test_places_outside_the_city_are_left_out_when_ticked(planner: FlaskClient) -> None:
    key, table = examined(planner, "far.geojson", files.points([*HERE, (16.37, 48.2)]))
    inside = found(table)["inside"]
    assert (inside["count"], inside["lines"], inside["mend"]["on"]) == (1, [13], False)
    [layer] = made(planner, key, table, {"inside": True})
    [whole] = made(planner, key, table, id="whole")
    assert (layer["rows"], whole["rows"]) == (12, 13)


def test_mixed_kinds_become_a_layer_each(planner: FlaskClient) -> None:
    line = {"type": "LineString", "coordinates": [list(HERE[0]), list(HERE[1])]}
    place = {"type": "Point", "coordinates": list(HERE[2])}
    key, table = examined(planner, "plan.geojson", files.geojson([line, place, files.square(W, S)]))
    assert found(table)["split"]["facts"]["kinds"] == {"LINESTRING": 1, "POINT": 1, "POLYGON": 1}
    layers = made(planner, key, table)
    assert {(one["id"], one["geometry"], one["rows"]) for one in layers} == {
        ("plan-points", "POINT", 1), ("plan-lines", "LINESTRING", 1), ("plan-areas", "POLYGON", 1)
    }  # fmt: skip
    [together] = made(planner, key, table, {"split": False}, id="together")
    assert (together["geometry"], together["rows"]) == ("GEOMETRY", 3)


def test_numbers_kept_as_text_become_numbers(planner: FlaskClient, db: Session, tmp_path: Path) -> None:
    values = ["1,234", " 56 ", "７８", "-", "9.5"]
    codes = ["007", "008", "009", "010", "011"]
    frame = gpd.GeoDataFrame(
        {"area": values, "nr": codes}, geometry=gpd.points_from_xy(*zip(*HERE[:5], strict=True)), crs=4326
    )
    frame.to_file(tmp_path / "t.gpkg", engine="pyogrio")
    key, table = examined(planner, "t.gpkg", (tmp_path / "t.gpkg").read_bytes())
    assert set(found(table)) == {"numbers:area"}
    assert found(table)["numbers:area"]["count"] == 4
    assert found(table)["numbers:area"]["words"]["example"] == "1,234 → 1234,  56  → 56"
    made(planner, key, table)
    rows = db.scalars(text(f"SELECT area FROM {db.query(Dataset).one().table} ORDER BY id")).all()
    assert rows == [1234, 56, 78, None, 9.5]


@pytest.mark.parametrize(("driver", "suffix"), [("KML", ".kml"), ("DXF", ".dxf")])
def test_kml_and_dxf_become_layers(planner: FlaskClient, tmp_path: Path, driver: str, suffix: str) -> None:
    lines = [shapely.LineString([HERE[n], HERE[n + 1]]) for n in range(3)]
    gpd.GeoDataFrame(geometry=lines, crs=4326).to_file(tmp_path / f"a{suffix}", driver=driver, engine="pyogrio")
    key, table = examined(planner, f"roads{suffix}", (tmp_path / f"a{suffix}").read_bytes())
    [layer] = made(planner, key, table)
    assert (layer["geometry"], layer["rows"]) == ("LINESTRING", 3)
    assert shapely.get_coordinates(shapes(planner, layer["id"])[0])[0] == pytest.approx(HERE[0], abs=1e-6)


def test_each_sheet_and_table_is_examined(planner: FlaskClient, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["name", "经度", "纬度"])  # type: ignore[union-attr]
    book.active.append(["a", *HERE[0]])  # type: ignore[union-attr]
    book.create_sheet("note").append(["what", "why"])
    book.create_sheet("empty")
    book.save(tmp_path / "b.xlsx")
    answer = send(planner, "b.xlsx", (tmp_path / "b.xlsx").read_bytes()).json
    assert [(one["name"], one["problem"]) for one in answer["tables"]] == [
        ("Sheet", None),
        ("note", "datasets.no_place"),
    ]


def test_a_preview_shows_before_and_after_and_stores_nothing(planner: FlaskClient, db: Session) -> None:
    key, _ = examined(planner, "s.csv", files.csv([*HERE[:9], *((y, x) for x, y in HERE[9:])]))
    told = planner.post(f"{API}/uploads/{key}/preview", json={"table": "s", "mends": {}}).json
    after = {one["properties"]["line"]: one["geometry"]["coordinates"] for one in told["features"]
             if one["properties"]["stage"] == "after"}  # fmt: skip
    assert after[13] == pytest.approx(HERE[11])
    assert [
        one for one in told["features"] if one["properties"]["stage"] == "before" and one["properties"]["line"] == 13
    ] == []
    off = planner.post(f"{API}/uploads/{key}/preview", json={"table": "s", "mends": {"swap": False}}).json
    assert off["lost"] == [11, 12, 13]
    assert db.query(Dataset).count() == 0


def test_an_upload_sent_twice_is_one_and_is_forgotten_with_its_file(
    planner: FlaskClient, db: Session, web_home: Path
) -> None:
    first = send(planner, "a.geojson", files.points(HERE))
    again = send(planner, "a.geojson", files.points(HERE))
    assert (first.status_code, again.status_code, again.json["key"]) == (201, 200, first.json["key"])
    kept = web_home / "uploads/datasets" / first.json["sha256"][:2] / f"{first.json['sha256']}.geojson"
    assert kept.is_file()
    assert planner.delete(f"{API}/uploads/{first.json['key']}").status_code == 204
    assert db.query(Upload).count() == 0
    assert not kept.exists()


def test_a_layer_made_twice_under_one_key_is_one(planner: FlaskClient, db: Session) -> None:
    key, table = examined(planner, "a.geojson", files.points(HERE))
    body = {"upload": key, "table": table["name"]}
    answers = [planner.post(API, json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert db.query(Dataset).count() == 1


def test_rename_publish_describe_delete(planner: FlaskClient, app: Flask, db: Session, client: FlaskClient) -> None:
    key, table = examined(planner, "a.geojson", files.points(HERE))
    made(planner, key, table, id="a")
    about = {"source": "Survey office", "licence": "CC BY 4.0", "as_of": "2026-10", "quality": "±2 m"}
    changed = planner.patch(f"{API}/a", json={"title": "Lamps", "audience": "staff", "about": about}).json
    assert (changed["title"], changed["audience"], changed["about"]) == ("Lamps", "staff", about)
    assert planner.patch(f"{API}/a", json={"audience": "public"}).json["code"] == "forbidden"
    admin = make_accounts.client_as(app, make_accounts.account(db, role="administrator"))
    assert admin.patch(f"{API}/a", json={"audience": "public"}).status_code == 200
    assert client.get("/tiles/a.json").json["attribution"] == "Survey office · CC BY 4.0"
    staff = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    assert staff.get(f"{API}/a").json["may_change"] is False
    assert staff.delete(f"{API}/a").status_code == 403
    assert planner.delete(f"{API}/a").status_code == 204
    assert (db.query(Dataset).count(), db.query(Upload).count()) == (0, 0)
