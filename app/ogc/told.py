"""Collections, queryables and links as the OGC API tells them."""

from __future__ import annotations

from typing import Any

from flask import request

from app.ogc.crs import CRS84, Crs
from layers.layer import Field, Layer
from layers.tilejson import zoom_span

GEOJSON, JSON, HTML, SCHEMA = "application/geo+json", "application/json", "text/html", "application/schema+json"
MVT, STYLE = "application/vnd.mapbox-vector-tile", "application/vnd.mapbox.style+json"
SHAPES = {"POINT": "point", "LINESTRING": "linestring", "POLYGON": "polygon", "GEOMETRY": "any"}
KINDS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"}, "choice": {"type": "string"}, "number": {"type": "number"},
    "flag": {"type": "boolean"}, "time": {"type": "string", "format": "date-time"},
}  # fmt: skip
CLASSES = {
    "ogcapi-common-1/1.0": "core",
    "ogcapi-common-2/1.0": "collections",
    "ogcapi-features-1/1.0": "core oas30 html geojson",
    "ogcapi-features-2/1.0": "crs",
    "ogcapi-features-3/1.0": "queryables queryables-query-parameters filter features-filter",
    "ogcapi-features-4/1.0": "create-replace-delete update optimistic-locking-etags features",
    "ogcapi-tiles-1/1.0": "core tileset tilesets-list geodata-tilesets mvt",
    "ogcapi-styles-1/1.0": "core",
    "ogcapi-records-1/1.0": "record-core record-core-query-parameters json",
    "cql2/1.0": "cql2-text cql2-json basic-cql2 advanced-comparison-operators case-insensitive-comparison"
    " accent-insensitive-comparison basic-spatial-functions basic-spatial-functions-plus spatial-functions"
    " temporal-functions property-property arithmetic",
}
CONFORMS = [
    f"http://www.opengis.net/spec/{part}/conf/{name}" for part, names in CLASSES.items() for name in names.split()
]


def root() -> str:
    """The address of the API, without a slash at its end."""
    return f"{request.host_url.rstrip('/')}/ogc"


def link(href: str, rel: str, kind: str, title: str = "", **more: Any) -> dict[str, Any]:
    """A link of RFC 8288 in JSON."""
    return {"href": href, "rel": rel, "type": kind} | ({"title": title} if title else {}) | more


def collection(layer: Layer, known: list[Crs], bounds: tuple[float, float, float, float] | None, *,
               is_editable: bool = False) -> dict[str, Any]:  # fmt: skip
    """One collection with its extent, CRSs and links."""
    here, first = f"{root()}/collections/{layer.id}", zoom_span(layer)[0]
    told: dict[str, Any] = {
        "id": layer.id, "title": str(layer.title), "attribution": str(layer.attribution), "itemType": "feature",
        "crs": [one.uri for one in known], "storageCrs": CRS84, "isEditable": is_editable, "minZoom": first,
        "links": [
            link(here, "self", JSON, str(layer.title)),
            link(f"{here}/items?f=json", "items", GEOJSON, "Features"),
            link(f"{here}/items?f=html", "items", HTML, "Features"),
            link(f"{here}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA, "Queryables"),
            link(f"{here}/schema", "describedby", SCHEMA, "Schema"),
            link(f"{here}/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", JSON, "Tiles"),
            link(f"{here}/styles", "http://www.opengis.net/def/rel/ogc/1.0/styles", JSON, "Styles"),
            link(f"{request.host_url.rstrip('/')}/tiles/{layer.id}.json", "alternate", JSON, "TileJSON"),
        ],
    }  # fmt: skip
    if bounds is not None:
        told["extent"] = {"spatial": {"bbox": [list(bounds)], "crs": CRS84}}
    return told


def queryables(layer: Layer) -> dict[str, Any]:
    """What filters may name, as a JSON schema."""
    return _schema(layer, "queryables", {one.name: _property(one) for one in layer.fields})


def schema(layer: Layer) -> dict[str, Any]:
    """The properties of the features, as a JSON schema."""
    told = {one.name: _property(one) for one in layer.fields}
    return _schema(layer, "schema", {"id": {"type": "integer", "x-ogc-role": "id", "readOnly": True}} | told)


def _schema(layer: Layer, name: str, properties: dict[str, Any]) -> dict[str, Any]:
    shape = {"title": "geom", "x-ogc-role": "primary-geometry", "format": f"geometry-{SHAPES[layer.geometry]}"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root()}/collections/{layer.id}/{name}", "type": "object", "title": str(layer.title),
        "properties": {"geom": shape} | properties, "additionalProperties": False,
    }  # fmt: skip


def _property(field: Field) -> dict[str, Any]:
    told = KINDS[field.kind] | {"title": str(field.title)}
    if field.kind == "choice" and field.choices:
        told |= {"enum": [str(one) for one in field.choices]}
    return told | ({"x-ogc-unit": field.unit} if field.unit else {})
