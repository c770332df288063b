"""What other registers ask of the organisation: names of departments, whose a duty cell is, who is above, which teams.

`at` is a moment or a day; None is today in the city.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from app.organisation.models import Department, Post, PostCell, PostKind, PostStaff, Team, TeamMember
from grid.models import City, DutyCell

RIGHT = "organisation.edit"
At = datetime | date | None
Holding = type[Post] | type[PostCell] | type[PostStaff] | type[TeamMember]


@dataclass(frozen=True)
class TeamFacts:
    """A team as others read it."""

    id: int
    code: str
    department: str
    name_zh: str
    name_en: str
    skills: tuple[str, ...]
    phone: str


def city_day(db: Session, at: At = None) -> date:
    """The day of the city's calendar that a moment falls on."""
    if isinstance(at, date) and not isinstance(at, datetime):
        return at
    zone = ZoneInfo(db.scalar(select(City.time_zone)) or "UTC")
    return (at or datetime.now(UTC)).astimezone(zone).date()


def holds(model: Holding, on: date) -> ColumnElement[bool]:
    """Rows that hold on a day (`valid_from` ≤ day < `valid_to`)."""
    return (model.valid_from <= on) & or_(model.valid_to.is_(None), model.valid_to > on)


def department_names(db: Session) -> dict[str, tuple[str, str]]:
    """Chinese and English name of every department by code, those that are inactive too: old cases name them."""
    rows = db.execute(select(Department.code, Department.name_zh, Department.name_en).order_by(Department.id))
    return {code: (zh, en) for code, zh, en in rows}


def active_departments(db: Session) -> dict[str, tuple[str, str]]:
    """The same of those that take cases now."""
    columns = (Department.code, Department.name_zh, Department.name_en)
    rows = db.execute(select(*columns).where(Department.is_active).order_by(Department.id))
    return {code: (zh, en) for code, zh, en in rows}


def superior_of(db: Session, department: str) -> str | None:
    """The department above one that stays silent: its escalation superior, else its parent; None at the top."""
    row = db.execute(
        select(Department.superior, Department.parent).where(Department.code == department)
    ).one_or_none()  # fmt: skip
    return None if row is None else row.superior or row.parent


def teams_of(db: Session, department: str) -> list[TeamFacts]:
    """The active teams of a department, by code."""
    chosen = select(Team).where(Team.department == department, Team.is_active).order_by(Team.code)
    return [
        TeamFacts(one.id, one.code, one.department, one.name_zh, one.name_en, tuple(one.skills), one.phone)
        for one in db.scalars(chosen)
    ]


def all_teams(db: Session) -> list[TeamFacts]:
    """All active teams of active departments, by department and code."""
    active = select(Department.code).where(Department.is_active)
    chosen = select(Team).where(Team.is_active, Team.department.in_(active)).order_by(Team.department, Team.code)
    return [
        TeamFacts(one.id, one.code, one.department, one.name_zh, one.name_en, tuple(one.skills), one.phone)
        for one in db.scalars(chosen)
    ]


def department_areas(db: Session) -> dict[str, tuple[str, ...]]:
    """The code prefixes that each active department serves, in the register's order; none: the whole city."""
    rows = db.execute(select(Department.code, Department.areas).where(Department.is_active).order_by(Department.id))
    return {code: tuple(areas) for code, areas in rows}


def team_departments(db: Session) -> dict[str, str]:
    """The department of each active team, by the team's code."""
    rows = db.execute(select(Team.code, Team.department).where(Team.is_active).order_by(Team.code))
    return {row.code: row.department for row in rows}


def team_of(db: Session, account_id: int, at: At = None) -> TeamFacts | None:
    """The team that an account belongs to; the first by code where it belongs to several."""
    chosen = (
        select(Team)
        .join(TeamMember, TeamMember.team_id == Team.id)
        .where(TeamMember.account_id == account_id, Team.is_active, holds(TeamMember, city_day(db, at)))
        .order_by(Team.code)
    )
    one = db.scalars(chosen.limit(1)).first()
    if one is None:
        return None
    return TeamFacts(one.id, one.code, one.department, one.name_zh, one.name_en, tuple(one.skills), one.phone)


def _staffed(on: date) -> Select[*tuple[Any, ...]]:
    """Duty cell codes with the accounts of inspectors' posts that cover them on a day."""
    return (
        select(PostCell.duty_cell, PostStaff.account_id)
        .join(Post, Post.id == PostCell.post_id)
        .join(PostStaff, PostStaff.post_id == Post.id)
        .where(Post.kind == PostKind.INSPECTOR, holds(Post, on), holds(PostCell, on), holds(PostStaff, on))
    )


def duty_cells_of(db: Session, account_id: int, at: At = None) -> list[int]:
    """Ids of the duty cells that an account's posts cover.

    A cell gets a new row when it is redrawn or given to others, and a case keeps the row that it was registered
    under: the ids are those of all rows of the covered cells.
    """
    on = city_day(db, at)
    covered = (
        select(PostCell.duty_cell)
        .join(Post, Post.id == PostCell.post_id)
        .join(PostStaff, PostStaff.post_id == Post.id)
        .where(PostStaff.account_id == account_id, holds(Post, on), holds(PostCell, on), holds(PostStaff, on))
    )
    return list(db.scalars(select(DutyCell.id).where(DutyCell.code.in_(covered)).order_by(DutyCell.id)))


def posted_cells(db: Session, at: At = None) -> list[tuple[str, str]]:
    """Codes of duty cells with the codes of the posts that cover them."""
    on = city_day(db, at)
    covered = select(PostCell.duty_cell, Post.code).join(Post, Post.id == PostCell.post_id)
    rows = db.execute(covered.where(holds(Post, on), holds(PostCell, on)).distinct().order_by(Post.code))
    return [(cell, post) for cell, post in rows]


def post_names(db: Session, codes: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Chinese and English names of posts by code."""
    rows = db.execute(select(Post.code, Post.name_zh, Post.name_en).where(Post.code.in_(codes)))
    return {code: (zh, en) for code, zh, en in rows}


def staffed_cells(db: Session, at: At = None) -> list[tuple[str, int]]:
    """Codes of duty cells with the accounts of the inspectors' posts that cover them."""
    return [(code, account_id) for code, account_id in db.execute(_staffed(city_day(db, at)).distinct())]


def inspectors_of(db: Session, duty_cell_id: int, at: At = None) -> list[int]:
    """Ids of the accounts whose inspectors' posts cover a duty cell; none where the cell is nobody's."""
    code = select(DutyCell.code).where(DutyCell.id == duty_cell_id).scalar_subquery()
    rows = db.execute(_staffed(city_day(db, at)).where(PostCell.duty_cell == code).distinct())
    return sorted({account_id for _cell, account_id in rows})


def cells_with_inspector(db: Session, at: At = None) -> list[int]:
    """Ids of all duty cells that some inspector's post covers and staffs."""
    covered = _staffed(city_day(db, at)).with_only_columns(PostCell.duty_cell)
    return list(db.scalars(select(DutyCell.id).where(DutyCell.code.in_(covered))))
