"""The work list of a department, for the desk and the phone: tabs, the steps of each case, a team's stops."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import current_viewer
from app.cases import acts, board, photos, posted, queries, show, steps
from app.dispatch import routing, teams, told
from app.errors import status_of, words_of
from app.organisation import service as organisation
from app.web import paging
from app.web.city import DepartmentNames
from app.workflow.situation import Given
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput
from grid.reach import Viewer
from layers.layer import Words

bp = Blueprint("work", __name__, template_folder="templates")
RIGHT = "cases.handle"
PAGE = 20
STEPS = ("accept", "done", "send_back", "give_team", "extend", "defer", "suspend")
TABS: dict[str, Words] = {
    "new": _l("To accept"),
    "accepted": _l("Accepted, open"),
    "due_soon": _l("Due soon or late"),
    "checking": _l("Being checked"),
    "handed_back": _l("Handed back"),
}


@bp.get("/work")
def show_work() -> str:
    """The cases of one's department by what is to be done with them, what falls due first on top."""
    viewer = current_viewer()
    viewer.require(RIGHT)
    with transaction() as db:
        return _page(db, viewer, request.args.get("tab", ""), request.args.get("after", ""))


@bp.post("/work/<number>/moves")
def post_move(number: str) -> BaseResponse | tuple[str, int]:
    """One step; a refusal comes back with the reason beside what was typed, and with the photos that were sent."""
    viewer = current_viewer()
    viewer.require(RIGHT)
    form = request.form
    act, tab = form.get("act", ""), form.get("tab", "")
    kept: list[str] = form.getlist(posted.PHOTOS)
    try:
        revision = int(form["revision"]) if form.get("revision", "").isdecimal() else None
        kept += posted.take_photos(viewer, act)
        with transaction() as db:
            acts.act(db, viewer, number, act, Given(posted.answers(act, kept)), revision=revision)
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            typed = form.to_dict() | {posted.PHOTOS: photos.unattached(db, viewer, kept), "number": number}
            return _page(db, viewer, tab, form.get("after", ""), typed=typed, failed=error), status_of(error)
    return redirect(f"/work?tab={tab}" if tab in TABS else "/work", 303)


def _page(
    db: Session, viewer: Viewer, tab: str, after: str, *, typed: dict[str, Any] | None = None,
    failed: CityError | None = None,
) -> str:  # fmt: skip
    """A constant number of statements, however long the list."""
    now = datetime.now(UTC)
    counts = board.tab_counts(db, viewer, now)
    if tab not in TABS:
        tab = next((name for name in ("new", "accepted") if counts[name]), "new")
    rows = board.tab_page(
        db, viewer, tab, now=now, limit=PAGE + 1, after=paging.decode(after) if after else ()
    )  # fmt: skip
    crews = organisation.teams_of(db, viewer.department) if viewer.department else organisation.all_teams(db)
    names = {one.id: told.team_name(one) for one in crews}
    offered = steps.for_list(db, viewer, STEPS, crews)
    mark = paging.encode(queries.mark_of(rows[PAGE - 1], "due")) if len(rows) > PAGE else ""
    return render_template(
        "dispatch/work.html", tabs=TABS, tab=tab, counts=counts, after=after, more=mark, typed=typed or {},
        items=[_line(row, names, offered, now) for row in rows[:PAGE]], failed=failed,
        failed_words=words_of(failed) if failed else "", departments=DepartmentNames(), case={"department": None},
        days=_stops(db, viewer, now) if tab in ("new", "accepted", "due_soon") and not after else None,
        crews=[{"code": one.code, "name": told.team_name(one)} for one in crews if viewer.department],
    )  # fmt: skip


def _line(row: Any, names: dict[int, str], offered: dict[str, list[dict[str, Any]]], now: datetime) -> dict[str, Any]:
    asked = set(row.asked or ())
    shown = [
        one for one in offered.get(row.status.value, [])
        if one["act"] not in asked and not (one["act"] == "accept" and row.is_accepted)
        and not (one["act"] == "extend" and row.due_at is not None and row.due_at < now)
    ]  # fmt: skip
    return show.line(row, now) | {
        "revision": row.revision, "team": names.get(row.team_id, ""), "steps": shown,
        "asked": [steps.act_words(one) for one in sorted(asked)],
    }  # fmt: skip


def _stops(db: Session, viewer: Viewer, now: datetime) -> dict[str, Any] | None:
    """The saved stops of the viewer's own team."""
    team = organisation.team_of(db, viewer.account_id) if viewer.account_id is not None else None
    if team is None:
        return None
    route, kept = routing.saved(db, viewer, teams.one(db, viewer, team.code))
    if route is None:
        return None
    return {
        "team": told.team_name(team), "code": team.code, "at": show.moment(route.made_at, now),
        "distance": told.distance(route.metres),
        "stops": [told.kept_stop(stop, row, now) for stop, row in kept],
    }  # fmt: skip
