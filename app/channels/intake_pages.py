"""The phone desk: a call taken down in one form; beside it the caller's earlier cases, and cases like it nearby."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from pydantic import ValidationError
from shapely.geometry import Point
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import current_viewer
from app.cases import doubles
from app.cases.show import line
from app.channels import calls, classes, intake, reporters, show, spots
from app.channels.schemas import CallIn, ResultIn
from app.channels.words import RATINGS
from app.errors import status_of, words_of
from app.web.city import middle
from gis.db import transaction
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

bp = Blueprint("intake", __name__, url_prefix="/intake", template_folder="templates")
RIGHT = "cases.reporter"
PAGE = 20
DAYS = 30
KEY_MAX = 64


@bp.get("")
def show_intake() -> str:
    """An empty form; ``done`` is the number of the case that the last call became."""
    with transaction() as db:
        return _page(db, _desk(), {}, done=request.args.get("done", "")[:40], joined="joined" in request.args)


def _desk() -> Viewer:
    viewer = current_viewer()
    viewer.require(intake.RIGHT)
    viewer.require(RIGHT)
    return viewer


@bp.post("")
def post_call() -> BaseResponse | tuple[str, int]:
    """Look the caller up, file the call, or join it to the case of ``into``."""
    viewer, form = _desk(), request.form
    try:
        with transaction() as db:
            if form.get("do") == "look":
                return make_response(_page(db, viewer, form.to_dict()))
            taken = intake.take(db, viewer, _call(form.to_dict()), form_key=form.get("form_key", "")[:KEY_MAX] or None)
    except (InvalidInput, Conflict, NotFound, Forbidden) as error:
        with transaction() as db:
            return _page(db, viewer, form.to_dict(), failed=error), status_of(error)
    return redirect(f"/intake?done={taken.number}{'&joined=1' if taken.is_joined else ''}", 303)


def _call(form: dict[str, str]) -> CallIn:
    spot = spots.read(form)
    given: dict[str, Any] = {name: form.get(name, "") for name in ("name", "phone", "description", "into")}
    if form.get("class_id", "").strip():
        given["class_id"] = form["class_id"]
    if spot is not None:
        given |= vars(spot)
    try:
        return CallIn(**given, wants_reply="wants_reply" in form)
    except ValidationError as error:
        wrong = error.errors()[0]
        field = str(wrong["loc"][0])
        raise InvalidInput("What stands in {field} can't be taken.", field=field) from error


@bp.post("/look")
def post_look() -> str:
    """What is known of caller and place, as a part of the page: asked for while one types."""
    viewer, form = _desk(), request.form.to_dict()
    with transaction() as db:
        return render_template("channels/_found.html", **_found(db, viewer, form, datetime.now(UTC)))


def _page(
    db: Session, viewer: Viewer, typed: dict[str, str], *, failed: CityError | None = None, done: str = "",
    joined: bool = False,
) -> str:  # fmt: skip
    now = datetime.now(UTC)
    found: dict[str, Any] = {"history": None, "doubles": None}
    try:
        found = _found(db, viewer, typed, now)
    except InvalidInput as error:
        failed = failed or error
    return render_template(
        "channels/intake.html", groups=classes.for_desk(db), typed=typed, done=done, joined=joined, failed=failed,
        failed_words=words_of(failed) if failed else "", waiting=calls.count_waiting(db, viewer),
        places=spots.offered(db, viewer, typed["address"]) if typed.get("address") else [], start=middle(db),
        form_key=typed.get("form_key") or secrets.token_hex(16), **found,
    )  # fmt: skip


def _found(db: Session, viewer: Viewer, typed: dict[str, str], now: datetime) -> dict[str, Any]:
    """Earlier cases of the number, and what the call may be a double of."""
    phone, spot = typed.get("phone", "").strip(), spots.read(typed)
    history = reporters.history(db, viewer, phone) if phone else None
    told = None if history is None else [line(row, now) for row in history]
    if spot is None:
        return {"history": told, "doubles": None}
    given = typed.get("class_id", "")
    class_id = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None
    near = doubles.before(
        db, viewer, class_id, Point(spot.lon, spot.lat), now, words=typed.get("description", ""), limit=5
    )  # fmt: skip
    alike = [line(one.row, now) | {"metres": round(one.metres), "is_likely": one.is_likely} for one in near.items]
    return {"history": told, "doubles": [one for one in alike if one["is_open"]]}


@bp.get("/calls")
def show_calls() -> str:
    """Who is to be called back, who waited longest first."""
    with transaction() as db:
        return _calls(db, _desk())


def _calls(
    db: Session, viewer: Viewer, *, opened: tuple[int, reporters.Person] | None = None, failed: CityError | None = None,
    failed_id: int = 0,
) -> str:  # fmt: skip
    now = datetime.now(UTC)
    given = request.args.get("after", "")
    after = int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0
    found = calls.waiting(db, viewer, after=after, limit=PAGE + 1)
    return render_template(
        "channels/calls.html", items=[show.told(one, now) | {"case": line(row, now)} for one, row in found[:PAGE]],
        more=found[PAGE - 1][0].id if len(found) > PAGE else None, ratings=RATINGS, days=DAYS,
        waiting=calls.count_waiting(db, viewer), figures=calls.figures(db, viewer, now - timedelta(days=DAYS)),
        opened=opened, failed=failed, failed_id=failed_id, failed_words=words_of(failed) if failed else "",
        typed=request.form,
    )  # fmt: skip


@bp.post("/calls/<int:reporter_id>/open")
def post_open(reporter_id: int) -> BaseResponse | tuple[str, int]:
    """Show a number in full, once, for the purpose that is recorded."""
    viewer = _desk()
    try:
        with transaction() as db:
            person = reporters.open_person(db, viewer, reporter_id, request.form.get("purpose", ""))
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _calls(db, viewer, failed=error, failed_id=reporter_id), status_of(error)
    with transaction() as db:
        told = make_response(_calls(db, viewer, opened=(reporter_id, person)))
    told.headers["Cache-Control"] = "no-store"
    return told


@bp.post("/calls/<int:reporter_id>/result")
def post_result(reporter_id: int) -> BaseResponse | tuple[str, int]:
    """What came of the call."""
    viewer, form = _desk(), request.form
    try:
        with transaction() as db:
            calls.answer(db, viewer, reporter_id, _result())
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _calls(db, viewer, failed=error, failed_id=reporter_id), status_of(error)
    return redirect("/intake/calls" + ("?reopened=1" if "reopen" in form else ""), 303)


def _result() -> ResultIn:
    form = request.form
    try:
        return ResultIn(
            rating=form.get("rating", ""), comment=form.get("comment", ""), reopen="reopen" in form
        )  # fmt: skip
    except ValidationError as error:
        raise InvalidInput("Choose what came of the call.", field="rating") from error


@bp.post("/reporters/<int:reporter_id>/open")
def post_open_person(reporter_id: int) -> BaseResponse | tuple[str, int]:
    """Who reported a case, in full, on a page of its own."""
    viewer = _desk()
    try:
        with transaction() as db:
            person = reporters.open_person(db, viewer, reporter_id, request.form.get("purpose", ""))
    except (InvalidInput, Conflict) as error:
        return _person(viewer, reporter_id, failed=error), status_of(error)
    told = make_response(_person(viewer, reporter_id, person))
    told.headers["Cache-Control"] = "no-store"
    return told


@bp.post("/reporters/<int:reporter_id>")
def post_person(reporter_id: int) -> BaseResponse | tuple[str, int]:
    """Name and number put right."""
    viewer, form = _desk(), request.form
    try:
        with transaction() as db:
            reporters.change(db, viewer, reporter_id, form.get("name", ""), form.get("phone", ""))
            row = reporters.get(db, viewer, reporter_id)[1]
    except InvalidInput as error:
        return _person(viewer, reporter_id, failed=error), status_of(error)
    return redirect(f"/cases/{row.number}", 303)


def _person(
    viewer: Viewer, reporter_id: int, person: reporters.Person | None = None, failed: CityError | None = None
) -> str:
    with transaction() as db:
        found, row = reporters.get(db, viewer, reporter_id)
        now = datetime.now(UTC)
        return render_template(
            "channels/person.html", one=show.told(found, now), case=line(row, now), person=person, failed=failed,
            failed_words=words_of(failed) if failed else "", typed=request.form if person is None else {},
        )  # fmt: skip
