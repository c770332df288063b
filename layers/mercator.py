"""The tile pyramid of web maps: addresses of tiles, their bounds, and the places of rows in it.

Tiles follow the XYZ scheme (x from the antimeridian eastwards, y from the north southwards) in EPSG:3857.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gis.errors import InvalidInput

EXTENT = 4096  # units along one side of a vector tile
BUFFER = 64  # units that a tile holds beyond its edge, so that a symbol on a seam stands in both tiles
MARGIN = BUFFER / EXTENT  # 0.015625: the rows must be chosen by the same share wider as they are clipped
ZOOM_MAX = 22
HALF_WORLD_M = math.pi * 6378137.0  # EPSG:3857 reaches from -this to +this


@dataclass(frozen=True)
class Tile:
    """The address of one tile: 0 ≤ z ≤ 22, 0 ≤ x, y < 2**z; InvalidInput otherwise."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= ZOOM_MAX:
            raise InvalidInput("The zoom {z} is not in 0 to {max}.", field="z", z=self.z, max=ZOOM_MAX)
        for name, value in (("x", self.x), ("y", self.y)):
            if not 0 <= value < 1 << self.z:
                raise InvalidInput(
                    "The tile {name} {value} does not exist at zoom {z}.", field=name, name=name, value=value, z=self.z
                )

    def bounds(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees (EPSG:4326), widened on every side by a share of the tile's side.

        The tiles of the northernmost and southernmost row reach to the poles, so that no place on earth is in no tile.
        """
        side = float(1 << self.z)
        west, east = ((self.x + shift) / side * 360.0 - 180.0 for shift in (-margin, 1 + margin))
        north, south = (latitude((self.y + shift) / side) for shift in (-margin, 1 + margin))
        if self.y == 0:
            north = 90.0
        if self.y == (1 << self.z) - 1:
            south = -90.0
        return west, south, east, north


def read_tile(z: str, x: str, y: str) -> Tile:
    """A tile from the parts of an address; InvalidInput when one of them is no whole number."""
    parts: list[int] = []
    for name, given in (("z", z), ("x", x), ("y", y)):
        if not given.removeprefix("-").isdecimal() or len(given) > 9:
            raise InvalidInput("The tile {name} {value} is no whole number.", field=name, name=name, value=given)
        parts.append(int(given))
    return Tile(*parts)


def latitude(share: float) -> float:
    """The latitude at a share of the square map's height, 0 the north edge and 1 the south edge; degrees."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


def tile_at(lon: float, lat: float, z: int) -> Tile:
    """The tile that holds a place (degrees, EPSG:4326)."""
    side = 1 << z
    sine = math.asinh(math.tan(math.radians(max(-89.9, min(89.9, lat)))))
    x = math.floor((lon + 180.0) / 360.0 * side)
    y = math.floor((1 - sine / math.pi) / 2 * side)
    return Tile(z, min(max(x, 0), side - 1), min(max(y, 0), side - 1))


def metres_a_pixel(z: int) -> float:
    """Metres of EPSG:3857 that a screen pixel covers when a tile is drawn 512 pixels wide (as MapLibre draws it)."""
    return 2 * HALF_WORLD_M / 512 / float(1 << z)
