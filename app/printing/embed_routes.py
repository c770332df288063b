"""The doors of embedded maps: what a key opens, without a login and whatever cookie comes along; and the makers' API.

Everything that such a map asks for lies under its own address, so that its key opens these doors and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, make_response, render_template, request
from flask_babel import force_locale
from flask_openapi3 import APIBlueprint

from app.accounts.session import current_viewer, public
from app.errors import status_of, words_of
from app.maps.answers import conditional, conditional_json
from app.maps.asked import language, registry
from app.maps.describe import counts_geojson, hexagons_geojson
from app.printing import embed_map, embeds
from app.printing.routes import SECURITY, TAG, settings
from app.printing.schemas import EmbedIn, EmbedPath
from app.printing.told import embed_json
from app.web.security import policy
from gis.db import transaction
from gis.errors import CityError, InvalidInput, NotFound
from layers.counts import counts
from layers.hexagons import hexagons
from layers.mercator import read_tile
from layers.style import read_theme
from layers.tiles import tile
from layers.units import read_division

bp = Blueprint("embeds", __name__, url_prefix="/embed", template_folder="templates")
api = APIBlueprint("embeds_api", __name__, url_prefix="/api/v1/embeds", abp_tags=[TAG], abp_security=SECURITY)
MVT = "application/vnd.mapbox-vector-tile"
GEOJSON = "application/geo+json"


@bp.get("/<key>")
@public
def show_map(key: str) -> Response:
    """The map for another site's frame; where it is over, the same frame says so in words."""
    with force_locale(language(request.args.get("lang"))):
        try:
            with transaction() as db:
                opened = embeds.open_(db, registry(), key, counted=True)
                page = render_template("printing/embed.html", embed=opened.embed, root=f"/embed/{key}")
                return _framed(page, 200, opened.embed.origins)
        except CityError as error:
            gone = render_template("printing/embed_gone.html", words=words_of(error))
            answer = _framed(gone, status_of(error), _origins_of(key))
            answer.headers["X-Error-Code"] = error.code
            return answer


def _origins_of(key: str) -> Sequence[str]:
    try:
        with transaction() as db:
            return embeds.find(db, key).origins
    except NotFound:
        return ()


def _framed(page: str, status: int, origins: Sequence[str]) -> Response:
    """A page that these sites may frame, and nobody else."""
    answer = make_response(page, status)
    answer.headers["Content-Security-Policy"] = policy({"frame-ancestors": " ".join(origins) or "'none'"})
    answer.headers["Referrer-Policy"] = "no-referrer"  # the key stands in the address
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/<key>/map.json")
@public
def get_map(key: str) -> Response:
    """Ground, layers in their styles, legends with counts."""
    lang, theme = language(request.args.get("lang")), read_theme(request.args.get("theme"))
    with force_locale(lang), transaction() as db:
        opened = embeds.open_(db, registry(), key)
        return conditional_json(embed_map.whole(db, opened, f"/embed/{key}", theme, lang, datetime.now(UTC)))


@bp.get("/<key>/tiles/<layer_id>/<z>/<x>/<y>.mvt")
@public
def get_tile(key: str, layer_id: str, z: str, x: str, y: str) -> Response:
    """A tile of one of its layers, under the filter that was fixed; only what draws the rows is in it."""
    with transaction() as db:
        opened = embeds.open_(db, registry(), key)
        at = read_tile(z, x, y)
        layer = opened.get(layer_id)
        chosen = opened.filter_of(layer, datetime.now(UTC), embed_map.zone())
        drawn = embed_map.carried(db, opened, layer, sized=request.args.get("with") == "size")
        body = tile(db, drawn, opened.viewer, at, chosen, only_counts=request.args.get("as") == "counts")
    return conditional(body, MVT)


@bp.get("/<key>/layers/<layer_id>/counts")
@public
def get_counts(key: str, layer_id: str) -> Response:
    """Rows by area or cell, for styles that colour those."""
    with transaction() as db:
        opened = embeds.open_(db, registry(), key)
        layer = opened.get(layer_id)
        division = read_division(db, request.args.get("by"), request.args.get("level"))
        chosen = opened.filter_of(layer, datetime.now(UTC), embed_map.zone())
        found = counts(db, layer, opened.viewer, division, chosen, with_geometry=True)
    return conditional_json(counts_geojson(layer, found), GEOJSON)


@bp.get("/<key>/layers/<layer_id>/hexagons")
@public
def get_hexagons(key: str, layer_id: str) -> Response:
    """Rows in hexagons, for styles that draw those."""
    side = request.args.get("side_m", "250")
    if not side.isdecimal() or len(side) > 5:
        raise InvalidInput("A hexagon's side is a whole number of metres.", field="side_m")
    with transaction() as db:
        opened = embeds.open_(db, registry(), key)
        layer = opened.get(layer_id)
        chosen = opened.filter_of(layer, datetime.now(UTC), embed_map.zone())
        found = hexagons(db, layer, opened.viewer, int(side), chosen)
    return conditional_json(hexagons_geojson(found), GEOJSON)


@api.get("", summary="One's own maps on other sites")
def list_embeds() -> Response:
    """Without their keys; with how often they were opened."""
    with transaction() as db:
        return jsonify({"items": [embed_json(one) for one in embeds.own(db, current_viewer())]})


@api.post("", summary="Open a map to other sites")  # not idempotent: an answer that is kept would keep the key
def post_embed(body: EmbedIn) -> tuple[Response, int]:
    """`address` holds the key and is told this once only. It opens the layers and areas named, and nothing else."""
    with transaction() as db:
        key, made = embeds.make(db, registry(), current_viewer(), body)
        return jsonify(embed_json(made) | {"address": f"{settings().address}/embed/{key}"}), 201


@api.post("/<int:id>/revoke", summary="Withdraw a map from other sites")
def post_revoke(path: EmbedPath) -> Response:
    """Its key opens nothing from the next request on."""
    with transaction() as db:
        return jsonify(embed_json(embeds.revoke(db, current_viewer(), path.id)))
