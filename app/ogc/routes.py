"""Landing page, conformance, collections. A collection that is open to everyone needs no login."""

from __future__ import annotations

from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import person, public
from app.maps.asked import current_or, registry
from app.maps.routes import city_bounds
from app.ogc import crs as systems
from app.ogc import openapi, told
from app.ogc.door import bp, reply, seen
from app.ogc.feature_routes import may_edit
from app.ogc.told import HTML, JSON, SCHEMA, link, root
from app.web.city import city_facts
from grid.reach import ANYBODY
from layers.layer import Layer

TILING = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"


@bp.get("", strict_slashes=False)
@public
def get_landing() -> BaseResponse:
    """The landing page."""
    here = root()
    found = {
        "title": city_facts().name or "CityGrid",
        "description": "OGC API: Features, Tiles, Styles",
        "links": [
            link(f"{here}?f=json", "self", JSON, "This document"),
            link(f"{here}?f=html", "alternate", HTML, "As a page"),
            link(f"{here}/api", "service-desc", openapi.MEDIA, "The API"),
            link(f"{here}/api?f=html", "service-doc", HTML, "The API"),
            link(f"{here}/conformance", "conformance", JSON, "Conformance"),
            link(f"{here}/collections", "data", JSON, "Collections"),
            link(f"{here}/catalogue", "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog", JSON, "Catalogue"),
            link(f"{here}/tileMatrixSets", TILING, JSON, "Tile matrix sets"),
        ],
    }  # fmt: skip
    return reply(found, str(found["title"]))


@bp.get("/conformance")
@public
def get_conformance() -> BaseResponse:
    """Which classes of the standards are met."""
    return reply({"conformsTo": told.CONFORMS}, "Conformance", listed=told.CONFORMS)


@bp.get("/api")
@public
def get_api() -> BaseResponse:
    """OpenAPI 3.0."""
    found = openapi.document(root(), [one.id for one in _shown()])
    return reply(found, "API", openapi.MEDIA, listed=sorted(found["paths"]))


@bp.get("/collections")
@public
def get_collections() -> BaseResponse:
    """The layers that the asker may see; without a login those that are open to everyone."""
    known = systems.offered()
    shown = [told.collection(one, known, one.bounds or city_bounds()) for one in _shown()]
    here = f"{root()}/collections"
    found = {
        "links": [link(f"{here}?f=json", "self", JSON), link(f"{here}?f=html", "alternate", HTML)],
        "crs": [one.uri for one in known], "collections": shown,
    }  # fmt: skip
    return reply(found, "Collections", collections=shown)


def _shown() -> list[Layer]:
    """Layers with features that the asker may see; without a login those that are open to everyone."""
    layers = registry().all_public(ANYBODY) if person() is None else registry().all(current_or(ANYBODY))
    return [one for one in layers if one.floor is None]


@bp.get("/collections/<layer_id>")
@public
def get_collection(layer_id: str) -> BaseResponse:
    """One collection."""
    layer, viewer = seen(layer_id)
    known = systems.offered()
    found = told.collection(layer, known, layer.bounds or city_bounds(), is_editable=may_edit(layer_id, viewer))
    return reply(found, str(layer.title))


@bp.get("/collections/<layer_id>/queryables")
@public
def get_queryables(layer_id: str) -> BaseResponse:
    """What filters may name."""
    layer, _ = seen(layer_id)
    return reply(told.queryables(layer), str(layer.title), SCHEMA, fields=layer.fields)


@bp.get("/collections/<layer_id>/schema")
@public
def get_schema(layer_id: str) -> BaseResponse:
    """The properties of the features."""
    layer, _ = seen(layer_id)
    return reply(told.schema(layer), str(layer.title), SCHEMA, fields=layer.fields)
