"""The pages of cases: the list, one case, and the form for its next step. They work without scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from pydantic import ValidationError
from shapely.geometry import Point
from sqlalchemy import Row
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import current_viewer
from app.cases import acts, conditions, outside, photos, queries, reading, show, steps
from app.cases.classes import majors
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, CaseStatus
from app.cases.numbers import city_zone
from app.cases.queries import CaseFilter
from app.cases.schemas import CaseQuery
from app.cases.words import KINDS, OUTCOMES, SOURCES, STATUSES
from app.components import queries as components
from app.errors import status_of, words_of
from app.web import paging
from app.web.area_choice import area_choices
from app.web.city import DepartmentNames
from app.web.named import named
from app.workflow.situation import Given
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput
from grid.locate import OutsideCity
from grid.located import LocatedBy
from grid.reach import Viewer
from grid.reverse import describe

bp = Blueprint("cases", __name__, template_folder="templates")
PAGE = 50
FILTERS = {field.alias or name for name, field in CaseQuery.model_fields.items()} - {"limit"}
NEAR_M = 200
ON_MAP = {
    "kind": "f.kind", "class": "f.major", "source": "f.source", "area": "area", "from": "from", "to": "to", "q": "q",
}  # fmt: skip


@bp.get("/cases")
def list_cases() -> str:
    """The list, newest report first; every filter is in the address."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    args = {name: value for name, value in request.args.items() if value.strip() and name in FILTERS}
    with transaction() as db:
        query, problem = _read_query(args)
        asked, problem = _read_filter(db, query, problem)
        after = paging.decode(query.after) if query.after else ()
        rows = queries.page(db, viewer, asked, now=now, limit=PAGE + 1, after=after)
        counts = queries.statuses(db, viewer, _without_status(asked), now)
        context: dict[str, Any] = {
            "counts": counts,
            "majors": {key: named(*names) for key, names in majors(db).items()},
            "areas": area_choices(db, viewer),
        }
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return render_template(
        "cases/list.html", items=[show.line(row, now) for row in rows[:PAGE]], asked=args,
        matched=sum(counts.get(one.value, 0) for one in asked.statuses or CaseStatus),
        problem=problem, statuses=STATUSES, kinds=KINDS, sources=SOURCES, clocks=show.clock_choices(),
        open_count=sum(counts.get(one.value, 0) for one in OPEN_STATUSES),
        link=lambda **changes: show.link("/cases", args, **{key.rstrip("_"): value for key, value in changes.items()}),
        more=show.link("/cases", args) + ("&" if args.keys() - {"after"} else "?")
        + "after=" + paging.encode([last.reported_at, last.id]) if last else None,
        active=_active(args, context["majors"], dict(context["areas"])), on_map=_on_map(args),
        may_log=viewer.may("cases.create"), **context,
    )  # fmt: skip


def _read_query(args: dict[str, str]) -> tuple[CaseQuery, str | None]:
    """The query; what can't be read is left out and told."""
    try:
        return CaseQuery.model_validate(args), None
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors()}
        kept = {name: value for name, value in args.items() if name not in wrong}
        told = _("A filter could not be read and was left out: {names}").format(names=", ".join(sorted(wrong)))
        return CaseQuery.model_validate(kept), told


def _read_filter(db: Session, query: CaseQuery, problem: str | None) -> tuple[CaseFilter, str | None]:
    try:
        return reading.filter_of(query, city_zone(db)), problem
    except InvalidInput as error:
        return CaseFilter(), words_of(error)


def _active(args: dict[str, str], majors_by_id: dict[int, str], areas: dict[str, str]) -> list[dict[str, str]]:
    """The filters in force beside the status, each in words and with the address of the list without it."""
    words: dict[str, dict[str, Any]] = {
        "class": {str(key): name for key, name in majors_by_id.items()},
        "kind": {one.value: text for one, text in KINDS.items()},
        "source": {one.value: text for one, text in SOURCES.items()},
        "clock": show.clock_choices(),
        "area": areas,
        "located": {"truly": _("truly located"), "default": _("not truly located")},
        "bbox": {args.get("bbox", ""): _("inside a box")},
    }
    titles = {"q": _("Words: {value}"), "from": _("From {value}"), "to": _("Until {value}")}
    return [
        {
            "words": str(titles[name]).format(value=value) if name in titles else str(words[name].get(value, value)),
            "without": show.link("/cases", args, **{name: None}),
        }
        for name, value in args.items()
        if name in words or name in titles
    ]


def _without_status(asked: CaseFilter) -> CaseFilter:
    """The same filter whatever the status: what the status chips count."""
    return CaseFilter(**{**asked.__dict__, "statuses": ()})


def _on_map(args: dict[str, str]) -> str:
    """The same rows on the map; the map has no clock filter."""
    link = show.map_link("cases", args, ON_MAP)
    status = args.get("status", "")
    if status == "open":
        status = ",".join(one.value for one in OPEN_STATUSES)
    return f"{link}&f.status={status}" if status else link


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
    """One act; a refusal comes back with the reason beside what was typed."""
    viewer = current_viewer()
    form = request.form
    try:
        revision = int(form["revision"]) if form.get("revision", "").isdecimal() else None
        with transaction() as db:
            act = form.get("act", "")
            acts.act(db, viewer, number, act, Given(_answers(act)), revision=revision)
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _page(db, viewer, number, failed=error, typed=form.to_dict()), status_of(error)
    return redirect(f"/cases/{number}", 303)


def _answers(name: str) -> dict[str, Any]:
    """The fields of an act's form as they were posted; several values where the form takes several."""
    act = KIND.act(name)
    wanted = act.form if act else ()
    several = {"photos", "departments"}
    return {
        one.name: request.form.getlist(one.name) if one.kind in several else request.form.get(one.name)
        for one in wanted if one.name in request.form
    }  # fmt: skip


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


def _page(
    db: Session, viewer: Viewer, number: str, *, failed: CityError | None = None, typed: dict[str, str] | None = None
) -> str:
    now = datetime.now(UTC)
    row = queries.get(db, viewer, number)
    told = steps.as_json(db, viewer, number)
    return render_template(
        "cases/case.html", case=show.line(row, now), facts=_facts(db, viewer, row),
        place=_place(db, row), photos=photos.of_case(db, row.id),
        may_undo=acts.may_undo(db, viewer, row.id),
        history=show.past(queries.history(db, viewer, number), now), near=_near(db, viewer, row, now),
        steps=told["acts"], asked=told["requests"], tasks=told["tasks"], revision=told["revision"],
        stage_due=show.moment(acts.get(db, viewer, number).stage_due_at, now),
        on_map=show.map_place("cases", row.id, row.lon, row.lat),
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
    """Other open cases of the same major class around this one."""
    found = queries.near(db, viewer, Point(row.lon, row.lat), NEAR_M, class_id=row.major_id or row.class_id, limit=6)
    return [show.line(one, now) | {"metres": round(metres)} for one, metres in found if one.id != row.id][:5]
