"""Any file becomes a layer, wherever on earth it lies, and is served at every door at once."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.datasets import service
from app.datasets.models import Dataset
from app.datasets.originals import Originals
from gis.datum import from_wgs84
from gis.errors import InvalidInput
from gis.files.batch import Source
from grid.models import UnitCell
from grid.reach import whole_city
from layers.mercator import tile_at
from tests import make_accounts
from tests.app.datasets import files
from tests.app.datasets.conftest import Add
from tests.layers.things import decoded

WIEN = tile_at(16.37, 48.2, 12)


def test_a_file_in_another_projection_is_served_at_every_door(add: Add, stations: Path, client: FlaskClient) -> None:
    [made] = add(stations, "--id", "stations", "--public")
    assert (made["rows"], made["geometry"], made["datum"]) == (4, "POINT", "EPSG:3857")
    found = client.get("/api/v1/layers/stations/features").json["features"]
    assert [one["properties"]["name"] for one in found] == ["Wien", "Graz", "Linz", "桥"]
    assert found[0]["geometry"]["coordinates"] == pytest.approx([16.37, 48.2], abs=1e-7)
    tile = decoded(client.get(f"/tiles/stations/{WIEN.z}/{WIEN.x}/{WIEN.y}.mvt").data)["stations"]
    assert [one["properties"]["since"] for one in tile] == [1837]
    told = client.get("/tiles/stations.json").json
    assert told["bounds"] == pytest.approx([14.29, 31.2312, 121.4512, 48.3], abs=1e-6)
    assert set(told["vector_layers"][0]["fields"]) == {"name", "since", "high"}


def test_without_public_it_is_for_those_with_a_login(
    add: Add, stations: Path, client: FlaskClient, app: Flask, db: Session
) -> None:
    add(stations, "--id", "stations")
    assert client.get("/api/v1/layers/stations/features").status_code == 401
    assert client.get(f"/tiles/stations/{WIEN.z}/{WIEN.x}/{WIEN.y}.mvt").status_code == 401
    staff = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    assert len(staff.get("/api/v1/layers/stations/features").json["features"]) == 4
    assert sum(one["count"] for one in staff.get("/api/v1/layers/stations/counts").json["items"]) == 1


def test_an_owners_layer_is_nobody_elses(add: Add, stations: Path, app: Flask, db: Session) -> None:
    owner = make_accounts.account(db, role="planner", name="pia")
    add(stations, "--id", "mine", "--as", "pia")
    other = make_accounts.client_as(app, make_accounts.account(db, role="planner", name="max"))
    assert other.get("/api/v1/layers/mine/features").status_code == 404
    assert "mine" not in [one["id"] for one in other.get("/api/v1/layers").json["items"]]
    own = make_accounts.client_as(app, owner)
    assert own.get("/api/v1/layers/mine/features").status_code == 200


def test_each_table_of_a_geopackage_becomes_a_layer_named_after_it(add: Add, tmp_path: Path, db: Session) -> None:
    file = tmp_path / "town.gpkg"
    square = shapely.box(8.0, 50.0, 8.1, 50.1)
    gpd.GeoDataFrame({"a": [1]}, geometry=[square], crs=4326).to_file(file, layer="Parks 2026", engine="pyogrio")
    two = shapely.MultiPolygon([square, shapely.box(9, 50, 9.1, 50.1)])
    gpd.GeoDataFrame({"a": [1, 2]}, geometry=[square, two], crs=4326).to_file(
        file, layer="lakes", engine="pyogrio", promote_to_multi=False
    )
    made = add(file)
    assert {(one["id"], one["rows"], one["geometry"]) for one in made} == {
        ("parks-2026", 1, "POLYGON"), ("lakes", 2, "MULTIPOLYGON"),
    }  # fmt: skip
    with pytest.raises(InvalidInput):
        add(file, "--id", "both")


def test_a_table_is_typed_by_its_values_and_codes_keep_their_zeros(add: Add, tmp_path: Path, db: Session) -> None:
    file = tmp_path / "clinics.csv"
    file.write_text("lon,lat,code,beds,share,note\n8.5,50.1,007,12,0.5,a\n8.6,50.2,0110,,1e3,\n", encoding="utf-8")
    [made] = add(file, "--datum", "wgs84")
    assert made["id"] == "clinics"
    found = db.query(Dataset).one()
    assert [(one["name"], one["kind"]) for one in found.columns] == [
        ("code", "text"), ("beds", "number"), ("share", "number"), ("note", "text"),
    ]  # fmt: skip
    rows = db.execute(text(f"SELECT code, beds, share, note FROM {found.table} ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [("007", 12, 0.5, "a"), ("0110", None, 1000.0, None)]


def test_what_can_not_be_taken_is_counted_and_written_with_its_line(add: Add, tmp_path: Path) -> None:
    file = tmp_path / "spots.csv"
    file.write_text("lon,lat,name\n8.5,50.1,a\n,,b\n8.5,x,c\n", encoding="utf-8")
    [made] = add(file, "--datum", "wgs84")
    assert (made["rows"], made["refused"]) == (1, 2)
    lines = (tmp_path / "spots.csv.refused.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["line", "3", "4"]


def test_crossed_outlines_are_mended_and_counted(add: Add, tmp_path: Path, client: FlaskClient) -> None:
    file = tmp_path / "bow.geojson"
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    features = [{"type": "Feature", "properties": {}, "geometry": bow}]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    [made] = add(file, "--public")
    assert made["mended"]["geometry.self_crossing"] == 1
    shape = shapely.from_geojson(json.dumps(client.get("/api/v1/layers/bow/features").json["features"][0]["geometry"]))
    assert shapely.is_valid(shape)
    assert shape.area == pytest.approx(0.5)


def test_a_zipped_shapefile_and_a_parquet_file(add: Add, stations: Path, tmp_path: Path) -> None:
    frame = gpd.read_file(stations)
    frame.to_parquet(tmp_path / "p.parquet")
    room = tmp_path / "shape"
    room.mkdir()
    frame.to_file(room / "s.shp", engine="pyogrio", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for part in room.iterdir():
            archive.write(part, part.name)
    assert [one["rows"] for one in [*add(tmp_path / "p.parquet"), *add(tmp_path / "s.zip")]] == [4, 4]


def test_the_doctor_mends_what_is_safe_and_says_the_rest(add: Add, tmp_path: Path, db: Session) -> None:
    files.streets(db)
    lamps = [from_wgs84(*at, "gcj02") for at in files.on_streets()]
    file = tmp_path / "lamps.geojson"
    properties = [{"power": f"1,{100 + n}"} for n in range(len(lamps))]
    file.write_bytes(files.geojson([{"type": "Point", "coordinates": [y, x]} for x, y in lamps], properties))
    [made] = add(file)
    assert made["mended"] == {"geometry.swapped_axes": len(lamps)}
    assert db.query(Dataset).one().columns[0]["kind"] == "number"
    assert (made["datum"], made["found"]["crs"]["code"]) == ("wgs84", "crs.offset")
    [again] = add(file, "--datum", "gcj02")
    assert "crs" not in again["found"]
    assert again["bounds"][0] == pytest.approx(min(x for x, _ in files.on_streets()), abs=1e-6)


def test_names_of_columns_are_made_safe(add: Add, tmp_path: Path, client: FlaskClient) -> None:
    file = tmp_path / "odd.geojson"
    place = {"type": "Point", "coordinates": [0.5, 0.5]}
    given = {"id": 5, "geom": "x", 'a "b"; DROP TABLE cases': 1, "名 称": "桥", "A": 1, "a": 2, "100%": 3}
    file.write_text(json.dumps({
        "type": "FeatureCollection", "features": [{"type": "Feature", "properties": given, "geometry": place}]
    }))  # fmt: skip
    add(file, "--public")
    [found] = client.get("/api/v1/layers/odd/features").json["features"]
    assert found["properties"] == {
        "id_2": 5, "geom_2": "x", "a_b_DROP_TABLE_cases": 1, "名_称": "桥", "A": 1, "a_2": 2, "100": 3
    }  # fmt: skip
    assert client.get("/tiles/odd/0/0/0.mvt").status_code == 200
    assert client.get("/api/v1/layers/odd/features?f.100=3").json["matched"] == 1


def test_a_file_without_a_place_or_datum_says_so(add: Add, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(service.NoPlace):
        add(tmp_path / "t.csv")
    (tmp_path / "u.csv").write_text("x,y\n512345.1,3456789.2\n")
    with pytest.raises(service.DatumUnknown):
        add(tmp_path / "u.csv")
    [made] = add(tmp_path / "u.csv", "--datum", "EPSG:4549")
    assert made["rows"] == 1


def test_an_id_is_taken_once_and_never_one_of_the_citys_own(add: Add, stations: Path) -> None:
    add(stations, "--id", "stations")
    for wrong in ("stations", "cases", "Nein", "a b", ""):
        with pytest.raises((service.LayerTaken, InvalidInput)):
            add(stations, "--id", wrong)
    assert add(stations)[0]["id"] == "stations-2"


def test_removing_takes_the_rows_too(add: Add, stations: Path, db: Session, tmp_path: Path) -> None:
    add(stations, "--id", "stations")
    table = db.query(Dataset).one().table
    service.remove(db, whole_city(("datasets.edit", "datasets.manage", "layers.read")), "stations", Originals(tmp_path))
    assert db.scalar(text("SELECT to_regclass(:name)"), {"name": table}) is None


def test_a_later_batch_may_widen_a_column_and_the_geometry(
    add: Add, tmp_path: Path, db: Session, monkeypatch: pytest.MonkeyPatch, cells: dict[str, UnitCell]
) -> None:
    file = tmp_path / "wide.csv"
    rows = [f"{n},POINT({n} 1)" for n in range(3)] + ['abc,"MULTIPOINT((3 1),(4 1))"']
    file.write_text("value,wkt\n" + "\n".join(rows) + "\n")
    whole = Source.batches
    monkeypatch.setattr(Source, "batches", lambda self, rows=2: whole(self, rows))
    [made] = add(file, "--datum", "wgs84")
    assert (made["rows"], made["geometry"]) == (4, "MULTIPOINT")
    table = db.query(Dataset).one().table
    assert db.scalars(text(f"SELECT value FROM {table} ORDER BY id")).all() == ["0", "1", "2", "abc"]
