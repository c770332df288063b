"""The API of the field page: parse, call, answer."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_wtf.csrf import generate_csrf
from pydantic import ValidationError
from shapely.geometry import Point

from app.accounts.session import current_viewer
from app.cases.routes import store
from app.errors import from_validation
from app.field import patrols, service, take_along
from app.field.schemas import ConsentIn, HereQuery, PhotoForm, ReportIn, StepIn, TrackIn
from app.workflow import timing
from gis.db import transaction
from gis.errors import InvalidInput

TAG = Tag(name="field", description="What phones send: each thing once, each with a receipt; patrols")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("field_api", __name__, url_prefix="/api/v1/field", abp_tags=[TAG], abp_security=SECURITY)


@api.get("/hello")
def get_hello() -> Response:
    """Who this phone speaks for now, our time, and the token that its requests carry."""
    viewer = current_viewer()
    with transaction() as db:
        said = patrols.consent(db, viewer)
        answer = jsonify({
            "account_id": viewer.account_id, "name": viewer.name, "csrf": generate_csrf(),
            "now": timing.now(db).isoformat(), "may_patrol": viewer.may(patrols.RIGHT),
            "may_log": viewer.may("cases.create"), "consent": None if said is None else said.is_given,
        })  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.get("/snapshot")
def get_snapshot(query: HereQuery) -> Response:
    """Tasks, what lies around, classes and cells: what a phone takes along for where there is no network."""
    at = None if query.lon is None or query.lat is None else Point(query.lon, query.lat)
    with transaction() as db:
        answer = jsonify(take_along.snapshot(db, current_viewer(), at))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@api.post("/reports")
def post_report(body: ReportIn) -> Response:
    """Log a case from a phone; the same client id again gives the same answer."""
    with transaction() as db:
        return _told(*service.report(db, current_viewer(), body))


@api.post("/moves")
def post_move(body: StepIn) -> Response:
    """Do an act from a phone; the same client id again gives the same answer."""
    with transaction() as db:
        return _told(*service.step(db, current_viewer(), body))


@api.post("/photos")
def post_photo() -> Response:
    """Take in a photo (multipart: `photo`, `client_id`, and `report` where it belongs to one)."""
    viewer = current_viewer()
    file = request.files.get("photo")
    if file is None:
        raise InvalidInput("Choose a photo.", field="photo")
    try:
        form = PhotoForm.model_validate(request.form.to_dict())
    except ValidationError as error:
        return from_validation(error)
    with transaction() as db:
        return _told(*service.photo(db, viewer, form, file.stream.read(), store()))


@api.post("/consent")
def post_consent(body: ConsentIn) -> Response:
    """Agree to have one's patrols recorded, or take that back."""
    with transaction() as db:
        said = patrols.say(db, current_viewer(), body.given)
        return jsonify({"consent": said.is_given, "at": said.at.isoformat()})


@api.post("/tracks")
def post_track(body: TrackIn) -> Response:
    """Points of a patrol; sent again they add nothing."""
    with transaction() as db:
        return jsonify(patrols.record(db, current_viewer(), body))


def _told(answer: dict[str, Any], was_there: bool) -> Response:
    told = jsonify(answer)
    told.status_code = 200 if was_there else 201
    if was_there:
        told.headers["Idempotency-Replayed"] = "true"
    return told
