"""Shapes handed in: what is taken, what is put right, what is refused and never guessed."""

from __future__ import annotations

from typing import Any

import pytest
from shapely.geometry import LineString, Point, Polygon

from gis.drawn import read_drawn, to_geojson
from gis.errors import InvalidInput

RING = [[0, 0], [1, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("geometry", "code"),
    [
        ({"type": "MultiPoint", "coordinates": [[121.45, 31.23]]}, "geometry.wrong_kind"),
        ({}, "geometry.wrong_kind"),
        ({"type": "Feature", "geometry": None}, "geometry.wrong_kind"),
        ({"type": "Point", "coordinates": []}, "geometry.empty"),
        ({"type": "Point"}, "geometry.unreadable"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "geometry.unreadable"),
        ({"type": "Polygon", "coordinates": "x"}, "geometry.unreadable"),
        ({"type": "Polygon", "coordinates": []}, "geometry.empty"),
        ({"type": "Point", "coordinates": [float("nan"), 31.23]}, "geometry.not_finite"),
        ({"type": "Point", "coordinates": [31.23, 121.45]}, "geometry.not_degrees"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "geometry.self_crossing"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "geometry.open_ring"),
        ({"type": "LineString", "coordinates": [[1, 1], [1, 1]]}, "geometry.too_few_points"),
        ({"type": "LineString", "coordinates": [[i * 1e-6, 0] for i in range(5001)]}, "geometry.too_many_points"),
    ],
)
def test_a_shape_that_is_none_is_refused_with_its_reason(geometry: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_drawn(geometry)
    assert (refused.value.code, refused.value.field) == (code, "geometry")


def test_only_the_kinds_asked_for_are_taken() -> None:
    with pytest.raises(InvalidInput):
        read_drawn({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, kinds=("Point", "Polygon"))


def test_points_lines_and_polygons_are_read_without_height() -> None:
    assert read_drawn({"type": "Point", "coordinates": [121.45, 31.23, 9.0]}) == Point(121.45, 31.23)
    assert read_drawn({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}) == LineString([(1, 2), (3, 4)])
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [RING]}}
    assert isinstance(read_drawn(feature), Polygon)


def test_doubled_vertices_are_put_right() -> None:
    doubled = read_drawn({"type": "Polygon", "coordinates": [[RING[0], *RING]]})
    assert doubled.equals(Polygon(RING))
    assert len(doubled.exterior.coords) == len(RING)


def test_the_given_datum_is_shifted_once() -> None:
    shifted = read_drawn({"type": "Point", "coordinates": [121.4745349, 31.2280675]}, "gcj02")
    assert (shifted.x, shifted.y) == pytest.approx((121.47, 31.23), abs=2e-7)  # published point of GCJ-02


def test_out_and_in_again_is_the_same_shape_to_a_centimetre() -> None:
    shape = Point(121.4512345678, 31.2312345678).buffer(0.001)
    again = read_drawn(to_geojson(shape))
    assert again.hausdorff_distance(shape) < 1e-7
    assert to_geojson(Point(121.45100000000001, 31.231)) == {"type": "Point", "coordinates": [121.451, 31.231]}
