"""The piece of the city that a sheet shows: reference system, true scale, and degrees to millimetres of paper.

The sheet is drawn in the city's own reference system, or where that does not reach in the UTM zone of the place. Both
are conformal: the map is stretched by the same factor in all directions, and that factor, at the middle of the sheet,
is taken out, so that the scale printed is the scale on the ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

from gis.errors import InvalidInput
from gis.measure import destination

SCALES = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 25_000, 50_000, 100_000)
FIT_SCALES = (
    500, 750, 1_000, 1_250, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_000, 7_500, 10_000, 12_500, 15_000, 20_000,
    25_000, 30_000, 40_000, 50_000, 60_000, 75_000, 100_000, 125_000, 150_000, 200_000, 250_000, 300_000, 400_000,
    500_000,
)  # fmt: skip
STEP_M = 500.0  # how far from the middle scale and north are measured
EDGE_POINTS = 21

Box = tuple[float, float, float, float]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """The map part of a sheet: `width` × `height` millimetres around a middle (degrees) at 1 : `scale`, grid north up.

    `x`, `y` are the middle in the reference system; `mm` are millimetres of paper to a unit of it; `north_deg` is where
    true north lies, clockwise from the sheet's upper edge.
    """

    epsg: int
    lon: float
    lat: float
    x: float
    y: float
    mm: float
    scale: int
    width: float
    height: float
    north_deg: float

    def to_mm(self, at: Floats) -> Floats:
        """Places in the reference system → millimetres from the map's upper left corner, y downwards."""
        out = np.empty_like(at)
        out[:, 0] = (at[:, 0] - self.x) * self.mm + self.width / 2
        out[:, 1] = self.height / 2 - (at[:, 1] - self.y) * self.mm
        return out

    def spots(self, lon: Floats, lat: Floats) -> Floats:
        """Degrees → millimetres."""
        x, y = _transformer(self.epsg).transform(lon, lat)
        return self.to_mm(np.column_stack([x, y]))

    def outline(self) -> shapely.Polygon:
        """The map's edge in degrees, with points along its sides."""
        side = np.linspace(0, 1, EDGE_POINTS)[:-1]
        none, full = np.zeros_like(side), np.ones_like(side)
        across = np.concatenate([side, full, 1 - side, none])
        down = np.concatenate([none, side, full, 1 - side])
        x = self.x + (across - 0.5) * self.width / self.mm
        y = self.y - (down - 0.5) * self.height / self.mm
        lon, lat = _transformer(self.epsg, back=True).transform(x, y)
        return shapely.Polygon(np.column_stack([lon, lat]))

    @property
    def zoom(self) -> float:
        """The zoom at which a screen of 96 pixels an inch shows the map at this scale."""
        return math.log2(math.cos(math.radians(self.lat)) * 2 * math.pi * 6378137 / 512 / (self.scale * 0.0254 / 96))


def epsg_for(lon: float, lat: float, city: int | None) -> int:
    """The city's own system where it is in metres and reaches, else the UTM zone of the place."""
    if city is not None and _reaches(city, lon, lat):
        return city
    if not -80 <= lat <= 84:
        raise InvalidInput("Maps of the poles are not printed.", field="query")
    zones = query_utm_crs_info("WGS 84", AreaOfInterest(lon, lat, lon, lat))
    return int(zones[0].code)


@lru_cache(64)
def _crs(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


def _reaches(epsg: int, lon: float, lat: float) -> bool:
    crs = _crs(epsg)
    use = crs.area_of_use
    is_metric = crs.is_projected and all(axis.unit_conversion_factor == 1 for axis in crs.axis_info)
    is_true = is_metric and epsg != 3857
    return is_true and use is not None and use.west <= lon <= use.east and use.south <= lat <= use.north


@lru_cache(64)
def _transformer(epsg: int, back: bool = False) -> Transformer:
    start, end = (_crs(epsg), CRS.from_epsg(4326)) if back else (CRS.from_epsg(4326), _crs(epsg))
    return Transformer.from_crs(start, end, always_xy=True)


def crs_name(epsg: int) -> str:
    """The system's own name, as the EPSG register gives it."""
    return str(_crs(epsg).name)


def around(epsg: int, lon: float, lat: float, scale: int, width: float, height: float) -> Frame:
    """A frame at a scale around a place."""
    there = _transformer(epsg)
    x, y = there.transform(lon, lat)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InvalidInput("This place has no map: move it into the city.", field="query")
    lons, lats = destination(np.full(4, lon), np.full(4, lat), np.array([0.0, 90.0, 180.0, 270.0]), np.full(4, STEP_M))
    xs, ys = there.transform(lons, lats)
    stretched = float(np.mean(np.hypot(xs - x, ys - y))) / STEP_M
    north = math.degrees(math.atan2(xs[0] - x, ys[0] - y))
    return Frame(epsg, lon, lat, float(x), float(y), 1000 / scale / stretched, scale, width, height, north)


def fitted(epsg: int, box: Box, width: float, height: float, margin: float = 0.0) -> Frame:
    """The largest round scale at which west, south, east, north (degrees) with a margin of `margin` mm fit."""
    west, south, east, north = box
    lon, lat = (west + east) / 2, (south + north) / 2
    probe = around(epsg, lon, lat, 1_000, width, height)
    side = np.linspace(0, 1, EDGE_POINTS)
    lons = np.concatenate([west + side * (east - west)] * 2 + [np.full_like(side, west), np.full_like(side, east)])
    lats = np.concatenate([np.full_like(side, south), np.full_like(side, north)] + [south + side * (north - south)] * 2)
    at = probe.spots(lons, lats)
    if not np.isfinite(at).all():
        raise InvalidInput("This place has no map: move it into the city.", field="query")
    (left, top), (right, bottom) = at.min(axis=0), at.max(axis=0)
    least = 1_000 * max((right - left) / max(width - 2 * margin, 1), (bottom - top) / max(height - 2 * margin, 1))
    scale = next((one for one in FIT_SCALES if one >= least * 0.9999), None)
    if scale is None:
        raise InvalidInput(
            "This is more than fits a sheet at 1:{scale}. Zoom in, or choose a scale.", field="scale",
            scale=f"{FIT_SCALES[-1]:,}",
        )  # fmt: skip
    middle_x = probe.x + ((left + right) / 2 - width / 2) / probe.mm
    middle_y = probe.y - ((top + bottom) / 2 - height / 2) / probe.mm
    lon, lat = _transformer(epsg, back=True).transform(middle_x, middle_y)
    return around(epsg, float(lon), float(lat), scale, width, height)


@dataclass(frozen=True)
class Bar:
    """A scale bar: `metres` on the ground in `parts` pieces, `mm` long on the paper, true at the middle of the map."""

    metres: float
    parts: int
    mm: float


def scale_bar(frame: Frame, room_mm: float) -> Bar:
    """The longest round bar that has room, measured along the geodesic from the middle eastwards."""
    most = room_mm * frame.scale / 1000
    size = 10.0 ** math.floor(math.log10(most))
    step = next(step for step in (5, 4, 2, 1) if size * step <= most)
    metres = size * step
    lon, lat = destination(frame.lon, frame.lat, 90.0, metres)
    ends = frame.spots(np.array([frame.lon, lon]), np.array([frame.lat, lat]))
    return Bar(metres, 5 if step == 5 else 4, float(np.hypot(*(ends[1] - ends[0]))))
