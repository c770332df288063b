"""Which reference systems could coordinates be in, given where they must lie. Tried, never assumed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import ProjError

from gis import china, datum
from gis.checks import Bounds
from gis.errors import InvalidInput

Floats = NDArray[np.float64]
SHARE_MIN = 0.8  # of the points, about the city, for a system to be one they can be in


def share_in(x: Floats, y: Floats, name: str, bounds: Bounds) -> float:
    """Which share of points given in a datum lies in bounds (WGS 84); 0 for a system that can't be used."""
    if not len(x):
        return 0.0
    try:
        lon, lat = datum.shift_many(x, y, name)
    except InvalidInput:
        return 0.0
    return float(_inside(lon, lat, bounds).mean())


def _inside(lon: Floats, lat: Floats, bounds: Bounds) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    with np.errstate(invalid="ignore"):
        inside: NDArray[np.bool_] = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


@lru_cache(maxsize=8)
def projected_over(bounds: Bounds) -> tuple[str, ...]:
    """Every projected system of the EPSG register whose area of use holds some of the bounds, smallest area first."""
    found = query_crs_info(
        auth_name="EPSG", pj_types=PJType.PROJECTED_CRS, area_of_interest=AreaOfInterest(*bounds), contains=False
    )

    def size(one: object) -> float:
        area = getattr(one, "area_of_use", None)
        return 1e9 if area is None else ((area.east - area.west) % 360 or 360) * (area.north - area.south)

    return tuple(f"EPSG:{one.code}" for one in sorted(found, key=lambda one: (size(one), one.code)))


@lru_cache(maxsize=512)
def _rough(name: str) -> Transformer:
    """A way to degrees that is good to some hundred metres: to see which systems can be meant at all."""
    return Transformer.from_crs(name, "EPSG:4326", always_xy=True, allow_ballpark=True)


def possible(x: Floats, y: Floats, bounds: Bounds, first: Sequence[str] = ()) -> list[str]:
    """The systems that put the points into bounds, those of `first` before all; with an honest way to WGS 84 only."""
    if not len(x):
        return []
    is_degrees = bool((np.abs(x) <= 180).all() and (np.abs(y) <= 180).all())
    names = ["wgs84"] if is_degrees else [*first, "EPSG:3857", *projected_over(bounds)]
    rough = [name for name in dict.fromkeys(names) if is_degrees or _roughly_in(x, y, name, bounds)]
    return [name for name in rough if share_in(x, y, name, bounds) >= SHARE_MIN]


def _roughly_in(x: Floats, y: Floats, name: str, bounds: Bounds) -> bool:
    try:
        lon, lat = _rough(name).transform(x[:50], y[:50])
    except ProjError:
        return False
    return float(_inside(np.asarray(lon), np.asarray(lat), bounds).mean()) >= SHARE_MIN


def may_be_shifted(bounds: Bounds) -> bool:
    """Whether the middle of bounds lies where GCJ-02 is in use."""
    west, south, east, north = bounds
    return bool(china.inside(np.array([(west + east) / 2]), np.array([(south + north) / 2]))[0])
