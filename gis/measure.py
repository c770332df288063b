"""Measuring in metres on the WGS 84 ellipsoid: never in degrees, never on a projection.

Inputs are EPSG:4326, lon/lat. One geometry gives a float, an array of geometries an array of float64; empty or missing
geometry measures 0. Karney's geodesics, through PROJ.
"""

from __future__ import annotations

from typing import overload

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
WGS84 = Geod(ellps="WGS84")
POLYGON = 3


@overload
def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float: ...
@overload
def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats: ...
def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats | float:
    """Geodesic distance between points; arrays broadcast against each other."""
    metres = _inverse(lon1, lat1, lon2, lat2)[1]
    return float(metres) if metres.ndim == 0 else metres


@overload
def bearing_deg(lon1: float, lat1: float, lon2: float, lat2: float) -> float: ...
@overload
def bearing_deg(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats: ...
def bearing_deg(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats | float:
    """Azimuth at the first point towards the second, degrees clockwise from north in [0, 360)."""
    azimuth = _inverse(lon1, lat1, lon2, lat2)[0] % 360.0
    return float(azimuth) if azimuth.ndim == 0 else azimuth


@overload
def destination(lon: float, lat: float, bearing: float, metres: float) -> tuple[float, float]: ...
@overload
def destination(lon: ArrayLike, lat: ArrayLike, bearing: ArrayLike, metres: ArrayLike) -> tuple[Floats, Floats]: ...
def destination(
    lon: ArrayLike, lat: ArrayLike, bearing: ArrayLike, metres: ArrayLike
) -> tuple[Floats, Floats] | tuple[float, float]:
    """The point that lies `metres` away in the direction of a bearing (degrees clockwise from north)."""
    shape, (x, y, azimuth, away) = _flat(lon, lat, bearing, metres)
    out_lon, out_lat, _ = WGS84.fwd(x, y, azimuth, away)
    if not shape:
        return float(out_lon[0]), float(out_lat[0])
    return np.asarray(out_lon).reshape(shape), np.asarray(out_lat).reshape(shape)


@overload
def length_m(geom: BaseGeometry | None) -> float: ...
@overload
def length_m(geom: Geometries) -> Floats: ...
def length_m(geom: BaseGeometry | Geometries | None) -> Floats | float:
    """Geodesic length of lines (all parts together); of polygons 0: see `perimeter_m`."""
    many = _many(geom)
    return _like(geom, _path_m(_only(many, 1)))


@overload
def perimeter_m(geom: BaseGeometry | None) -> float: ...
@overload
def perimeter_m(geom: Geometries) -> Floats: ...
def perimeter_m(geom: BaseGeometry | Geometries | None) -> Floats | float:
    """Geodesic length of all rings of polygons, holes included; 0 for points and lines."""
    many = _many(geom)
    return _like(geom, _path_m(shapely.boundary(_only(many, 2))))


@overload
def area_m2(geom: BaseGeometry | None) -> float: ...
@overload
def area_m2(geom: Geometries) -> Floats: ...
def area_m2(geom: BaseGeometry | Geometries | None) -> Floats | float:
    """Geodesic area of polygons, holes taken off, whatever the direction of their rings; 0 for points and lines."""
    many = _many(geom)
    parts, owner = shapely.get_parts(many, return_index=True)
    nested = shapely.get_type_id(parts) > POLYGON
    if nested.any():
        inner, inner_owner = shapely.get_parts(parts[nested], return_index=True)
        parts, owner = np.append(parts[~nested], inner), np.append(owner[~nested], owner[nested][inner_owner])
    solid = shapely.get_type_id(parts) == POLYGON
    polygons, owner = parts[solid], owner[solid]
    shells = [_ring_m2(ring) for ring in shapely.get_exterior_ring(polygons)]
    total = np.bincount(owner, weights=np.array(shells, dtype=np.float64), minlength=many.size)
    holes = [
        (at, _ring_m2(shapely.get_interior_ring(polygons[i], n)))
        for i, at in enumerate(owner)
        for n in range(shapely.get_num_interior_rings(polygons[i]))
    ]
    for at, hole_m2 in holes:
        total[at] -= hole_m2
    return _like(geom, total.astype(np.float64))


def _ring_m2(ring: BaseGeometry) -> float:
    """The area inside one ring, never negative."""
    at = shapely.get_coordinates(ring)
    return abs(WGS84.polygon_area_perimeter(at[:, 0], at[:, 1])[0]) if len(at) else 0.0


def _only(many: Geometries, dimension: int) -> Geometries:
    """The geometries of one dimension; None in place of the others."""
    kept = many.copy()
    kept[shapely.get_dimensions(many) != dimension] = None
    return kept


def _path_m(lines: Geometries) -> Floats:
    """Length along the vertices of (multi-part) lines; None measures 0."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    at, part = shapely.get_coordinates(parts, return_index=True)
    if len(at) < 2:
        return np.zeros(lines.size)
    joined = part[1:] == part[:-1]
    metres = _inverse(at[:-1, 0], at[:-1, 1], at[1:, 0], at[1:, 1])[1]
    return np.bincount(owner[part[1:]][joined], weights=metres[joined], minlength=lines.size).astype(np.float64)


def _inverse(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> tuple[Floats, Floats]:
    """Azimuths at the first points and distances, of broadcast arrays."""
    shape, (x1, y1, x2, y2) = _flat(lon1, lat1, lon2, lat2)
    azimuth, _, metres = WGS84.inv(x1, y1, x2, y2)
    return np.asarray(azimuth).reshape(shape), np.asarray(metres).reshape(shape)


def _flat(*given: ArrayLike) -> tuple[tuple[int, ...], list[Floats]]:
    """The common shape of broadcast inputs, and each as a plain one-dimensional array (PROJ wants them so)."""
    parts = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in given))
    return parts[0].shape, [np.ascontiguousarray(part).reshape(-1) for part in parts]


def _many(geom: BaseGeometry | Geometries | None) -> Geometries:
    if isinstance(geom, np.ndarray):
        return geom.reshape(-1)
    one = np.empty(1, dtype=object)
    one[0] = geom
    return one


def _like(given: BaseGeometry | Geometries | None, out: Floats) -> Floats | float:
    return out.reshape(given.shape) if isinstance(given, np.ndarray) else float(out[0])
