"""Datum shifts at the edge: what a point was given in, to WGS 84 (EPSG:4326, lon/lat), and back.

A datum is one of ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, any ``EPSG:n``, or a PROJ string or WKT that the
operator defines. Each incoming point names its datum and is shifted once.
"""

from __future__ import annotations

from typing import overload

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from gis import china, crs
from gis.errors import InvalidInput

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

NAMED = ("wgs84", "cgcs2000", "gcj02", "bd09")
ALIASES = {
    "wgs1984": "wgs84",
    "epsg:4326": "wgs84",
    "crs84": "wgs84",
    "epsg:4490": "cgcs2000",
    "gcj": "gcj02",
    "bd": "bd09",
}


class NotAPlace(InvalidInput):
    """The coordinates are not finite numbers, or not degrees where degrees are asked."""

    code = "gis.not_a_place"


def normal(datum: str) -> str:
    """The one spelling of a datum: a name in lower case, ``EPSG:n``, or the PROJ string or WKT as given.

    Raises `gis.crs.CrsUnknown` or `gis.crs.CrsRefused`.
    """
    text = datum.strip()
    key = text.lower().replace("-", "").replace(" ", "").replace("_", "")
    key = ALIASES.get(key, key)
    if key in NAMED:
        return key
    text = key.upper() if key.startswith("epsg:") else f"EPSG:{key}" if key.isdigit() else text
    crs.shift(text)
    return text


def is_degrees(datum: str) -> bool:
    """Whether a datum's coordinates are longitude and latitude (and not metres of a projection)."""
    name = normal(datum)
    return name in NAMED or crs.shift(name).crs.is_geographic


@overload
def to_wgs84(lon: float, lat: float, datum: str = "wgs84") -> tuple[float, float]: ...
@overload
def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str = "wgs84") -> Pair: ...
def to_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str = "wgs84") -> Pair | tuple[float, float]:
    """WGS 84 longitude and latitude of points given in a datum.

    Parameters
    ----------
    lon, lat : float or array of float
        Longitude and latitude in degrees; easting and northing in metres for a projected system.
    datum : str
        See the module's text.

    Returns
    -------
    The same shape as given, float64. In arrays, NaN stays NaN.

    Raises `NotAPlace` for one point that is not finite or not in degrees, `gis.crs.CrsRefused` for a system or a
    point without an honest transformation, `gis.crs.CrsUnknown`.
    """
    name = normal(datum)
    x, y = _arrays(lon, lat)
    if x.ndim == 0:
        _require_place(float(x), float(y), name)
    out = shift_many(x.reshape(-1), y.reshape(-1), name)
    if name not in NAMED and (np.isnan(out[0]) & np.isfinite(x.reshape(-1)) & np.isfinite(y.reshape(-1))).any():
        raise crs.outside_area(crs.shift(name))
    return _like(x, out)


def shift_many(x: Floats, y: Floats, datum: str) -> Pair:
    """`to_wgs84` for one-dimensional arrays, NaN where a point can't be shifted: in files each row is judged alone."""
    name = normal(datum)
    if name == "gcj02":
        return china.wgs84_from_gcj02(x, y)
    if name == "bd09":
        return china.wgs84_from_bd09(x, y)
    if name in NAMED:
        return x.copy(), y.copy()
    return crs.shift(name).to_wgs84(x, y)


@overload
def from_wgs84(lon: float, lat: float, datum: str = "wgs84") -> tuple[float, float]: ...
@overload
def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str = "wgs84") -> Pair: ...
def from_wgs84(lon: ArrayLike, lat: ArrayLike, datum: str = "wgs84") -> Pair | tuple[float, float]:
    """Coordinates in a datum of WGS 84 points: the way back of `to_wgs84`, with the same shapes and errors."""
    name = normal(datum)
    x, y = _arrays(lon, lat)
    if x.ndim == 0:
        _require_place(float(x), float(y), "wgs84")
    flat = x.reshape(-1), y.reshape(-1)
    if name == "gcj02":
        out = china.gcj02_from_wgs84(*flat)
    elif name == "bd09":
        out = china.bd09_from_wgs84(*flat)
    elif name in NAMED:
        out = flat[0].copy(), flat[1].copy()
    else:
        out = crs.shift(name).from_wgs84(*flat)
        if (np.isnan(out[0]) & np.isfinite(flat[0]) & np.isfinite(flat[1])).any():
            raise crs.outside_area(crs.shift(name))
    return _like(x, out)


@overload
def transform_geometry(geom: BaseGeometry, datum: str) -> BaseGeometry: ...
@overload
def transform_geometry(geom: NDArray[np.object_], datum: str) -> NDArray[np.object_]: ...
def transform_geometry(geom: BaseGeometry | NDArray[np.object_], datum: str) -> BaseGeometry | NDArray[np.object_]:
    """Geometries given in a datum, in EPSG:4326; heights are dropped. One, or an array of them (None stays None).

    Raises what `to_wgs84` raises.
    """
    if normal(datum) in ("wgs84", "cgcs2000"):
        return shapely.force_2d(geom)
    return shapely.transform(geom, lambda at: np.column_stack(to_wgs84(at[:, 0], at[:, 1], datum)))


def _arrays(lon: ArrayLike, lat: ArrayLike) -> Pair:
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"lon has shape {x.shape}, lat {y.shape}")
    return x, y


def _like(given: Floats, out: Pair) -> Pair | tuple[float, float]:
    """Floats for a point, arrays of the given shape otherwise."""
    if given.ndim == 0:
        return float(out[0][0]), float(out[1][0])
    return out[0].reshape(given.shape), out[1].reshape(given.shape)


def _require_place(x: float, y: float, name: str) -> None:
    if not (np.isfinite(x) and np.isfinite(y)):
        raise NotAPlace("The coordinates are not finite numbers.", field="lon")
    degrees = name in NAMED or crs.shift(name).crs.is_geographic
    if degrees and not (-180 <= x <= 180 and -90 <= y <= 90):
        raise NotAPlace("{lon}, {lat} is not a longitude and a latitude in degrees.", field="lon", lon=x, lat=y)
