"""The dispatch board and a team's stops. They work without scripts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import current_viewer
from app.cases import acts, board, posted, show, steps
from app.dispatch import routing, teams, told
from app.dispatch.schemas import STOPS_MAX
from app.errors import status_of, words_of
from app.web.city import DepartmentNames
from app.workflow.situation import Given
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput, NotFound
from grid.reach import Viewer

bp = Blueprint("dispatch", __name__, template_folder="templates")
CASES_MAX = 200
NEAR_MAX = 5
ACT = "dispatch"


@bp.get("/dispatch")
def show_board() -> str:
    """What waits for a department, beside the departments and teams; one case chosen, with the form to send it."""
    viewer = current_viewer()
    viewer.require("cases.dispatch")
    with transaction() as db:
        return _board(db, viewer, request.args.get("case", "")[:40], typed={"team": request.args.get("team", "")})


@bp.post("/dispatch/cases/<number>")
def post_dispatch(number: str) -> BaseResponse | tuple[str, int]:
    """Send a case to a department and a team; a refusal comes back with its reason beside what was typed."""
    viewer = current_viewer()
    viewer.require("cases.dispatch")
    form = request.form
    try:
        revision = int(form["revision"]) if form.get("revision", "").isdecimal() else None
        with transaction() as db:
            acts.act(db, viewer, number, ACT, Given(posted.answers(ACT, [])), revision=revision)
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _board(db, viewer, number, typed=form.to_dict(), failed=error), status_of(error)
    return redirect("/dispatch", 303)


def _board(
    db: Session, viewer: Viewer, number: str, *, typed: dict[str, Any], failed: CityError | None = None
) -> str:  # fmt: skip
    now = datetime.now(UTC)
    rows, count = board.waiting(db, viewer, CASES_MAX)
    lines = teams.board_lines(db, viewer, now)
    return render_template(
        "dispatch/board.html", cases=[show.line(row, now) for row in rows], count=count, shown=CASES_MAX,
        lines=[told.department(one, now) for one in lines], speed=routing.SPEED_KMH, typed=typed, failed=failed,
        failed_words=words_of(failed) if failed else "", departments=DepartmentNames(),
        may_send=viewer.role in steps.roles_of(ACT), **_chosen(db, viewer, number, now),
    )  # fmt: skip


def _chosen(db: Session, viewer: Viewer, number: str, now: datetime) -> dict[str, Any]:
    """The chosen case with its form and the nearest teams; nothing where it is no longer there to be sent."""
    nothing: dict[str, Any] = {"case": None, "form": None, "near": [], "asked": number}
    if not number:
        return nothing
    try:
        near = routing.nearest(db, viewer, number, NEAR_MAX)
        row = board.stops(db, viewer, numbers=[number], limit=1)[0]
    except NotFound:
        return nothing
    choices = steps.as_json(db, viewer, number)
    form = next((one for one in choices["acts"] if one["act"] == ACT), None)
    return {
        "case": show.line(row, now), "form": form, "revision": choices["revision"], "asked": number,
        "near": [told.near(one, now) for one in near],
    }  # fmt: skip


@bp.post("/dispatch/order")
def to_team() -> BaseResponse:
    """From the board with ticked cases and a team to that team's stops."""
    teams.may_see(current_viewer())
    numbers = request.form.getlist("number")[:STOPS_MAX]
    query = "".join(f"&number={one}" for one in numbers if one.replace("-", "").isdecimal())
    code = request.form.get("team", "")
    with transaction() as db:
        team = teams.one(db, current_viewer(), code)
    return redirect(f"/dispatch/teams/{team.code}?suggest=shortest{query}", 303)


@bp.get("/dispatch/teams/<code>")
def show_team(code: str) -> str:
    """A team: where it was, its cases, its list of stops, and a suggested order for those that are ticked."""
    viewer = current_viewer()
    teams.may_see(viewer)
    with transaction() as db:
        return _team(db, viewer, code, request.args.getlist("number"), request.args.get("suggest", ""))


@bp.post("/dispatch/teams/<code>/route")
def post_route(code: str) -> BaseResponse:
    """Make the suggested order the team's list."""
    viewer = current_viewer()
    teams.may_see(viewer)
    with transaction() as db:
        order = "due" if request.form.get("order") == "due" else "shortest"
        route = routing.suggest(db, viewer, code, request.form.getlist("number"), order)
        if not route.stops:
            raise InvalidInput("Choose some cases first.", field="number")
        routing.save(db, viewer, route)
    return redirect(f"/dispatch/teams/{code}", 303)


def _team(db: Session, viewer: Viewer, code: str, numbers: list[str], suggest: str) -> str:
    now = datetime.now(UTC)
    team = teams.one(db, viewer, code)
    own = board.stops(db, viewer, team_id=team.id, limit=STOPS_MAX)
    named = [one for one in numbers if one not in {row.number for row in own}]
    rows = [*own, *(board.stops(db, viewer, numbers=named, limit=STOPS_MAX) if named else [])]
    ticked = [row.number for row in rows if not numbers or row.number in numbers]
    route = None
    if suggest in ("shortest", "due") and ticked:
        route = told.route(routing.suggest(db, viewer, code, ticked, suggest), now)
    made, kept = routing.saved(db, viewer, team)
    return render_template(
        "dispatch/team.html", team=team, name=told.team_name(team), department=DepartmentNames().get(team.department),
        position=told.position(teams.positions(db, viewer, now).get(team.id), now), ticked=set(ticked),
        rows=[show.line(row, now) for row in rows], route=route, suggest=suggest, speed=routing.SPEED_KMH,
        at_stop=int(routing.AT_STOP.total_seconds() / 60), stops_max=STOPS_MAX, may_board=viewer.may("cases.dispatch"),
        saved=made and {"at": show.moment(made.made_at, now), "distance": told.distance(made.metres)},
        kept=[told.kept_stop(stop, row, now) for stop, row in kept],
    )  # fmt: skip
