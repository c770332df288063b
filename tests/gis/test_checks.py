"""Geometry checks: what is found, where, and what the mended geometry is."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import (
    GeometryCollection,
    LineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from gis.checks import REASONS, BadGeometry, City, check
from gis.checks_many import check_many, check_points

CITY = City((121.40, 31.20, 121.50, 31.26))
INSIDE = Point(121.45, 31.23)
BOW_TIE = Polygon([(121.44, 31.22), (121.46, 31.24), (121.46, 31.22), (121.44, 31.24)])
SQUARE = shapely.orient_polygons(box(121.44, 31.22, 121.45, 31.23))
NAN = float("nan")
with np.errstate(invalid="ignore"):
    BROKEN = LineString([(121.45, 31.23), (NAN, 31.24)])


def codes(checked):
    return [one.code for one in checked.findings]


def test_a_good_geometry_passes_as_it_is():
    for geom in (INSIDE, LineString([(121.44, 31.22), (121.45, 31.23)]), SQUARE):
        checked = check(geom, city=CITY)
        assert (checked.findings, checked.geom) == ((), geom)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (None, "geometry.missing"),
        (Point(), "geometry.empty"),
        (MultiPolygon(), "geometry.empty"),
        (BROKEN, "geometry.not_finite"),
        (Point(float("inf"), 31.23), "geometry.not_finite"),
        (Point(500000, 3450000), "geometry.not_degrees"),
        (Point(-71.06, 42.36), "geometry.outside_city"),
        (Point(0, 0), "geometry.outside_city"),
        (LineString([(121.45, 31.23), (121.45, 31.23)]), "geometry.too_few_points"),
        (Polygon([(121.45, 31.23), (121.46, 31.24), (121.47, 31.25)]), "geometry.spike"),
        ("POLYGON((121.45 31.23, 121.46", "geometry.unreadable"),
        ({"type": "Point"}, "geometry.unreadable"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "geometry.unreadable"),
        ("", "geometry.unreadable"),
        (b"\x01\x02", "geometry.unreadable"),
    ],
)
def test_what_is_no_place_is_refused_with_its_code_and_reason(given, code):
    checked = check(given, city=CITY)
    assert checked.geom is None
    assert [one.code for one in checked.findings if not one.mended] == [code]
    assert checked.findings[-1].reason == REASONS[code]
    with pytest.raises(BadGeometry) as refused:
        checked.require()
    assert refused.value.code == code


def test_exchanged_axes_are_put_right_by_the_city():
    checked = check(Point(31.23, 121.45), city=CITY)
    assert (checked.geom, codes(checked)) == (INSIDE, ["geometry.swapped_axes"])
    assert check(Point(31.23, 89.0)).geom == Point(31.23, 89.0)  # without a city nobody can tell


def test_a_self_crossing_is_mended_and_its_place_named():
    checked = check(BOW_TIE, kind="GEOMETRY", city=CITY)
    [finding] = [one for one in checked.findings if one.code == "geometry.self_crossing"]
    assert finding.at == pytest.approx((121.45, 31.23))
    assert finding.mended
    assert checked.geom.is_valid
    assert checked.geom.area == pytest.approx(0.02 * 0.02 / 2)  # the two triangles of the bow tie


def test_an_open_ring_is_closed_in_geojson_wkt_and_wkb():
    ring = [(121.44, 31.22), (121.45, 31.22), (121.45, 31.23)]
    geojson = {"type": "Polygon", "coordinates": [[list(at) for at in ring]]}
    wkt = "POLYGON((" + ",".join(f"{x} {y}" for x, y in ring) + "))"
    wkb = struct.pack("<BIII", 1, 3, 1, 3) + b"".join(struct.pack("<2d", *at) for at in ring)
    for form in (geojson, wkt, wkb, wkb.hex()):
        checked = check(form, city=CITY)
        assert "geometry.open_ring" in codes(checked)
        assert checked.geom.equals(Polygon(ring))


def test_doubled_points_are_dropped():
    checked = check(LineString([(121.44, 31.22), (121.45, 31.23), (121.45, 31.23), (121.46, 31.23)]), city=CITY)
    assert codes(checked) == ["geometry.duplicate_points"]
    assert checked.findings[0].at == (121.45, 31.23)
    assert checked.geom.wkt == "LINESTRING (121.44 31.22, 121.45 31.23, 121.46 31.23)"


def test_a_spike_is_cut_off_a_polygon_and_a_line():
    square = [(121.44, 31.22), (121.45, 31.22), (121.45, 31.23), (121.44, 31.23)]
    for spiked in (
        Polygon([*square[:2], (121.48, 31.225), (121.45, 31.22001), *square[2:]]),
        Polygon([square[0], (121.40, 31.21), *square]),
    ):
        checked = check(spiked, city=CITY)
        assert "geometry.spike" in codes(checked)
        assert checked.geom.area == pytest.approx(0.0001, rel=0.001)
    line = LineString([(121.44, 31.22), (121.48, 31.22), (121.441, 31.22), (121.441, 31.25)])
    assert check(line, city=CITY).geom.wkt == "LINESTRING (121.44 31.22, 121.441 31.22, 121.441 31.25)"


def test_what_reaches_into_the_city_by_a_spike_only_lies_outside():
    _, _, east, north = CITY.bounds
    at = [(-0.05, -0.05), (0.02, -0.05), (0.02, -0.04), (0.01, -0.05)]
    checked = check(Polygon([(east + x, north + y) for x, y in at]), city=CITY)
    told = [(one.code, one.mended) for one in checked.findings if one.code != "geometry.orientation"]
    assert told == [("geometry.spike", True), ("geometry.outside_city", False)]
    assert checked.geom is None


def test_rings_are_turned_in_the_standard_direction():
    checked = check(shapely.reverse(shapely.orient_polygons(box(121.44, 31.22, 121.45, 31.23))), city=CITY)
    assert codes(checked) == ["geometry.orientation"]
    assert shapely.is_ccw(checked.geom.exterior)


def test_kinds_are_fitted_where_nothing_is_lost():
    square = SQUARE
    assert check(MultiPolygon([square]), kind="POLYGON").geom == square
    assert check(square, kind="MULTIPOLYGON").geom == MultiPolygon([square])
    assert check(MultiPoint([INSIDE]), kind="POINT").geom == INSIDE
    assert check(GeometryCollection([square]), kind="POLYGON").geom == square
    joined = check("MULTILINESTRING((0 0,1 1),(1 1,2 3))", kind="LINESTRING").geom
    assert joined.wkt == "LINESTRING (0 0, 1 1, 2 3)"
    assert check("POINT Z (121.45 31.23 4)").geom.has_z is False


@pytest.mark.parametrize(
    ("given", "kind"),
    [(box(0, 0, 1, 1), "POINT"), (MultiPoint([(0, 0), (1, 1)]), "POINT"), (BOW_TIE, "POLYGON")],
)
def test_another_kind_is_refused(given, kind):
    checked = check(given, kind=kind)
    assert checked.geom is None
    assert codes(checked)[-1] == "geometry.wrong_kind"


def test_the_outline_decides_where_it_is_given():
    corner = Polygon([(121.40, 31.20), (121.50, 31.20), (121.40, 31.26)])
    assert check(Point(121.49, 31.25), city=City(CITY.bounds)).is_good
    assert codes(check(Point(121.49, 31.25), city=City(CITY.bounds, corner))) == ["geometry.outside_city"]


def test_many_points_are_judged_like_each_alone():
    lon = np.array([121.45, 31.23, NAN, np.inf, -71.06, 0.0, 500000.0])
    lat = np.array([31.23, 121.45, NAN, 31.23, 42.36, 0.0, 3450000.0])
    checked = check_points(lon, lat, CITY.bounds)
    assert checked.refused.tolist() == [
        None, None, "geometry.missing", "geometry.not_finite", "geometry.outside_city", "geometry.outside_city",
        "geometry.not_degrees",
    ]  # fmt: skip
    assert (checked.lon[1], checked.lat[1]) == (121.45, 31.23)
    assert checked.mended == {"geometry.swapped_axes": 1}
    assert lon[1] == 31.23  # what was given is not touched


coordinate = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda p: (121.40 + p[0] / 100, 31.20 + p[1] / 200))
shapes = st.one_of(
    st.lists(coordinate, min_size=3, max_size=8).map(Polygon),
    st.lists(coordinate, min_size=2, max_size=6).map(LineString),
    coordinate.map(Point),
    st.lists(coordinate, min_size=1, max_size=3).map(MultiPoint),
    st.sampled_from([None, Point(), Point(31.23, 121.45), BOW_TIE, Point(0, 0), MultiPolygon([BOW_TIE.buffer(0)])]),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(shapes, max_size=8), st.sampled_from(["GEOMETRY", "POLYGON", "LINESTRING", "POINT"]))
def test_many_geometries_are_judged_like_each_alone(geoms, kind):
    given_ = np.empty(len(geoms), dtype=object)
    given_[:] = geoms
    many = check_many(given_, kind=kind, city=CITY)
    for index, geom in enumerate(geoms):
        alone = check(geom, kind=kind, city=CITY)
        assert (many.refused[index] is None) == alone.is_good
        assert (many.geoms[index] is None) == (alone.geom is None)
        if alone.geom is not None:
            assert many.geoms[index].equals_exact(alone.geom, 0)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(shapes)
def test_what_was_mended_is_valid_and_needs_no_more_mending(geom):
    mended = check(geom, city=CITY).geom
    if mended is not None:
        assert mended.is_valid
        assert not mended.is_empty
        again = check(mended, city=CITY)
        assert again.geom is not None
        assert {one.code for one in again.findings} <= {"geometry.spike", "geometry.duplicate_points"}
