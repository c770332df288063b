"""The API of kept views and prints: parse, call, answer."""

from __future__ import annotations

import json
from typing import Any, cast

import shapely
from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint, Tag

from app.accounts.session import current_viewer
from app.maps.asked import registry
from app.printing import kept, service
from app.printing.atlas import units_of
from app.printing.paper import layout
from app.printing.schemas import AtlasIn, CodePath, FrameQuery, PagesQuery, PrintIn, PrintPath, ViewIn
from app.printing.told import print_json, view_json
from app.printing.view import read_place
from app.settings import Settings
from app.web.assembly import Assembly
from app.web.idempotency import idempotent
from gis.db import transaction
from gis.lazy import library
from layers.rectangle import read_bbox

making = library("app.printing.making")  # with what writes PDF

TAG = Tag(name="prints", description="Kept views, printed sheets and atlases, maps embedded elsewhere")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("printing_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)


def settings() -> Settings:
    """The settings of this application."""
    return cast(Assembly, current_app.extensions["city"]).settings


@api.post("/views", summary="Keep a view of the map under a short code")
@idempotent
def post_view(body: ViewIn) -> tuple[Response, int]:
    """The same view of the same account has the same code. It holds no data: who opens it sees what they may see."""
    with transaction() as db:
        made = kept.keep(db, current_viewer(), body.query, is_fixed=body.fixed)
        return jsonify(view_json(made, settings().address)), 201


@api.get("/views/<code>", summary="What a code opens")
def get_view(path: CodePath) -> Response:
    """`opens` is the map's address."""
    with transaction() as db:
        return jsonify(view_json(kept.find(db, current_viewer(), path.code), settings().address))


@api.get("/prints", summary="One's own prints and atlases")
def get_prints() -> Response:
    """Newest first; files are kept for some days."""
    with transaction() as db:
        return jsonify({"items": [print_json(*one) for one in service.own(db, current_viewer())]})


@api.post("/prints", summary="Have a sheet or an atlas printed")
@idempotent
def post_print(body: PrintIn) -> tuple[Response, int]:
    """The worker makes the PDF; ask for its progress under its key."""
    viewer = current_viewer()
    with transaction() as db:
        made = service.ask(db, registry(), viewer, body)
        return jsonify(print_json(*service.get(db, viewer, made.key))), 202


@api.get("/prints/frame", summary="What would stand on a sheet")
def get_frame(query: FrameQuery) -> Response:
    """The map's edge on the ground as GeoJSON, and the scale asked for, or the round one at which the box fits."""
    viewer = current_viewer()
    viewer.require(service.RIGHT)
    service.check_scale(query.scale)
    with transaction() as db:
        at = layout(query.paper, query.orientation).map
        place = read_place(query.center or "")
        found = making.frame_of(db, at, scale=query.scale, center=place, box=read_bbox(query.box))
    return jsonify({
        "scale": found.scale, "epsg": found.epsg, "north_deg": round(found.north_deg, 4),
        "outline": json.loads(shapely.to_geojson(found.outline())),
    })  # fmt: skip


@api.get("/prints/pages", summary="How many pages an atlas would have")
def get_pages(query: PagesQuery) -> Response:
    """One for each unit that you may see."""
    viewer = current_viewer()
    viewer.require(service.RIGHT)
    with transaction() as db:
        return jsonify({"pages": len(units_of(db, viewer, AtlasIn(by=query.by, level=query.level, area=query.area)))})


@api.get("/prints/<key>", summary="Progress of a print")
def get_print(path: PrintPath) -> Response:
    """`file` is where it is had, once it is done."""
    with transaction() as db:
        return jsonify(print_json(*service.get(db, current_viewer(), path.key)))


@api.post("/prints/<key>/cancel", summary="Stop a print")
def post_cancel(path: PrintPath) -> Response:
    """Nothing of it is kept."""
    with transaction() as db:
        return jsonify(print_json(*service.cancel(db, current_viewer(), path.key)))


@api.delete("/prints/<key>", summary="Take a print away")
def delete_print(path: PrintPath) -> tuple[str, int]:
    """Its file goes with it."""
    with transaction() as db:
        service.remove(db, current_viewer(), path.key, service.folder(settings()))
        return "", 204
