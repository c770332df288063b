"""Metres on the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from shapely import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPolygon,
    Point,
    Polygon,
    box,
)

from gis import measure

KARNEY = Geodesic.WGS84  # the author's own implementation, separate from PROJ's
lons, lats = st.floats(-179, 179), st.floats(-85, 85)


@given(lons, lats, lons, lats)
def test_distance_and_bearing_agree_with_the_reference_implementation(lon1, lat1, lon2, lat2):
    line = KARNEY.Inverse(lat1, lon1, lat2, lon2)
    assert measure.distance_m(lon1, lat1, lon2, lat2) == pytest.approx(line["s12"], abs=1e-6)
    if line["s12"] > 1 and line["a12"] < 179:
        turn = (measure.bearing_deg(lon1, lat1, lon2, lat2) - line["azi1"] + 180) % 360 - 180
        assert turn == pytest.approx(0, abs=1e-7)


@given(lons, lats, st.floats(0, 359.9), st.floats(1, 100_000))
def test_a_destination_lies_as_far_and_in_the_direction_asked(lon, lat, bearing, metres):
    there = measure.destination(lon, lat, bearing, metres)
    assert measure.distance_m(lon, lat, *there) == pytest.approx(metres, abs=1e-6)


@given(st.floats(0.001, 0.05), st.floats(0.1, 0.9), lons, st.floats(-60, 60))
def test_areas_of_the_two_halves_add_up(side, share, west, south):
    cut = west + side * share
    corner = KARNEY.Polygon()
    for lon in (west, cut, west + side):
        corner.AddPoint(south, lon)
    for lon in (west + side, cut, west):
        corner.AddPoint(south + side, lon)
    halves = np.array([box(west, south, cut, south + side), box(cut, south, west + side, south + side)])
    assert measure.area_m2(halves).sum() == pytest.approx(abs(corner.Compute()[2]), rel=1e-9)


def test_a_hole_is_taken_off_whatever_the_direction_of_its_ring():
    hole = [(121.451, 31.231), (121.452, 31.231), (121.452, 31.232), (121.451, 31.232)]
    shell = [(121.45, 31.23), (121.46, 31.23), (121.46, 31.24), (121.45, 31.24)]
    expected = measure.area_m2(Polygon(shell)) - measure.area_m2(Polygon(hole))
    for ring in (hole, hole[::-1]):
        for outer in (shell, shell[::-1]):
            assert measure.area_m2(Polygon(outer, [ring])) == pytest.approx(expected, rel=1e-12)


def test_parts_are_added_and_what_has_no_extent_measures_nothing():
    a, b = box(0, 0, 1, 1), box(5, 5, 6, 6)
    line = LineString([(0, 0), (1, 0)])
    nested = GeometryCollection([MultiPolygon([a, b]), line, Point(0, 0)])
    many = np.array([a, b, MultiPolygon([a, b]), nested, line, Point(1, 1), Polygon(), None], dtype=object)
    area = measure.area_m2(many)
    assert area[2] == area[3] == pytest.approx(area[0] + area[1])
    assert area[4:].tolist() == [0, 0, 0, 0]
    assert measure.length_m(many).tolist() == [0, 0, 0, 0, pytest.approx(111319.4908), 0, 0, 0]
    assert measure.perimeter_m(many)[2] == pytest.approx(measure.perimeter_m(a) + measure.perimeter_m(b))
    assert measure.perimeter_m(line) == 0


def test_the_gap_between_parts_of_a_line_is_not_length():
    parts = MultiLineString([[(0, 0), (1, 0)], [(10, 0), (11, 0)]])
    assert measure.length_m(parts) == pytest.approx(2 * 111319.4908, abs=0.01)


def test_a_degree_of_longitude_shrinks_with_latitude():
    equator, north = measure.distance_m(np.array([0, 0]), np.array([0, 60]), np.array([1, 1]), np.array([0, 60]))
    assert north / equator == pytest.approx(0.5, abs=0.002)


def test_nothing_gives_nothing():
    assert measure.area_m2(np.array([], dtype=object)).shape == (0,)
    assert measure.length_m(None) == 0
    assert measure.distance_m(1.0, 2.0, 1.0, 2.0) == 0
