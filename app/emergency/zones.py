"""The zone of an event: what may be one, and its way in and out as GeoJSON."""

from __future__ import annotations

from typing import Any

import shapely
from geoalchemy2 import WKBElement
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.drawn import read_drawn, to_geojson
from gis.errors import InvalidInput

LINE_MAX_M = 200_000.0
ZONE_MAX_M2 = 1e10  # 10 000 km²: no city zone is larger, a slip of the hand is
_MEASURES = text(
    "SELECT ST_Length(g::geography) AS length_m, ST_Area(g::geography) AS area_m2,"
    " EXISTS (SELECT FROM city WHERE ST_Intersects(boundary, g)) AS is_inside"
    " FROM (SELECT ST_GeomFromWKB(:wkb, 4326) AS g) given"
)


class InvalidZone(InvalidInput):
    """The drawn shape can't be an event's zone."""

    code = "events.invalid_zone"


def read_zone(geometry: dict[str, Any], datum: str = "wgs84") -> BaseGeometry:
    """A point, line or polygon from GeoJSON in EPSG:4326; raises what `gis.drawn.read_drawn` raises."""
    return read_drawn(geometry, datum)


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
    return to_geojson(geom if isinstance(geom, BaseGeometry) else to_shape(geom))


def bbox_of(geom: WKBElement | BaseGeometry) -> tuple[float, float, float, float]:
    """West, south, east, north in EPSG:4326."""
    drawn = geom if isinstance(geom, BaseGeometry) else to_shape(geom)
    west, south, east, north = drawn.bounds
    return float(west), float(south), float(east), float(north)
