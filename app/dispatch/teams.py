"""Teams as a viewer sees them: in the areas that their departments serve, with last position and load."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cases import board
from app.cases.board import Load
from app.dispatch.models import TeamPosition
from app.dispatch.schemas import PositionIn
from app.organisation import service as organisation
from app.organisation.service import TeamFacts
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.locate import locate
from grid.reach import Viewer, within

STALE = timedelta(hours=2)
AHEAD = timedelta(minutes=5)  # how far a phone's clock may be ahead of ours
SEES = ("cases.dispatch", "cases.handle")


@dataclass(frozen=True)
class Position:
    """Where a team last was, in degrees (EPSG:4326); stale: longer than two hours ago."""

    lon: float
    lat: float
    accuracy_m: float | None
    at: datetime
    is_stale: bool


@dataclass(frozen=True)
class TeamLine:
    """A team with its load and, inside the viewer's reach, its last position."""

    team: TeamFacts
    load: Load
    position: Position | None


@dataclass(frozen=True)
class DepartmentLine:
    """A department with the load of all its cases, and its teams."""

    code: str
    load: Load
    teams: tuple[TeamLine, ...]


def may_see(viewer: Viewer) -> None:
    """Forbidden unless the viewer works with the board or the work list."""
    if not any(viewer.may(one) for one in SEES):
        raise Forbidden("Your role may not do this ({right}).", right=SEES[0])


def board_lines(db: Session, viewer: Viewer, now: datetime) -> list[DepartmentLine]:
    """The departments that serve some of the viewer's ground; a constant number of statements."""
    may_see(viewer)
    found = board.loads(db, viewer, now)
    places = positions(db, viewer, now)
    by_department: dict[str, list[TeamFacts]] = {}
    for team in organisation.all_teams(db):
        by_department.setdefault(team.department, []).append(team)
    return [
        DepartmentLine(
            code, _sum([load for (name, _), load in found.items() if name == code]),
            tuple(TeamLine(one, found.get((code, one.id), Load()), places.get(one.id))
                  for one in by_department.get(code, ())),
        )
        for code, areas in organisation.department_areas(db).items()
        if serves(viewer, code, areas)
    ]  # fmt: skip


def serves(viewer: Viewer, code: str, areas: tuple[str, ...]) -> bool:
    """Whether a department serves ground that the viewer reaches, and is the viewer's own where that is narrowed."""
    if viewer.department is not None and viewer.department != code:
        return False
    if not areas:
        return bool(viewer.prefixes)
    return any(a.startswith(b) or b.startswith(a) for a in areas for b in viewer.prefixes)


def _sum(loads: list[Load]) -> Load:
    return Load(*(sum(getattr(one, name) for one in loads) for name in ("open", "due_soon", "overdue")))


def one(db: Session, viewer: Viewer, code: str) -> TeamFacts:
    """A team by code; NotFound where there is none, or none for this viewer."""
    may_see(viewer)
    areas = organisation.department_areas(db)
    for team in organisation.all_teams(db):
        if team.code == code and serves(viewer, team.department, areas.get(team.department, ())):
            return team
    raise NotFound("There is no team {code}, or not in your areas.", code=code)


def positions(db: Session, viewer: Viewer, now: datetime) -> dict[int, Position]:
    """Last positions inside the viewer's reach, by team."""
    point: Any = (func.ST_X(TeamPosition.geom), func.ST_Y(TeamPosition.geom))
    columns = (TeamPosition.team_id, *point, TeamPosition.accuracy_m, TeamPosition.at)
    rows = db.execute(select(*columns).where(within(viewer, TeamPosition.area_code)))
    return {row[0]: Position(row[1], row[2], row[3], row[4], now - row[4] > STALE) for row in rows}


def tell_position(db: Session, viewer: Viewer, code: str, given: PositionIn) -> datetime:
    """Keep where a team is now, in place of where it was; an older position than the one kept changes nothing.

    Told by a department for its own teams. Raises Forbidden, NotFound, InvalidInput, OutsideCity.
    """
    viewer.require("cases.handle")
    team = one(db, viewer, code)
    now = datetime.now(UTC)
    at = given.at or now
    if at > now + AHEAD:
        raise InvalidInput("The time of the position lies ahead.", field="at")
    spot = Point(given.lon, given.lat)
    place = locate(db, spot)
    if not viewer.reaches(place.area_code):
        raise Forbidden("The place is not in your areas.", field="lon")
    values = {
        "team_id": team.id, "account_id": viewer.account_id, "geom": from_shape(spot, srid=4326),
        "area_code": place.area_code, "accuracy_m": given.accuracy_m, "at": min(at, now),
    }  # fmt: skip
    told = insert(TeamPosition).values(values)
    changed = {name: told.excluded[name] for name in values if name != "team_id"}
    db.execute(told.on_conflict_do_update(index_elements=["team_id"], set_=changed,
                                          where=TeamPosition.at < told.excluded.at))  # fmt: skip
    kept: datetime = db.execute(select(TeamPosition.at).where(TeamPosition.team_id == team.id)).scalar_one()
    return kept
