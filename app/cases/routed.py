"""What routing asks of cases: the facts that rules look at, and where each case went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseMove, CaseStatus, FilingCondition
from app.cases.visible import visible
from gis.errors import NotFound
from grid.reach import Viewer

UNDECIDED = (CaseStatus.REPORTED, CaseStatus.VERIFYING, CaseStatus.FILED, CaseStatus.REFUSED, CaseStatus.VOID)


def _facts(*where: ColumnElement[bool]) -> Select[Any]:
    sent = select(CaseMove.case_id, func.max(CaseMove.at).label("at")).where(CaseMove.act == "dispatch")
    sent_at = sent.group_by(CaseMove.case_id).subquery("sent")
    columns: list[Any] = [
        Case.id, Case.class_id, Case.area_code, func.ST_X(Case.geom).label("lon"), func.ST_Y(Case.geom).label("lat"),
        Case.source, Case.component_id, Case.department, Case.status.in_(UNDECIDED).label("is_undecided"),
        func.coalesce(sent_at.c.at, Case.reported_at).label("at"), sent_at.c.at.label("sent_at"),
        FilingCondition.department.label("condition_department"),
    ]  # fmt: skip
    chosen = select(*columns).outerjoin(sent_at, sent_at.c.case_id == Case.id)
    return chosen.outerjoin(FilingCondition, FilingCondition.id == Case.condition_id).where(*where)


def since(db: Session, viewer: Viewer, start: datetime, end: datetime) -> list[Row[Any]]:
    """Cases reported in a time, with when and whether they were sent to a department; one query."""
    viewer.require("cases.read")
    found = _facts(visible(viewer), Case.reported_at >= start, Case.reported_at < end)
    return list(db.execute(found.order_by(Case.id)))


def one(db: Session, viewer: Viewer, number: str) -> Row[Any]:
    """The same of one case; NotFound."""
    viewer.require("cases.read")
    found = db.execute(_facts(visible(viewer), Case.number == number)).one_or_none()
    if found is None:
        raise NotFound("There is no case {number}, or not in your areas.", number=number)
    return found


def of_id(db: Session, case_id: int) -> Row[Any]:
    """The same of a case that is already in hand."""
    return db.execute(_facts(Case.id == case_id)).one()
