"""Repairs of geometry: each takes one geometry and gives it mended, or None when nothing is left of it.

Coordinates are EPSG:4326 degrees, lon/lat, two-dimensional.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GEOSException, LinearRing, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
SPIKE_DEG = 0.5  # a turn back sharper than this is a spike: no wall or road turns so
ROUNDS = 5
MULTI: dict[str, Callable[[Any], BaseGeometry]] = {
    "Point": MultiPoint,
    "LineString": MultiLineString,
    "Polygon": MultiPolygon,
}


def crossing(polygon: BaseGeometry) -> BaseGeometry | None:
    """A polygon without self-crossings: the parts that the outline encloses, by GEOS's structure method."""
    whole = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    solid = [part for part in shapely.get_parts(whole) if part.geom_type == "Polygon" and not part.is_empty]
    if not solid:
        return None
    return shapely.union_all(solid)


def without_doubles(geom: BaseGeometry) -> BaseGeometry | None:
    """The geometry without vertices given twice in a row; None when a ring was nothing else."""
    try:
        return shapely.remove_repeated_points(geom, 0.0)
    except GEOSException:  # "Invalid number of points in LinearRing"
        return None


def swapped(geom: BaseGeometry) -> BaseGeometry:
    """x and y exchanged."""
    return shapely.transform(geom, lambda at: at[:, ::-1])


def sharp_turns(path: Floats, *, closed: bool) -> NDArray[np.intp]:
    """Which vertices of a path are spikes: the way out and the way back make less than `SPIKE_DEG`.

    `path` is (n, 2) degrees; of a closed ring the last vertex repeats the first. Longitudes count by cos(latitude).
    """
    if len(path) < 4:
        return np.empty(0, dtype=np.intp)
    flat = path * (np.cos(np.radians(path[:, 1].mean())), 1.0)
    if closed:
        before, here, after = np.roll(flat[:-1], 1, axis=0), flat[:-1], np.roll(flat[:-1], -1, axis=0)
        first = 0
    else:
        before, here, after = flat[:-2], flat[1:-1], flat[2:]
        first = 1
    u, v = before - here, after - here
    lengths = np.hypot(u[:, 0], u[:, 1]) * np.hypot(v[:, 0], v[:, 1])
    cosine = np.divide((u * v).sum(axis=1), lengths, out=np.full(len(u), -1.0), where=lengths > 0)
    return np.nonzero(cosine > np.cos(np.radians(SPIKE_DEG)))[0] + first


def without_spikes(geom: BaseGeometry) -> BaseGeometry | None:
    """The geometry with its spikes cut off; None when only a spike was there."""
    if isinstance(geom, LineString) and not isinstance(geom, LinearRing):
        kept = _cut(shapely.get_coordinates(geom), closed=False)
        return LineString(kept) if len(kept) >= 2 else None
    if isinstance(geom, Polygon):
        shell = _cut(shapely.get_coordinates(geom.exterior), closed=True)
        if len(shell) < 4:
            return None
        holes = (_cut(shapely.get_coordinates(ring), closed=True) for ring in geom.interiors)
        return Polygon(shell, [hole for hole in holes if len(hole) >= 4])
    if isinstance(geom, MultiPolygon | MultiLineString):
        parts = [part for part in map(without_spikes, geom.geoms) if part is not None]
        return together(parts) if parts else None
    return geom


def together(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """One multi-part geometry of parts of one kind."""
    kind = MULTI[parts[0].geom_type]
    made: BaseGeometry = kind(list(parts))
    return made


def _cut(path: Floats, *, closed: bool) -> Floats:
    """A path without its sharp turns and the doubled points that cutting leaves."""
    for _ in range(ROUNDS):
        spikes = sharp_turns(path, closed=closed)
        if not spikes.size:
            break
        keep = np.ones(len(path) - closed, dtype=bool)
        keep[spikes] = False
        path = path[: len(keep)][keep]
        path = path[np.append(True, (np.diff(path, axis=0) != 0).any(axis=1))] if len(path) else path
        if closed and len(path):
            path = path if len(path) == 1 or (path[0] != path[-1]).any() else path[:-1]
            path = np.vstack([path, path[:1]])
    return path


def closed_rings(geojson: dict[str, Any]) -> tuple[dict[str, Any], tuple[float, float] | None]:
    """GeoJSON polygons with every ring closed, and where the first open ring was (None: all were closed)."""
    kind = geojson.get("type")
    if kind == "Polygon":
        rings, at = _close(geojson["coordinates"])
        return {**geojson, "coordinates": rings}, at
    if kind == "MultiPolygon":
        closed = [_close(polygon) for polygon in geojson["coordinates"]]
        at = next((at for _, at in closed if at is not None), None)
        return {**geojson, "coordinates": [rings for rings, _ in closed]}, at
    return geojson, None


def _close(rings: list[list[list[float]]]) -> tuple[list[list[list[float]]], tuple[float, float] | None]:
    out, at = [], None
    for ring in rings:
        if len(ring) >= 3 and ring[0] != ring[-1]:
            at = at or (float(ring[-1][0]), float(ring[-1][1]))
            ring = [*ring, ring[0]]
        out.append(ring)
    return out, at


def of_kind(geom: BaseGeometry, kind: str) -> BaseGeometry | None:
    """The geometry as the kind that a column takes (POINT, LINESTRING, POLYGON, MULTIPOLYGON …), or None.

    A multi-part geometry of one part becomes that part, a single one a multi-part where that is asked.
    """
    have = geom.geom_type.upper()
    if kind == have:
        return geom
    parts: list[BaseGeometry] = list(shapely.get_parts(geom))
    if len(parts) == 1 and (kind == "GEOMETRY" or have in (f"MULTI{kind}", "GEOMETRYCOLLECTION")):
        return parts[0] if kind == "GEOMETRY" else of_kind(parts[0], kind)
    if kind == "GEOMETRY":
        return geom
    if kind == f"MULTI{have}":
        return together([geom])
    if kind == "LINESTRING" and have == "MULTILINESTRING":
        joined = shapely.line_merge(geom)
        return joined if joined.geom_type == "LineString" else None
    return None


def first_place(geom: BaseGeometry) -> tuple[float, float] | None:
    """Where a geometry begins: its first finite vertex."""
    at = shapely.get_coordinates(geom)
    at = at[np.isfinite(at).all(axis=1)]
    return (float(at[0, 0]), float(at[0, 1])) if len(at) else None


def invalid_place(geom: BaseGeometry) -> tuple[float, float] | None:
    """Where GEOS finds a geometry invalid."""
    reason = shapely.is_valid_reason(geom)
    _, _, inside = reason.partition("[")
    numbers = inside.rstrip("]").split()
    return (float(numbers[0]), float(numbers[1])) if len(numbers) >= 2 else first_place(geom)


def same_direction(geom: BaseGeometry) -> bool:
    """Whether all shells run counter-clockwise and all holes clockwise (RFC 7946)."""
    return bool(shapely.equals_identical(geom, shapely.orient_polygons(geom)))
