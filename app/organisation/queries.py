"""Lists of departments, teams and posts, and the duty cells that nobody answers for (无主网格)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.organisation import facts
from app.organisation.models import Department, Post, PostCell, PostKind, PostStaff, Team
from app.organisation.service import city_day, holds
from grid.models import Area, DutyCell
from grid.reach import Viewer, within

INSPECTION = "inspection"


def departments(db: Session) -> list[dict[str, Any]]:
    """All departments with how many active teams each has, active ones first."""
    counted = select(Team.department, func.count()).where(Team.is_active).group_by(Team.department)
    teams = {row[0]: row[1] for row in db.execute(counted)}
    chosen = select(Department).order_by(Department.is_active.desc(), Department.id)
    return [facts.of(db, row) | {"teams": teams.get(row.code, 0)} for row in db.scalars(chosen)]


def teams(db: Session) -> list[dict[str, Any]]:
    """All teams, active ones first."""
    chosen = select(Team).order_by(Team.is_active.desc(), Team.department, Team.code)
    return [facts.of(db, row) for row in db.scalars(chosen)]


@dataclass(frozen=True)
class PostLine:
    """A post as a list shows it: how many duty cells it covers, and who staffs it."""

    code: str
    name_zh: str
    name_en: str
    kind: PostKind
    department: str | None
    hours: tuple[str, ...]
    duty_cells: tuple[str, ...]
    staff: tuple[str, ...]
    people: tuple[str, ...]
    valid_from: date
    valid_to: date | None


def posts(db: Session, viewer: Viewer, *, kind: PostKind | None = None, at: date | None = None) -> list[PostLine]:
    """Posts that hold on a day and lie in reach: those that cover a cell there, and those that cover none."""
    on = city_day(db, at)
    chosen = select(Post).where(holds(Post, on), _in_reach(viewer, on))
    if kind is not None:
        chosen = chosen.where(Post.kind == kind)
    rows = list(db.scalars(chosen.order_by(Post.kind, Post.code)))
    cells = _grouped(db, select(PostCell.post_id, PostCell.duty_cell).where(holds(PostCell, on), _reached(viewer)))
    staff = _grouped(db, select(PostStaff.post_id, PostStaff.account_id).where(holds(PostStaff, on)))
    people = accounts.by_ids(db, {one for some in staff.values() for one in some})
    return [
        PostLine(
            row.code, row.name_zh, row.name_en, row.kind, row.department, tuple(row.hours),
            tuple(sorted(cells.get(row.id, ()))),
            tuple(people[one].name for one in staff.get(row.id, ())),
            tuple(people[one].words for one in staff.get(row.id, ())), row.valid_from, row.valid_to,
        )
        for row in rows
    ]  # fmt: skip


def post_in_reach(db: Session, viewer: Viewer, code: str) -> bool:
    """Whether a post is there for a viewer, also one that has ended."""
    today = city_day(db)
    return db.scalar(select(Post.id).where(Post.code == code, _in_reach(viewer, today))) is not None


def _reached(viewer: Viewer) -> Any:
    """Cells of posts that lie in reach; a cell's own row says where it is."""
    return PostCell.duty_cell.in_(select(DutyCell.code).where(within(viewer, DutyCell.area_code)))


def _in_reach(viewer: Viewer, on: date) -> Any:
    covered = select(PostCell.id).where(PostCell.post_id == Post.id, holds(PostCell, on))
    return or_(covered.where(_reached(viewer)).exists(), ~covered.exists())


def _grouped(db: Session, chosen: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for key, value in db.execute(chosen):
        found.setdefault(key, []).append(value)
    return found


def cells_without_post(db: Session, viewer: Viewer, at: date | None = None) -> list[Row[Any]]:
    """Duty cells in reach that no inspector's post covers: code, names, area and its names."""
    on = city_day(db, at)
    covered = (
        select(PostCell.duty_cell)
        .join(Post, Post.id == PostCell.post_id)
        .where(Post.kind == PostKind.INSPECTOR, holds(Post, on), holds(PostCell, on))
    )
    chosen = (
        select(
            DutyCell.code, DutyCell.name_zh, DutyCell.name_en, DutyCell.area_code,
            Area.name_zh.label("area_zh"), Area.name_en.label("area_en"),
        )
        .outerjoin(Area, (Area.code == DutyCell.area_code) & Area.valid_to.is_(None))
        .where(
            DutyCell.valid_to.is_(None), DutyCell.kind == INSPECTION, within(viewer, DutyCell.area_code),
            DutyCell.code.not_in(covered),
        )
        .order_by(DutyCell.code)
    )  # fmt: skip
    return list(db.execute(chosen))


def duty_cells(db: Session, viewer: Viewer) -> list[Row[Any]]:
    """The duty cells to choose from: code and names."""
    chosen = select(DutyCell.code, DutyCell.name_zh, DutyCell.name_en).where(
        DutyCell.valid_to.is_(None), DutyCell.kind == INSPECTION, within(viewer, DutyCell.area_code)
    )
    return list(db.execute(chosen.order_by(DutyCell.code)))
