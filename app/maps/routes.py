"""The doors to every layer: list, tiles, features, counts, legend, style. Each answers with what the viewer may see."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from flask_openapi3 import APIBlueprint, Tag
from sqlalchemy import func, select

from app.accounts.session import person, public
from app.maps.answers import conditional_json, packed
from app.maps.asked import asked, asked_tile, filter_args, language, looking, registry
from app.maps.describe import counts_geojson, counts_json, hexagons_geojson, layer_json, legend_json
from app.maps.schemas import (
    BaseStyleQuery,
    CountQuery,
    FeatureQuery,
    HexagonQuery,
    LayerPath,
    RowPath,
    StyledQuery,
    StyleQuery,
    TallyQuery,
)
from app.maps.styled import in_style
from app.maps.tiles import packed_tile
from app.web.city import city_facts
from app.web.paging import decode, encode
from gis.db import transaction
from gis.errors import InvalidInput
from grid.models import City
from grid.reach import ANYBODY
from layers import basemap, features
from layers.hexagons import hexagons
from layers.layer import Layer
from layers.legend import legend
from layers.mercator import read_tile
from layers.rectangle import read_bbox, rectangle
from layers.residents_rate import rated
from layers.style import fragment, read_theme
from layers.tallies import tally
from layers.tilejson import tilejson
from layers.touches import TOUCHES
from layers.units import read_division

MVT = "application/vnd.mapbox-vector-tile"
GEOJSON = "application/geo+json"

tiles_bp = Blueprint("tiles", __name__)
api = APIBlueprint("layers_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="layers")])


@tiles_bp.get("/tiles/<layer_id>/<z>/<x>/<y>.mvt")
@public  # it asks for the login itself, once a second
def get_tile(layer_id: str, z: str, x: str, y: str) -> Response:
    """One vector tile; 204 where nothing lies. ``as=counts`` always counts, ``with=size`` adds the size of areas."""
    with TOUCHES.standing() as position:  # before anything is read
        what, at = asked_tile(layer_id), read_tile(z, x, y)
        only_counts = request.args.get("as") == "counts"
        body = packed_tile(
            position, what.layer, what.viewer, at, what.chosen, only_counts=only_counts, sized=_is_sized(what.layer)
        )
    return packed(body, MVT)


def _is_sized(layer: Layer) -> bool:
    return request.args.get("with") == "size" and layer.geometry == "POLYGON" and layer.floor is None


@tiles_bp.get("/tiles/<layer_id>.json")
@public  # as are the others below that ask for a login themselves: a layer may be open to everyone
def get_tilejson(layer_id: str) -> Response:
    """TileJSON 3; a filter in the query goes on to the tiles."""
    what = asked(layer_id)
    return conditional_json(tilejson(what.layer, request.host_url, what.layer.bounds or city_bounds(), filter_args()))


@api.get("/layers", summary="Layers that you may see")
def list_layers() -> Response:
    """In drawing order, lowest first."""
    viewer = looking()
    return conditional_json({"items": [layer_json(layer, viewer) for layer in registry().all(viewer)]})


@api.get("/layers/<layer_id>/features", summary="Rows as GeoJSON")
@public
def list_features(path: LayerPath, query: FeatureQuery) -> Response:
    """By rectangle, in order of id or the newest first; `matched` is exact, `next` the cursor of the next page."""
    what = asked(path.layer_id)
    bbox = read_bbox(query.bbox)
    after, known, after_at = _read_cursor(query.after) if query.after else (None, None, None)
    with transaction() as db:
        page = features.page(
            db, what.layer, what.viewer, what.chosen,
            bbox=bbox, after=after, after_at=after_at, limit=query.limit, newest=query.order == "newest", known=known,
        )  # fmt: skip
        matched = page.matched if known is None else known
        if matched is None and page.last_id is None and after is None:
            matched = len(page.features)
        elif matched is None:
            matched = features.matched(db, what.layer, what.viewer, what.chosen, bbox=bbox)
    cursor = None if page.last_id is None else encode([page.last_id, matched, page.last_at])
    return conditional_json(page.as_collection(next=cursor, matched=matched), GEOJSON)


def _read_cursor(given: str) -> tuple[int, int, datetime | None]:
    """Id and moment of the last row before, and how many rows there are."""
    match decode(given):
        case [int() as after, int() as matched, datetime() | None as after_at]:
            return after, matched, after_at
    raise InvalidInput("The page mark {cursor} is not one of ours.", field="after", cursor=given[:80])


@api.get("/layers/<layer_id>/features/<int:row_id>", summary="One row as GeoJSON")
@public
def get_feature(path: RowPath) -> Response:
    """404 also where the row lies outside of your reach."""
    what = asked(path.layer_id)
    with transaction() as db:
        return conditional_json(features.one(db, what.layer, what.viewer, path.row_id, what.chosen.as_of), GEOJSON)


@api.get("/layers/<layer_id>/counts", summary="Rows counted by area or cell")
@public
def get_counts(path: LayerPath, query: CountQuery) -> Response:
    """Small numbers of people are suppressed (null), and rounded where a filter is set."""
    what = asked(path.layer_id)
    bbox = read_bbox(query.bbox)
    with transaction() as db:
        division = read_division(db, query.by, query.level)
        found = rated(
            db, what.layer, what.viewer, division, what.chosen, "per_1000" if query.people else "count",
            near=None if bbox is None else rectangle(*bbox), with_geometry=query.geometry,
        )  # fmt: skip
    if query.geometry:
        return conditional_json(counts_geojson(what.layer, found), GEOJSON)
    return conditional_json(counts_json(what.layer, found))


@api.get("/layers/<layer_id>/tallies", summary="Rows counted for a chart")
@public
def get_tallies(path: LayerPath, query: TallyQuery) -> Response:
    """By the values of a field, in bars of a number, by day, area or cell; of people by area and cell only.

    `total` is the number of the list under the same filter. Bars are few: `rest` and `missing` are what is in none.
    """
    what = asked(path.layer_id)
    bbox, zone = read_bbox(query.bbox), ZoneInfo(city_facts().time_zone)
    with transaction() as db:
        layer = in_style(db, what, query.style, query.breaks)
        return conditional_json(asdict(tally(db, layer, what.viewer, query.by, what.chosen, bbox=bbox, zone=zone)))


@api.get("/layers/<layer_id>/hexagons", summary="Rows counted in hexagons, as GeoJSON")
@public
def get_hexagons(path: LayerPath, query: HexagonQuery) -> Response:
    """Only those that hold rows. None of people."""
    what = asked(path.layer_id)
    with transaction() as db:
        found = hexagons(db, what.layer, what.viewer, query.side_m, what.chosen)
    return conditional_json(hexagons_geojson(found), GEOJSON)


@api.get("/layers/<layer_id>/legend", summary="What the layer's looks mean, with counts")
@public
def get_legend(path: LayerPath, query: StyledQuery) -> Response:
    """Counts are of the rows that you see under the filter."""
    what = asked(path.layer_id)
    with transaction() as db:
        layer = in_style(db, what, query.style, query.breaks)
        return conditional_json(legend_json(legend(db, layer, what.viewer, what.chosen)))


@api.get("/layers/<layer_id>/style", summary="The layer as part of a MapLibre style")
@public
def get_style(path: LayerPath, query: StyleQuery) -> Response:
    """`sources` and `layers`, for a theme (light, dark) and a language (zh, en)."""
    what = asked(path.layer_id)
    with transaction() as db:
        layer = in_style(db, what, query.style, query.breaks)
    return conditional_json(fragment(layer, read_theme(query.theme), language(query.lang)))


@api.get("/map/style.json", summary="The base map as a MapLibre style")
@public
def get_base_style(query: BaseStyleQuery) -> Response:
    """Made from the city's own ground, with nothing from outside; without a login from what is open to everyone."""
    shown = registry().all_public(ANYBODY) if person() is None else registry().all(looking())
    if not any(one.theme == "base" for one in shown):
        looking()
    lang, city = language(query.lang), city_facts()
    name = (city.name_zh if lang == "zh" else city.name_en) or _("Map")
    return conditional_json(basemap.style(shown, read_theme(query.theme), lang, name))


def city_bounds() -> tuple[float, float, float, float] | None:
    """West, south, east, north of the city in degrees; None before one is loaded."""
    edges: Any = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    with transaction() as db:
        row = db.execute(select(*(edge(City.boundary) for edge in edges))).first()
    return None if row is None else (row[0], row[1], row[2], row[3])
