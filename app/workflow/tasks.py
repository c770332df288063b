"""Work for one person or department while a matter stands where it stands: verify, check, review."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from app.workflow import timing
from app.workflow.kinds import Kind
from app.workflow.models import WorkflowTask
from app.workflow.situation import Situation
from grid.reach import Viewer

WITHDRAWN = "withdrawn"
TASK = "task"  # what the engine has found for an act that answers one
UNSEEN = {"synchronize_session": False}  # no task is held in memory while others are closed: a third of the time
FOR_WHOM = "departments"  # the answer that names those who each get a task of their own


def open_task(db: Session, kind: Kind, situation: Situation[Any], name: str) -> None:
    """Open a task of a kind: one, or one for each department that the act names."""
    declared = kind.tasks[name]
    due_at = timing.limit_ends(db, declared.limit, situation.now)
    departments: list[str | None] = list(situation.answer(FOR_WHOM) or [None])
    assignee = situation.answer("assignee")
    for department in departments:
        db.add(WorkflowTask(
            kind=kind.kind, matter_id=situation.matter.id, task=name, role=declared.role, account_id=assignee,
            department=department, opened_at=situation.now, due_at=due_at,
        ))  # fmt: skip


def open_tasks(kind: str, matter_id: int, name: str | None = None) -> Select[WorkflowTask]:
    """The tasks of a matter that nobody has answered yet."""
    found = select(WorkflowTask).where(
        WorkflowTask.kind == kind, WorkflowTask.matter_id == matter_id, WorkflowTask.done_at.is_(None)
    )
    return (found if name is None else found.where(WorkflowTask.task == name)).order_by(WorkflowTask.id)


def is_for(viewer: Viewer) -> ColumnElement[bool]:
    """Tasks that a viewer may answer: of the role, and given to the person, to the department, or to nobody by name."""
    person = or_(WorkflowTask.account_id.is_(None), WorkflowTask.account_id == viewer.account_id)
    department = or_(WorkflowTask.department.is_(None), WorkflowTask.department == viewer.department)
    return (WorkflowTask.role == viewer.role) & person & department


def mine(db: Session, kind: str, matter_id: int, name: str, viewer: Viewer) -> WorkflowTask | None:
    """The open task of a matter that a viewer may answer; None if there is none."""
    return db.scalars(open_tasks(kind, matter_id, name).where(is_for(viewer)).limit(1)).first()


def answer(db: Session, situation: Situation[Any]) -> None:
    """Close the viewer's open task with the act's answers; the engine has found it."""
    task: WorkflowTask = situation.found[TASK]
    if situation.given is not None:
        task.done_at = situation.now
        task.account_id = situation.viewer.account_id
        task.result = str(situation.answer("result") or "done")
        task.note = situation.given.note
        task.answers = dict(situation.given.answers)
        db.flush()


def withdraw(db: Session, kind: Kind, matter_id: int, now: datetime, *, before: str, to: str) -> None:
    """Close what is still open once the matter leaves the state that it belonged to; what stays, when all is over."""
    if kind.states[to].open and before not in kind.busy_states:
        return
    left = update(WorkflowTask).where(
        WorkflowTask.kind == kind.kind, WorkflowTask.matter_id == matter_id, WorkflowTask.done_at.is_(None)
    )
    if kind.states[to].open:
        left = left.where(WorkflowTask.task.not_in([name for name, task in kind.tasks.items() if task.stays]))
    db.execute(left.values(done_at=now, result=WITHDRAWN), execution_options=UNSEEN)


def reopen_after_undo(db: Session, kind: str, matter_id: int, moved_at: datetime, now: datetime) -> None:
    """After a move was taken back: tasks that it opened are withdrawn, those that it withdrew are open again."""
    of_matter = (WorkflowTask.kind == kind, WorkflowTask.matter_id == matter_id)
    opened = update(WorkflowTask).where(*of_matter, WorkflowTask.opened_at == moved_at, WorkflowTask.done_at.is_(None))
    db.execute(opened.values(done_at=now, result=WITHDRAWN))
    closed = update(WorkflowTask).where(*of_matter, WorkflowTask.done_at == moved_at, WorkflowTask.result == WITHDRAWN)
    db.execute(closed.values(done_at=None, result=None))
