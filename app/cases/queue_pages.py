"""The pages of the queue: the list with its map, one act on many cases, saved views. They work without scripts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.rights import ROLE_NAMES
from app.accounts.session import current_viewer
from app.cases import assigned, bulk, conditions, queries, queue, reading, show, steps, views
from app.cases.classes import majors
from app.cases.forecast import forecast
from app.cases.kind import KIND
from app.cases.models import Case, CaseStatus
from app.cases.numbers import city_zone
from app.cases.schemas import ViewIn
from app.cases.visible import visible
from app.cases.words import KINDS, SOURCES, STATUSES
from app.errors import status_of, words_of
from app.web import paging
from app.web.area_choice import area_choices
from app.web.city import DepartmentNames
from app.web.links import local_target
from app.web.named import named
from app.workflow.kinds import Act
from app.workflow.situation import Given
from gis.db import transaction
from gis.errors import CityError, Conflict, Forbidden, InvalidInput
from grid.reach import Viewer

bp = Blueprint("cases_queue", __name__, template_folder="templates")
PAGE = 50


@bp.get("/cases")
def list_cases() -> str:
    """What must be done now, and where: the queue of one's own turn, or whatever the address asks for."""
    viewer = current_viewer()
    now = datetime.now(UTC)
    given = {name: value for name, value in request.args.items() if value.strip() and name in views.FILTERS}
    with transaction() as db:
        asked = queue.read(given, viewer, city_zone(db), now)
        if asked.query.mine:
            asked = replace(asked, filter=assigned.narrowed(db, viewer, asked.filter))
        context = _lists(db, viewer, asked, now)
    return render_template(
        "cases/list.html", asked=asked.args, problem=asked.problem, is_own=asked.is_own, order=asked.query.sorted_by,
        statuses=STATUSES, kinds=KINDS, sources=SOURCES, clocks=show.clock_choices(), departments=DepartmentNames(),
        link=lambda **changes: show.link("/cases", asked.args, **changes),
        on_map=queue.map_link(asked.args, viewer.role), here=show.link("/cases", asked.args),
        may_log=viewer.may("cases.create"), roles=_shareable(viewer), **context,
    )  # fmt: skip


def _lists(db: Session, viewer: Viewer, asked: queue.Asked, now: datetime) -> dict[str, Any]:
    """Everything on the page that is read from the database; a constant number of statements."""
    order = asked.query.sorted_by
    after = paging.decode(asked.query.after) if asked.query.after else ()
    rows = queries.page(db, viewer, asked.filter, now=now, limit=PAGE + 1, after=after, order=order)
    counts = queries.statuses(db, viewer, queue.chips_filter(asked.filter), now)
    majors_named = {key: named(*names) for key, names in majors(db).items()}
    areas = area_choices(db, viewer)
    kept = views.of(db, viewer)
    ahead = forecast(db, viewer, queue.without_horizon(asked), now=now, hours=asked.query.red_in or 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    shown = set(asked.filter.statuses or CaseStatus)
    mark = paging.encode(queries.mark_of(last, order)) if last else ""
    return {
        "items": [show.line(row, now) for row in rows[:PAGE]], "counts": counts,
        "matched": sum(counts.get(one.value, 0) for one in shown), "majors": majors_named, "areas": areas,
        "counted": queue.chips_filter(asked.filter).statuses or tuple(CaseStatus),
        "has_any": bool(rows) or queries.is_any(db, viewer),
        "open_count": queue.open_count(counts),
        "mine": reading.turn_of(viewer.role) if queue.has_turn(viewer) else (),
        "more": show.link("/cases", asked.args | {"after": ""}, after=mark) if mark else None,
        "active": queue.chips(asked.args, majors_named, dict(areas)),
        "views": queue.view_lines(kept, views.counts(db, viewer, kept, now), viewer, asked.args),
        "ahead": queue.forecast_lines(ahead, asked.args),
        "acts": [
            {"name": one.name, "words": queue.act_name(one)}
            for one in bulk.offered(viewer, [name for name in counts if CaseStatus(name) in shown])
        ],
    }  # fmt: skip


def _shareable(viewer: Viewer) -> dict[str, str]:
    """The roles that a viewer may share a view with."""
    anyone = {views.EVERY_ROLE: str(_("all roles"))} | {role.value: str(words) for role, words in ROLE_NAMES.items()}
    return anyone if viewer.role in views.SHARE_WITH_ANY else {viewer.role: anyone.get(viewer.role, viewer.role)}


@bp.post("/cases/views")
def post_view() -> BaseResponse | tuple[str, int]:
    """Keep the filter that is shown under a name, and go back to it."""
    form = request.form
    back = local_target(form.get("back"), "/cases")
    try:
        given = ViewIn(name_zh=form.get("name", ""), name_en=form.get("name", ""),
                       query=back.partition("?")[2] or "status=all", role=form.get("role") or None)  # fmt: skip
        with transaction() as db:
            views.save(db, current_viewer(), given)
    except (InvalidInput, Conflict, Forbidden) as error:
        return _refused(error, back), status_of(error)
    except ValidationError:
        return render_template("cases/refused.html", words=_("The name is too long."), back=back), 422
    return redirect(back, 303)


@bp.post("/cases/views/<int:view_id>/remove")
def post_view_away(view_id: int) -> BaseResponse:
    """Take a view of one's own away."""
    with transaction() as db:
        views.remove(db, current_viewer(), view_id)
    return redirect(local_target(request.form.get("back"), "/cases"), 303)


@bp.post("/cases/bulk")
def post_bulk() -> tuple[str, int]:
    """One act on many cases: first what would happen to each and the act's form, then the act and what came of it."""
    viewer = current_viewer()
    form = request.form
    back = local_target(form.get("back"), "/cases")
    try:
        with transaction() as db:
            numbers = _chosen(db, viewer, back)
            if form.get("step") == "do":
                return _done(db, viewer, form["act"], numbers, back), 200
            return _preview(db, viewer, form.get("act", ""), numbers, back), 200
    except (InvalidInput, Conflict, Forbidden) as error:
        return _refused(error, back), status_of(error)


@bp.post("/cases/batches/<batch>/undo")
def post_batch_undo(batch: str) -> tuple[str, int]:
    """A bulk act of one's own taken back, case by case."""
    back = local_target(request.form.get("back"), "/cases")
    with transaction() as db:
        made = bulk.undo(db, current_viewer(), batch)
        return _result(made, back, is_undone=True), 200


def _chosen(db: Session, viewer: Viewer, back: str) -> list[str]:
    """The ticked cases; with `all` those of the list that one came from, one more than a bulk act takes at most."""
    if not request.form.get("all"):
        return request.form.getlist("number")
    now = datetime.now(UTC)
    asked = queue.read(views.parse(back.partition("?")[2]), viewer, city_zone(db), now)
    rows = queries.page(db, viewer, asked.filter, now=now, limit=bulk.ROWS_MAX + 1, order=asked.query.sorted_by)
    return [row.number for row in rows]


def _preview(
    db: Session, viewer: Viewer, name: str, numbers: list[str], back: str, failed: CityError | None = None
) -> str:
    fields, assumed = _fields(db, viewer, name, numbers)
    told = bulk.preview(db, viewer, name, numbers, Given(assumed))
    return render_template(
        "cases/bulk.html", outcomes=_lines(db, viewer, told), good=told.good, bad=len(told.outcomes) - told.good,
        act=told.act, words=queue.act_name(told.act), fields=fields, step="preview", back=back, batch=uuid.uuid4().hex,
        asks=any(one.asks for one in told.outcomes), departments=DepartmentNames(), case={"department": None},
        typed=request.form.to_dict() if failed else {}, failed=failed, failed_words=words_of(failed) if failed else "",
    )  # fmt: skip


def _done(db: Session, viewer: Viewer, name: str, numbers: list[str], back: str) -> str:
    form = request.form
    act = KIND.act(name)
    wanted = [one.name for one in act.form if one.name in form] if act else []
    revisions = {one: int(seen) for one in numbers if (seen := form.get(f"revision-{one}", "")).isdecimal()}
    batch = form.get("batch", "")
    try:
        made = bulk.do(
            db, viewer, name, numbers, Given({one: form[one] for one in wanted}), revisions,
            batch if len(batch) == 32 and batch.isalnum() else None,
        )  # fmt: skip
    except InvalidInput as error:  # the form itself: nothing was done, what was typed comes back
        if act is None or act.field(error.field or "") is None:
            raise
        return _preview(db, viewer, name, numbers, back, error)
    return _result(made, back)


def _result(made: bulk.Batch, back: str, *, is_undone: bool = False) -> str:
    return render_template(
        "cases/bulk.html", outcomes=[_line(one) for one in made.outcomes], good=made.good,
        bad=len(made.outcomes) - made.good, act=made.act, words=queue.act_name(made.act), batch=made.id, back=back,
        asks=any(one.asks for one in made.outcomes), step="undone" if is_undone else "done",
    )  # fmt: skip


def _refused(error: CityError, back: str) -> str:
    return render_template("cases/refused.html", words=words_of(error), back=back)


def _lines(db: Session, viewer: Viewer, told: bulk.Batch) -> list[dict[str, Any]]:
    """The preview's rows with what each case is."""
    now = datetime.now(UTC)
    facts = queries.by_numbers(db, viewer, [one.number for one in told.outcomes])
    return [_line(one) | {"case": show.line(facts[one.number], now) if one.number in facts else None}
            for one in told.outcomes]  # fmt: skip


def _line(one: bulk.Outcome) -> dict[str, Any]:
    return {
        "number": one.number, "ok": one.why_not is None, "asks": one.asks, "revision": one.revision,
        "words": words_of(one.why_not) if one.why_not else "",
    }  # fmt: skip


def _fields(db: Session, viewer: Viewer, name: str, numbers: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The act's form, and what the preview takes as given: the filing condition is chosen once for one class only."""
    act: Act | None = KIND.act(name)
    cases = list(db.scalars(select(Case).where(Case.number.in_(numbers), visible(viewer)).limit(bulk.ROWS_MAX)))
    if act is None or not cases:
        return [], {}
    fields = [steps.field_json(db, cases[0], one) for one in act.form if one.kind != "condition"]
    offered = conditions.offered(db, cases[0].class_id) if any(one.kind == "condition" for one in act.form) else []
    if not offered or len({one.class_id for one in cases}) > 1:
        return fields, {}
    field = next(one for one in act.form if one.kind == "condition")
    chosen = steps.field_json(db, cases[0], field) | {
        "choices": [{"value": str(one.id), "words": conditions.told(db, one.id)} for one in offered]
    }
    return [chosen, *fields], {field.name: offered[0].id}
