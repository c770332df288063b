"""Rows out to files and back in."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import MultiPolygon, Point, box

from gis.files.read import open_file
from gis.files.write import Column, MixedGeometry, UnknownEnding, short_names, write_rows

COLUMNS = [
    Column("id", "integer"), Column("案件名称说明文字"), Column("ratio", "number"), Column("is_open", "flag"),
    Column("reported_at", "moment"), Column("due_on", "day"),
]  # fmt: skip
AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
ROWS = [
    (Point(121.4567891, 31.2345678).wkb, 1, '路灯\n坏了, "急"', 0.5, True, AT, date(2026, 3, 2)),
    (Point(121.46, 31.24).wkb, 2, None, None, None, None, None),
]


def back(path):
    with open_file(path) as source:
        batches = list(source.batches())
    table = [row for batch in batches for row in batch.table.to_pylist()]
    return source.guess, table, batches


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "csv", "shp", "kml", "fgb"])
def test_rows_come_back_from_every_kind_of_file(tmp_path, ending):
    written = write_rows(tmp_path / f"a.{ending}", COLUMNS, iter([ROWS[:1], [], ROWS[1:]]), kind="POINT", layer="cases")
    assert written.rows == 2
    guess, table, batches = back(tmp_path / f"a.{ending}")
    assert guess.datum == "wgs84"
    assert len(table) == 2
    name = "案件名" if ending == "shp" else "案件名称说明文字"
    assert sorted(str(row["id"]) for row in table if ending != "kml") in (["1", "2"], [])
    assert any(row[name] == ROWS[0][2] for row in table)
    if ending == "csv":
        assert {(row["lon"], row["lat"]) for row in table} == {("121.4567891", "31.2345678"), ("121.46", "31.24")}
    else:
        places = [shapely.force_2d(shapely.from_wkb(one)) for batch in batches for one in batch.wkb.to_pylist()]
        nearest = min(p.distance(Point(121.4567891, 31.2345678)) for p in places)
        assert nearest < 1e-8


def test_kinds_survive_where_the_format_has_them(tmp_path):
    write_rows(tmp_path / "a.gpkg", COLUMNS, [ROWS], kind="POINT", layer="cases")
    frame = gpd.read_file(tmp_path / "a.gpkg")
    assert pyogrio.list_layers(tmp_path / "a.gpkg")[0][0] == "cases"
    assert frame.crs.to_epsg() == 4326
    assert frame["reported_at"].dt.tz_convert("UTC")[0] == pd.Timestamp(AT)
    assert (frame["is_open"][0], frame["ratio"][0]) == (True, 0.5)
    parquet = gpd.read_parquet(tmp_path / "b.parquet") if write_rows(tmp_path / "b.parquet", COLUMNS, [ROWS]) else None
    assert parquet.crs.equals("OGC:CRS84")
    assert parquet["due_on"][0] == date(2026, 3, 2)
    geojson = tmp_path / "c.geojson"
    write_rows(geojson, COLUMNS, [ROWS], kind="POINT")
    assert json.loads(geojson.read_text())["features"][0]["geometry"]["coordinates"] == [121.4567891, 31.2345678]


def test_a_csv_opens_in_a_spreadsheet_as_utf_8(tmp_path):
    write_rows(tmp_path / "a.csv", COLUMNS, [ROWS], kind="POINT")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    frame = pd.read_csv(tmp_path / "a.csv")
    assert list(frame.columns) == [*(one.name for one in COLUMNS), "lon", "lat", "wkt"]
    assert frame["reported_at"][0] == "2026-03-01T08:30:00+00:00"


def test_a_shapefile_has_short_names_and_says_which_and_writes_its_encoding(tmp_path):
    columns = [Column("description_of_case"), Column("description_of_place"), Column("id", "integer")]
    written = write_rows(tmp_path / "a.shp", columns, [[(Point(121, 31).wkb, "路" * 200, "b", 1)]], kind="POINT")
    assert written.renamed == {"description_of_case": "descriptio", "description_of_place": "descript_1"}
    assert written.cut == 1
    assert (tmp_path / "a.cpg").read_text() == "UTF-8"
    assert gpd.read_file(tmp_path / "a.shp")["descriptio"][0] == "路" * 84


def test_names_of_ten_bytes_are_each_used_once():
    names = [one.name for one in short_names([Column(f"a_long_name_{n}") for n in range(12)])[0]]
    assert len(set(names)) == 12
    assert all(len(name.encode()) <= 10 for name in names)


def test_polygons_and_mixed_geometry(tmp_path):
    mixed = [(box(121, 31, 122, 32).wkb, 1), (Point(121, 31).wkb, 2), (None, 3)]
    for ending in ("gpkg", "geojson", "csv", "parquet", "kml"):
        assert write_rows(tmp_path / f"a.{ending}", [Column("id", "integer")], [mixed]).rows == 3
    with pytest.raises(MixedGeometry):
        write_rows(tmp_path / "a.shp", [Column("id", "integer")], [mixed])
    assert not list(tmp_path.glob("a.shp"))


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "shp", "geojson"])
def test_areas_of_several_parts_are_written_under_their_true_kind(tmp_path, ending):
    whole, parts = box(121, 31, 122, 32), MultiPolygon([box(121, 31, 121.1, 31.1), box(122, 31, 122.1, 31.1)])
    rows = [(whole.wkb, 1), (parts.wkb, 2)]
    written = write_rows(tmp_path / f"a.{ending}", [Column("id", "integer")], [rows], kind="MULTIPOLYGON")
    assert written.rows == 2
    found = pyogrio.read_dataframe(tmp_path / f"a.{ending}").sort_values("id").geometry.to_numpy()
    assert [one.equals(shape) for one, shape in zip(found, (whole, parts), strict=True)] == [True, True]
    kind = pyogrio.read_info(tmp_path / f"a.{ending}")["geometry_type"]
    assert kind == ("Polygon" if ending == "shp" else "MultiPolygon")  # a Shapefile knows one kind for both


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet", "csv", "shp", "kml"])
def test_no_rows_make_an_empty_file_with_its_columns(tmp_path, ending):
    assert write_rows(tmp_path / f"a.{ending}", COLUMNS, [], kind="POINT").rows == 0
    assert back(tmp_path / f"a.{ending}")[1] == []


def test_a_broken_export_leaves_the_old_file_as_it_was(tmp_path):
    (tmp_path / "a.gpkg").write_bytes(b"old")

    def rows():
        yield ROWS
        raise ConnectionError("the database went away")

    with pytest.raises(ConnectionError):
        write_rows(tmp_path / "a.gpkg", COLUMNS, rows(), kind="POINT")
    assert [one.name for one in tmp_path.iterdir()] == ["a.gpkg"]
    assert (tmp_path / "a.gpkg").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["a.docx", "a", "a.gpkg.exe"])
def test_an_ending_that_is_not_written_is_refused_with_those_that_are(tmp_path, name):
    with pytest.raises(UnknownEnding) as refused:
        write_rows(tmp_path / name, COLUMNS, [])
    assert ".gpkg" in str(refused.value)
