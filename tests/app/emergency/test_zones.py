"""Zones: what may be drawn, and what is refused with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from shapely.geometry import LineString, Point, Polygon
from sqlalchemy.orm import Session

from app.emergency.zones import InvalidZone, read_zone, require_in_city, zone_to_json
from tests import make
from tests.make_events import square


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "MultiPoint", "coordinates": [[121.45, 31.23]]}, "point, a line or a polygon"),
        ({}, "point, a line or a polygon"),
        ({"type": "Point", "coordinates": []}, ""),
        ({"type": "Point", "coordinates": ["a", "b"]}, "can't be read"),
        ({"type": "Polygon", "coordinates": "x"}, "can't be read"),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ({"type": "Point", "coordinates": [float("nan"), 31.23]}, ""),
        ({"type": "Point", "coordinates": [31.23, 121.45]}, "degrees"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "not valid"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}, "open"),
        ({"type": "LineString", "coordinates": [[1, 1], [1, 1]]}, "not valid"),
        ({"type": "LineString", "coordinates": [[i * 1e-6, 0] for i in range(5001)]}, "at most 5,000"),
    ],
)
def test_a_shape_that_is_no_zone_is_refused_with_its_reason(geometry: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidZone) as refused:
        read_zone(geometry)
    assert reason in str(refused.value)
    assert refused.value.field == "geometry"


def test_points_lines_and_polygons_are_read_without_height() -> None:
    assert read_zone({"type": "Point", "coordinates": [121.45, 31.23, 9.0]}) == Point(121.45, 31.23)
    assert read_zone({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}) == LineString([(1, 2), (3, 4)])
    assert isinstance(read_zone({"type": "Feature", "geometry": square(121.45, 31.23), "properties": {}}), Polygon)


def test_the_given_datum_is_shifted_once() -> None:
    shifted = read_zone({"type": "Point", "coordinates": [121.4745349, 31.2280675]}, "gcj02")
    assert (shifted.x, shifted.y) == pytest.approx((121.47, 31.23), abs=2e-7)  # published point of GCJ-02


def test_a_zone_must_touch_the_city_and_keep_to_a_size(db: Session) -> None:
    make.city(db)
    require_in_city(db, read_zone(square(make.WEST - 0.001, make.SOUTH)))
    with pytest.raises(InvalidZone, match="outside"):
        require_in_city(db, read_zone(square(make.WEST + 1, make.SOUTH)))
    with pytest.raises(InvalidZone, match="km²"):
        require_in_city(db, read_zone(square(make.WEST - 2, make.SOUTH - 2, 4)))
    with pytest.raises(InvalidZone, match="km long"):
        require_in_city(
            db, read_zone({"type": "LineString", "coordinates": [[make.WEST, make.SOUTH], [124.0, 31.231]]})
        )


def test_a_zone_survives_the_way_out_and_in() -> None:
    zone = read_zone(square(121.4512345678, 31.2312345678))
    assert read_zone(zone_to_json(zone)).hausdorff_distance(zone) < 1e-7
