"""The zone of an event: GeoJSON in, checked and shifted once; GeoJSON out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import WKBElement
from geoalchemy2.shape import to_shape
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.datum import transform_geometry
from gis.errors import InvalidInput

KINDS = ("Point", "LineString", "Polygon", "MultiLineString", "MultiPolygon")
VERTICES_MAX = 5_000
LINE_MAX_M = 200_000.0
ZONE_MAX_M2 = 1e10  # 10 000 km²: no city zone is larger, a slip of the hand is
_MEASURES = text(
    "SELECT ST_Length(g::geography) AS length_m, ST_Area(g::geography) AS area_m2,"
    " EXISTS (SELECT FROM city WHERE ST_Intersects(boundary, g)) AS is_inside"
    " FROM (SELECT ST_GeomFromWKB(:wkb, 4326) AS g) given"
)


class InvalidZone(InvalidInput):
    """The drawn place can't be an event's zone."""

    code = "events.invalid_zone"


def read_zone(geometry: dict[str, Any], datum: str = "wgs84") -> BaseGeometry:
    """A zone from a GeoJSON geometry (or a Feature that holds one) in EPSG:4326, two-dimensional and valid.

    The given datum is shifted once, here. Raises InvalidZone for other kinds, more than 5 000 vertices,
    coordinates that are no numbers in degrees, empty or self-crossing shapes, with the reason.
    """
    if geometry.get("type") == "Feature":
        geometry = geometry.get("geometry") or {}
    if geometry.get("type") not in KINDS:
        raise InvalidZone(
            "A zone is a point, a line or a polygon, not {kind}.", kind=geometry.get("type"), field="geometry"
        )
    _require_closed(geometry)
    try:
        drawn = shapely.force_2d(shape(geometry))
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise InvalidZone("The drawn shape can't be read.", field="geometry") from error
    _require_drawable(drawn)
    if datum != "wgs84":
        drawn = transform_geometry(drawn, datum)
    _require_degrees(drawn)
    return drawn


def require_in_city(db: Session, zone: BaseGeometry) -> None:
    """InvalidZone when the zone doesn't touch the city or exceeds the limits of size, measured geodesically."""
    found = db.execute(_MEASURES, {"wkb": shapely.to_wkb(zone)}).one()
    if not found.is_inside:
        raise InvalidZone("The zone lies outside the city.", field="geometry")
    if found.length_m > LINE_MAX_M and zone.geom_type.endswith("LineString"):
        raise InvalidZone(
            "The line is {km} km long: at most 200 km.", km=round(found.length_m / 1000), field="geometry"
        )
    if found.area_m2 > ZONE_MAX_M2:
        raise InvalidZone(
            "The zone covers {km2} km²: at most 10,000.", km2=round(found.area_m2 / 1e6), field="geometry"
        )


def zone_to_json(geom: WKBElement | BaseGeometry) -> dict[str, Any]:
    """GeoJSON geometry, seven decimals (about 1 cm)."""
    drawn = geom if isinstance(geom, BaseGeometry) else to_shape(geom)
    text_json = json.dumps(mapping(shapely.set_precision(drawn, 1e-7, mode="pointwise")))
    return dict(json.loads(text_json))


def bbox_of(geom: WKBElement | BaseGeometry) -> tuple[float, float, float, float]:
    """West, south, east, north in EPSG:4326."""
    drawn = geom if isinstance(geom, BaseGeometry) else to_shape(geom)
    west, south, east, north = drawn.bounds
    return float(west), float(south), float(east), float(north)


def _require_closed(geometry: dict[str, Any]) -> None:
    """Rings end where they began: an open ring is a mistake to be told, not to be guessed closed."""
    polygons = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    if geometry["type"] not in ("Polygon", "MultiPolygon") or not isinstance(polygons, list):
        return
    for ring in (ring for polygon in polygons if isinstance(polygon, list) for ring in polygon):
        if isinstance(ring, list) and ring and ring[0] != ring[-1]:
            raise InvalidZone("The ring is open: its last point must be its first.", field="geometry")


def _require_drawable(drawn: BaseGeometry) -> None:
    if drawn.is_empty:
        raise InvalidZone("The drawn shape is empty.", field="geometry")
    count = shapely.get_num_coordinates(drawn)
    if count > VERTICES_MAX:
        raise InvalidZone("The drawn shape has {count} points: at most 5,000.", count=count, field="geometry")
    if not np.isfinite(shapely.get_coordinates(drawn)).all():
        raise InvalidZone("A coordinate is not a number.", field="geometry")
    if not drawn.is_valid:
        raise InvalidZone("The drawn shape is not valid: {reason}.", reason=explain_validity(drawn), field="geometry")


def _require_degrees(drawn: BaseGeometry) -> None:
    west, south, east, north = drawn.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidZone("Coordinates are longitude and latitude in degrees.", field="geometry")
