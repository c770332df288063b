"""A polygon in an address: short text for what was drawn, and every usual form read.

Each ring is written as differences of whole 1e-5 degrees (some metre), longitude before latitude, zigzag coded in
groups of five bits with the letters of URL-safe base64, so that nothing in it needs escaping. Rings of one polygon are
parted by ``.``, polygons by ``~``. GeoJSON and WKT of polygons and multipolygons are read as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import pairwise

import shapely
from shapely import wkt
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon, shape

from gis.errors import InvalidInput

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
VALUES = {letter: value for value, letter in enumerate(LETTERS)}
SCALE = 100_000
CORNERS_MAX = 2000
TEXT_MAX = 40_000
FIELD = "within"


class BadPolygon(InvalidInput):
    """What was given is no polygon on earth."""

    code = "cases.bad_polygon"


def encode(polygon: Polygon | MultiPolygon) -> str:
    """The short text of a polygon, EPSG:4326."""
    parts = polygon.geoms if isinstance(polygon, MultiPolygon) else [polygon]
    return "~".join(".".join(_packed(ring.coords) for ring in (one.exterior, *one.interiors)) for one in parts)


def read(text: str) -> MultiPolygon | None:
    """The polygon of a text in EPSG:4326, always as a multipolygon; None for blank. Raises BadPolygon."""
    text = text.strip()
    if not text:
        return None
    if len(text) > TEXT_MAX:
        raise BadPolygon("A polygon takes {count} corners at most.", count=CORNERS_MAX, field=FIELD)
    try:
        found = _parsed(text)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, ShapelyError) as error:
        raise BadPolygon("The polygon can't be read.", field=FIELD) from error
    if not isinstance(found, Polygon | MultiPolygon) or found.is_empty:
        raise BadPolygon("The polygon can't be read.", field=FIELD)
    return _checked(MultiPolygon([found]) if isinstance(found, Polygon) else found)


def _parsed(text: str) -> object:
    if text.startswith("{"):
        given = json.loads(text)
        return shape(given["geometry"] if given.get("type") == "Feature" else given)
    if text[:12].upper().startswith(("POLYGON", "MULTIPOLYGON")):
        return wkt.loads(text)
    return MultiPolygon([_polygon(part.split(".")) for part in text.split("~")])


def _checked(found: MultiPolygon) -> MultiPolygon:
    if int(shapely.get_num_coordinates(found)) > CORNERS_MAX:
        raise BadPolygon("A polygon takes {count} corners at most.", count=CORNERS_MAX, field=FIELD)
    found = shapely.force_2d(found)
    west, south, east, north = found.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadPolygon("The polygon lies outside the earth: longitude before latitude, in degrees.", field=FIELD)
    if not found.is_valid:
        raise BadPolygon("The edges of the polygon cross.", field=FIELD)
    return found


def _polygon(rings: Sequence[str]) -> Polygon:
    shell, *holes = [_unpacked(ring) for ring in rings]
    return Polygon(shell, holes)


def _packed(coords: Iterable[Sequence[float]]) -> str:
    whole = [(round(x * SCALE), round(y * SCALE)) for x, y, *_ in coords][:-1]  # a ring closes by itself
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise([(0, 0), *whole])]
    return "".join(_number(value) for step in steps for value in step)


def _number(value: int) -> str:
    rest = value << 1 if value >= 0 else ~(value << 1)
    made = ""
    while rest >= 32:
        made += LETTERS[32 | rest & 31]
        rest >>= 5
    return made + LETTERS[rest]


def _unpacked(text: str) -> list[tuple[float, float]]:
    values: list[int] = []
    shift = rest = 0
    for letter in text:
        bits = VALUES[letter]
        rest |= (bits & 31) << shift
        shift += 5
        if shift > 60:
            raise ValueError("a number without an end")
        if bits < 32:
            values.append(~(rest >> 1) if rest & 1 else rest >> 1)
            shift = rest = 0
    if shift or len(values) % 2 or len(values) < 6:
        raise ValueError("half a corner, or too few")
    found, x, y = [], 0, 0
    for dx, dy in zip(values[::2], values[1::2], strict=True):
        x, y = x + dx, y + dy
        found.append((x / SCALE, y / SCALE))
    return found
