"""The suggested order of a team's stops by road: legs, arrivals, what turns red before it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shapely import LineString
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.cases import board
from app.dispatch import order, teams, ways
from app.dispatch.models import DispatchRoute, DispatchStop
from app.dispatch.schemas import STOPS_MAX
from app.dispatch.teams import Position, TeamLine
from app.organisation.service import TeamFacts
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

SPEED_KMH = 20.0  # through a city with its lights; told beside every time
AT_STOP = timedelta(minutes=15)


class TooManyStops(InvalidInput):
    """More stops than one route takes."""

    code = "dispatch.too_many_stops"


@dataclass(frozen=True)
class Stop:
    """One stop: the case, the leg that leads to it, when it is reached; `is_late`: after its clock is red."""

    row: Row[Any]
    leg_m: float
    is_straight: bool
    arrives_at: datetime
    line: LineString

    @property
    def is_late(self) -> bool:
        """Whether it is reached after it turns red."""
        return self.row.due_at is not None and self.row.due_at < self.arrives_at

    @property
    def minutes(self) -> float:
        """How long the leg takes."""
        return minutes_for(self.leg_m)


@dataclass(frozen=True)
class Route:
    """The stops in order; it begins at the team's position, or at the first stop where that is not known."""

    team: TeamFacts
    by_order: str
    start: Position | None
    stops: tuple[Stop, ...]

    @property
    def metres(self) -> float:
        """The length of all legs."""
        return sum(one.leg_m for one in self.stops)


@dataclass(frozen=True)
class Near:
    """A team with its way to a case."""

    line: TeamLine
    metres: float
    is_straight: bool


def minutes_for(metres: float) -> float:
    """How long a way takes at the speed that is assumed."""
    return metres / (SPEED_KMH * 1000 / 60)


def suggest(db: Session, viewer: Viewer, code: str, numbers: Sequence[str], by_order: str) -> Route:
    """An order of stops for a team: the shortest, or what falls due first. Raises NotFound, TooManyStops."""
    team = teams.one(db, viewer, code)
    now = datetime.now(UTC)
    wanted = list(dict.fromkeys(numbers))
    if len(wanted) > STOPS_MAX:
        raise TooManyStops("At most {limit} stops at a time.", limit=STOPS_MAX, field="cases")
    rows = board.stops(db, viewer, numbers=wanted, limit=STOPS_MAX)
    missing = set(wanted) - {row.number for row in rows}
    if missing:
        raise NotFound("There is no case {number} to go to, or not in your areas.", number=min(missing))
    start = teams.positions(db, viewer, now).get(team.id)
    places = [(start.lon, start.lat)] if start else []
    found = ways.between(db, [*places, *((row.lon, row.lat) for row in rows)])
    path = order.shortest(found.metres) if by_order == "shortest" else list(range(len(found.places)))
    return Route(team, by_order, start, _stops(db, found, path, rows, now, has_start=start is not None))


def _stops(
    db: Session, found: ways.Ways, path: list[int], rows: list[Row[Any]], now: datetime, *, has_start: bool
) -> tuple[Stop, ...]:
    offset = 1 if has_start else 0
    at, made = now, []
    for before, here in zip([path[0], *path], path, strict=False):
        if has_start and here == 0:
            continue
        leg = ways.leg(db, found, before, here)
        at += timedelta(minutes=minutes_for(leg.metres))
        made.append(Stop(rows[here - offset], leg.metres, leg.is_straight, at, leg.line))
        at += AT_STOP
    return tuple(made)


def save(db: Session, viewer: Viewer, route: Route) -> DispatchRoute:
    """Make a suggestion the team's ordered list, in place of the one before."""
    if not (viewer.may("cases.dispatch") or viewer.may("cases.handle")):
        raise Forbidden("Your role may not do this ({right}).", right="cases.dispatch")
    made = DispatchRoute(
        team_id=route.team.id, by_order=route.by_order, metres=route.metres, made_by=viewer.account_id
    )  # fmt: skip
    db.add(made)
    db.flush()
    db.add_all(
        DispatchStop(route_id=made.id, position=at, case_id=one.row.id, leg_m=one.leg_m, is_straight=one.is_straight,
                     arrives_at=one.arrives_at)
        for at, one in enumerate(route.stops, 1)
    )  # fmt: skip
    db.flush()
    return made


def saved(db: Session, viewer: Viewer, team: TeamFacts) -> tuple[DispatchRoute | None, list[tuple[DispatchStop, Any]]]:
    """The team's list: its newest route with those of its stops that the viewer sees."""
    newest = select(DispatchRoute).where(DispatchRoute.team_id == team.id).order_by(DispatchRoute.id.desc()).limit(1)
    route = db.scalars(newest).first()
    if route is None:
        return None, []
    stops = list(db.scalars(
        select(DispatchStop).where(DispatchStop.route_id == route.id).order_by(DispatchStop.position)
    ))  # fmt: skip
    rows = board.by_ids(db, viewer, [one.case_id for one in stops])
    return route, [(one, rows[one.case_id]) for one in stops if one.case_id in rows]


def nearest(db: Session, viewer: Viewer, number: str, limit: int) -> list[Near]:
    """The teams nearest to a case by road, from their last positions. Raises NotFound."""
    rows = board.stops(db, viewer, numbers=[number], limit=1)
    if not rows:
        raise NotFound("There is no case {number} to go to, or not in your areas.", number=number)
    lines = [line for one in teams.board_lines(db, viewer, datetime.now(UTC)) for line in one.teams]
    placed = [(line, line.position) for line in lines if line.position is not None]
    if not placed:
        return []
    found = ways.between(db, [(rows[0].lon, rows[0].lat), *((at.lon, at.lat) for _, at in placed)])
    made = [Near(line, found.metres[at][0], found.straight[at][0]) for at, (line, _) in enumerate(placed, 1)]
    return sorted(made, key=lambda one: (one.is_straight, one.metres, one.line.team.code))[:limit]
