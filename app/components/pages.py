"""The pages of components: the list, one component, and the form for its condition. They work without scripts."""

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
from app.cases import queries as cases
from app.cases import show
from app.cases.classes import majors
from app.cases.words import LOCATED
from app.components import queries, reading, service
from app.components.models import ComponentState
from app.components.queries import ComponentFilter
from app.components.schemas import ComponentQuery
from app.components.words import ENTRIES, SOURCES, STATES
from app.errors import words_of
from app.web import paging
from app.web.city import department_name
from app.web.named import named
from gis.db import transaction
from gis.errors import InvalidInput
from grid.located import LocatedBy
from grid.reach import Viewer

bp = Blueprint("components", __name__, template_folder="templates")
PAGE = 50
FILTERS = {field.alias or name for name, field in ComponentQuery.model_fields.items()} - {"limit"}
NEAR_M = 30
ON_MAP = {"state": "f.state", "class": "f.major", "area": "area", "q": "q"}


@bp.get("/components")
def list_components() -> str:
    """The list by code; every filter is in the address."""
    viewer = current_viewer()
    args = {name: value for name, value in request.args.items() if value.strip() and name in FILTERS}
    with transaction() as db:
        query, asked, problem = _asked(args)
        after = paging.decode(query.after) if query.after else ()
        rows = queries.page(db, viewer, asked, limit=PAGE + 1, after=after)
        names = {key: named(*both) for key, both in majors(db, "component").items()}
        counts = queries.states(db, viewer, ComponentFilter(**{**asked.__dict__, "states": ()}))
    more = None
    if len(rows) > PAGE:
        more = show.link("/components", args)
        more += ("&" if "?" in more else "?") + "after=" + paging.encode([rows[PAGE - 1].code])
    return render_template(
        "components/list.html", items=[line(row) for row in rows[:PAGE]], asked=args,
        matched=sum(counts.get(one.value, 0) for one in asked.states or ComponentState), problem=problem,
        states=STATES, counts=counts, majors=names, more=more, on_map=show.map_link("components", args, ON_MAP),
        link=lambda **changes: show.link("/components", args, **changes),
    )  # fmt: skip


def _asked(args: dict[str, str]) -> tuple[ComponentQuery, ComponentFilter, str | None]:
    """Query and filter; when either can't be read, nothing is narrowed and the reason is told."""
    try:
        query = ComponentQuery.model_validate(args)
        return query, reading.filter_of(query), None
    except InvalidInput as error:
        return ComponentQuery(), ComponentFilter(), words_of(error)
    except ValidationError as error:
        wrong = ", ".join(sorted({str(one["loc"][0]) for one in error.errors()}))
        told = _("A filter could not be read and was left out: {names}").format(names=wrong)
        return ComponentQuery(), ComponentFilter(), told


def line(row: Row[Any]) -> dict[str, Any]:
    """A component as a row of a list."""
    return {
        "id": row.id, "code": row.code, "url": f"/components/{row.code}",
        "what": named(row.name_zh or row.class_zh, row.name_en or row.class_en),
        "class_name": named(row.class_zh, row.class_en), "major": named(row.major_zh, row.major_en),
        "where": show.where(row), "area": show.area_words(row), "state": row.state.value,
        "state_words": STATES[row.state], "in_charge": department_name(row.in_charge), "lon": row.lon, "lat": row.lat,
        "is_located": row.located_by != LocatedBy.DEFAULT, "is_generated": row.is_generated,
    }  # fmt: skip


@bp.get("/components/<code>")
def show_component(code: str) -> str:
    """One component: where, who answers for it, its condition, what happened, open cases beside it."""
    with transaction() as db:
        return _page(db, current_viewer(), code)


@bp.post("/components/<code>/state")
def post_state(code: str) -> BaseResponse | tuple[str, int]:
    """Another condition; a refusal comes back with the reason."""
    viewer, form = current_viewer(), request.form
    try:
        with transaction() as db:
            service.set_state(
                db, viewer, code, _state(form.get("state", "")), note=form.get("note", "").strip(),
                expected=_state(form.get("expected", "")),
            )  # fmt: skip
    except InvalidInput as error:
        with transaction() as db:
            return _page(db, viewer, code, failed=words_of(error), typed=form.to_dict()), 422
    return redirect(f"/components/{code}", 303)


def _state(text: str) -> ComponentState:
    try:
        return ComponentState(text)
    except ValueError as error:
        raise InvalidInput("{value} is not a value of {name}.", value=text, name="state", field="state") from error


def _page(db: Session, viewer: Viewer, code: str, *, failed: str = "", typed: dict[str, str] | None = None) -> str:
    now = datetime.now(UTC)
    row = queries.get(db, viewer, code)
    return render_template(
        "components/component.html", one=line(row), row=row, source=SOURCES.get(row.data_source, row.data_source),
        located=LOCATED[row.located_by], history=_past(queries.history(db, viewer, code), now), states=STATES,
        cases=_cases(db, viewer, row, now), may_edit=viewer.may("components.edit"), failed=failed, typed=typed or {},
        on_map=show.map_place("components", row.id, row.lon, row.lat),
    )  # fmt: skip


def _cases(db: Session, viewer: Viewer, row: Row[Any], now: datetime) -> list[dict[str, Any]]:
    """Open cases of the component's class within a few metres."""
    if not viewer.may("cases.read"):
        return []
    found = cases.near(db, viewer, Point(row.lon, row.lat), NEAR_M, class_id=row.class_id, limit=5)
    return [show.line(one, now) | {"metres": round(metres)} for one, metres in found]


def _past(history: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The history, newest first, each line with its words."""
    states = {one.value: words for one, words in STATES.items()}
    shown = []
    for one in reversed(history):
        to = one["data"].get("to") or one["data"].get("state")
        shown.append({
            "words": ENTRIES.get(one["kind"], one["kind"]), "state": states.get(to, ""), "note": one["note"],
            "actor": one["actor"], "at": show.moment(one["at"], now),
        })  # fmt: skip
    return shown
