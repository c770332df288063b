"""Datum shifts: published points, round trips, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from eviltransform import wgs2gcj
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point, Polygon

from gis import crs
from gis.datum import NotAPlace, from_wgs84, is_degrees, normal, shift_many, to_wgs84, transform_geometry

WGS84 = Geod(ellps="WGS84")

PUBLISHED = [  # domain notes: npm gcoord 1.0.7, seven decimals
    ((121.47, 31.23), (121.4745349, 31.2280675), (121.4810762, 31.2339867)),
    ((114.02, 33.58), (114.0259340, 33.5785221), (114.0323955, 33.5845892)),
    ((109.51, 18.25), (109.5140896, 18.2483014), (109.5206384, 18.2540597)),
]
lons = st.floats(73.0, 136.9)
lats = st.floats(2.0, 55.0)


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), PUBLISHED)
def test_published_points_come_out_in_both_shifted_datums(wgs84, gcj02, bd09):
    assert from_wgs84(*wgs84, "gcj02") == pytest.approx(gcj02, abs=6e-8)
    assert from_wgs84(*wgs84, "bd09") == pytest.approx(bd09, abs=6e-8)


@given(lons, lats, st.sampled_from(["gcj02", "bd09"]))
def test_there_and_back_is_below_a_millimetre(lon, lat, datum):
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert WGS84.inv(lon, lat, *back)[2] < 0.001


@given(lons, lats)
def test_another_implementation_with_another_earth_radius_is_centimetres_away(lon, lat):
    other_lat, other_lon = wgs2gcj(lat, lon)
    assert WGS84.inv(other_lon, other_lat, *from_wgs84(lon, lat, "gcj02"))[2] < 0.02


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=20), st.sampled_from(["gcj02", "bd09"]))
def test_an_array_gives_what_each_point_gives_alone(points, datum):
    lon = np.array([p[0] for p in points], dtype=float)
    lat = np.array([p[1] for p in points], dtype=float)
    many = from_wgs84(lon, lat, datum)
    alone = [from_wgs84(*p, datum) for p in points]
    assert np.column_stack(many).tolist() == [pytest.approx(p, abs=1e-12) for p in alone]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("point", [(-71.0589, 42.3601), (180.0, 0.0), (139.6917, 35.6895), (72.0039, 35.0)])
def test_outside_the_published_rectangle_points_are_left_alone(datum, point):
    assert from_wgs84(*point, datum) == point
    assert to_wgs84(*point, datum) == point


def test_a_point_abroad_but_in_the_rectangle_is_shifted_because_its_datum_was_declared():
    assert from_wgs84(126.978, 37.5665, "gcj02") != (126.978, 37.5665)
    assert to_wgs84(126.978, 37.5665, "wgs84") == (126.978, 37.5665)


@pytest.mark.parametrize(
    ("given_as", "name"),
    [
        ("GCJ-02", "gcj02"),
        (" bd09 ", "bd09"),
        ("WGS 84", "wgs84"),
        ("EPSG:4490", "cgcs2000"),
        ("epsg:4549", "EPSG:4549"),
    ],
)
def test_a_datum_has_one_spelling(given_as, name):
    assert normal(given_as) == name


def test_cgcs2000_is_taken_as_wgs84_and_its_projections_are_exact():
    assert to_wgs84(121.47, 31.23, "cgcs2000") == (121.47, 31.23)
    easting, northing = from_wgs84(121.4737, 31.2304, "EPSG:4549")
    assert (easting, northing) == pytest.approx((640412.3150, 3457455.4886), abs=0.001)
    zoned = from_wgs84(121.4737, 31.2304, "EPSG:4528")
    assert zoned == pytest.approx((40640412.3150, 3457455.4886), abs=0.001)
    assert to_wgs84(easting, northing, "EPSG:4549") == pytest.approx((121.4737, 31.2304), abs=1e-9)


@pytest.mark.parametrize(
    ("datum", "point"),
    [
        ("EPSG:4610", (121.0, 31.0)),  # Xi'an 80: nothing published
        ("EPSG:2383", (500000.0, 3000000.0)),  # Xi'an 80, projected
        ("EPSG:4214", (116.4, 33.5)),  # Beijing 54 outside its seven regions: PROJ would move it by another's method
        ("EPSG:4611", (121.47, 31.23)),  # Hong Kong 1980, in Shanghai
        ("+proj=tmerc +lat_0=31.234 +lon_0=121.4667 +ellps=krass", (0.0, 0.0)),  # a city grid without its parameters
        ("EPSG:4978", (1.0, 1.0)),  # geocentric
        ("EPSG:5773", (1.0, 1.0)),  # heights
    ],
)
def test_a_transformation_that_would_shift_by_nothing_is_refused_with_the_reason(datum, point):
    with pytest.raises(crs.CrsRefused) as refused:
        to_wgs84(*point, datum)
    assert refused.value.code == "gis.crs_refused"


def test_beijing_54_is_shifted_where_a_method_is_published():
    lon, lat = to_wgs84(121.4, 31.5, "EPSG:4214")
    assert 50 < WGS84.inv(121.4, 31.5, lon, lat)[2] < 150
    assert from_wgs84(lon, lat, "EPSG:4214") == pytest.approx((121.4, 31.5), abs=1e-8)


def test_of_many_points_those_without_a_method_are_marked_and_the_call_that_needs_all_refuses():
    x, y = np.array([121.4, 116.4]), np.array([31.5, 33.5])
    lon, _ = shift_many(x, y, "EPSG:4214")
    assert np.isnan(lon).tolist() == [False, True]
    with pytest.raises(crs.CrsRefused):
        to_wgs84(x, y, "EPSG:4214")


def test_an_operator_may_define_a_local_grid_with_its_parameters():
    grid = "+proj=tmerc +lat_0=31.234 +lon_0=121.4667 +x_0=0 +y_0=0 +ellps=krass +towgs84=15,-120,-80,0,0,0,0"
    lon, lat = to_wgs84(1000.0, 2000.0, grid)
    assert (lon, lat) == pytest.approx((121.477, 31.252), abs=0.003)
    assert from_wgs84(lon, lat, grid) == pytest.approx((1000.0, 2000.0), abs=1e-3)
    assert not is_degrees(grid)


def test_a_projection_file_in_the_esri_dialect_is_understood():
    text = (
        'PROJCS["NAD_1983_StatePlane_Massachusetts_Mainland_FIPS_2001",GEOGCS["GCS_North_American_1983",'
        'DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",200000.0],'
        'PARAMETER["False_Northing",750000.0],PARAMETER["Central_Meridian",-71.5],'
        'PARAMETER["Standard_Parallel_1",41.71666666666667],PARAMETER["Standard_Parallel_2",42.68333333333333],'
        'PARAMETER["Latitude_Of_Origin",41.0],UNIT["Meter",1.0]]'
    )
    assert to_wgs84(236000.0, 901000.0, text) == pytest.approx(to_wgs84(236000.0, 901000.0, "EPSG:26986"), abs=1e-9)


@pytest.mark.parametrize("datum", ["nonsense", "EPSG:999999", ""])
def test_a_text_that_names_no_system_is_unknown(datum):
    with pytest.raises(crs.CrsUnknown) as unknown:
        to_wgs84(121.0, 31.0, datum)
    assert unknown.value.code == "gis.crs_unknown"


@pytest.mark.parametrize("point", [(float("nan"), 31.0), (float("inf"), 31.0), (500000.0, 31.0), (31.0, 121.0)])
def test_one_point_that_is_no_place_is_refused(point):
    with pytest.raises(NotAPlace):
        to_wgs84(*point, "gcj02")


def test_nan_in_an_array_stays_nan_and_nothing_stays_nothing():
    lon, lat = to_wgs84(np.array([np.nan, 121.47]), np.array([31.0, 31.23]), "gcj02")
    assert np.isnan(lon).tolist() == [True, False]
    assert lat[1] != 31.23
    assert [a.size for a in to_wgs84(np.array([]), np.array([]), "bd09")] == [0, 0]


def test_arrays_keep_their_shape():
    lon, lat = from_wgs84(np.full((2, 3), 121.47), np.full((2, 3), 31.23), "gcj02")
    assert lon.shape == lat.shape == (2, 3)


def test_geometries_are_shifted_vertex_by_vertex():
    moved = transform_geometry(Polygon([(121.4745349, 31.2280675), (121.5, 31.2), (121.5, 31.3)]), "gcj02")
    assert moved.exterior.coords[0] == pytest.approx((121.47, 31.23), abs=1e-7)
    many = transform_geometry(np.array([Point(121.47, 31.23, 4.0), None]), "cgcs2000")
    assert many[0].coords[:] == [(121.47, 31.23)]
    assert many[1] is None
