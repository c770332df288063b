"""The events' API."""

from __future__ import annotations

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.emergency import queries, service
from app.emergency.classes import class_tree
from app.emergency.inside import inside
from app.emergency.schemas import ClassQuery, EventChange, EventNumber, EventQuery, InsideQuery, NewEvent
from app.web.idempotency import idempotent
from gis.db import transaction

TAG = Tag(name="events", description="Emergency events")
bp = APIBlueprint("events_api", __name__, url_prefix="/api/v1", abp_tags=[TAG])


@bp.get("/events")
def get_events(query: EventQuery) -> dict[str, Any]:
    """Events in reach, newest first."""
    with transaction() as db:
        return queries.find(db, current_viewer(), query)


@bp.post("/events")
@idempotent
def post_event(body: NewEvent) -> tuple[dict[str, Any], int]:
    """Open an event at a point, along a line or over an area."""
    viewer = current_viewer()
    with transaction() as db:
        event = service.create(db, viewer, body)
        return queries.read(db, viewer, event.number), 201


@bp.get("/events/<number>")
def get_event(path: EventNumber) -> dict[str, Any]:
    """One event with its zone."""
    with transaction() as db:
        return queries.read(db, current_viewer(), path.number)


@bp.patch("/events/<number>")
def patch_event(path: EventNumber, body: EventChange) -> dict[str, Any]:
    """Change facts, level, status or zone; each is a line of the log."""
    viewer = current_viewer()
    with transaction() as db:
        service.change(db, viewer, path.number, body)
        return queries.read(db, viewer, path.number)


@bp.get("/events/<number>/history")
def get_history(path: EventNumber) -> dict[str, Any]:
    """The event's log, oldest first."""
    with transaction() as db:
        return {"items": queries.history(db, current_viewer(), path.number)}


@bp.get("/events/<number>/inside")
def get_inside(path: EventNumber, query: InsideQuery) -> dict[str, Any]:
    """Counts of what lies in the zone."""
    with transaction() as db:
        return inside(db, current_viewer(), path.number, query.radius_m).to_json()


@bp.get("/emergency-classes")
def get_classes(query: ClassQuery) -> dict[str, Any]:
    """The classes of emergencies as trees."""
    current_viewer().require("events.read")
    with transaction() as db:
        return class_tree(db, query.q)
