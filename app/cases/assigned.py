"""Whose an inspector's task is: that of the post that covers the case's duty cell, else of all inspectors in reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, case, func, not_, or_, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.cases import queries, reading
from app.cases.filters import CaseFilter
from app.cases.guards import KIND_NAME
from app.cases.models import Case
from app.cases.numbers import city_zone
from app.cases.schemas import CaseQuery
from app.cases.visible import visible
from app.organisation import service as organisation
from app.workflow.models import WorkflowTask
from app.workflow.tasks import is_for
from grid.models import DutyCell
from grid.reach import Viewer


@dataclass(frozen=True)
class Task:
    """An open task with its case; `is_own`: given to the viewer by name or by the post that covers the duty cell."""

    id: int
    row: Row[Any]
    task: str
    due_at: datetime | None
    is_own: bool


@dataclass(frozen=True)
class Counts:
    """Open tasks of a viewer's own, and those that are nobody's in particular."""

    own: int
    nobodys: int


def tasks_of(db: Session, viewer: Viewer, *, limit: int = 50) -> list[Task]:
    """The open tasks that are the viewer's own first, then those of cells without a staffed post, soonest due first.

    What another inspector's post covers is not among them; it stays in the list of cases.
    """
    viewer.require("cases.read")
    own, open_to_all = _whose(db, viewer)
    columns = (Case.id, WorkflowTask.id.label("task_id"), WorkflowTask.task, WorkflowTask.due_at, own.label("is_own"))
    chosen = _open(viewer, own, open_to_all).with_only_columns(*columns)
    order = (case((own, 0), else_=1), WorkflowTask.due_at.asc().nulls_last(), WorkflowTask.id)
    picked = db.execute(chosen.order_by(*order).limit(limit)).all()
    rows = {row.id: row for row in queries.by_ids(db, viewer, [one.id for one in picked])}
    return [Task(one.task_id, rows[one.id], one.task, one.due_at, bool(one.is_own)) for one in picked if one.id in rows]


def count_of(db: Session, viewer: Viewer) -> Counts:
    """How many there are of each."""
    own, open_to_all = _whose(db, viewer)
    chosen = _open(viewer, own, open_to_all).with_only_columns(
        func.count().filter(own), func.count().filter(not_(own))
    )  # fmt: skip
    mine, others = db.execute(chosen).one()
    return Counts(mine, others)


def _whose(db: Session, viewer: Viewer) -> tuple[Any, Any]:
    """Two conditions: the task is the viewer's own; it is nobody's in particular."""
    covered = own_cells(db, viewer)
    staffed = organisation.cells_with_inspector(db)
    by_name = func.coalesce(WorkflowTask.account_id == viewer.account_id, False)
    own = or_(by_name, func.coalesce(Case.duty_cell_id.in_(covered), False))
    return own, or_(Case.duty_cell_id.is_(None), Case.duty_cell_id.not_in(staffed))


def _open(viewer: Viewer, own: Any, open_to_all: Any) -> Any:
    return (
        select(Case.id)
        .join(WorkflowTask, (WorkflowTask.matter_id == Case.id) & (WorkflowTask.kind == KIND_NAME))
        .where(WorkflowTask.done_at.is_(None), is_for(viewer), visible(viewer), or_(own, open_to_all))
    )


def own_cells(db: Session, viewer: Viewer) -> tuple[int, ...]:
    """The duty cells of the viewer's posts."""
    return tuple(organisation.duty_cells_of(db, viewer.account_id)) if viewer.account_id is not None else ()


def filter_of(db: Session, viewer: Viewer, asked: CaseQuery, now: datetime, zone: ZoneInfo | None = None) -> CaseFilter:
    """The filter that a query means for a viewer, narrowed to the own posts where it asks for that."""
    found = reading.filter_of(asked, zone or city_zone(db), viewer.role, now)
    return narrowed(db, viewer, found) if asked.mine else found


def narrowed(db: Session, viewer: Viewer, asked: CaseFilter) -> CaseFilter:
    """A filter narrowed to the cases that an inspector looks after: of the own posts' duty cells, and nobody's."""
    staffed = organisation.cells_with_inspector(db)
    nobodys = db.scalars(select(DutyCell.id).where(DutyCell.id.not_in(staffed)))
    return replace(asked, duty_cell_ids=(*own_cells(db, viewer), *nobodys), or_no_duty_cell=True)


def people_for(db: Session, one: Case, task: WorkflowTask) -> Sequence[accounts.Person]:
    """Whom a task is for: who is named, else who staffs the posts of the duty cell; nobody in particular: empty."""
    if task.account_id is not None:
        ids = [task.account_id]
    elif task.role == "inspector" and one.duty_cell_id is not None:
        ids = organisation.inspectors_of(db, one.duty_cell_id)
    else:
        ids = []
    found = accounts.by_ids(db, ids)
    return [found[key] for key in ids if key in found]
