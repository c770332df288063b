"""What a source recorded about its cases' limits, beside what their times say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import Case, CaseClass
from app.cases.visible import visible
from grid.reach import Viewer

Major = aliased(CaseClass, name="major")
MINUTE_S, HOUR_S = 60, 3600
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _given() -> ColumnElement[bool]:
    return Case.external_system.is_not(None)


def _is_open() -> ColumnElement[bool]:
    return and_(Case.closed_at.is_(None), Case.due_at.is_not(None), Case.is_on_time.is_not(None))


def export_moment(db: Session, viewer: Viewer) -> tuple[datetime | None, datetime | None]:
    """Between which moments the source must have judged its open cases: the last limit that it called passed, and the
    first that it called ahead. In order where one moment explains them all."""
    last = func.max(Case.due_at).filter(Case.is_on_time.is_(False))
    first = func.min(Case.due_at).filter(Case.is_on_time.is_(True))
    return tuple(db.execute(select(last, first).where(_given(), _is_open(), visible(viewer))).one())  # type: ignore[return-value]  # two columns


def reason(judged_at: datetime) -> ColumnElement[str]:
    """How a case's recorded flag stands to its times; the first that holds."""
    late_s = func.abs(func.extract("epoch", Case.closed_at - Case.due_at))
    in_time = Case.closed_at <= Case.due_at
    return case(
        (and_(Case.is_on_time.is_(None), Case.closed_at.is_(None)), "no_flag_open"),
        (Case.is_on_time.is_(None), "no_flag_closed"),
        (Case.due_at.is_(None), "no_limit"),
        (and_(Case.closed_at.is_(None), Case.is_on_time == (Case.due_at > judged_at)), "agrees_open"),
        (Case.closed_at.is_(None), "differs_open"),
        (and_(in_time, Case.is_on_time.is_(True)), "agrees_on_time"),
        (and_(~in_time, ~Case.is_on_time), "agrees_late"),
        (late_s < MINUTE_S, "differs_by_seconds"),
        (Case.closed_at < Case.reported_at, "differs_closed_before_reported"),
        (late_s <= HOUR_S, "differs_by_an_hour"),
        (in_time, "differs_in_time_yet_overdue"),
        else_="differs_late_yet_on_time",
    )


def compared(db: Session, viewer: Viewer) -> list[Row[Any]]:
    """Cases of other systems counted by class and reason: class_id, names of class and major class, reason, n."""
    viewer.require("cases.read")
    last, first = export_moment(db, viewer)
    told = reason(last or (first - timedelta(seconds=1) if first else LONG_AGO)).label("reason")
    named = (Case.class_id, CaseClass.name_zh, CaseClass.name_en)
    majors = (Major.name_zh.label("major_zh"), Major.name_en.label("major_en"))
    found = (
        select(*named, *majors, told, func.count().label("n"))
        .join(CaseClass, CaseClass.id == Case.class_id)
        .outerjoin(Major, Major.id == CaseClass.parent_id)
        .where(_given(), visible(viewer))
        .group_by(*named, Major.name_zh, Major.name_en, told)
    )
    return list(db.execute(found))
