"""What the OGC API offers, as OpenAPI 3.0: clients of the standard look for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.ogc.asked import LIMIT, LIMIT_MAX

MEDIA = "application/vnd.oai.openapi+json;version=3.0"
TEXT = {"type": "string"}


def _argument(name: str, schema: dict[str, Any], said: str, *, place: str = "query") -> dict[str, Any]:
    told = {"name": name, "in": place, "required": place == "path", "schema": schema, "description": said}
    return told | ({"style": "form", "explode": False} if place == "query" else {})


COLLECTION = _argument("collectionId", TEXT, "Id of a layer", place="path")
FEATURE = _argument("featureId", TEXT, "Id of a row", place="path")
F = _argument("f", {"type": "string", "enum": ["json", "html"]}, "Form of the answer")
BOX = {
    "type": "array",
    "items": {"type": "number"},
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
}
ITEMS = [
    COLLECTION, F,
    _argument("limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}, "Features of a page"),
    _argument("bbox", BOX, "West, south, east, north"),
    _argument("bbox-crs", TEXT, "CRS of the box"),
    _argument("datetime", TEXT, "A moment, or a span such as 2026-01-01/.."),
    _argument("crs", TEXT, "CRS of the answer"),
    _argument("filter", TEXT, "CQL2"),
    _argument("filter-lang", {"type": "string", "enum": ["cql2-text", "cql2-json"]}, "Language of the filter"),
    _argument("filter-crs", TEXT, "CRS of the filter's geometries"),
]  # fmt: skip

RECORDS = [
    F,
    _argument("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10}, "Records of a page"),
    _argument("bbox", BOX, "West, south, east, north"),
    _argument("q", TEXT, "Words; any of the parts between commas"),
    _argument("type", TEXT, "dataset"),
    _argument("ids", TEXT, "Ids of layers, parted by commas"),
    _argument("themes", TEXT, "Names of themes, parted by commas"),
]


def _does(said: str, arguments: list[dict[str, Any]], kind: str = "application/json") -> dict[str, Any]:
    answers = {
        "200": {"description": "Found", "content": {kind: {"schema": {"type": "object"}}}},
        "400": {"description": "The request can't be read"}, "404": {"description": "Not there, or not for you to see"},
        "500": {"description": "A fault of the server"},
    }  # fmt: skip
    return {"get": {"summary": said, "parameters": arguments, "responses": answers}}


def document(root: str, ids: Sequence[str] = ()) -> dict[str, Any]:
    """The whole description; `root` is the address of the API, `ids` are the collections that the asker sees."""
    geo, one = "application/geo+json", "/collections/{collectionId}"
    paths = {
        "/": _does("Landing page", [F]), "/conformance": _does("Conformance", [F]),
        "/collections": _does("Collections", [F]), one: _does("A collection", [COLLECTION, F]),
        f"{one}/queryables": _does("Queryables", [COLLECTION, F], "application/schema+json"),
        f"{one}/schema": _does("Schema", [COLLECTION, F], "application/schema+json"),
        f"{one}/items": _does("Features", ITEMS, geo),
        f"{one}/items/{{featureId}}": _does("A feature", [COLLECTION, FEATURE, F], geo),
        "/catalogue": _does("The catalogue of layers", [F]),
        "/catalogue/items": _does("Records of layers", RECORDS, geo),
        f"{one}/tiles": _does("Tile sets", [COLLECTION, F]),
        f"{one}/styles": _does("Styles", [COLLECTION, F]),
    }  # fmt: skip
    for layer_id in ids:  # some clients look for each by name
        here = f"/collections/{layer_id}"
        paths[here] = _does("A collection", [F])
        paths[f"{here}/items"] = _does("Features", ITEMS[1:], geo)
    return {
        "openapi": "3.0.3", "info": {"title": "CityGrid", "version": "1.0"}, "servers": [{"url": root}], "paths": paths,
    }  # fmt: skip
