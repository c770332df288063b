"""Tiles and styles of a collection, as the standards address them."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import public
from app.maps.answers import conditional_json, packed
from app.maps.asked import language
from app.maps.tiles import packed_tile
from app.ogc import matrix
from app.ogc.door import bp, reply, seen
from app.ogc.told import JSON, MVT, STYLE, link, root
from layers.layer import Layer
from layers.mercator import read_tile
from layers.style import fragment, read_theme
from layers.touches import TOUCHES


@bp.get("/tileMatrixSets")
@public
def get_matrix_sets() -> BaseResponse:
    """The one scheme of tiles."""
    here = f"{root()}/tileMatrixSets/{matrix.ID}"
    found = {"tileMatrixSets": [{"id": matrix.ID, "uri": matrix.URI, "links": [link(here, "self", JSON)]}]}
    return reply(found, "Tile matrix sets", listed=[matrix.ID])


@bp.get(f"/tileMatrixSets/{matrix.ID}")
@public
def get_matrix_set() -> BaseResponse:
    """Its definition."""
    return reply(matrix.definition(), matrix.ID)


@bp.get("/collections/<layer_id>/tiles")
@public
def get_tilesets(layer_id: str) -> BaseResponse:
    """The tile sets of a collection."""
    layer, _ = seen(layer_id)
    return reply({"links": [], "tilesets": [_tileset(layer)]}, str(layer.title))


@bp.get(f"/collections/<layer_id>/tiles/{matrix.ID}")
@public
def get_tileset(layer_id: str) -> BaseResponse:
    """One tile set."""
    layer, _ = seen(layer_id)
    return reply(_tileset(layer), str(layer.title))


def _tileset(layer: Layer) -> dict[str, Any]:
    here = f"{root()}/collections/{layer.id}/tiles/{matrix.ID}"
    return {
        "title": str(layer.title), "dataType": "vector", "crs": matrix.CRS_URI, "tileMatrixSetURI": matrix.URI,
        "links": [
            link(here, "self", JSON),
            link(f"{root()}/tileMatrixSets/{matrix.ID}", matrix.SCHEME, JSON),
            link(f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", MVT, templated=True),
        ],
    }  # fmt: skip


@bp.get(f"/collections/<layer_id>/tiles/{matrix.ID}/<z>/<y>/<x>")
@public
def get_tile(layer_id: str, z: str, y: str, x: str) -> Response:
    """One vector tile; row before column, as the standard has it."""
    with TOUCHES.standing() as position:  # before anything is read
        layer, viewer = seen(layer_id)
        body = packed_tile(position, layer, viewer, read_tile(z, x, y))
    return packed(body, MVT)


@bp.get("/collections/<layer_id>/styles")
@public
def get_styles(layer_id: str) -> BaseResponse:
    """The style that the layer is declared with."""
    layer, _ = seen(layer_id)
    here = f"{root()}/collections/{layer_id}/styles/default"
    one = {"id": "default", "title": str(layer.title), "links": [link(here, "stylesheet", STYLE)]}
    return reply({"styles": [one], "default": "default"}, str(layer.title), listed=[here])


@bp.get("/collections/<layer_id>/styles/default")
@public
def get_style(layer_id: str) -> Response:
    """A MapLibre style with the layer as its only source."""
    layer, _ = seen(layer_id)
    part = fragment(layer, read_theme(request.args.get("theme")), language(request.args.get("lang")))
    return conditional_json({"version": 8, "name": str(layer.title)} | part, STYLE)
