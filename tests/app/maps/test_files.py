"""Files out of a layer: the same rows as at every other door."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pyogrio
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.launch import vendor
from grid.models import AddressKind, UnitCell
from tests import make_accounts
from tests.layers.things import lamp, lamps

SPOT, NORTH_SPOT = (121.4512, 31.2312), (121.4512, 31.2332)
SOUTH_CELL, NORTH_CELL = "310199001001001", "310199001002001"


@pytest.fixture
def two_lamps(db: Session, cells: dict[str, UnitCell]) -> int:
    lamp(db, cells[NORTH_CELL], *NORTH_SPOT, AddressKind.BUILDING, number="N1")
    return lamp(db, cells[SOUTH_CELL], *SPOT, number="S1").id


def test_an_export_holds_the_rows_that_the_viewer_sees_and_no_other(south: FlaskClient, two_lamps: int) -> None:
    found = json.loads(south.get("/layers/lamps/export?format=geojson", buffered=True).data)
    [row] = found["features"]
    assert row["properties"]["id"] == two_lamps
    assert row["properties"]["number"] == "S1"
    assert row["geometry"]["coordinates"] == list(SPOT)
    answer = south.get("/layers/lamps/export?format=csv&f.kind=building", buffered=True)
    assert answer.content_type.startswith("text/csv")
    assert "filename=lamps.csv" in answer.headers["Content-Disposition"]
    assert len(answer.data.decode("utf-8-sig").splitlines()) == 1


@pytest.mark.parametrize("kind", ["gpkg", "fgb", "kml", "parquet"])
def test_binary_formats_are_read_back_by_gdal(planner: FlaskClient, two_lamps: int, kind: str, tmp_path: Path) -> None:
    answer = planner.get(f"/layers/lamps/export?format={kind}", buffered=True)
    assert answer.status_code == 200
    if kind == "parquet":
        assert answer.data[:4] == b"PAR1"
    else:
        file = tmp_path / f"lamps.{kind}"
        file.write_bytes(answer.data)
        assert pyogrio.read_info(file)["features"] == 2


def test_a_shapefile_comes_as_one_zip(planner: FlaskClient, two_lamps: int) -> None:
    with zipfile.ZipFile(io.BytesIO(planner.get("/layers/lamps/export?format=shp", buffered=True).data)) as archive:
        assert {"lamps.shp", "lamps.shx", "lamps.dbf", "lamps.prj"} <= set(archive.namelist())


def test_people_leave_as_counts_with_small_ones_held_back(
    planner: FlaskClient, db: Session, cells: dict[str, UnitCell]
) -> None:
    lamps(db, cells[SOUTH_CELL], [SPOT] * 3)
    lamps(db, cells[NORTH_CELL], [NORTH_SPOT] * 9)
    rows = json.loads(planner.get("/layers/lodgers/export?format=geojson", buffered=True).data)["features"]
    told = {row["properties"]["code"]: row["properties"]["count"] for row in rows}
    assert told[SOUTH_CELL] is None
    assert "number" not in rows[0]["properties"]


def test_an_export_needs_its_right_and_a_known_format(
    web: Flask, db: Session, planner: FlaskClient, two_lamps: int
) -> None:
    inspector = make_accounts.client_as(web, make_accounts.account(db, role="inspector"))
    assert inspector.get("/layers/lamps/export", buffered=True).status_code == 403
    assert planner.get("/layers/lamps/export?format=doc", buffered=True).status_code == 422


def test_the_map_file_is_downloaded_whole_and_may_ask_for_nothing(planner: FlaskClient, two_lamps: int) -> None:
    vendor.install()
    answer = planner.get("/layers/lamps/map.html?by=cell&rate=count&lang=zh&title=%E7%81%AF")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lamps.html"'
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<h1>灯</h1>" in answer.text
    assert "试验城" in answer.text
    assert (
        planner.get("/layers/lamps/map.html?by=cell", headers={"If-None-Match": answer.headers["ETag"]}).status_code
        == 200
    )
    for wrong in ("scheme=rainbow", "ramp=rainbow", "classes=12", "level=galaxy", "lang=fr", "breaks=a,b"):
        assert planner.get(f"/layers/lamps/map.html?{wrong}").status_code == 422


def test_the_map_file_of_one_street_knows_no_other(south: FlaskClient, two_lamps: int) -> None:
    text = south.get("/layers/lamps/map.html?by=cell").text
    assert SOUTH_CELL in text
    assert NORTH_CELL not in text
    assert "N1" not in text
