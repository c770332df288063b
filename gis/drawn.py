"""Shapes that a person or a program hands in: GeoJSON in any datum, checked strictly, shifted once; and GeoJSON out.

Files are mended (`gis.checks`); what one person draws is not: a danger zone that crosses itself is told, not guessed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from gis import checks
from gis.checks import BadGeometry, Finding
from gis.datum import transform_geometry
from gis.errors import InvalidInput

VERTICES_MAX = 5_000
DECIMALS = 7  # about 1 cm
NEVER_GUESSED = frozenset({"geometry.open_ring", "geometry.self_crossing", "geometry.swapped_axes", "geometry.spike"})
PLACES = ("Point", "LineString", "Polygon", "MultiLineString", "MultiPolygon")


class TooManyPoints(InvalidInput):
    """The shape has more vertices than anybody draws."""

    code = "geometry.too_many_points"


def read_drawn(
    given: Mapping[str, Any], datum: str = "wgs84", *, kinds: Collection[str] = PLACES, field: str = "geometry"
) -> BaseGeometry:
    """A shape from a GeoJSON geometry, or a Feature that holds one, in EPSG:4326 without heights, valid.

    Vertices given twice in a row and the direction of rings are put right. Raises BadGeometry for other kinds, empty,
    open, self-crossing or unreadable shapes and coordinates that are none, TooManyPoints above 5 000 vertices, and what
    `gis.datum` raises.
    """
    if given.get("type") == "Feature":
        given = given.get("geometry") or {}
    if given.get("type") not in kinds:
        raise BadGeometry(Finding("geometry.wrong_kind", None, False))
    first = checks.read(given)
    _require(first.findings)
    drawn = shapely.force_2d(first.require())
    count = int(shapely.get_num_coordinates(drawn))
    if count > VERTICES_MAX:
        raise TooManyPoints(
            "The shape has {count} points: at most {limit}.", count=count, limit=VERTICES_MAX, field=field
        )
    if not drawn.is_empty and datum != "wgs84":
        drawn = transform_geometry(drawn, datum)
    whole = checks.check(drawn)
    _require(whole.findings)
    return whole.require()


def to_geojson(geom: BaseGeometry) -> dict[str, Any]:
    """A GeoJSON geometry with plain lists, seven decimals (about 1 cm)."""
    plain: dict[str, Any] = _rounded(json.loads(json.dumps(mapping(geom))))
    return plain


def _require(findings: Collection[Finding]) -> None:
    for finding in findings:
        if finding.code in NEVER_GUESSED:
            raise BadGeometry(finding)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return value
