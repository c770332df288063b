"""The import engine: in, located, already there, refused."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from shapely import MultiPoint, Point, Polygon, box
from sqlalchemy import text

from app.imports.columns import BadMapping
from app.imports.service import DatumUnknown, NoPlace, RegisterRefused
from gis.crs import CrsRefused
from gis.datum import from_wgs84
from gis.errors import Forbidden
from grid.check import check
from grid.locate import locate
from grid.reach import Viewer
from tests.app.imports.conftest import lamps

HEAD = "external_id,name,lon,lat"
A, B = (121.451, 31.231), (121.453, 31.233)  # in cell 1 of community 001 and cell 2 of community 002


def table(*lines: str, head: str = HEAD) -> str:
    return "\n".join((head, *lines)) + "\n"


def refused_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_rows_are_located_and_added_with_what_no_field_took(take, rows):
    report = take(table("L1,one,121.451,31.231,note é", "L2,two,121.453,31.233,", head=HEAD + ",memo"))
    assert (report.read, report.located, report.added, report.already_there, report.refused) == (2, 2, 2, 0, 0)
    first, second = rows()
    assert (first["lon"], first["lat"], first["area_code"]) == (*A, "310199001001")
    assert second["area_code"] == "310199001002"
    assert (first["external_system"], first["external_id"], first["located_by"]) == ("import", "L1", "import")
    assert (first["attributes"], second["attributes"]) == ({"memo": "note é"}, {})
    assert (first["datum_given"], first["bulbs"], first["colour"]) == ("wgs84", 1, "red")


def test_running_it_twice_adds_nothing_and_a_longer_file_adds_the_new_rows_only(take, rows, city):
    content = table("L1,one,121.451,31.231", "L2,two,121.453,31.233")
    take(content)
    again = take(content)
    assert (again.added, again.already_there) == (0, 2)
    more = take(content + "L3,three,121.4511,31.2311\n")
    assert (more.added, more.already_there) == (1, 2)
    assert [row["external_id"] for row in rows()] == ["L1", "L2", "L3"]
    assert city.scalar(text("SELECT count(*) FROM lamp_entries")) == 3


def test_two_systems_may_use_the_same_ids(take, rows):
    content = table("L1,one,121.451,31.231")
    take(content, system="north")
    assert take(content, system="south").added == 1
    assert {row["external_system"] for row in rows()} == {"north", "south"}


def test_rows_without_an_id_are_known_by_their_contents(take, rows):
    content = table(",one,121.451,31.231", ",one,121.4511,31.231")
    assert take(content).added == 2
    assert take(content).added == 0
    assert all(row["external_id"].startswith("sha256:") for row in rows())


def test_of_rows_with_the_same_id_in_a_file_the_first_is_taken_and_the_others_are_told(take, rows):
    content = table("L1,one,121.451,31.231", "L1,uno,121.4512,31.231", "L2,two,121.453,31.231", "L1,eins,121.451,31.23")
    for added, there in ((2, 0), (0, 2)):
        report = take(content)
        assert (report.read, report.added, report.already_there, report.refused) == (4, added, there, 2)
        told = refused_rows(report.refused_file)
        assert [(row["line"], row["code"], row["name"]) for row in told] == [
            ("3", "imports.twice", "uno"), ("5", "imports.twice", "eins")
        ]  # fmt: skip
    assert [row["name"] for row in rows()] == ["one", "two"]


def test_the_same_row_without_an_id_twice_is_told_too(take):
    report = take(table(",one,121.451,31.231", ",one,121.451,31.231"))
    assert (report.added, report.refused_by) == (1, {"imports.twice": 1})


def test_rows_that_a_check_refuses_stand_whole_in_the_refused_file(take):
    lines = [f"L{n},lamp {n},121.451,31.231,{1870 + n}-01-01" for n in (5, 15, 8)]
    report = take(table(*lines, head=HEAD + ",built_on"))
    assert (report.added, report.refused_by) == (1, {"lamps.too_old": 2})
    told = refused_rows(report.refused_file)
    assert [(row["line"], row["external_id"], row["name"], row["built_on"]) for row in told] == [
        ("2", "L5", "lamp 5", "1875-01-01"), ("4", "L8", "lamp 8", "1878-01-01")
    ]  # fmt: skip
    mended = report.refused_file.read_text(encoding="utf-8-sig").replace(",187", ",197")
    assert take(mended, name="mended.csv").added == 2


BAD = [
    ("L1,,121.451,31.231", "imports.missing", "name"),
    ("L1,a name too long,121.451,31.231", "imports.invalid", "name"),
    ("L1,one,east,31.231", "imports.invalid", "lon"),
    ("L1,one,,", "geometry.missing", ""),
    ("L1,one,121.451,", "geometry.not_finite", ""),
    ("L1,one,0,0", "grid.outside_city", ""),
    ("L1,one,-71.06,42.36", "grid.outside_city", ""),
    ("L1,one,121.4499,31.2299", "", ""),  # 15 m outside a corner: the nearest cell takes it
    ("L1,one,121.4489,31.231", "grid.outside_city", ""),  # 105 m outside; the city snaps 50 m
    ("L1,one", "files.columns", ""),
]


@pytest.mark.parametrize(("line", "code", "field"), BAD)
def test_a_row_that_cannot_be_taken_is_written_beside_the_file_with_line_and_reason(take, tmp_path, line, code, field):
    report = take(table("L0,good,121.451,31.231", line))
    assert report.added == (1 if code else 2)
    file = tmp_path / "lamps.csv.refused.csv"
    if not code:
        assert not file.exists()
        assert report.snapped == 1
        return
    [refused] = refused_rows(file)
    assert (refused["line"], refused["code"], refused["field"]) == ("3", code, field)
    assert refused["reason"]
    assert report.refused_by == {code: 1}
    assert report.refused_file == file
    if code != "files.columns":
        assert refused["external_id"] == "L1"


def test_the_refused_file_can_be_mended_and_taken_in_again(take, tmp_path, rows):
    take(table("L1,,121.451,31.231"))
    file = tmp_path / "lamps.csv.refused.csv"
    file.write_text(file.read_text(encoding="utf-8-sig").replace("L1,,", "L1,one,"), encoding="utf-8")
    mended = file.rename(tmp_path / "mended.csv")
    assert take(mended).added == 1
    assert file.exists() is False
    assert rows()[0]["name"] == "one"


def test_an_old_refused_file_goes_when_nothing_is_refused(take, tmp_path):
    take(table("L1,,121.451,31.231"))
    assert (tmp_path / "lamps.csv.refused.csv").exists()
    take(table("L1,one,121.451,31.231"))
    assert not (tmp_path / "lamps.csv.refused.csv").exists()


def test_every_kind_of_value_is_read_as_people_write_it(take, rows):
    head = HEAD + ",height_m,bulbs,lit,colour,seen_at,built_on,price,accuracy_m,located_by,class_code"
    report = take(
        table(
            "L1,one,121.451,31.231,4.5,2,是,GREEN,2026-03-01 08:30,2020年5月7日,12.50,3,gnss,11E05",
            "L2,two,121.451,31.231,+.5e1,,no,red,2026-03-01T08:30:00+02:00,2020-05-07,,,,A",
            "L3,tre,121.451,31.231,,,,,2026/3/1 8:30,2020/5/7,,,,",
            head=head,
        )
    )
    assert report.refused == 0
    one, two, three = rows()
    assert (one["height_m"], one["bulbs"], one["lit"], one["colour"]) == (4.5, 2, True, "green")
    assert one["seen_at"] == datetime(2026, 3, 1, 0, 30, tzinfo=UTC)  # local time of the city, Asia/Shanghai
    assert two["seen_at"] == datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
    assert three["seen_at"] == one["seen_at"]
    assert one["built_on"] == two["built_on"] == three["built_on"] == date(2020, 5, 7)
    assert (one["price"], one["accuracy_m"], one["located_by"]) == (Decimal("12.50"), 3.0, "gnss")
    assert (one["class_id"], two["class_id"], three["class_id"]) == (8, 7, None)
    assert (two["height_m"], two["bulbs"], two["lit"]) == (5.0, 1, False)


@pytest.mark.parametrize(
    ("column", "value"),
    [("height_m", "0"), ("height_m", "51"), ("height_m", "nan"), ("height_m", "high"), ("bulbs", "1.5"), ("bulbs", "0"),
     ("lit", "perhaps"), ("colour", "blue"), ("seen_at", "2026-06-31 08:00"), ("seen_at", "yesterday"),
     ("seen_at", "1772323800"), ("built_on", "2026-02-30"), ("price", "dear"), ("accuracy_m", "-1"),
     ("class_code", "99"), ("built_on", "1850-01-01")],
)  # fmt: skip
def test_a_wrong_value_is_refused_and_the_rest_is_taken(take, tmp_path, column, value):
    report = take(table(f"L1,one,121.451,31.231,{value}", "L2,two,121.451,31.231,", head=f"{HEAD},{column}"))
    assert (report.added, report.refused) == (1, 1)
    [refused] = refused_rows(tmp_path / "lamps.csv.refused.csv")
    assert refused["line"] == "2"
    assert refused["code"] in ("imports.invalid", "imports.unknown_value", "lamps.too_old")


def test_a_row_with_several_faults_names_them_all(take, tmp_path):
    take(table("L1,,121.451,31.231,99", head=HEAD + ",height_m"))
    [refused] = refused_rows(tmp_path / "lamps.csv.refused.csv")
    assert refused["code"] == "imports.missing"
    assert "height_m" in refused["reason"]


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "EPSG:4549", "EPSG:4528"])
def test_the_datum_is_shifted_once_at_the_edge(take, rows, datum):
    x, y = from_wgs84(*A, datum)
    report = take(table(f"L1,one,{x!r},{y!r}"), datum=datum)
    assert report.datum == datum
    [row] = rows()
    assert (row["lon"], row["lat"]) == pytest.approx(A, abs=1e-8)
    assert row["datum_given"] == datum


def test_exchanged_axes_are_put_right_in_degrees_and_in_metres(take, rows):
    east, north = from_wgs84(*A, "EPSG:4528")
    assert take(table("L1,one,31.231,121.451")).mended == {"geometry.swapped_axes": 1}
    assert take(table(f"L2,two,{north!r},{east!r}"), datum="EPSG:4528").mended == {"geometry.swapped_axes": 1}
    for row in rows():
        assert (row["lon"], row["lat"]) == pytest.approx(A, abs=1e-8)


def test_metres_without_a_zone_need_a_datum_and_a_ballpark_one_is_refused(take):
    content = table("L1,one,640412.3,3457455.5")
    with pytest.raises(DatumUnknown):
        take(content)
    with pytest.raises(CrsRefused):
        take(content, datum="EPSG:4610")


def test_a_dry_run_says_what_would_come_of_it_and_takes_it_back(take, rows, city, tmp_path):
    report = take(table("L1,one,121.451,31.231", "L2,,121.451,31.231"), dry_run=True)
    assert (report.added, report.refused, report.dry_run) == (1, 1, True)
    assert rows() == []
    assert city.scalar(text("SELECT count(*) FROM audit_entries")) == 0
    assert (tmp_path / "lamps.csv.refused.csv").exists()


def test_columns_are_mapped_by_alias_by_wish_and_whatever_their_case(take, rows):
    report = take(table("L1,灯,5,121.451,31.231", head="编号,名称,Bulb Count,经度,纬度"), maps={"bulbs": "Bulb Count"})
    assert report.columns.fields == {"bulbs": "Bulb Count", "external_id": "编号", "name": "名称"}
    assert (rows()[0]["name"], rows()[0]["bulbs"]) == ("灯", 5)
    other = take(table("L2,two,121.451,31.231", head="External-ID,NAME,a,b"), maps={"lon": "a", "lat": "b"})
    assert other.added == 1


@pytest.mark.parametrize(
    ("maps", "head"),
    [({"colour": "none"}, HEAD), ({"none": "name"}, HEAD), ({}, "external_id,title,lon,lat")],
)
def test_a_mapping_that_cannot_be_is_refused_with_what_there_is(take, maps, head):
    with pytest.raises(BadMapping):
        take(table("L1,one,121.451,31.231", head=head), maps=maps)


def test_a_table_without_coordinates_is_refused(take):
    with pytest.raises(NoPlace):
        take(table("L1,one", head="external_id,name"))


def test_a_viewer_takes_in_only_with_the_right_and_inside_the_own_areas(take, rows):
    content = table("L1,one,121.451,31.231", "L2,two,121.453,31.233")
    with pytest.raises(Forbidden):
        take(content, viewer=Viewer(None, "x", "leader", ("",)))
    narrow = Viewer(None, "clerk", "clerk", ("310199001001",), rights=frozenset({"lamps.create"}))
    report = take(content, viewer=narrow)
    assert (report.added, report.refused_by) == (1, {"imports.out_of_reach": 1})
    assert [row["external_id"] for row in rows()] == ["L1"]


def test_what_the_database_refuses_leaves_nothing_behind(take, rows, city):
    broken = lamps(finish=lamps().finish.replace("ON CONFLICT DO NOTHING", ""))
    take(table("L1,one,121.451,31.231"))
    with pytest.raises(RegisterRefused):
        take(table("L2,two,121.451,31.231", "L1,one,121.451,31.231"), register=broken)
    assert len(rows()) == 1
    assert take(table("L3,three,121.451,31.231")).added == 1


def test_an_import_leaves_an_audit_entry_without_the_rows(take, city):
    take(table("L1,one,121.451,31.231"))
    entry = city.execute(text("SELECT act, subject, detail FROM audit_entries")).one()
    assert (entry.act, entry.subject, entry.detail["added"]) == ("imports.run", "lamps", 1)


def test_geometry_of_any_kind_is_checked_mended_and_located(take, rows, tmp_path):
    bow_tie = Polygon([(121.4505, 31.2305), (121.4515, 31.2315), (121.4515, 31.2305), (121.4505, 31.2315)])
    frame = gpd.GeoDataFrame(
        {"external_id": ["a", "b", "c", "d"], "name": ["square", "tie", "point", "far"]},
        geometry=[box(121.4505, 31.2305, 121.4515, 31.2315), bow_tie, Point(A), box(0, 0, 1, 1)], crs=4326,
    )  # fmt: skip
    frame.to_file(tmp_path / "a.gpkg")
    report = take(tmp_path / "a.gpkg", register=lamps(geometry="GEOMETRY"))
    assert (report.added, report.refused_by) == (3, {"grid.outside_city": 1})
    assert report.mended["geometry.self_crossing"] == 1
    assert {row["area_code"] for row in rows()} == {"310199001001"}
    points_only = take(tmp_path / "a.gpkg", register=lamps(geometry="POINT"), system="again")
    assert points_only.refused_by["geometry.wrong_kind"] == 2


def test_exchanged_axes_of_shapes_in_metres_are_put_right(take, rows, tmp_path):
    square, far = box(121.4505, 31.2305, 121.4515, 31.2315), box(121.9, 31.9, 121.901, 31.901)
    frame = gpd.GeoDataFrame({"name": ["square", "far"]}, geometry=[square, far], crs=4326).to_crs(4549)
    frame.geometry = shapely.transform(frame.geometry.to_numpy(), lambda at: at[:, ::-1])
    frame.to_file(tmp_path / "a.gpkg")
    report = take(tmp_path / "a.gpkg", register=lamps(geometry="GEOMETRY"))
    assert (report.added, report.mended["geometry.swapped_axes"]) == (1, 1)
    assert report.refused_by == {"grid.outside_city": 1}
    [row] = rows()
    assert (row["lon"], row["lat"]) == pytest.approx((121.4505, 31.2305), abs=1e-7)


def test_several_points_in_one_row_are_located_by_one_of_them(take, rows, tmp_path, city):
    several = MultiPoint([A, (A[0] + 0.0001, A[1]), (A[0] + 0.0002, A[1])])
    gpd.GeoDataFrame({"name": ["three"]}, geometry=[several], crs=4326).to_file(tmp_path / "a.gpkg")
    assert take(tmp_path / "a.gpkg", register=lamps(geometry="GEOMETRY")).added == 1
    assert rows()[0]["unit_cell_id"] == locate(city, several).unit_cell_id
    assert [one.count for one in check(city) if one.name == "rows of lamps not in their cell"] == [0]


@pytest.mark.parametrize(
    ("content", "added"),
    [
        (table("L1,one,121.451,31.231", "L2,two,nan,31.231", "L3,three,inf,31.231", "L4,four,-1e400,31.231"), 1),
        (table("L1,one,121.451,31.231", "L2,two,361.45,31.231", "L3,three,-238.549,31.231", "L4,four,180,-90"), 1),
        (table("L1,one,121.451,31.231", "L2,two,1e308,1e308", "L3,three,-1e308,0", "L4,four,,31.2"), 1),
    ],
)
def test_what_is_no_place_is_refused_row_by_row(take, content, added):
    report = take(content, datum="wgs84")
    assert (report.read, report.added, report.refused) == (4, added, 3)


def test_a_file_on_the_shifted_map_comes_out_where_it_truly_lies(take, rows):
    lon, lat = from_wgs84(*A, "gcj02")
    assert abs(lon - A[0]) > 0.004  # about 400 m: outside its cell
    report = take(table(f"L1,one,{lon},{lat}"), datum="gcj02")
    assert (report.added, report.datum) == (1, "gcj02")
    [row] = rows()
    assert (row["lon"], row["lat"]) == pytest.approx(A, abs=1e-8)
    assert row["datum_given"] == "gcj02"


def test_wkt_columns_and_open_rings_are_taken(take, rows):
    ring = "121.4505 31.2305,121.4515 31.2305,121.4515 31.2315"
    report = take(
        table(f'L1,one,"POLYGON(({ring}))"', 'L2,two,"nonsense"', head="external_id,name,wkt"),
        register=lamps(geometry="GEOMETRY"), maps={"wkt": "wkt"}, datum="wgs84",
    )  # fmt: skip
    assert (report.added, report.refused_by) == (1, {"geometry.unreadable": 1})
    assert report.mended["geometry.open_ring"] == 1


def test_points_of_a_gis_file_are_taken_with_typed_columns(take, rows, tmp_path):
    frame = gpd.GeoDataFrame(
        {"external_id": [71, 72], "name": ["one", "two"], "height_m": [4.5, None], "lit": [True, False]},
        geometry=[Point(A), Point(B)], crs=4326,
    ).to_crs(4549)  # fmt: skip
    frame.to_file(tmp_path / "a.gpkg")
    report = take(tmp_path / "a.gpkg")
    assert (report.added, report.datum) == (2, "EPSG:4549")
    first, _ = rows()
    assert (first["external_id"], first["height_m"], first["lit"]) == ("71", 4.5, True)
    assert (first["lon"], first["lat"]) == pytest.approx(A, abs=1e-9)


def test_what_no_field_took_is_valid_json_whatever_it_holds(take, rows):
    odd = 'say "hi"\\ \t 换行\n二'
    content = f'{HEAD},"me ""mo"""\nL1,one,121.451,31.231,"{odd.replace(chr(34), chr(34) * 2)}"\n'
    assert take(content).added == 1
    assert rows()[0]["attributes"] == {'me "mo"': odd}
    assert json.dumps(rows()[0]["attributes"])


def test_a_register_without_places_stages_no_place(take, city):
    city.execute(text("CREATE TABLE notes (external_id text UNIQUE, name text)"))
    register = lamps(
        geometry=None, lookups=(), checks=(), after=(),
        finish="INSERT INTO notes SELECT external_id, name FROM import_rows ON CONFLICT DO NOTHING",
    )  # fmt: skip
    report = take(table("n1,one", head="external_id,name"), register=register)
    assert (report.added, report.datum) == (1, None)


def test_columns_can_be_derived_before_staging(take, city):
    city.execute(text("CREATE TABLE sealed (external_id text UNIQUE, digest text)"))
    register = lamps(
        lookups=(), checks=(), after=(), derived={"digest": "text"},
        derive=lambda db, rows: rows.append_column("digest", rows.column("name")),
        finish="INSERT INTO sealed SELECT external_id, digest FROM import_rows ON CONFLICT DO NOTHING",
    )  # fmt: skip
    take(table("L1,one,121.451,31.231"), register=register)
    assert city.execute(text("SELECT digest FROM sealed")).scalar() == "one"


def test_an_empty_table_adds_nothing(take):
    report = take(HEAD + "\n", datum="wgs84")
    assert (report.read, report.added, report.refused) == (0, 0, 0)


def test_progress_is_told_rows_and_share(city, tmp_path, take):
    told = []
    path = tmp_path / "a.csv"
    path.write_text(table(*(f"L{n},one,121.451,31.231" for n in range(100))))
    from app.imports.service import Options, import_file  # noqa: PLC0415 - the fixture hides the progress argument
    from grid.reach import whole_city  # noqa: PLC0415

    import_file(city, whole_city(["lamps.create"]), lamps(), path, Options(), progress=lambda n, s: told.append((n, s)))
    assert told[-1] == (100, 1.0)
