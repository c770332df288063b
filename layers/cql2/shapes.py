"""Geometry literals and spatial functions of filters."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import ColumnElement, func, literal, literal_column

from layers.cql2.errors import FilterWrong

SPATIAL = {
    "s_intersects": "ST_Intersects", "s_equals": "ST_Equals", "s_disjoint": "ST_Disjoint", "s_touches": "ST_Touches",
    "s_within": "ST_Within", "s_overlaps": "ST_Overlaps", "s_crosses": "ST_Crosses", "s_contains": "ST_Contains",
}  # fmt: skip
TYPES = (
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
)  # fmt: skip


def shape(node: dict[str, Any], srid: int, *, flipped: bool) -> ColumnElement[Any]:
    """A GeoJSON geometry or a ``bbox`` as a geometry in EPSG:4326.

    Parameters
    ----------
    srid : int
        The CRS that the literal is in (``filter-crs``); 4326 for CRS84.
    flipped : bool
        Whether that CRS has its northing first, so that the literal's pairs are turned.
    """
    made = _bbox(node["bbox"], srid, flipped) if "bbox" in node else _geojson(node, srid, flipped)
    return made if srid == 4326 else func.ST_Transform(made, literal_column("4326"))


def _geojson(node: dict[str, Any], srid: int, flipped: bool) -> ColumnElement[Any]:
    if node.get("type") not in TYPES or not _is_finite(node.get("coordinates", node.get("geometries"))):
        raise FilterWrong("The filter holds a geometry that can't be read.")
    plain = {name: node[name] for name in ("type", "coordinates", "geometries") if name in node}
    made: Any = func.ST_SetSRID(func.ST_GeomFromGeoJSON(literal(json.dumps(plain))), literal_column(str(int(srid))))
    return func.ST_FlipCoordinates(made) if flipped else made


def _is_finite(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_finite(one) for one in value)
    if isinstance(value, dict):
        return _is_finite(value.get("coordinates", value.get("geometries")))
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _bbox(given: Any, srid: int, flipped: bool) -> ColumnElement[Any]:
    """Four or six numbers; one whose west lies east of its east crosses the antimeridian."""
    if not isinstance(given, list) or len(given) not in (4, 6) or not _is_finite(given):
        raise FilterWrong("BBOX takes west, south, east and north.")
    half = len(given) // 2
    (x0, y0), (x1, y1) = given[:2], given[half : half + 2]
    if flipped:
        x0, y0, x1, y1 = y0, x0, y1, x1
    if x0 <= x1 or srid != 4326:
        return _box(x0, y0, x1, y1, srid)
    return func.ST_Collect(_box(x0, y0, 180, y1, srid), _box(-180, y0, x1, y1, srid))


def _box(x0: float, y0: float, x1: float, y1: float, srid: int) -> ColumnElement[Any]:
    edges = (literal(float(edge)) for edge in (x0, y0, x1, y1))
    made: ColumnElement[Any] = func.ST_MakeEnvelope(*edges, literal_column(str(int(srid))))
    return made
