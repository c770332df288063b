"""The one rule for which cases a viewer sees, and what counts as open, due and truly located."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_

from app.cases.models import OPEN_STATUSES, Case, CaseStatus
from grid.located import LocatedBy
from grid.reach import Viewer, within


def visible(viewer: Viewer, of: Any = Case) -> ColumnElement[bool]:
    """Cases inside the viewer's areas and, where the viewer is narrowed to one, of the viewer's department.

    `of` is `Case`, or cases as they stood at a moment (`app.cases.past`).
    """
    return within(viewer, of.area_code, of.department)


def sees(viewer: Viewer, area_code: str, department: str | None) -> bool:
    """The same for one case in memory, and the right to read cases at all."""
    here = viewer.may("cases.read") and viewer.reaches(area_code)
    return here and (viewer.department is None or viewer.department == department)


def is_open() -> ColumnElement[bool]:
    """Cases that somebody still has to act on."""
    return Case.status.in_(OPEN_STATUSES)


def counts_once() -> ColumnElement[bool]:
    """Cases that figures count: a part goes with its whole case, a merged one with its main case."""
    return and_(Case.parent_id.is_(None), Case.status != CaseStatus.MERGED)


def is_truly_located(of: Any = Case) -> ColumnElement[bool]:
    """Cases whose point is their own and not the source's stand-in."""
    found: ColumnElement[bool] = of.located_by != LocatedBy.DEFAULT
    return found


def clock_is(clock: str, now: datetime) -> ColumnElement[bool]:
    """Open cases on time, due soon (80 % of the limit used) or overdue at a moment; cases without a limit are none."""
    chosen = {
        "overdue": Case.due_at < now,
        "due_soon": and_(Case.due_at >= now, Case.yellow_at <= now),
        "on_time": and_(Case.due_at >= now, Case.yellow_at > now),
    }
    return and_(is_open(), Case.due_at.is_not(None), chosen[clock])


def clock_of(yellow_at: datetime | None, due_at: datetime | None, is_running: bool, now: datetime) -> str | None:
    """The same for one case in memory: on_time, due_soon, overdue; None without a limit or when it is over."""
    if due_at is None or yellow_at is None or not is_running:
        return None
    if due_at < now:
        return "overdue"
    return "due_soon" if yellow_at <= now else "on_time"
