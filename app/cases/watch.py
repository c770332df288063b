"""Watching the clocks: each case that turns yellow or red is told of once, and taken higher while it stays red.

What is looked for are the moments since the last look (read by the indexes on due_at and yellow_at), so that a round
costs what has turned meanwhile, and cases that came in long overdue from elsewhere raise no storm. Whoever stands at
a level is told; where nobody does, administrators and chiefs are told that, and the case's page and a figure show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.receivers import Receiver, receivers
from app.cases import ladders
from app.cases.kind import KIND
from app.cases.models import Case, CaseStatus, CaseWarning, CaseWatch
from app.cases.superiors import superiors
from app.cases.visible import sees
from app.notices.service import occur

FIRST_LOOK = timedelta(hours=1)  # how far back the very first round looks
OVERLAP = timedelta(minutes=10)  # a case written while the last round ran
RUNNING = [CaseStatus(name) for name, state in KIND.states.items() if state.clock == "runs"]
BATCH = 5000  # rows of one statement


@dataclass(frozen=True)
class Turn:
    """A case that reached a step: yellow, red, level_1 … level_3; `after_h` hours past its due time."""

    case: Row[Any]
    step: str
    level: int = 0
    after_h: float = 0.0
    is_alert: bool = False


def watch(db: Session, now: datetime) -> int:
    """Tell of what turned since the last look; gives how much. The same queries however many cases there are."""
    mark = db.scalar(select(CaseWatch).with_for_update())
    since = mark.until_at - OVERLAP if mark else now - FIRST_LOOK
    rules = ladders.read(db)
    found = _turned(db, rules, since, now)
    people = receivers(db) if any(one.level for one in found) else []
    written = _write(db, found, people, now) if found else []
    for one in written:
        _tell(db, one)
    values = insert(CaseWatch).values(id=1, until_at=now)
    later = func.greatest(CaseWatch.until_at, now)
    db.execute(values.on_conflict_do_update(index_elements=["id"], set_={"until_at": later}))
    return len(written)


def _turned(db: Session, rules: ladders.Ladders, since: datetime, now: datetime) -> list[Turn]:
    columns: tuple[Any, ...] = (Case.id, Case.due_at, Case.yellow_at, Case.class_id, Case.department, Case.area_code)
    spans = [timedelta(), *(timedelta(hours=one) for one in rules.distinct)]
    reached = [and_(Case.due_at > since - span, Case.due_at <= now - span) for span in spans]
    is_open = and_(Case.closed_at.is_(None), Case.status.in_(RUNNING))
    soon = and_(Case.yellow_at > since, Case.yellow_at <= now)
    rows: Sequence[Row[Any]] = db.execute(
        select(*columns).where(is_open, or_(soon, *reached)).order_by(Case.due_at, Case.id)
    ).all()
    return [turn for row in rows for turn in _steps(row, rules, since, now)]


def _steps(row: Row[Any], rules: ladders.Ladders, since: datetime, now: datetime) -> Iterator[Turn]:
    """The steps that a case reached after `since`; yellow is not told of what is red by now."""
    if since < row.yellow_at <= now < row.due_at:
        yield Turn(row, "yellow")
    if since < row.due_at <= now:
        yield Turn(row, "red")
    for level, hours in enumerate(rules.hours(row.class_id, row.department), 1):
        if since < row.due_at + timedelta(hours=hours) <= now:
            yield Turn(row, f"level_{level}", level, hours)


def _above(one: Turn, people: Sequence[Receiver]) -> list[Receiver]:
    """Who stands at the level and may see the case."""
    found = superiors(people, one.case.area_code, one.case.department, one.level)
    return [person for person in found if sees(person.viewer, one.case.area_code, one.case.department)]


def _write(db: Session, found: Sequence[Turn], people: Sequence[Receiver], now: datetime) -> list[Turn]:
    """Keep each step once for each due time; gives those that were not told before."""
    rows = []
    for one in found:
        above = _above(one, people) if one.level else []
        rows.append({
            "case_id": one.case.id, "due_at": one.case.due_at, "step": one.step, "at": now,
            "after_h": one.after_h if one.level else None, "told": [person.name for person in above],
            "is_alert": bool(one.level) and not above,
        })  # fmt: skip
    made = insert(CaseWarning).on_conflict_do_nothing().returning(CaseWarning.case_id, CaseWarning.step)
    new = set()
    for start in range(0, len(rows), BATCH):
        new |= {(case_id, step) for case_id, step in db.execute(made.values(rows[start : start + BATCH]))}
    alerts = {(row["case_id"], row["step"]) for row in rows if row["is_alert"]}
    told = [one for one in found if (one.case.id, one.step) in new]
    return [replace(one, is_alert=(one.case.id, one.step) in alerts) for one in told]


def _tell(db: Session, one: Turn) -> None:
    if not one.level:
        occur(db, f"cases.{one.step}", one.case.id)
    else:
        event = "cases.nobody_above" if one.is_alert else "cases.escalated"
        occur(db, event, one.case.id, level=one.level, late_h=one.after_h)


def warnings_of(db: Session, case_id: int) -> list[CaseWarning]:
    """What a case was warned of and taken to, newest first; who may see the case may see it."""
    return list(db.scalars(select(CaseWarning).where(CaseWarning.case_id == case_id).order_by(CaseWarning.id.desc())))


def alerts(db: Session) -> int:
    """How many open cases were to be taken higher and found nobody there."""
    open_ones = select(func.count(func.distinct(CaseWarning.case_id))).join(Case, Case.id == CaseWarning.case_id)
    return db.scalar(open_ones.where(CaseWarning.is_alert, Case.closed_at.is_(None))) or 0
