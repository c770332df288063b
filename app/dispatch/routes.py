"""The API of the dispatch board: parse, call, answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.cases import board
from app.cases.reading import iso
from app.cases.visible import clock_of
from app.dispatch import routing, teams, told
from app.dispatch.schemas import NearestQuery, PositionIn, RouteIn, TeamPath
from app.web.idempotency import idempotent
from gis.db import transaction

TAG = Tag(name="dispatch", description="The dispatch board: waiting cases, teams, orders of stops by road")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("dispatch_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)
CASES_MAX = 200


@api.get("/dispatch/board")
def get_board() -> Response:
    """Filed cases that no department has yet, and departments with their teams, loads and last positions."""
    viewer = current_viewer()
    viewer.require("cases.dispatch")
    now = datetime.now(UTC)
    with transaction() as db:
        rows, count = board.waiting(db, viewer, CASES_MAX)
        lines = teams.board_lines(db, viewer, now)
        return jsonify({
            "now": now.isoformat(), "waiting": count,
            "cases": [
                {"number": row.number, "lon": row.lon, "lat": row.lat, "revision": row.revision,
                 "due_at": iso(row.due_at), "clock": clock_of(row.yellow_at, row.due_at, True, now)}
                for row in rows
            ],
            "departments": [told.department(one, now) for one in lines],
        })  # fmt: skip


@api.get("/dispatch/nearest")
def get_nearest(query: NearestQuery) -> Response:
    """The teams nearest to a case by road, from their last positions."""
    viewer = current_viewer()
    viewer.require("cases.dispatch")
    now = datetime.now(UTC)
    with transaction() as db:
        found = routing.nearest(db, viewer, query.case, query.limit)
        return jsonify({"speed_kmh": routing.SPEED_KMH, "items": [told.near(one, now) for one in found]})


@api.post("/dispatch/routes")
@idempotent
def post_route(body: RouteIn) -> Response:
    """An order of stops by road for a team; with `save` it becomes the team's list."""
    viewer = current_viewer()
    with transaction() as db:
        found = routing.suggest(db, viewer, body.team, body.cases, body.order)
        made = routing.save(db, viewer, found) if body.save else None
        return jsonify(told.route_json(found) | {"id": made.id if made else None})


@api.post("/teams/<string:code>/position")
def post_position(path: TeamPath, body: PositionIn) -> Response:
    """Where a team of one's department is; only the last position is kept."""
    with transaction() as db:
        return jsonify({"at": iso(teams.tell_position(db, current_viewer(), path.code, body))})
