"""What the dispatch board and the department work list ask of cases: loads, tabs, the stops of a team."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from app.cases.kind import KIND
from app.cases.models import Case, CaseMove, CaseStatus
from app.cases.queries import BRIEF, joined, past_mark
from app.cases.visible import clock_is, visible
from app.workflow.models import RequestStatus, WorkflowRequest
from grid.reach import Viewer

TABS = ("new", "accepted", "due_soon", "checking", "handed_back")
STOPS_AT = (CaseStatus.FILED, CaseStatus.HANDLING)
LISTED: tuple[Any, ...] = (*BRIEF, Case.revision, Case.team_id)


@dataclass(frozen=True)
class Load:
    """Cases being handled: all, of these due soon and overdue."""

    open: int = 0
    due_soon: int = 0
    overdue: int = 0


def loads(db: Session, viewer: Viewer, now: datetime) -> dict[tuple[str | None, int | None], Load]:
    """The load of each department and team; under (department, None) what no team has yet. One statement."""
    viewer.require("cases.read")
    counts = [func.count().filter(clock_is(name, now)) for name in ("due_soon", "overdue")]
    found = select(Case.department, Case.team_id, func.count(), *counts)
    found = found.where(visible(viewer), Case.status == CaseStatus.HANDLING).group_by(Case.department, Case.team_id)
    return {(row[0], row[1]): Load(row[2], row[3], row[4]) for row in db.execute(found)}


def waiting(db: Session, viewer: Viewer, limit: int) -> tuple[list[Row[Any]], int]:
    """The filed cases that no department has yet, what falls due first on top, and how many there are."""
    viewer.require("cases.read")
    here = and_(visible(viewer), Case.status == CaseStatus.FILED)
    few = select(Case.id).where(here).order_by(Case.due_at.asc(), Case.id).limit(limit).subquery("few")
    shown = joined(LISTED).join(few, few.c.id == Case.id).order_by(Case.due_at.asc(), Case.id)
    count = db.scalars(select(func.count()).select_from(Case).where(here)).one()
    return list(db.execute(shown)), count


def stops(
    db: Session, viewer: Viewer, *, numbers: Sequence[str] = (), team_id: int | None = None, limit: int
) -> list[Row[Any]]:
    """Cases to go to, named by number or those of a team, what falls due first on top."""
    viewer.require("cases.read")
    wanted = Case.number.in_(numbers) if team_id is None else Case.team_id == team_id
    status = Case.status.in_(STOPS_AT) if team_id is None else Case.status == CaseStatus.HANDLING
    found = joined(LISTED).where(visible(viewer), wanted, status)
    return list(db.execute(found.order_by(Case.due_at.asc(), Case.id).limit(limit)))


def by_ids(db: Session, viewer: Viewer, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """Those of the cases that the viewer sees, by id."""
    viewer.require("cases.read")
    return {row.id: row for row in db.execute(joined(LISTED).where(Case.id.in_(ids), visible(viewer)))}


def tab_counts(db: Session, viewer: Viewer, now: datetime) -> dict[str, int]:
    """How many cases stand under each tab of the work list. One statement."""
    viewer.require("cases.read")
    counted = [func.count(case((_tab(name, now), 1))) for name in TABS]
    row = db.execute(select(*counted).select_from(Case).where(visible(viewer), _worked_on())).one()
    return dict(zip(TABS, row, strict=True))


def tab_page(
    db: Session, viewer: Viewer, tab: str, *, now: datetime, limit: int, after: Sequence[Any] = ()
) -> list[Row[Any]]:
    """One page of a tab, what falls due first on top; whether a department accepted it, and its open requests."""
    viewer.require("cases.read")
    picked = select(Case.id).where(visible(viewer), _worked_on(), _tab(tab, now))
    if after:
        picked = picked.where(past_mark(after, "due"))
    few = picked.order_by(Case.due_at.asc(), Case.id.asc()).limit(limit).subquery("few")
    columns = (*LISTED, _accepted().label("is_accepted"), _asked_acts().label("asked"))
    return list(db.execute(joined(columns).join(few, few.c.id == Case.id).order_by(Case.due_at.asc(), Case.id.asc())))


def _worked_on() -> ColumnElement[bool]:
    """The few cases that any tab can hold."""
    return Case.status.in_((CaseStatus.FILED, CaseStatus.HANDLING, CaseStatus.CHECKING))


def _tab(name: str, now: datetime) -> ColumnElement[bool]:
    handling = Case.status == CaseStatus.HANDLING
    back = _handed_back()
    if name == "handed_back":
        return or_(and_(handling, back), and_(Case.status == CaseStatus.FILED, _sent_back()))
    tabs: dict[str, ColumnElement[bool]] = {
        "new": and_(handling, not_(_accepted()), not_(back)),
        "accepted": and_(handling, _accepted(), not_(back)),
        "due_soon": and_(handling, or_(clock_is("due_soon", now), clock_is("overdue", now))),
        "checking": Case.status == CaseStatus.CHECKING,
    }
    return tabs[name]


def _accepted() -> ColumnElement[bool]:
    """The department has accepted it since it was last given to one."""
    later = aliased(CaseMove)
    given_later = exists().where(later.case_id == Case.id, later.id > CaseMove.id, later.act.in_(("dispatch", "split")))
    return exists().where(CaseMove.case_id == Case.id, CaseMove.act == "accept", ~given_later)


def _handed_back() -> ColumnElement[bool]:
    """Sending it back was asked for and waits for an answer."""
    return exists().where(_pending(), WorkflowRequest.act == "send_back")


def _sent_back() -> ColumnElement[bool]:
    """It was sent back, so that it waits for another department."""
    return exists().where(CaseMove.case_id == Case.id, CaseMove.act == "send_back")


def _pending() -> ColumnElement[bool]:
    return and_(
        WorkflowRequest.kind == KIND.kind, WorkflowRequest.matter_id == Case.id,
        WorkflowRequest.status == RequestStatus.PENDING,
    )  # fmt: skip


def _asked_acts() -> Any:
    """The acts that were asked for and wait for an answer."""
    found = select(func.array_agg(WorkflowRequest.act)).where(_pending())
    return found.correlate(Case).scalar_subquery()
