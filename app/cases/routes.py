"""The API of cases: parse, call, answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, current_app, jsonify, request, send_file
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field
from shapely.geometry import Point
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.cases import acts, assigned, catalogue_tree, doubles, photos, queries, reading, service, steps, tied, ties
from app.cases.models import Case
from app.cases.schemas import (
    AnswerIn,
    AsOfQuery,
    CaseIn,
    CaseQuery,
    CatalogueQuery,
    DoublesQuery,
    MoveIn,
    NearQuery,
    NumberPath,
    RequestPath,
    TasksQuery,
)
from app.web import paging
from app.web.assembly import Assembly
from app.web.idempotency import idempotent
from app.workflow.situation import Given
from gis.db import transaction
from gis.errors import InvalidInput
from grid.reach import Viewer

TAG = Tag(name="cases", description="Grid cases, their catalogue and photos")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("cases_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)
files = APIBlueprint("cases_photos", __name__, abp_tags=[TAG], abp_security=SECURITY)


class PhotoPath(BaseModel):
    """A photo by its key."""

    key: str = Field(max_length=64)


@api.get("/catalogue")
def get_catalogue(query: CatalogueQuery) -> Response:
    """The classes to choose from, majors with their minor classes; `q` finds names, pinyin, initials and codes."""
    current_viewer().require("cases.read")
    with transaction() as db:
        return jsonify(catalogue_tree.tree(db, kind=query.kind, q=query.q))


@api.post("/cases")
@idempotent
def post_case(body: CaseIn) -> tuple[Response, int]:
    """Log a case where it lies."""
    viewer = current_viewer()
    with transaction() as db:
        return _told(db, viewer, service.create(db, viewer, body)), 201


@api.get("/cases")
def get_cases(query: CaseQuery) -> Response:
    """Cases inside the viewer's reach, newest report first unless another order is asked for."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    with transaction() as db:
        asked = assigned.filter_of(db, viewer, query, now)
        after = paging.decode(query.after) if query.after else ()
        order = query.sorted_by
        rows = queries.page(db, viewer, asked, now=now, limit=query.limit + 1, after=after, order=order)
        shown = rows[: query.limit]
        last = shown[-1] if len(rows) > query.limit else None
        return jsonify({
            "items": [reading.brief(row, now) for row in shown],
            "next": paging.encode(queries.mark_of(last, order)) if last else None,
            "matched": queries.matched(db, viewer, asked, now=now),
        })  # fmt: skip


@api.get("/tasks")
def get_tasks(query: TasksQuery) -> Response:
    """My open tasks: those of my posts' duty cells first, then those of cells that no post covers."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    with transaction() as db:
        found = assigned.tasks_of(db, viewer, limit=query.limit)
        counts = assigned.count_of(db, viewer)
        return jsonify({
            "own": counts.own, "nobodys": counts.nobodys,
            "items": [
                {"task": one.task, "is_own": one.is_own, "due_at": reading.iso(one.due_at),
                 "case": reading.brief(one.row, now)}
                for one in found
            ],
        })  # fmt: skip


@api.get("/cases/near")
def get_near(query: NearQuery) -> Response:
    """Open cases around a place, nearest first: to see doubles before logging one."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    with transaction() as db:
        found = queries.near(
            db, viewer, Point(query.lon, query.lat), query.radius_m, class_id=query.class_id, limit=query.limit
        )
        return jsonify({
            "items": [reading.brief(row, now) | {"distance_m": round(metres, 1)} for row, metres in found]
        })  # fmt: skip


@api.get("/cases/duplicates")
def get_duplicates(query: DoublesQuery) -> Response:
    """What a case about to be logged may be a double of, the most likely first, with the reasons."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    with transaction() as db:
        found = doubles.before(
            db, viewer, query.class_, Point(query.lon, query.lat), query.at or now, component_id=query.component,
            words=query.text, limit=query.limit,
        )  # fmt: skip
        return jsonify(tied.doubles_json(found, now))


@api.get("/cases/<string:number>/duplicates")
def get_duplicates_of(path: NumberPath) -> Response:
    """What a case may be a double of, the most likely first, with the reasons."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(tied.doubles_json(doubles.after(db, viewer, path.number), datetime.now(UTC)))


@api.get("/cases/<string:number>")
def get_case(path: NumberPath) -> Response:
    """One case."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(_detail(db, viewer, path.number))


@api.get("/cases/<string:number>/history")
def get_history(path: NumberPath) -> Response:
    """What happened to a case, oldest first."""
    viewer = current_viewer()
    with transaction() as db:
        lines = queries.history(db, viewer, path.number)
        return jsonify({"items": [line | {"at": reading.iso(line["at"])} for line in lines]})


@api.post("/cases/<string:number>/moves")
@idempotent
def post_move(path: NumberPath, body: MoveIn) -> tuple[Response, int]:
    """Do one act; 202 where the role may only ask for it."""
    viewer = current_viewer()
    with transaction() as db:
        given = Given(body.answers, body.note, body.lon, body.lat)
        done = acts.act(db, viewer, path.number, body.act, given, revision=body.revision)
        return _told(db, viewer, done.case), 202 if done.request else 200


@api.post("/cases/<string:number>/requests/<int:request_id>")
@idempotent
def post_answer(path: RequestPath, body: AnswerIn) -> Response:
    """Grant, refuse or withdraw what was asked for."""
    viewer = current_viewer()
    with transaction() as db:
        acts.answer(db, viewer, path.number, path.request_id, body.answer, body.reply)
        return jsonify(_detail(db, viewer, path.number))


@api.post("/cases/<string:number>/undo")
@idempotent
def post_undo(path: NumberPath) -> Response:
    """Take back your newest step, within ten minutes."""
    viewer = current_viewer()
    with transaction() as db:
        acts.undo(db, viewer, path.number)
        return jsonify(_detail(db, viewer, path.number))


@api.get("/cases/<string:number>/as-of")
def get_as_of(path: NumberPath, query: AsOfQuery) -> Response:
    """The case's facts at a past moment."""
    with transaction() as db:
        return jsonify(acts.as_of(db, current_viewer(), path.number, query.at))


@api.post("/photos")
def post_photo() -> tuple[Response, int]:
    """Take in one photo (multipart field `photo`); it belongs to no case until a case names its key."""
    viewer = current_viewer()
    given = request.files.get("photo")
    if given is None:
        raise InvalidInput("Choose a photo.", field="photo")
    with transaction() as db:
        made = photos.add(db, viewer, given.stream.read(), store())
        return jsonify(reading.photo(made)), 201


@files.get("/photos/<string:key>")
def get_photo(path: PhotoPath) -> Response:
    """A photo, for who may see its case."""
    return _send(path.key, thumbnail=False)


@files.get("/photos/<string:key>/thumbnail")
def get_thumbnail(path: PhotoPath) -> Response:
    """A photo in small."""
    return _send(path.key, thumbnail=True)


def store() -> photos.PhotoStore:
    """Where this city keeps its photos."""
    city: Assembly = current_app.extensions["city"]
    return photos.PhotoStore.of(city.settings)


def _send(key: str, *, thumbnail: bool) -> Response:
    viewer = current_viewer()
    with transaction() as db:
        photos.open_photo(db, viewer, key)
    answer = send_file(store().find(key, thumbnail=thumbnail), mimetype="image/jpeg", conditional=True, max_age=86400)
    answer.headers["Cache-Control"] = "private, max-age=86400"
    return answer


def _told(db: Session, viewer: Viewer, case: Case) -> Response:
    """What became of a case: all of it, or as little as a program prefers (RFC 7240, `return=minimal`)."""
    if "return=minimal" not in request.headers.get("Prefer", ""):
        return jsonify(_detail(db, viewer, case.number))
    answer = jsonify({"number": case.number, "status": case.status, "revision": case.revision})
    answer.headers["Preference-Applied"] = "return=minimal"
    return answer


def _detail(db: Session, viewer: Viewer, number: str) -> dict[str, Any]:
    row = queries.get(db, viewer, number)
    now = datetime.now(UTC)
    told = reading.detail(row, now, photos.of_case(db, row.id))
    return told | tied.as_json(ties.of_case(db, viewer, row.id), now) | steps.as_json(db, viewer, number)
