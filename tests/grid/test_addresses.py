"""Addresses: found however people write them, and told back in their words."""

from __future__ import annotations

import pytest
from geoalchemy2.shape import from_shape
from pyproj import Geod
from shapely.geometry import LineString, Point
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid import addresses, reverse
from grid.locate import OutsideCity
from grid.models import AddressKind, Road
from grid.reach import Viewer, whole_city
from tests import make

WGS84 = Geod(ellps="WGS84")
ALL = whole_city()
EAST, NORTH = make.WEST + make.SIDE, make.SOUTH + make.SIDE


@pytest.fixture
def town(db: Session) -> Session:
    make.city(db)
    doors = [("南京西路", "Nanjing West Road", 8), ("瑞祥路", "Ruixiang Road", 6)]
    for row, (zh, en, count) in enumerate(doors):
        for n in range(count):
            number = str(1030 + 2 * n if row == 0 else 1 + 2 * n)
            at = Point(make.WEST + 0.0002 + n * 0.0004, make.SOUTH + 0.001 + row * make.SIDE)
            addresses.add(
                db, at, text_zh=f"{zh}{number}号", text_en=f"{number} {en}", road=zh, number=number, on=make.OPENED_ON
            )
        path = LineString([(make.WEST, make.SOUTH + 0.001 + row * make.SIDE), (EAST, make.SOUTH + 0.001)])
        db.add(Road(name_zh=zh, name_en=en, road_class="secondary", geom=from_shape(path, srid=4326)))
    addresses.add(
        db, Point(EAST + 0.001, NORTH + 0.0015), text_zh="静安嘉里中心", text_en="Jing An Kerry Centre",
        kind=AddressKind.POI, aliases=["Kerry Parkside", "嘉里城"], on=make.OPENED_ON,
    )  # fmt: skip
    return db


def first(db: Session, asked: str) -> str:
    return addresses.search(db, ALL, asked)[0].text_zh


@pytest.mark.parametrize(
    "asked",
    ["南京西路1038号", "南京西路1038", "南京西路 1038 号", "１０３８号南京西路", "Nanjing Xi Lu 1038",
     "nanjingxilu1038hao",
     "njxl1038", "NJXL 1038", "1038 Nanjing West Road", "1038 nanjing w rd", "nanjign xi lu 1038", "南京西鹿1038号"],
)  # fmt: skip
def test_one_door_is_found_however_it_is_written(town: Session, asked: str) -> None:
    assert first(town, asked) == "南京西路1038号"


@pytest.mark.parametrize(
    "asked", ["嘉里中心", "jinganjializhongxin", "jajlzx", "kerry", "Kerry Parkside", "嘉里城", "jialicheng"]
)
def test_a_point_of_interest_is_found_by_any_of_its_names(town: Session, asked: str) -> None:
    assert first(town, asked) == "静安嘉里中心"


def test_a_road_comes_before_its_doors_and_these_in_the_order_of_their_numbers(town: Session) -> None:
    found = addresses.search(town, ALL, "ruixiang lu")
    assert (found[0].kind, found[0].text_zh, found[0].text_en) == ("road", "瑞祥路", "Ruixiang Road")
    assert [one.text_zh for one in found[1:]] == [f"瑞祥路{n}号" for n in (1, 3, 5, 7, 9, 11)]
    west, south, east, north = found[0].bbox
    assert west <= found[0].lon <= east
    assert south <= found[0].lat <= north


def test_a_number_is_taken_whole_before_its_beginning(town: Session) -> None:
    texts = [one.text_zh for one in addresses.search(town, ALL, "瑞祥路1") if one.kind == "address"]
    assert texts[:2] == ["瑞祥路1号", "瑞祥路11号"]


def test_near_a_place_comes_first_among_equally_good_ones(town: Session) -> None:
    west_end = addresses.search(town, ALL, "南京西路", near=(make.WEST, make.SOUTH))
    east_end = addresses.search(town, ALL, "南京西路", near=(make.WEST + 0.004, make.SOUTH))
    assert west_end[1].text_zh == "南京西路1030号"
    assert east_end[1].text_zh == "南京西路1044号"


def test_areas_and_cells_are_found_by_name_and_code(town: Session) -> None:
    area = addresses.search(town, ALL, "Area 310199001001")[0]
    assert (area.kind, area.id, area.area_code) == ("area", "310199001001", "310199001001")
    assert area.bbox == pytest.approx((make.WEST, make.SOUTH, make.WEST + 2 * make.SIDE, NORTH))
    cell = addresses.search(town, ALL, "310199 001 002 001")[0]
    assert (cell.kind, cell.text_zh) == ("cell", "单元网格 310199001002001")


def test_what_lies_outside_a_viewers_reach_is_not_found(town: Session) -> None:
    only = Viewer(1, "w", "inspector", ("310199001001",))
    found = addresses.search(town, only, "lu", limit=50) + addresses.search(town, only, "310199", limit=50)
    assert {one.area_code for one in found if one.area_code} == {"310199001001"}
    assert addresses.search(town, only, "静安嘉里中心") == []
    assert addresses.search(town, only, "310199001002001") == []
    nobody = Viewer(1, "n", "inspector", ())
    assert [one.kind for one in addresses.search(town, nobody, "南京西路1038号")] in ([], ["road"])


@pytest.mark.parametrize("asked", ["", "   ", "%", "_", "''", "\\", "！？"])
def test_a_query_without_words_finds_nothing(town: Session, asked: str) -> None:
    assert addresses.search(town, ALL, asked) == []


def test_signs_of_pattern_matching_are_taken_literally(town: Session) -> None:
    assert addresses.search(town, ALL, "南京%1038") == addresses.search(town, ALL, "南京 1038")
    assert addresses.search(town, ALL, "x" * 5000) == []


@pytest.mark.parametrize("limit", [0, -1, 51])
def test_a_limit_out_of_range_is_refused(town: Session, limit: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        addresses.search(town, ALL, "lu", limit=limit)
    assert caught.value.field == "limit"


def test_an_address_needs_a_text_and_a_place_in_the_city(db: Session) -> None:
    make.city(db)
    with pytest.raises(InvalidInput):
        addresses.add(db, Point(make.WEST, make.SOUTH), text_zh=" ", text_en="")
    with pytest.raises(OutsideCity):
        addresses.add(db, Point(0, 0), text_zh="南极路1号", text_en="")


def test_a_new_name_is_found_at_once(town: Session) -> None:
    assert not [one for one in addresses.search(town, ALL, "长乐路") if one.kind == "road"]
    path = LineString([(make.WEST, make.SOUTH), (EAST, make.SOUTH)])
    town.add(Road(name_zh="长乐路", name_en="Changle Road", road_class="primary", geom=from_shape(path, srid=4326)))
    town.flush()
    assert addresses.search(town, ALL, "changle")[0].text_zh == "长乐路"


@pytest.mark.parametrize(
    ("bearing", "zh", "en"),
    [(0, "北", "north"), (22, "北", "north"), (23, "东北", "north-east"), (67, "东北", "north-east"),
     (68, "东", "east"),
     (135, "东南", "south-east"), (180, "南", "south"), (225, "西南", "south-west"), (270, "西", "west"),
     (315, "西北", "north-west"), (337, "西北", "north-west"), (338, "北", "north"), (359.9, "北", "north")],
)  # fmt: skip
def test_a_point_is_told_from_the_nearest_address(db: Session, bearing: float, zh: str, en: str) -> None:
    make.city(db)
    lon, lat = make.WEST + 0.0011, make.SOUTH + 0.0009
    addresses.add(db, Point(lon, lat), text_zh="瑞祥路11号", text_en="11 Ruixiang Road")
    x, y, _ = WGS84.fwd(lon, lat, bearing, 13.76)
    where = reverse.describe(db, x, y)
    assert where.text_zh == f"瑞祥路11号{zh}方向13.8米"
    assert where.text_en == f"13.8 m {en} of 11 Ruixiang Road"


def test_at_an_address_there_is_no_direction(db: Session) -> None:
    make.city(db)
    at = Point(make.WEST + 0.001, make.SOUTH + 0.001)
    addresses.add(db, at, text_zh="瑞祥路11号", text_en="11 Ruixiang Road")
    where = reverse.describe(db, at.x, at.y)
    assert (where.text_zh, where.text_en) == ("瑞祥路11号", "11 Ruixiang Road")


def test_where_no_address_is_near_the_cell_and_its_areas_are_named(db: Session) -> None:
    make.city(db)
    where = reverse.describe(db, make.WEST + 0.001, make.SOUTH + 0.001)
    assert [area.level for area in where.areas] == ["district", "street", "community"]
    assert where.text_zh == "区310199区310199001区310199001001单元网格310199001001001（200米内没有地址）"
    assert "unit cell 310199001001001 (no address within 200 m)" in where.text_en
    assert where.duty_cell is None
    with pytest.raises(OutsideCity):
        reverse.describe(db, 0, 0)
