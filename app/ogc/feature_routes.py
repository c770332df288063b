"""Features of a collection: read by page and by id, and of uploaded layers added, changed and taken away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from flask import Response, make_response, render_template, request
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import public
from app.datasets import edits
from app.datasets import queries as datasets
from app.maps.answers import conditional_json
from app.maps.asked import looking, registry
from app.ogc import asked as asking
from app.ogc import crs as systems
from app.ogc import items
from app.ogc.asked import Asked
from app.ogc.door import Changed, bp, seen, wants_html
from app.ogc.told import GEOJSON, HTML, JSON, link, root
from app.web.city import city_facts
from app.web.paging import encode
from gis.db import reading, transaction
from gis.errors import InvalidInput
from grid.reach import Viewer
from layers.touches import TOUCHES


@bp.get("/collections/<layer_id>/items")
@public
def get_items(layer_id: str) -> BaseResponse:
    """A page of features."""
    with TOUCHES.standing():
        layer, viewer = seen(layer_id)
    asked = asking.read(layer, request.args.to_dict(), ZoneInfo(city_facts().time_zone))
    with reading() as db:
        page = items.page(db, layer, viewer, asked)
    links = _page_links(layer_id, asked, page)
    if wants_html():
        rows = [json.loads(one) for one in page.features]
        return make_response(render_template(
            "ogc/page.html", found={"links": links}, heading=str(layer.title), rows=rows, fields=layer.fields,
            matched=page.matched, layer_id=layer_id,
        ))  # fmt: skip
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    members = {"links": links, "timeStamp": moment, "numberReturned": len(page.features)}
    members |= {} if page.matched is None else {"numberMatched": page.matched}
    more = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in members.items())
    made = conditional_json(f'{{"type":"FeatureCollection","features":[{",".join(page.features)}]{more}}}', GEOJSON)
    made.headers["Content-Crs"] = f"<{asked.crs.uri}>"
    made.headers["Link"] = ", ".join(f'<{one["href"]}>; rel="{one["rel"]}"; type="{one["type"]}"' for one in links)
    return made


def _page_links(layer_id: str, asked: Asked, page: items.Page) -> list[dict[str, Any]]:
    here = f"{root()}/collections/{layer_id}/items"
    args = {name: value for name, value in request.args.items() if name not in ("cursor", "f")}

    def to(rel: str, kind: str, **more: str) -> dict[str, Any]:
        return link(f"{here}?{urlencode(args | more)}", rel, kind)

    now = {"cursor": request.args["cursor"]} if request.args.get("cursor") else {}
    own, other = ("html", "json") if wants_html() else ("json", "html")
    kinds = {"json": GEOJSON, "html": HTML}
    made = [to("self", kinds[own], f=own, **now), to("alternate", kinds[other], f=other, **now)]
    made.append(link(f"{root()}/collections/{layer_id}", "collection", JSON))
    if page.has_after and page.last_id is not None:
        made.append(to("next", kinds[own], f=own, cursor=encode([page.last_id, page.matched, False])))
    if page.has_before and page.first_id is not None:
        made.append(to("prev", kinds[own], f=own, cursor=encode([page.first_id, page.matched, True])))
    return made


@bp.get("/collections/<layer_id>/items/<int:row_id>")
@public
def get_item(layer_id: str, row_id: int) -> BaseResponse:
    """One feature."""
    layer, viewer = seen(layer_id)
    with reading() as db:
        crs = systems.read(request.args.get("crs"), systems.offered(), "crs")
        text = items.one(db, layer, viewer, row_id, crs)
    here = f"{root()}/collections/{layer_id}"
    links = [
        link(f"{here}/items/{row_id}?f=json", "self", GEOJSON),
        link(f"{here}/items/{row_id}?f=html", "alternate", HTML),
        link(here, "collection", JSON),
    ]  # fmt: skip
    if wants_html():
        rows = [json.loads(text)]
        return make_response(render_template(
            "ogc/page.html", found={"links": links}, heading=f"{layer.title} {row_id}", rows=rows, fields=layer.fields,
            matched=1, layer_id=layer_id,
        ))  # fmt: skip
    made = conditional_json(f'{text[:-1]},"links":{json.dumps(links)}}}', GEOJSON)
    made.set_etag(_tag(text))
    made.headers["Content-Crs"] = f"<{crs.uri}>"
    return made


def _tag(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def may_edit(layer_id: str, viewer: Viewer) -> bool:
    """Whether the viewer may change the features of a collection."""
    found = datasets.one(layer_id)
    own = found is not None and found.owner_id is not None and found.owner_id == viewer.account_id
    return found is not None and ((own and viewer.may("datasets.edit")) or viewer.may("datasets.manage"))


def _to_edit(layer_id: str) -> tuple[Viewer, frozenset[str]]:
    """Who edits, and the columns that are hidden from them; only uploaded layers are edited here."""
    viewer = looking()
    hidden = datasets.hidden_columns(registry(), viewer, layer_id)
    if datasets.one(layer_id) is None:
        raise MethodNotAllowed(valid_methods=["GET", "HEAD", "OPTIONS"])
    return viewer, hidden


def _feature() -> tuple[Mapping[str, Any], BaseGeometry | None]:
    """Properties and geometry (EPSG:4326) of the body, whose coordinates are in ``Content-Crs``."""
    body = request.get_json(force=True, silent=True)
    properties = body.get("properties") if isinstance(body, dict) else None
    properties = {} if properties is None else properties
    if not isinstance(body, dict) or not isinstance(properties, dict):
        raise InvalidInput("The body is no GeoJSON feature.", field="body")
    if body.get("geometry") is None:
        return properties, None
    try:
        shape = shapely.from_geojson(json.dumps(body["geometry"]))
    except (shapely.errors.GEOSException, ValueError, TypeError) as error:
        raise InvalidInput("The geometry is no GeoJSON geometry.", field="geometry") from error
    crs = systems.read(request.headers.get("Content-Crs"), systems.offered(), "Content-Crs")
    return properties, _to_degrees(shape, crs)


def _to_degrees(shape: BaseGeometry, crs: systems.Crs) -> BaseGeometry:
    if crs.flipped:
        shape = shapely.transform(shape, lambda at: at[:, ::-1])
    if crs.srid == 4326:
        return shape
    move = Transformer.from_crs(crs.srid, 4326, always_xy=True)
    moved = lambda at: np.column_stack(move.transform(at[:, 0], at[:, 1]))  # noqa: E731
    return shapely.transform(shape, moved)


@bp.post("/collections/<layer_id>/items")
def post_item(layer_id: str) -> Response:
    """A new feature of an uploaded layer."""
    viewer, hidden = _to_edit(layer_id)
    properties, shape = _feature()
    with transaction() as db:
        row_id = edits.create(db, viewer, layer_id, properties, shape, hidden)
    made = Response(status=201)
    made.headers["Location"] = f"{root()}/collections/{layer_id}/items/{row_id}"
    return made


@bp.put("/collections/<layer_id>/items/<int:row_id>")
def put_item(layer_id: str, row_id: int) -> Response:
    """A whole feature in the place of another."""
    viewer, hidden = _to_edit(layer_id)
    properties, shape = _feature()
    with transaction() as db:
        _match(db, viewer, layer_id, row_id)
        edits.replace(db, viewer, layer_id, row_id, properties, shape, hidden)
    return Response(status=204)


@bp.patch("/collections/<layer_id>/items/<int:row_id>")
def patch_item(layer_id: str, row_id: int) -> Response:
    """What is given of a feature (RFC 7396)."""
    viewer, hidden = _to_edit(layer_id)
    properties, shape = _feature()
    with transaction() as db:
        _match(db, viewer, layer_id, row_id)
        edits.change(db, viewer, layer_id, row_id, properties, shape, hidden)
    return Response(status=204)


@bp.delete("/collections/<layer_id>/items/<int:row_id>")
def delete_item(layer_id: str, row_id: int) -> Response:
    """A feature is gone."""
    viewer, _ = _to_edit(layer_id)
    with transaction() as db:
        _match(db, viewer, layer_id, row_id)
        edits.remove(db, viewer, layer_id, row_id)
    return Response(status=204)


def _match(db: Session, viewer: Viewer, layer_id: str, row_id: int) -> None:
    """Changed unless the feature is what ``If-Match`` names; without the header nothing is asked."""
    if not request.headers.get("If-Match"):
        return
    edits.lock(db, viewer, layer_id)
    layer = registry().get(layer_id, viewer)
    now = items.one(db, layer, viewer, row_id, systems.LONLAT)
    if not request.if_match.contains_weak(_tag(now)):
        raise Changed("The feature was changed meanwhile: read it again.")
