"""The catalogue of layers as records (OGC API Records, Part 1): found by words, box, theme and id."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from flask import request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import person, public
from app.layerbook import catalogue
from app.layerbook.catalogue import Entry
from app.maps.asked import current_or, registry
from app.maps.describe import THEMES
from app.maps.routes import city_bounds
from app.ogc.asked import Unknown
from app.ogc.door import bp, reply
from app.ogc.told import GEOJSON, HTML, JSON, link, root
from app.web.city import city_facts
from gis.errors import InvalidInput, NotFound
from grid.reach import ANYBODY, Viewer
from layers.rectangle import read_bbox

LIMIT, LIMIT_MAX = 10, 1_000
OWN = ("f", "lang", "limit", "offset", "bbox", "q", "type", "ids", "themes")
TYPE = "dataset"
Box = tuple[float, float, float, float]


@bp.get("/catalogue")
@public
def get_catalogue() -> BaseResponse:
    """The catalogue as a collection of records."""
    here, bounds = f"{root()}/catalogue", city_bounds()
    found: dict[str, Any] = {
        "id": "catalogue", "title": city_facts().name or "CityGrid", "itemType": "record", "type": "Collection",
        "links": [
            link(f"{here}?f=json", "self", JSON), link(f"{here}?f=html", "alternate", HTML),
            link(f"{here}/items", "items", GEOJSON, "Records"), link(root(), "root", JSON),
        ],
    }  # fmt: skip
    if bounds is not None:
        found["extent"] = {"spatial": {"bbox": [list(bounds)]}}
    return reply(found, str(found["title"]))


@bp.get("/catalogue/items")
@public
def get_records() -> BaseResponse:
    """Records of the layers that the asker sees. Of ``q`` any of the parts between commas must fit, with all its words.

    ``themes`` and ``ids`` name several, parted by commas. Unknown arguments are refused by name.
    """
    for name in request.args:
        if name not in OWN:
            raise Unknown("The collection {id} has no argument {name}.", field=name, id="catalogue", name=name[:60])
    city = city_bounds()
    found = [one for one in _asked(_seen()) if _touches(one.layer.bounds or city)]
    limit, offset = _whole("limit", LIMIT, 1), _whole("offset", 0, 0)
    page = found[offset : offset + min(limit, LIMIT_MAX)]
    here = f"{root()}/catalogue/items"
    args = {name: value for name, value in request.args.items() if name != "offset"}
    links = [
        link(f"{here}?{urlencode(request.args.to_dict())}", "self", GEOJSON),
        link(f"{root()}/catalogue", "collection", JSON),
    ]
    if offset + len(page) < len(found):
        links.append(link(f"{here}?{urlencode(args | {'offset': offset + len(page)})}", "next", GEOJSON))
    records = [_record(one, one.layer.bounds or city) for one in page]
    told = {
        "type": "FeatureCollection", "features": records, "numberMatched": len(found), "numberReturned": len(records),
        "links": links,
    }  # fmt: skip
    return reply(told, "Records", GEOJSON, listed=[one["properties"]["title"] for one in records])


@bp.get("/catalogue/items/<layer_id>")
@public
def get_record(layer_id: str) -> BaseResponse:
    """One record."""
    for one in _seen():
        if one.layer.id == layer_id:
            return reply(_record(one, one.layer.bounds or city_bounds()), one.words["title"], GEOJSON)
    raise NotFound("There is no layer {id}.", id=layer_id)


def _seen() -> list[Entry]:
    """What the asker sees as layers; without a login what is open to everyone."""
    viewer: Viewer = current_or(ANYBODY)
    return catalogue.seen(registry(), viewer, without_login=person() is None)


def _asked(found: list[Entry]) -> list[Entry]:
    ids, themes = _list("ids"), _list("themes")
    for theme in themes:
        if theme not in THEMES:
            raise InvalidInput("There is no theme {theme}.", field="themes", theme=theme[:60])
    if request.args.get("type") and TYPE not in _list("type"):
        return []
    parts = _list("q") or [""]
    fitting = {one.layer.id for part in parts for one in catalogue.search(found, words=part)}
    return [
        one for one in found
        if one.layer.id in fitting and (not ids or one.layer.id in ids) and (not themes or one.layer.theme in themes)
    ]  # fmt: skip


def _list(name: str) -> list[str]:
    return [part.strip() for part in request.args.get(name, "").split(",") if part.strip()]


def _whole(name: str, usual: int, least: int) -> int:
    given = request.args.get(name, "")
    if not given:
        return usual
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given) >= least):
        raise InvalidInput("A limit is a whole number from 1 on.", field=name)
    return int(given)


def _touches(bounds: Box | None) -> bool:
    asked = read_bbox(request.args.get("bbox"))
    if asked is None or bounds is None:
        return asked is None
    return asked[0] <= bounds[2] and bounds[0] <= asked[2] and asked[1] <= bounds[3] and bounds[1] <= asked[3]


def _record(one: Entry, bounds: Box | None) -> dict[str, Any]:
    """A record as GeoJSON; its geometry is the box in which the layer lies."""
    layer, words = one.layer, one.words
    here = f"{root()}/catalogue/items/{layer.id}"
    links = [
        link(here, "self", GEOJSON), link(f"{root()}/catalogue", "collection", JSON),
        link(f"{request.host_url.rstrip('/')}/layers/{layer.id}", "alternate", HTML, words["title"]),
    ]  # fmt: skip
    if layer.floor is None:
        links.append(link(f"{root()}/collections/{layer.id}", "item", JSON, "OGC API"))
    theme = {"id": layer.theme, "title": str(THEMES[layer.theme])}
    told: dict[str, Any] = {
        "type": TYPE, "title": words["title"], "description": words["about"] or None,
        "keywords": [str(field.title) for field in layer.fields],
        "themes": [{"concepts": [theme], "scheme": f"{root()}/catalogue"}],
        "license": words["licence"] or None, "updated": layer.changed_at and layer.changed_at.isoformat(),
        "contacts": [{"organization": name} for name in dict.fromkeys((words["owner"], words["source"])) if name],
    }  # fmt: skip
    return {
        "id": layer.id, "type": "Feature", "time": None, "geometry": _box(bounds),
        "properties": {name: value for name, value in told.items() if value not in (None, [])}, "links": links,
    }  # fmt: skip


def _box(bounds: Box | None) -> dict[str, Any] | None:
    if bounds is None or not all(map(math.isfinite, bounds)):
        return None
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
