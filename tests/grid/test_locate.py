"""Locating: one rule, two ways (SQL for one, memory for many), the same answer."""

from __future__ import annotations

import numpy as np
import pytest
from geoalchemy2.shape import from_shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import GeometryCollection, LineString, MultiPoint, Point, Polygon
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.locate import CellIndex, OutsideCity, fields, locate
from grid.models import Address, AddressKind, DutyCell, DutyCellUnit
from tests import make

WGS84 = Geod(ellps="WGS84")
MIDDLE = (make.WEST + make.SIDE, make.SOUTH + make.SIDE)  # the corner that all four cells share
NEAR = 0.0006  # degrees around the city: about 60 m, the snapping distance is 50 m


def test_a_point_inside_a_cell_gets_that_cell_and_its_area(db: Session) -> None:
    cells = make.city(db)
    place = locate(db, Point(make.WEST + 0.003, make.SOUTH + 0.001))
    assert place.unit_cell_id == cells["310199001001002"].id
    assert place.unit_cell_code == "310199001001002"
    assert place.area_code == "310199001001"
    assert place.snapped_m == 0
    assert (place.duty_cell_id, place.address_id, place.address_distance_m) == (None, None, None)
    assert fields(place) == {"unit_cell_id": place.unit_cell_id, "area_code": "310199001001", "address_id": None}


def test_on_a_shared_border_the_smallest_code_wins_every_time(db: Session) -> None:
    make.city(db)
    index = CellIndex.load(db)
    east_of_middle = (MIDDLE[0] + 0.0005, MIDDLE[1])
    for (lon, lat), code in ((MIDDLE, "310199001001001"), (east_of_middle, "310199001001002")):
        assert {locate(db, Point(lon, lat)).unit_cell_code for _ in range(3)} == {code}
        assert list(index.locate_many(np.array([lon]), np.array([lat])).unit_cell_code) == [code]


def test_a_point_just_outside_snaps_to_the_nearest_cell_and_says_how_far(db: Session) -> None:
    make.city(db)
    lon, lat = make.WEST - 0.0003, make.SOUTH + 0.001
    metres = WGS84.inv(lon, lat, make.WEST, lat)[2]
    place = locate(db, Point(lon, lat))
    assert place.unit_cell_code == "310199001001001"
    assert place.snapped_m == pytest.approx(metres, abs=0.002)


def test_a_point_beyond_the_snapping_distance_is_outside_the_city(db: Session) -> None:
    make.city(db)
    with pytest.raises(OutsideCity) as caught:
        locate(db, Point(make.WEST - 0.001, make.SOUTH + 0.001))
    assert caught.value.code == "grid.outside_city"
    assert CellIndex.load(db).locate_many(np.array([0.0]), np.array([0.0])).unit_cell_id[0] == -1


def test_a_profile_cannot_snap_farther_than_the_database_allows(db: Session) -> None:
    make.city(db, snap_m=5000.0)
    with pytest.raises(OutsideCity):
        locate(db, Point(make.WEST - 0.004, make.SOUTH + 0.001))  # 381 m
    assert locate(db, Point(make.WEST - 0.003, make.SOUTH + 0.001)).snapped_m == pytest.approx(285.9, abs=0.5)


@pytest.mark.parametrize("geom", [Point(), Polygon(), Point(6_000_000, 3_400_000), Point(float("nan"), 31.0)])
def test_what_has_no_coordinates_in_degrees_is_refused(db: Session, geom: Point) -> None:
    make.city(db)
    with pytest.raises(InvalidInput) as caught:
        locate(db, geom)
    assert caught.value.code == "invalid_input"


def test_a_city_without_cells_has_no_inside(db: Session) -> None:
    with pytest.raises(OutsideCity):
        locate(db, Point(121.45, 31.23))
    assert list(CellIndex.load(db).locate_many(np.array([121.45]), np.array([31.23])).unit_cell_id) == [-1]


def test_lines_and_areas_go_where_a_point_on_them_lies(db: Session) -> None:
    make.city(db)
    line = LineString([(make.WEST + 0.0001, make.SOUTH + 0.001), (make.WEST + 0.0015, make.SOUTH + 0.001)])
    assert locate(db, line).unit_cell_code == "310199001001001"
    assert locate(db, line.buffer(0.0002)).unit_cell_code == "310199001001001"


def test_several_points_and_mixtures_go_where_one_point_of_them_lies(db: Session) -> None:
    make.city(db)
    west, east = (make.WEST + 0.0001, make.SOUTH + 0.001), (make.WEST + 0.0015, make.SOUTH + 0.001)
    for geom in (MultiPoint([west, east]), GeometryCollection([Point(west), LineString([west, east])])):
        assert locate(db, geom).unit_cell_code == "310199001001001"


def test_ended_cells_are_not_found(db: Session) -> None:
    cells = make.city(db)
    db.execute(text("UPDATE unit_cells SET valid_to = '2024-01-01' WHERE code = '310199001001001'"))
    with pytest.raises(OutsideCity):
        locate(db, Point(make.WEST + 0.001, make.SOUTH + 0.001))
    assert cells["310199001001001"].id not in CellIndex.load(db).ids


def test_the_duty_cell_and_the_nearest_address_come_along(db: Session) -> None:
    cells = make.city(db)
    home = cells["310199001001001"]
    duty = DutyCell(code="D1", name_zh="一", name_en="One", area_code="310199001001", valid_from=make.OPENED_ON)
    lamp = make_address(db, home.id, (make.WEST + 0.001, make.SOUTH + 0.001))
    make_address(db, home.id, (make.WEST + 0.0015, make.SOUTH + 0.001))
    db.add(duty)
    db.flush()
    db.add(DutyCellUnit(duty_cell_id=duty.id, unit_cell_id=home.id, valid_from=make.OPENED_ON))
    db.flush()
    at = (make.WEST + 0.0012, make.SOUTH + 0.001)
    place = locate(db, Point(at))
    assert (place.duty_cell_id, place.address_id) == (duty.id, lamp.id)
    assert place.address_distance_m == pytest.approx(WGS84.inv(*at, make.WEST + 0.001, at[1])[2], abs=1e-6)
    many = CellIndex.load(db, addresses=True).locate_many(np.array([at[0]]), np.array([at[1]]))
    assert (many.duty_cell_id[0], many.address_id[0]) == (duty.id, lamp.id)
    assert many.address_distance_m[0] == pytest.approx(place.address_distance_m, abs=1e-6)


def test_an_address_farther_than_200_m_is_not_named(db: Session) -> None:
    cells = make.city(db)
    make_address(db, cells["310199001001001"].id, (make.WEST, make.SOUTH))
    place = locate(db, Point(make.WEST + 0.003, make.SOUTH + 0.003))
    assert place.address_id is None
    many = CellIndex.load(db, addresses=True).locate_many(np.array([make.WEST + 0.003]), np.array([make.SOUTH + 0.003]))
    assert many.address_id[0] == -1
    assert np.isnan(many.address_distance_m[0])


def make_address(db: Session, cell_id: int, at: tuple[float, float]) -> Address:
    made = Address(
        kind=AddressKind.DOOR, area_code="310199001001", unit_cell_id=cell_id, text_zh="号", text_en="No", search="no",
        geom=from_shape(Point(at), srid=4326), valid_from=make.OPENED_ON,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


@pytest.fixture
def slanted(db: Session) -> tuple[Session, CellIndex]:
    """The four cells of the test city with their common corner moved, so that no inner border is straight."""
    make.city(db)
    db.execute(text("SET LOCAL session_replication_role = replica"))  # cells keep their shape otherwise
    west, south = make.WEST, make.SOUTH
    east, north = west + 2 * make.SIDE, south + 2 * make.SIDE
    middle = (west + 0.0017, south + 0.0023)
    rim = [(west + 0.0021, south), (east, south + 0.0019), (west + 0.0018, north), (west, south + 0.0022)]
    corners = {"001001": (west, south), "001002": (east, south), "002001": (west, north), "002002": (east, north)}
    ends = {"001001": (3, 0), "001002": (0, 1), "002002": (1, 2), "002001": (2, 3)}
    for code, corner in corners.items():
        first, last = ends[code]
        shape = Polygon([middle, rim[first], corner, rim[last]])
        db.execute(
            text("UPDATE unit_cells SET geom = ST_GeomFromText(:wkt, 4326) WHERE code = :code"),
            {"wkt": shape.wkt, "code": f"310199001{code}"},
        )
    db.execute(text("SET LOCAL session_replication_role = origin"))
    return db, CellIndex.load(db)


coordinate = st.floats(-NEAR, 2 * make.SIDE + NEAR, allow_nan=False)
share = st.floats(0, 1)


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(dx=coordinate, dy=coordinate, along=share, how=st.sampled_from(["anywhere", "border", "rounded"]))
def test_one_and_many_agree_everywhere_also_on_borders(
    slanted: tuple[Session, CellIndex], dx: float, dy: float, along: float, how: str
) -> None:
    db, index = slanted
    lon, lat = make.WEST + dx, make.SOUTH + dy
    if how == "rounded":
        lon, lat = round(lon, 4), round(lat, 4)
    if how == "border":
        ring = np.asarray(index.cells[0].exterior.coords)
        lon, lat = ring[0] + along * (ring[1] - ring[0])
    many = index.locate_many(np.array([lon]), np.array([lat]))
    try:
        one = locate(db, Point(lon, lat))
    except OutsideCity:
        assert many.unit_cell_id[0] == -1
        assert many.area_code[0] == ""
        return
    assert (many.unit_cell_id[0], many.unit_cell_code[0]) == (one.unit_cell_id, one.unit_cell_code)
    assert many.area_code[0] == one.area_code
    assert many.snapped_m[0] == pytest.approx(one.snapped_m, abs=0.001)
