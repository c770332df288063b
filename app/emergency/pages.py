"""The pages of emergency events: the list, and one event with its zone, log and what lies inside."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.accounts.session import current_viewer
from app.emergency import queries, service
from app.emergency.classes import scheme_title
from app.emergency.inside import inside
from app.emergency.models import EventLevel
from app.emergency.schemas import EventChange, EventQuery
from app.emergency.service import MOVES
from app.emergency.words import ENTRIES, LEVELS, STATUSES, changes_in_words
from app.web.named import moment, name_of, named
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("events", __name__, template_folder="templates")
WORDS: dict[str, Any] = {
    "scheme_title": scheme_title,
    "LEVELS": LEVELS,
    "STATUSES": STATUSES,
    "ENTRIES": ENTRIES,
    "moment": moment,
    "name_of": name_of,
    "named": named,
    "changes_in_words": changes_in_words,
}


@bp.get("/events")
def list_events() -> str:
    """Events in reach, newest first, with filters in the address."""
    query = _query(request.args)
    viewer = current_viewer()
    with transaction() as db:
        found = queries.find(db, viewer, query)
    is_filtered = any(request.args.get(name) for name in ("status", "level", "q", "from", "to", "area"))
    return render_template("emergency/list.html", found=found, chosen=request.args, is_filtered=is_filtered, **WORDS)


@bp.get("/events/<number>")
def show_event(number: str) -> str:
    """One event."""
    viewer = current_viewer()
    with transaction() as db:
        event = queries.read(db, viewer, number)
        log = queries.history(db, viewer, number)
        counts = inside(db, viewer, number)
    older = [entry["data"]["zone_before"] for entry in log if "zone_before" in entry["data"]]
    return render_template(
        "emergency/event.html",
        event=event,
        log=log,
        counts=counts,
        older=older,
        moves=sorted(MOVES[event["status"]], key=list(STATUSES).index),
        may_edit=viewer.may("events.edit"),
        **WORDS,
    )


@bp.post("/events/<number>")
def post_change(number: str) -> Response:
    """Set status or level from the event's page."""
    given: dict[str, Any] = {"note": request.form.get("note", "")}
    if request.form.get("status"):
        given["status"] = request.form["status"]
    if "level" in request.form:
        level = request.form["level"]
        given["level"] = EventLevel(level) if level in set(EventLevel) else None
    try:
        change = EventChange.model_validate(given)
    except ValidationError as error:
        raise InvalidInput("This change can't be read. Load the page again.", field="status") from error
    with transaction() as db:
        service.change(db, current_viewer(), number, change)
    return redirect(f"/events/{number}", 303)


def _query(args: MultiDict[str, str]) -> EventQuery:
    """The list's filters from the address; what makes no sense is told by field."""
    known = {
        name: value
        for name, value in args.items()
        if value and name in ("status", "level", "class", "area", "from", "to", "q", "after")
    }
    try:
        return EventQuery.model_validate(known | {"limit": 50})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InvalidInput("The filter {name} can't be read.", field=field, name=field) from error
