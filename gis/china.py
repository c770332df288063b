"""GCJ-02 and BD-09: the shifted coordinates of Chinese map services, as arrays of float64 degrees.

The terms of GCJ-02 are published in three agreeing implementations (npm gcoord, PyPI coord-convert, eviltransform); the
shift is 20 to 700 m. It applies inside a rectangle that is larger than China: a point there is shifted because its
datum was declared, never because of where it lies. Outside the rectangle points are left alone, both ways, in both
datums. Both inverses are iterated until forward and back agree.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
AXIS_M = 6378245.0  # Krasovsky 1940
ECCENTRICITY2 = 0.00669342162296594323
BAIDU = np.pi * 3000.0 / 180.0
ROUNDS = 12  # five reach 1e-10 degree over the whole rectangle; the rest is for points on the meridian 105° E
ENOUGH_DEG = 1e-11


def inside(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Which points lie in the published rectangle; NaN does not."""
    return (lon >= WEST) & (lon <= EAST) & (lat >= SOUTH) & (lat <= NORTH)


def _offset(lon: Floats, lat: Floats) -> Pair:
    """What GCJ-02 adds to WGS 84, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    pi, sin, root = np.pi, np.sin, np.sqrt(np.abs(x))
    common = 20.0 * sin(6.0 * pi * x) + 20.0 * sin(2.0 * pi * x)
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    waves = 20.0 * sin(pi * y) + 40.0 * sin(pi * y / 3.0) + 160.0 * sin(pi * y / 12.0) + 320.0 * sin(pi * y / 30.0)
    north_m = north_m + (common + waves) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    waves = 20.0 * sin(pi * x) + 40.0 * sin(pi * x / 3.0) + 150.0 * sin(pi * x / 12.0) + 300.0 * sin(pi * x / 30.0)
    east_m = east_m + (common + waves) * 2.0 / 3.0
    phi = np.radians(lat)
    m = 1.0 - ECCENTRICITY2 * np.sin(phi) ** 2
    north = np.degrees(north_m / (AXIS_M * (1.0 - ECCENTRICITY2) / (m * np.sqrt(m))))
    east = np.degrees(east_m / (AXIS_M / np.sqrt(m) * np.cos(phi)))
    return east, north


def _gcj_from_wgs(lon: Floats, lat: Floats) -> Pair:
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def _baidu_from_gcj(x: Floats, y: Floats) -> Pair:
    z = np.hypot(x, y) + 0.00002 * np.sin(y * BAIDU)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * BAIDU)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def _undo(forward: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """The point that `forward` takes to (lon, lat), by fixed-point iteration."""
    x, y = lon.copy(), lat.copy()
    for _ in range(ROUNDS):
        there_x, there_y = forward(x, y)
        off_x, off_y = there_x - lon, there_y - lat
        x, y = x - off_x, y - off_y
        if max(np.abs(off_x).max(initial=0.0), np.abs(off_y).max(initial=0.0)) < ENOUGH_DEG:
            break
    return x, y


def _where_inside(act: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    """`act` on the points in the rectangle; the others as they came."""
    here = inside(lon, lat)
    out_lon, out_lat = lon.copy(), lat.copy()
    if here.any():
        out_lon[here], out_lat[here] = act(lon[here], lat[here])
    return out_lon, out_lat


def gcj02_from_wgs84(lon: Floats, lat: Floats) -> Pair:
    """GCJ-02 of WGS 84 points."""
    return _where_inside(_gcj_from_wgs, lon, lat)


def wgs84_from_gcj02(lon: Floats, lat: Floats) -> Pair:
    """WGS 84 of GCJ-02 points, to far below a millimetre."""
    return _where_inside(lambda x, y: _undo(_gcj_from_wgs, x, y), lon, lat)


def bd09_from_wgs84(lon: Floats, lat: Floats) -> Pair:
    """BD-09 of WGS 84 points."""
    return _where_inside(lambda x, y: _baidu_from_gcj(*_gcj_from_wgs(x, y)), lon, lat)


def wgs84_from_bd09(lon: Floats, lat: Floats) -> Pair:
    """WGS 84 of BD-09 points, to far below a millimetre."""
    return _where_inside(lambda x, y: _undo(_gcj_from_wgs, *_undo(_baidu_from_gcj, x, y)), lon, lat)
