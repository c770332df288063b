"""The API of components: parse, call, answer."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from shapely.geometry import Point

from app.accounts.session import current_viewer
from app.cases.reading import iso
from app.components import queries, reading, service
from app.components.schemas import CodePath, ComponentIn, ComponentQuery, NearQuery, StateIn
from app.web import paging
from app.web.idempotency import idempotent
from gis.db import transaction

TAG = Tag(name="components", description="Managed objects in public space")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("components_api", __name__, url_prefix="/api/v1/components", abp_tags=[TAG], abp_security=SECURITY)


@api.post("")
@idempotent
def post_component(body: ComponentIn) -> tuple[Response, int]:
    """Register a component where it stands; without a code, the next one of its class and area is given."""
    viewer = current_viewer()
    with transaction() as db:
        made = service.create(db, viewer, body)
        return jsonify(reading.detail(queries.get(db, viewer, made.code))), 201


@api.get("")
def get_components(query: ComponentQuery) -> Response:
    """Components inside the viewer's reach, by code."""
    viewer = current_viewer()
    with transaction() as db:
        after = paging.decode(query.after) if query.after else ()
        asked = reading.filter_of(query)
        rows = queries.page(db, viewer, asked, limit=query.limit + 1, after=after)
        shown = rows[: query.limit]
        last = shown[-1] if len(rows) > query.limit else None
        return jsonify({
            "items": [reading.brief(row) for row in shown],
            "next": paging.encode([last.code]) if last else None,
            "matched": queries.matched(db, viewer, asked),
        })  # fmt: skip


@api.get("/near")
def get_near(query: NearQuery) -> Response:
    """Components around a place, nearest first."""
    viewer = current_viewer()
    at = Point(query.lon, query.lat)
    with transaction() as db:
        found = queries.near(db, viewer, at, query.radius_m, class_id=query.class_id, limit=query.limit)
        return jsonify({"items": [reading.brief(row) | {"distance_m": round(metres, 1)} for row, metres in found]})


@api.get("/<string:code>")
def get_component(path: CodePath) -> Response:
    """One component."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(reading.detail(queries.get(db, viewer, path.code)))


@api.get("/<string:code>/history")
def get_history(path: CodePath) -> Response:
    """What happened to a component, oldest first."""
    viewer = current_viewer()
    with transaction() as db:
        lines = queries.history(db, viewer, path.code)
        return jsonify({"items": [line | {"at": iso(line["at"])} for line in lines]})


@api.post("/<string:code>/state")
@idempotent
def post_state(path: CodePath, body: StateIn) -> Response:
    """Change a component's condition; the change is a new line of its history."""
    viewer = current_viewer()
    with transaction() as db:
        service.set_state(db, viewer, path.code, body.state, note=body.note, expected=body.expected)
        return jsonify(reading.detail(queries.get(db, viewer, path.code)))
