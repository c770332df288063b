"""The pages of one case and the forms for its next step. They work without scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.rights import role_name
from app.accounts.session import current_viewer
from app.cases import acts, conditions, doubles, outside, photos, posted, queries, show, steps, tied, ties, watch
from app.cases.models import OPEN_STATUSES
from app.cases.words import OUTCOMES
from app.components import queries as components
from app.errors import status_of, words_of
from app.web.city import DepartmentNames
from app.web.named import moment, named
from app.workflow.situation import Given
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput
from gis.measure import WGS84
from grid.locate import OutsideCity
from grid.located import LocatedBy
from grid.reach import Viewer
from grid.reverse import describe

bp = Blueprint("cases", __name__, template_folder="templates")
NEAR_M = 200
NEAR_DAYS = 30
NEAR_MAX, COMPONENT_MAX = 8, 10


@bp.get("/cases/new")
def new_case() -> BaseResponse:
    """A case is logged where it lies: on the map."""
    current_viewer().require("cases.create")
    return redirect("/map?act=new-case", 303)


@bp.get("/cases/<number>")
def show_case(number: str) -> str:
    """One case: where, what, clock, next steps, photos, what happened, what else lies near."""
    with transaction() as db:
        return _page(db, current_viewer(), number)


@bp.post("/cases/<number>/moves")
def post_move(number: str) -> BaseResponse | tuple[str, int]:
    """One act; a refusal comes back with the reason beside what was typed, and with the photos that were sent."""
    viewer = current_viewer()
    form = request.form
    act = form.get("act", "")
    kept: list[str] = form.getlist(posted.PHOTOS)
    try:
        revision = int(form["revision"]) if form.get("revision", "").isdecimal() else None
        kept += posted.take_photos(viewer, act)
        with transaction() as db:
            acts.act(db, viewer, number, act, Given(posted.answers(act, kept)), revision=revision)
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            typed = form.to_dict() | {posted.PHOTOS: photos.unattached(db, viewer, kept)}
            return _page(db, viewer, number, failed=error, typed=typed), status_of(error)
    return redirect(f"/cases/{number}", 303)


@bp.post("/cases/<number>/requests/<int:request_id>")
def post_answer(number: str, request_id: int) -> BaseResponse | tuple[str, int]:
    """The answer to what was asked for."""
    viewer = current_viewer()
    try:
        with transaction() as db:
            acts.answer(db, viewer, number, request_id, request.form.get("answer", ""), request.form.get("reply", ""))
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _page(db, viewer, number, failed=error, typed=request.form.to_dict()), status_of(error)
    return redirect(f"/cases/{number}", 303)


@bp.post("/cases/<number>/undo")
def post_undo(number: str) -> BaseResponse | tuple[str, int]:
    """One's newest step taken back."""
    viewer = current_viewer()
    try:
        with transaction() as db:
            acts.undo(db, viewer, number)
    except Conflict as error:
        with transaction() as db:
            return _page(db, viewer, number, failed=error), status_of(error)
    return redirect(f"/cases/{number}", 303)


@bp.get("/cases/<number>/merge")
def show_merge(number: str) -> str:
    """Both cases side by side, before one is merged into the other."""
    viewer, now = current_viewer(), datetime.now(UTC)
    viewer.require("cases.move")
    with transaction() as db:
        row, main = queries.get(db, viewer, number), queries.get(db, viewer, request.args.get("into", "").strip()[:40])
        return render_template(
            "cases/merge.html", case=show.line(row, now), main=show.line(main, now),
            photos=photos.of_case(db, row.id), main_photos=photos.of_case(db, main.id),
            metres=round(WGS84.inv(row.lon, row.lat, main.lon, main.lat)[2]),
            span=show.short(abs(row.reported_at - main.reported_at)), revision=acts.get(db, viewer, number).revision,
        )  # fmt: skip


def _page(
    db: Session, viewer: Viewer, number: str, *, failed: CityError | None = None, typed: dict[str, Any] | None = None
) -> str:
    now = datetime.now(UTC)
    row = queries.get(db, viewer, number)
    told = steps.as_json(db, viewer, number)
    shown = photos.of_case(db, row.id)
    return render_template(
        "cases/case.html", may_merge=any(one["act"] == "merge" and not one["blocked"] for one in told["acts"]),
        ties=tied.told(ties.of_case(db, viewer, row.id), now),
        doubles=tied.doubles_told(doubles.of_row(db, viewer, row) if row.status in OPEN_STATUSES else None, now),
        case=show.line(row, now), facts=_facts(db, viewer, row), place=_place(db, row), photos=shown,
        may_undo=acts.may_undo(db, viewer, row.id),
        warnings=show.warnings(watch.warnings_of(db, row.id), now),
        history=show.with_photos(show.past(queries.history(db, viewer, number), now), shown),
        near=_near(db, viewer, row, now), others=_of_component(db, viewer, row, now), near_m=NEAR_M,
        steps=told["acts"], asked=told["requests"], tasks=told["tasks"], revision=told["revision"],
        stage_due=show.moment(acts.get(db, viewer, number).stage_due_at, now),
        on_map=show.map_place("cases", row.id, row.lon, row.lat), role_words=role_name,
        task_due=[show.moment(moment(one["due_at"]), now) for one in told["tasks"]],
        parts=[part(db, viewer, row) for part in outside.PARTS.values()],
        departments=DepartmentNames(), typed=typed or {},
        failed=failed, failed_words=words_of(failed) if failed else "",
    )  # fmt: skip


def _place(db: Session, row: Row[Any]) -> str:
    """Where it lies in the words that people know; the area where the stand-in point would say something untrue."""
    if row.located_by == LocatedBy.DEFAULT:
        return show.area_words(row)
    try:
        place = describe(db, row.lon, row.lat)
    except OutsideCity:  # its cell was ended by a redraw and no other is near
        return show.where(row)
    return named(place.text_zh, place.text_en)


def _facts(db: Session, viewer: Viewer, row: Row[Any]) -> dict[str, Any]:
    code = components.code_of(db, viewer, row.component_id) if row.component_id else None
    return {
        "scheme": row.scheme, "cell": row.unit_cell_code, "accuracy_m": row.accuracy_m, "datum": row.datum_given,
        "condition": conditions.told(db, row.condition_id),
        "component": code, "outcome": OUTCOMES.get(row.outcome or "", row.outcome),
        "external_system": row.external_system, "external_id": row.external_id,
    }  # fmt: skip


def _near(db: Session, viewer: Viewer, row: Row[Any], now: datetime) -> list[dict[str, Any]]:
    """Its neighbours in space and time, each with its distance; whether it is of the same major class."""
    since = now - timedelta(days=NEAR_DAYS)
    found = queries.around(db, viewer, row, radius_m=NEAR_M, since=since, limit=NEAR_MAX)
    own = row.major_id or row.class_id
    return [
        show.line(one, now) | {"metres": round(metres), "is_alike": (one.major_id or one.class_id) == own}
        for one, metres in found
    ]


def _of_component(db: Session, viewer: Viewer, row: Row[Any], now: datetime) -> list[dict[str, Any]]:
    """Other cases of the same component, newest first."""
    if row.component_id is None:
        return []
    found = queries.of_component(db, viewer, row.component_id, limit=COMPONENT_MAX + 1)
    return [show.line(one, now) for one in found if one.id != row.id][:COMPONENT_MAX]
