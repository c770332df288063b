"""The API of the phone desk: taking a call down, the caller's history, calling back."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.session import current_viewer
from app.cases import reading
from app.channels import calls, intake, reporters, show
from app.channels.reporters import NAME_MAX, PHONE_MAX
from app.channels.schemas import CallIn, PhoneIn, ReporterPath, ResultIn, WaitingQuery
from app.web.idempotency import idempotent
from app.workflow import timing
from gis.db import transaction

TAG = Tag(name="calls", description="Calls taken down at the phone desk, and calling back")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("channels_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)


class PersonIn(BaseModel):
    """Name and number put right; a field that shows hidden digits is left as it is."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(default="", max_length=NAME_MAX)
    phone: str = Field(default="", max_length=PHONE_MAX)


class PurposeIn(BaseModel):
    """What for."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    purpose: str = Field(max_length=200)


@api.post("/calls")
@idempotent
def post_call(body: CallIn) -> tuple[Response, int]:
    """Take a call down: a new case, or a further caller of an open one."""
    viewer = current_viewer()
    with transaction() as db:
        taken = intake.take(db, viewer, body)
        told = {"number": taken.number, "is_joined": taken.is_joined, "reporter": show.as_json(taken.reporter)}
        return jsonify(told), 201


@api.post("/calls/history")
def post_history(body: PhoneIn) -> Response:
    """The cases that a number reported before, newest first; the number stands in no address and no log."""
    viewer = current_viewer()
    with transaction() as db:
        now = timing.now(db)
        return jsonify({"items": [reading.brief(row, now) for row in reporters.history(db, viewer, body.phone)]})


@api.get("/calls/waiting")
def get_waiting(query: WaitingQuery) -> Response:
    """Who waits for a call back, who waited longest first; names and numbers are masked."""
    viewer = current_viewer()
    with transaction() as db:
        found = calls.waiting(db, viewer, after=query.after, limit=query.limit + 1)
        shown, now = found[: query.limit], timing.now(db)
        items = [show.as_json(one) | {"case": reading.brief(row, now)} for one, row in shown]
        next_after = shown[-1][0].id if len(found) > query.limit else None
        return jsonify({"items": items, "next": next_after, "matched": calls.count_waiting(db, viewer)})


@api.post("/calls/<int:reporter_id>/open")
def post_open(path: ReporterPath, body: PurposeIn) -> Response:
    """Name and number in full; the look is recorded with its purpose."""
    viewer = current_viewer()
    with transaction() as db:
        told = jsonify(vars(reporters.open_person(db, viewer, path.reporter_id, body.purpose)))
    told.headers["Cache-Control"] = "no-store"
    return told


@api.post("/calls/<int:reporter_id>/result")
def post_result(path: ReporterPath, body: ResultIn) -> Response:
    """What came of calling back; who is dissatisfied may have the case taken up again."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(show.as_json(calls.answer(db, viewer, path.reporter_id, body)))


@api.patch("/calls/<int:reporter_id>")
def patch_person(path: ReporterPath, body: PersonIn) -> Response:
    """Put name and number right. What comes back masked, as it was shown, changes nothing."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(show.as_json(reporters.change(db, viewer, path.reporter_id, body.name, body.phone)))
