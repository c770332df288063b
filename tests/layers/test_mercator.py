from __future__ import annotations

import math

import pytest
from pyproj import Transformer

from gis.errors import InvalidInput
from layers.mercator import Tile, metres_a_pixel, read_tile, tile_at

FLAT = Transformer.from_crs(4326, 3857, always_xy=True)


@pytest.mark.parametrize(("z", "x", "y"), [(9, 428, 209), (14, 13718, 6695), (18, 219500, 107120), (1, 1, 1)])
def test_bounds_of_a_tile_are_those_of_the_square_in_web_mercator(z: int, x: int, y: int) -> None:
    west, _, east, north = Tile(z, x, y).bounds()
    side = 2 * 20037508.342789244 / 2**z
    left, top = FLAT.transform(west, north)
    assert left == pytest.approx(-20037508.342789244 + x * side, abs=1e-6)
    assert top == pytest.approx(20037508.342789244 - y * side, abs=1e-6)
    assert FLAT.transform(east, north)[0] - left == pytest.approx(side, abs=1e-6)


def test_the_outermost_rows_reach_to_the_poles() -> None:
    assert Tile(3, 0, 0).bounds()[3] == 90
    assert Tile(3, 0, 7).bounds()[1] == -90


def test_a_place_lies_in_the_bounds_of_its_tile() -> None:
    for lon, lat in ((121.4512, 31.2323), (-71.06, 42.36), (179.9999, -84), (-180, 85)):
        west, south, east, north = tile_at(lon, lat, 15).bounds()
        assert west <= lon <= east
        assert south <= lat <= north
    assert tile_at(20.6852, 40.1222, 9) == Tile(9, 285, 193)  # the example of mercantile's documentation


@pytest.mark.parametrize(("z", "x", "y"), [("23", "0", "0"), ("-1", "0", "0"), ("2", "4", "0"), ("2", "0", "-1"),
                                           ("a", "0", "0"), ("1.5", "0", "0"), ("2", "1" * 12, "0")])  # fmt: skip
def test_a_tile_that_does_not_exist_is_refused(z: str, x: str, y: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_tile(z, x, y)
    assert refused.value.field in ("z", "x", "y")


def test_a_pixel_halves_with_each_zoom() -> None:
    assert metres_a_pixel(0) == pytest.approx(2 * math.pi * 6378137 / 512)
    assert metres_a_pixel(10) == pytest.approx(metres_a_pixel(9) / 2)
