"""Real files made with the real libraries, read as streams of batches."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon

from gis.errors import NotFound
from gis.files.batch import UnreadableFile
from gis.files.read import open_file

ROWS = {"编号": ["001", "002", "11E05"], "名称": ["静安寺路灯", "人民广场井盖", "北京路消火栓"], "n": [1.5, 2.0, None]}
PLACES = [Point(121.45, 31.23), Point(121.46, 31.24), Point(121.47, 31.25)]


@pytest.fixture
def frame():
    return gpd.GeoDataFrame(ROWS, geometry=PLACES, crs=4326)


def read(path, **options):
    with open_file(path, **options) as source:
        batches = list(source.batches())
        return source.guess, batches


def rows(batches):
    return [row for batch in batches for row in batch.table.to_pylist()]


def shapes(batches):
    return [shapely.from_wkb(one) for batch in batches if batch.wkb is not None for one in batch.wkb.to_pylist()]


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.gpkg", "GPKG"),
        ("a.shp", "ESRI Shapefile"),
        ("a.geojson", "GeoJSON"),
        ("a.fgb", "FlatGeobuf"),
        ("a.gml", "GML"),
    ],
)
def test_every_gdal_format_gives_the_same_rows_and_places(frame, tmp_path, name, driver):
    frame.to_file(tmp_path / name, driver=driver, **({"encoding": "utf-8"} if driver == "ESRI Shapefile" else {}))
    guess, batches = read(tmp_path / name)
    assert (guess.format, guess.datum, guess.datum_is) == (driver, "wgs84", "declared")
    assert guess.rows in (3, None)  # GML is not counted: that would mean reading all of it
    found = {row["编号"]: row["名称"] for row in rows(batches)}
    assert found == dict(zip(ROWS["编号"], ROWS["名称"], strict=True))
    assert {p.wkt for p in shapes(batches)} == {p.wkt for p in PLACES}
    assert batches[0].lines.tolist() == [1, 2, 3]


def test_kml_and_geoparquet_are_read(frame, tmp_path):
    frame.to_file(tmp_path / "a.kml", driver="LIBKML")
    frame.to_parquet(tmp_path / "a.parquet")
    assert [row["名称"] for row in rows(read(tmp_path / "a.kml")[1])] == ROWS["名称"]
    guess, batches = read(tmp_path / "a.parquet")
    assert (guess.format, guess.datum, guess.has_geometry) == ("Parquet", "wgs84", True)
    assert shapes(batches) == PLACES


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_shapefile_without_cpg_has_its_encoding_guessed_and_shown(frame, tmp_path, encoding):
    frame.to_file(tmp_path / "a.shp", encoding=encoding)
    (tmp_path / "a.cpg").unlink()
    guess, batches = read(tmp_path / "a.shp")
    assert (guess.encoding, guess.encoding_is) == (encoding, "guessed")
    assert "no .cpg" in guess.notes[0]
    assert [row["名称"] for row in rows(batches)] == ROWS["名称"]


def test_a_shapefile_with_cpg_says_its_encoding_itself_and_the_user_has_the_last_word(frame, tmp_path):
    frame.to_file(tmp_path / "a.shp", encoding="gb18030")
    assert read(tmp_path / "a.shp")[0].encoding_is == "declared"
    (tmp_path / "a.cpg").write_text("ISO-8859-1")
    guess, batches = read(tmp_path / "a.shp", encoding="gb18030")
    assert guess.encoding_is == "given"
    assert rows(batches)[0]["名称"] == "静安寺路灯"


def test_a_reference_system_is_taken_from_prj_or_guessed_from_the_zone_in_the_easting(frame, tmp_path):
    projected = frame.to_crs(4528)  # 3° zone 40
    projected.to_file(tmp_path / "a.shp")
    assert read(tmp_path / "a.shp")[0].datum == "EPSG:4528"
    (tmp_path / "a.prj").unlink()
    guess, _ = read(tmp_path / "a.shp")
    assert (guess.datum, guess.datum_is) == ("EPSG:4528", "guessed")
    assert "zone 40" in guess.datum_why
    frame.to_crs(4549).to_file(tmp_path / "b.shp")
    (tmp_path / "b.prj").unlink()
    guess, _ = read(tmp_path / "b.shp")
    assert (guess.datum, guess.datum_is, guess.datum_why) == (None, "unknown", "metres without a zone")


CSV = '编号,经度,纬度,说明\n001,121.45,31.23,"第一行\n第二行"\n\n11E05,121.46,31.24,\n3,4\n0007,121.47,31.25,尾\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_keeps_texts_as_texts_and_counts_lines_as_an_editor_does(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(CSV.encode(encoding))
    guess, batches = read(tmp_path / "a.csv")
    assert (guess.x, guess.y, guess.datum, guess.datum_is) == ("经度", "纬度", "wgs84", "guessed")
    assert [row["编号"] for row in rows(batches)] == ["001", "11E05", "0007"]
    assert rows(batches)[0]["说明"] == "第一行\n第二行"
    assert [line for batch in batches for line in batch.lines.tolist()] == [2, 5, 7]
    assert [(one.line, one.code) for batch in batches for one in batch.broken] == [(6, "files.columns")]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, sign):
    (tmp_path / "a.csv").write_text(sign.join(("id", "lon", "lat")) + "\n" + sign.join(("1", "121.45", "31.23")) + "\n")
    guess, batches = read(tmp_path / "a.csv")
    assert guess.columns == ("id", "lon", "lat")
    assert rows(batches) == [{"id": "1", "lon": "121.45", "lat": "31.23"}]


def test_one_broken_byte_does_not_change_the_encoding_and_its_row_is_set_apart(tmp_path):
    lines = [f"{n},{'路灯损坏' * 5}" for n in range(200)]
    data = ("id,说明\n" + "\n".join(lines) + "\n").encode()
    (tmp_path / "a.csv").write_bytes(data[:700] + b"\xff" + data[701:])
    guess, batches = read(tmp_path / "a.csv")
    assert guess.encoding == "utf-8"
    assert sum(len(batch.table) for batch in batches) == 199
    [broken] = [one for batch in batches for one in batch.broken]
    assert broken.code == "files.bad_text"


@pytest.mark.parametrize(
    ("header", "values", "expected"),
    [
        ("lng_gcj02,lat_gcj02", "121.45,31.23", "gcj02"),
        ("bd09_lng,bd09_lat", "121.45,31.23", "bd09"),
        ("X,Y", "40640412.3,3457455.5", "EPSG:4528"),
        ("x坐标,y坐标", "3457455.5,40640412.3", "EPSG:4528"),
        ("easting,northing", "21352000.1,3457455.5", "EPSG:4499"),
        ("x,y", "640412.3,3457455.5", None),
        ("WKT,note", '"POINT (121.45 31.23)",a', "wgs84"),
    ],
)
def test_coordinate_columns_and_their_datum_are_guessed(tmp_path, header, values, expected):
    (tmp_path / "a.csv").write_text(f"id,{header}\n1,{values}\n", encoding="utf-8")
    guess, _ = read(tmp_path / "a.csv")
    assert guess.has_place
    assert guess.datum == expected


def test_a_workbook_keeps_leading_zeros_and_writes_numbers_as_people_do(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["城市部件表"])
    sheet.append(["编号", "经度", "纬度", "数量", "日期", "时间", "好"])
    sheet.append(["0071", 121.45, 31.23, 7, date(2026, 3, 1), datetime(2026, 3, 1, 8, 30), True])
    sheet.append([])
    sheet.append(["11E05", 121.46, 31.24, 2.5, None, None, False])
    book.create_sheet("二").append(["a", "b"])
    book.save(tmp_path / "a.xlsx")
    guess, batches = read(tmp_path / "a.xlsx")
    assert (guess.format, guess.layers, guess.x, guess.datum) == ("XLSX", ("Sheet", "二"), "经度", "wgs84")
    first, second = rows(batches)
    assert first == {"编号": "0071", "经度": "121.45", "纬度": "31.23", "数量": "7", "日期": "2026-03-01 00:00:00",
                     "时间": "2026-03-01 08:30:00", "好": "true"}  # fmt: skip
    assert second["编号"] == "11E05"
    assert batches[0].lines.tolist() == [3, 5]
    with pytest.raises(NotFound):
        read(tmp_path / "a.xlsx", layer="三")


def test_packed_files_are_read_where_they_lie(frame, tmp_path):
    frame.to_file(tmp_path / "a.shp", encoding="gb18030")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for part in tmp_path.glob("a.*"):
            archive.write(part, f"资料/{part.name}")
    guess, batches = read(tmp_path / "packed.zip")
    assert (guess.format, [row["名称"] for row in rows(batches)]) == ("ESRI Shapefile", ROWS["名称"])
    frame.to_file(tmp_path / "a.geojson", driver="GeoJSON")
    (tmp_path / "b.geojson.gz").write_bytes(gzip.compress((tmp_path / "a.geojson").read_bytes()))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    assert len(rows(read(tmp_path / "b.geojson.gz")[1])) == 3
    assert len(rows(read(tmp_path / "b.csv.gz")[1])) == 3


def test_a_packed_bomb_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr("gis.files.read.UNPACKED_MAX_BYTES", 1 << 20)
    (tmp_path / "a.geojson.gz").write_bytes(gzip.compress(b" " * (5 << 20)))
    with pytest.raises(UnreadableFile):
        read(tmp_path / "a.geojson.gz")


OSM = """<osm version="0.6"><node id="1" lat="31.23" lon="121.45"><tag k="name" v="静安寺"/></node>
<node id="2" lat="31.24" lon="121.46"/>
<way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way></osm>"""


def test_openstreetmap_files_are_read_layer_by_layer(tmp_path):
    (tmp_path / "a.osm").write_text(OSM, encoding="utf-8")
    guess, batches = read(tmp_path / "a.osm", layer="lines")
    assert "points" in guess.layers
    assert rows(batches)[0]["highway"] == "primary"
    assert shapes(batches)[0].length > 0
    assert rows(read(tmp_path / "a.osm")[1])[0]["name"] == "静安寺"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b""), ("a.csv", b"\n\n"), ("a.gpkg", b"nonsense"), ("a.xlsx", b"PK\x03\x04nonsense"), ("a.xls", b"x"),
     ("a.geojson", b'{"type": "FeatureCollection", "features": [{'), ("a.zip", b"PK\x05\x06" + bytes(18)),
     ("a.csv.gz", b"not gzip"), ("a.parquet", b"PAR1"), ("a", b"\x00\x01\x02")],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_nothing_breaks(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableFile):
        read(tmp_path / name)


def test_a_missing_file_and_a_missing_layer_are_not_found(frame, tmp_path):
    with pytest.raises(NotFound):
        read(tmp_path / "none.csv")
    frame.to_file(tmp_path / "a.gpkg", layer="lamps")
    with pytest.raises(NotFound):
        read(tmp_path / "a.gpkg", layer="poles")


def test_a_header_alone_gives_no_rows(tmp_path):
    (tmp_path / "a.csv").write_text("id,lon,lat\n")
    guess, batches = read(tmp_path / "a.csv")
    assert (guess.columns, rows(batches), guess.datum) == (("id", "lon", "lat"), [], None)


def test_columns_of_the_same_name_are_told_apart(tmp_path):
    (tmp_path / "a.csv").write_text("a,a,\n1,2,3\n")
    assert rows(read(tmp_path / "a.csv")[1]) == [{"a": "1", "a_2": "2", "column_3": "3"}]


def test_many_rows_come_in_batches(tmp_path):
    frame = pd.DataFrame({"id": np.arange(30_000), "lon": 121.45, "lat": 31.23})
    frame.to_csv(tmp_path / "a.csv", index=False)
    with open_file(tmp_path / "a.csv") as source:
        sizes = [len(batch.table) for batch in source.batches(10_000)]
        lines = np.concatenate([batch.lines for batch in source.batches(7_000)])
    assert sizes == [10_000] * 3
    assert lines.tolist() == list(range(2, 30_002))


def test_how_far_the_reading_got_rises_to_the_end(tmp_path):
    frame = pd.DataFrame({"id": np.arange(200_000), "note": "路灯坏了，请修理", "lon": 121.45, "lat": 31.23})
    frame.to_csv(tmp_path / "a.csv.gz", index=False)
    with open_file(tmp_path / "a.csv.gz") as source:
        shares = [batch.share for batch in source.batches(20_000)]
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] == pytest.approx(1.0, abs=0.1)


def test_a_long_outline_fits_into_a_row(tmp_path):
    ring = ", ".join(f"{121 + n / 1e6} {31 + (n % 2) / 1e3}" for n in range(150_000))
    (tmp_path / "a.csv").write_text(f'id,wkt\n1,"LINESTRING ({ring})"\n')
    assert len(rows(read(tmp_path / "a.csv")[1])[0]["wkt"]) > 2_500_000


def test_broken_lines_are_named_exactly_over_many_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("gis.files.delimited.BLOCK_BYTES", 4096)
    lines = ["id,a,b"]
    for n in range(3000):
        lines.append(f'{n},"x{chr(10) if n % 7 == 0 else " "}y",z{n}' if n % 11 else f"{n},broken")
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n")
    where = {}
    for number, line in enumerate((tmp_path / "a.csv").read_text().split("\n"), 1):
        where.setdefault(line.split(",")[0], number)
    _, batches = read(tmp_path / "a.csv")
    found = [(r["id"], int(n)) for b in batches for n, r in zip(b.lines, b.table.to_pylist(), strict=True)]
    assert len(found) == 3000 - 273
    assert found == [(key, where[key]) for key, _ in found]
    broken = [one for batch in batches for one in batch.broken]
    assert [one.line for one in broken] == [where[one.text.split(",")[0]] for one in broken]
    assert len(broken) == 273


cell = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\ufffd\r", exclude_categories=("Cs", "Cc")), max_size=8
)
noisy = st.one_of(cell, st.sampled_from(["a\nb", 'say "x"', "1,2", "\n\n", "007"]))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(noisy, noisy), min_size=1, max_size=20))
def test_whatever_a_table_holds_comes_back_on_its_line(tmp_path_factory, table):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    text, line, expected = "p,q\n", 2, []
    for p, q in table:
        record = ",".join('"' + one.replace('"', '""') + '"' for one in (p, q)) + "\n"
        if p or q:
            expected.append((line, p or None, q or None))
        text += record
        line += record.count("\n")
    path.write_text(text, encoding="utf-8", newline="")
    _, batches = read(path, delimiter=",", encoding="utf-8")
    found = [(int(n), r["p"], r["q"]) for b in batches for n, r in zip(b.lines, b.table.to_pylist(), strict=True)]
    assert found == expected


def test_a_polygon_file_keeps_its_shapes(tmp_path):
    square = Polygon([(121, 31), (121.1, 31), (121.1, 31.1)])
    gpd.GeoDataFrame({"a": [1]}, geometry=[square], crs=4490).to_file(tmp_path / "a.gpkg")
    guess, batches = read(tmp_path / "a.gpkg")
    assert (guess.geometry_kind, guess.datum) == ("POLYGON", "cgcs2000")
    assert shapes(batches)[0].equals(square)


def test_a_file_without_any_place_says_so(tmp_path):
    (tmp_path / "a.csv").write_text("code,name\n310106,静安\n", encoding="utf-8")
    guess, _ = read(tmp_path / "a.csv")
    assert not guess.has_place
    assert Path(tmp_path / "a.csv").exists()
