"""Files as they really come: other encodings, odd headers, what a program noted wrongly or half wrote."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import osmium
import pyogrio
import pytest
import shapely
from shapely import Point

from gis.checks_many import read_many
from gis.files.batch import UnreadableFile
from tests.gis.files.test_read import read, rows, shapes

TABLE = "编号,名称,经度,纬度\nL1,静安寺的路灯,121.45,31.23\nL2,南京西路,121.46,31.24\n"
TRADITIONAL = "編號,名稱,經度,緯度\nL1,臺北車站的路燈壞掉,121.45,31.23\nL2,忠孝東路人行道,121.46,31.24\n"
POINT = (
    '{"type": "Feature", "properties": {"a": "静安寺"}, "geometry": {"type": "Point", "coordinates": [121.4, 31.2]}}'
)
FEATURES = f'{{"type": "FeatureCollection", "features": [{POINT}]}}'


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TABLE.encode("utf-8-sig"), "utf-8"),
        (TABLE.encode("gb18030"), "gb18030"),
        (TRADITIONAL.encode("big5"), "big5"),
        (TABLE.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TABLE.encode("utf-16-be"), "utf-16"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
    ],
    ids=["utf-8-bom", "gb18030", "big5", "utf-16-le-bom", "utf-16-be-bom", "utf-16-le", "utf-16-be"],
)
def test_a_table_in_any_encoding_keeps_its_signs_and_its_coordinate_columns(tmp_path, content, encoding):
    (tmp_path / "a.csv").write_bytes(content)
    guess, batches = read(tmp_path / "a.csv")
    assert guess.encoding == encoding
    assert list(rows(batches)[0].values())[1] in ("静安寺的路灯", "臺北車站的路燈壞掉")
    assert guess.x in ("经度", "經度")
    assert guess.datum == "wgs84"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("id,name,lon,lat", 2),
        ("\n\nid,name,lon,lat", 4),
        ("sep=,\nid,name,lon,lat", 3),
        ('id,"name\nof lamp",lon,lat', 3),
        ('"id",name,"lon","lat\n\n(degrees)"', 4),
    ],
)
def test_rows_stand_on_their_lines_whatever_the_header_is_like(tmp_path, ending, head, line):
    (tmp_path / "a.csv").write_bytes(
        f"{head}\n1,one,121.45,31.23\n2,\n3,three,121.46,31.23".replace("\n", ending).encode()
    )
    guess, batches = read(tmp_path / "a.csv")
    assert len(guess.columns) == 4
    assert [next(iter(row.values())) for row in rows(batches)] == ["1", "3"]
    assert np.concatenate([batch.lines for batch in batches]).tolist() == [line, line + 2]
    assert [one.line for batch in batches for one in batch.broken] == [line + 1]


@pytest.mark.parametrize(
    "content", [b"id,lon,lat", b"id,lon,lat\n", b"\xef\xbb\xbfid,lon,lat\r\n", b"sep=;\nid;lon;lat"]
)
def test_a_header_without_rows_is_an_empty_table(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    guess, batches = read(tmp_path / "a.csv")
    assert guess.columns == ("id", "lon", "lat")
    assert rows(batches) == []


@pytest.mark.parametrize(
    ("text", "datum", "is_"),
    [
        ("SRID=4326;POINT(121.45 31.23)", "wgs84", "declared"),
        ("srid=4490;POINT(121.45 31.23)", "cgcs2000", "declared"),
        ("SRID=4549;POINT(638000 3456000)", "EPSG:4549", "declared"),
        (
            shapely.to_wkb(shapely.set_srid(Point(121.45, 31.23), 4326), hex=True, include_srid=True),
            "wgs84",
            "declared",
        ),
        (shapely.to_wkb(Point(121.45, 31.23), hex=True), "wgs84", "guessed"),
    ],
)
def test_what_postgis_writes_into_a_table_is_a_geometry_with_its_system(tmp_path, text, datum, is_):
    (tmp_path / "a.csv").write_text(f"id|geom\n1|{text}\n")
    guess, batches = read(tmp_path / "a.csv")
    assert (guess.wkt, guess.datum, guess.datum_is) == ("geom", datum, is_)
    found = read_many(np.array([row["geom"] for row in rows(batches)], dtype=object))
    assert shapely.get_x(found.geoms).round(2).tolist() in ([121.45], [638000.0])


@pytest.mark.parametrize(
    ("said", "written", "shown"),
    [
        ("936", "GBK", "936"), ("ANSI 936", "GBK", "ANSI 936"), ("GB18030", "GB18030", "GB18030"),
        ("CP936", "GBK", "CP936"), ("utf8", "UTF-8", "utf8"), ("65001", "UTF-8", "65001"),
        ("UTF-8", "GBK", "gb18030"), ("gibberish", "GBK", "gb18030"), ("GBK", "UTF-8", "utf-8"), ("", "GBK", "gb18030"),
    ],
)  # fmt: skip
def test_a_shapefile_is_read_right_whatever_its_cpg_says(tmp_path, said, written, shown):
    names = ["静安寺路灯杆", "南京西路的井盖", "plain"]
    frame = gpd.GeoDataFrame({"名": names}, geometry=[Point(121.45, 31.23)] * 3, crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / "a.shp", encoding=written)
    (tmp_path / "a.cpg").write_text(said)
    guess, batches = read(tmp_path / "a.shp")
    assert guess.encoding == shown
    assert [row["名"] for row in rows(batches)] == names
    if shown in ("gb18030", "utf-8"):
        assert guess.encoding_is == "guessed"
        assert (f"the .cpg says {said}" if said else "no .cpg") in " ".join(guess.notes)


def test_a_text_cut_at_the_end_of_its_field_loses_only_the_half_sign(tmp_path):
    frame = gpd.GeoDataFrame({"a": ["路" * 60 + "灯", "x"]}, geometry=[Point(121.45, 31.23)] * 2, crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / "a.shp", encoding="UTF-8")
    raw = (tmp_path / "a.dbf").read_bytes()
    (tmp_path / "a.dbf").write_bytes(raw.replace("灯".encode(), b"\xe7\x81 ", 1))
    found = rows(read(tmp_path / "a.shp")[1])
    assert found[0]["a"] == "路" * 60
    assert found[1]["a"] == "x"


def test_bytes_of_no_encoding_set_their_row_apart_and_the_others_are_read(tmp_path):
    frame = gpd.GeoDataFrame({"a": ["一二三四"] * 40}, geometry=[Point(121.45, 31.23)] * 40, crs=4326)
    frame.to_file(tmp_path / "a.fgb", driver="FlatGeobuf", engine="pyogrio", SPATIAL_INDEX="NO")
    raw = (tmp_path / "a.fgb").read_bytes()
    at = raw.index("一二三四".encode())
    (tmp_path / "a.fgb").write_bytes(raw[:at] + b"\xff" + raw[at + 1 :])
    _, batches = read(tmp_path / "a.fgb")
    assert [(one.line, one.code) for batch in batches for one in batch.broken] == [(1, "files.bad_text")]
    assert [row["a"] for row in rows(batches)] == ["一二三四"] * 39
    assert len(shapes(batches)) == 39


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_geojson_in_another_encoding_is_read_and_said(tmp_path, encoding):
    (tmp_path / "a.geojson").write_bytes(FEATURES.encode(encoding))
    guess, batches = read(tmp_path / "a.geojson")
    assert rows(batches) == [{"a": "静安寺"}]
    assert guess.encoding == ("utf-8" if encoding == "utf-8-sig" else encoding)
    assert rows(read(tmp_path / "a.geojson", encoding=encoding)[1]) == [{"a": "静安寺"}]


def workbook(path: Path, *lines: list[object]) -> None:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)


def with_sheet(path: Path, change) -> None:
    """The workbook with the bytes of its first sheet changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, change(content) if name.endswith("sheet1.xml") else content)


@pytest.mark.parametrize("size", [b'<dimension ref="A1"/>', b'<dimension ref="A1:XFD1048576"/>', b""])
def test_a_sheet_is_read_whole_whatever_size_its_writer_noted(tmp_path, size):
    workbook(tmp_path / "a.xlsx", ["编号", "经度", "纬度"], ["007", 121.45, 31.23], [], ["008", 121.46, 31.24])
    with_sheet(tmp_path / "a.xlsx", lambda xml: re.sub(rb"<dimension [^>]*/>", size, xml))
    _, batches = read(tmp_path / "a.xlsx")
    assert [row["编号"] for row in rows(batches)] == ["007", "008"]
    assert batches[0].lines.tolist() == [2, 4]


def test_the_first_sheet_with_a_header_is_taken(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["路灯表"])
    book.create_sheet("data").append(["id", "lon", "lat"])
    book["data"].append([1, 121.45, 31.23])
    book.save(tmp_path / "a.xlsx")
    guess, batches = read(tmp_path / "a.xlsx")
    assert (guess.layer, guess.layers, len(rows(batches))) == ("data", ("Sheet", "data"), 1)


def test_a_torn_workbook_is_told(tmp_path):
    workbook(tmp_path / "a.xlsx", *([f"c{n}", n, n] for n in range(200)))
    with_sheet(tmp_path / "a.xlsx", lambda xml: xml[: len(xml) * 2 // 3])
    with pytest.raises(UnreadableFile):
        read(tmp_path / "a.xlsx")


def test_a_file_that_points_to_other_files_is_not_followed(tmp_path):
    (tmp_path / "secret.csv").write_text("a,lon,lat\n1,121.4,31.2\n")
    (tmp_path / "a.vrt").write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{tmp_path}/secret.csv</SrcDataSource>'
        "<SrcLayer>secret</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
    )
    (tmp_path / "a.vrt").rename(tmp_path / "a.gml")
    with pytest.raises(UnreadableFile):
        read(tmp_path / "a.gml")


def test_a_mapinfo_table_is_told_from_a_table_of_texts(tmp_path):
    frame = gpd.GeoDataFrame({"a": ["x"]}, geometry=[Point(121.45, 31.23)], crs=4326)
    pyogrio.write_dataframe(frame, tmp_path / "a.tab", driver="MapInfo File")
    guess, batches = read(tmp_path / "a.tab")
    assert (guess.format, guess.datum, rows(batches)) == ("MapInfo File", "wgs84", [{"a": "x"}])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for part in tmp_path.glob("a.*"):
            if part.suffix != ".zip":
                packed.write(part, part.name)
    assert rows(read(tmp_path / "a.zip")[1]) == [{"a": "x"}]
    (tmp_path / "b.tab").write_text("a\tlon\tlat\nx\t121.4\t31.2\n")
    assert read(tmp_path / "b.tab")[0].format == "CSV"


def test_an_openstreetmap_extract_in_protobuf_is_read(tmp_path):
    new = osmium.osm.mutable
    writer = osmium.SimpleWriter(str(tmp_path / "a.osm.pbf"))
    writer.add_node(new.Node(id=1, location=(121.45, 31.23), tags={"name": "静安寺", "highway": "street_lamp"}))
    writer.add_node(new.Node(id=2, location=(121.46, 31.23)))
    writer.add_node(new.Node(id=3, location=(121.46, 31.24)))
    writer.add_way(new.Way(id=9, nodes=[1, 2, 3], tags={"highway": "primary", "name": "南京西路"}))
    writer.add_way(new.Way(id=10, nodes=[1, 2, 3, 1], tags={"building": "yes"}))
    writer.close()
    assert [row["name"] for row in rows(read(tmp_path / "a.osm.pbf")[1])] == ["静安寺"]
    guess, batches = read(tmp_path / "a.osm.pbf", layer="lines")
    assert (guess.format, guess.datum, [row["name"] for row in rows(batches)]) == ("OSM", "wgs84", ["南京西路"])
    [outline] = shapes(read(tmp_path / "a.osm.pbf", layer="multipolygons")[1])
    assert outline.geom_type == "MultiPolygon"
