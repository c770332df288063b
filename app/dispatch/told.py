"""Boards, teams and routes in words: what templates print and the API answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from shapely.geometry import mapping

from app.cases import show
from app.cases.board import Load
from app.cases.reading import iso
from app.dispatch.models import DispatchStop
from app.dispatch.routing import AT_STOP, SPEED_KMH, Near, Route, Stop, minutes_for
from app.dispatch.teams import DepartmentLine, Position, TeamLine
from app.organisation.service import TeamFacts
from app.web.city import department_name
from app.web.named import named


def load(one: Load) -> dict[str, int]:
    """A load as JSON."""
    return {"open": one.open, "due_soon": one.due_soon, "overdue": one.overdue}


def team_name(one: TeamFacts) -> str:
    """A team in the reader's words."""
    return named(one.name_zh, one.name_en)


def position(one: Position | None, now: datetime) -> dict[str, Any] | None:
    """A position with its age."""
    if one is None:
        return None
    return {"lon": one.lon, "lat": one.lat, "accuracy_m": one.accuracy_m, "is_stale": one.is_stale,
            "at": show.moment(one.at, now)}  # fmt: skip


def team(one: TeamLine, now: datetime) -> dict[str, Any]:
    """A team of the board."""
    return {
        "code": one.team.code, "name": team_name(one.team), "department": one.team.department,
        "department_words": department_name(one.team.department), "phone": one.team.phone, "load": load(one.load),
        "position": position(one.position, now), "url": f"/dispatch/teams/{one.team.code}",
    }  # fmt: skip


def department(one: DepartmentLine, now: datetime) -> dict[str, Any]:
    """A department of the board."""
    return {"code": one.code, "name": department_name(one.code), "load": load(one.load),
            "teams": [team(line, now) for line in one.teams]}  # fmt: skip


def distance(metres: float) -> str:
    """Metres below a kilometre, else kilometres with one digit."""
    if metres < 1000:
        return str(_("{n} m")).format(n=format_decimal(round(metres / 10) * 10))
    return str(_("{n} km")).format(n=format_decimal(round(metres / 1000, 1)))


def minutes(metres: float) -> str:
    """How long a way takes, in words."""
    return str(_("{n} min")).format(n=format_decimal(max(1, round(minutes_for(metres)))))


def near(one: Near, now: datetime) -> dict[str, Any]:
    """A team with its way to a case."""
    return team(one.line, now) | {
        "metres": round(one.metres), "minutes": round(minutes_for(one.metres), 1), "is_straight": one.is_straight,
        "distance": distance(one.metres), "takes": minutes(one.metres),
    }  # fmt: skip


def stop(at: int, one: Stop, now: datetime) -> dict[str, Any]:
    """A stop of a route."""
    return {
        "position": at, "case": show.line(one.row, now), "metres": round(one.leg_m), "minutes": round(one.minutes, 1),
        "distance": distance(one.leg_m), "takes": minutes(one.leg_m), "is_straight": one.is_straight,
        "is_late": one.is_late, "arrives": show.moment(one.arrives_at, now), "line": mapping(one.line),
    }  # fmt: skip


def kept_stop(kept: DispatchStop, row: Any, now: datetime) -> dict[str, Any]:
    """A stop of a saved list."""
    return {
        "position": kept.position, "case": show.line(row, now), "distance": distance(kept.leg_m),
        "is_straight": kept.is_straight, "arrives": show.moment(kept.arrives_at, now),
    }  # fmt: skip


def route(one: Route, now: datetime) -> dict[str, Any]:
    """A route for a page."""
    return {
        "team": one.team.code, "team_name": team_name(one.team), "order": one.by_order, "metres": round(one.metres),
        "distance": distance(one.metres), "start": position(one.start, now),
        "speed_kmh": SPEED_KMH, "minutes_at_stop": AT_STOP.total_seconds() / 60,
        "stops": [stop(at, each, now) for at, each in enumerate(one.stops, 1)],
        "late": sum(each.is_late for each in one.stops), "straight": sum(each.is_straight for each in one.stops),
    }  # fmt: skip


def route_json(one: Route) -> dict[str, Any]:
    """A route for programs."""
    return {
        "team": one.team.code, "order": one.by_order, "metres": round(one.metres), "speed_kmh": SPEED_KMH,
        "minutes_at_stop": AT_STOP.total_seconds() / 60,
        "start": None if one.start is None else {"lon": one.start.lon, "lat": one.start.lat},
        "stops": [
            {"position": at, "number": each.row.number, "metres": round(each.leg_m, 1),
             "minutes": round(each.minutes, 1), "is_straight": each.is_straight, "arrives_at": iso(each.arrives_at),
             "due_at": iso(each.row.due_at), "is_late": each.is_late, "line": mapping(each.line)}
            for at, each in enumerate(one.stops, 1)
        ],
    }  # fmt: skip
