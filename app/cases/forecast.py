"""What turns red next: cases whose clock runs out within a day, by hour, department and unit cell, in one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, cast, extract, func, literal, select
from sqlalchemy.orm import Session

from app.cases.filters import RUNNING, CaseFilter, conditions
from app.cases.models import Case
from app.cases.visible import visible
from grid.models import UnitCell
from grid.reach import Viewer

DAY_H = 24
HORIZONS = (1, 2, 4, 8, 24)


@dataclass(frozen=True)
class Forecast:
    """How many cases turn red within `hours` from `now`, and where; `by_hour` holds the whole day ahead."""

    now: datetime
    hours: int
    by_hour: list[int] = field(default_factory=lambda: [0] * DAY_H)
    by_department: list[tuple[str | None, int]] = field(default_factory=list)
    by_cell: list[tuple[str, int]] = field(default_factory=list)

    def within(self, hours: int) -> int:
        """How many turn red within so many hours."""
        return sum(self.by_hour[:hours])

    def hour(self, index: int) -> tuple[datetime, datetime]:
        """The hour that `by_hour[index]` counts: from ≤ due < to."""
        return self.now + timedelta(hours=index), self.now + timedelta(hours=index + 1)


def forecast(db: Session, viewer: Viewer, asked: CaseFilter, *, now: datetime, hours: int) -> Forecast:
    """The forecast of a filter's cases for a viewer; a case whose clock rests (挂账) is in none.

    One statement, whatever the number of cases.
    """
    viewer.require("cases.read")
    left_s = extract("epoch", Case.due_at - now)
    nearest = (
        select(cast(func.floor(left_s / 3600), Integer).label("hour"), Case.department, Case.unit_cell_id)
        .where(
            visible(viewer), *conditions(asked, now), Case.status.in_(RUNNING), Case.closed_at.is_(None),
            Case.due_at >= now, Case.due_at < now + timedelta(hours=DAY_H),
        )
        .subquery("nearest")
    )  # fmt: skip
    hour, department, cell = nearest.c.hour, nearest.c.department, nearest.c.unit_cell_id
    counted = (
        select(
            func.grouping(hour, department, cell).label("part"), hour, department, cell,
            func.count().label("all"), func.count().filter(hour < literal(hours)).label("soon"),
        )
        .group_by(func.grouping_sets(hour, department, cell))
        .subquery("counted")
    )  # fmt: skip
    told = select(counted, UnitCell.code).outerjoin(UnitCell, UnitCell.id == counted.c.unit_cell_id)
    return _told(Forecast(now, hours), list(db.execute(told)))


HOUR, DEPARTMENT, CELL = 0b011, 0b101, 0b110  # GROUPING(): a bit for each of the three that a row is not grouped by


def _told(made: Forecast, rows: list[Any]) -> Forecast:
    for row in rows:
        if row.part == HOUR:
            made.by_hour[min(row.hour, DAY_H - 1)] = row.all
        elif row.part == DEPARTMENT and row.soon:
            made.by_department.append((row.department, row.soon))
        elif row.part == CELL and row.soon:
            made.by_cell.append((row.code, row.soon))
    made.by_department.sort(key=lambda one: (-one[1], one[0] or ""))
    made.by_cell.sort(key=lambda one: (-one[1], one[0] or ""))
    return made
