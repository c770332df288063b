"""Versions of work calendars: added, read, and kept in memory by their mark."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.clocks.calendars import Calendar, Day, Span
from app.clocks.models import WorkCalendar, WorkCalendarDay
from gis.errors import NotFound

KEPT_MOST = 64
_KEPT: OrderedDict[uuid.UUID, Calendar] = OrderedDict()  # a mark's contents never change, so nothing here grows stale


PRESENT = (
    select(WorkCalendar).where(WorkCalendar.name == bindparam("name")).order_by(WorkCalendar.version.desc()).limit(1)
)
NAMED = select(WorkCalendar).where(WorkCalendar.name == bindparam("name"), WorkCalendar.version == bindparam("version"))


class NoSuchCalendar(NotFound):
    """There is no calendar of this name, or not this version of it."""

    code = "clocks.no_such_calendar"


def newest(db: Session) -> list[WorkCalendar]:
    """The present version of each calendar, by name."""
    chosen = select(WorkCalendar).ext(distinct_on(WorkCalendar.name))
    return list(db.scalars(chosen.order_by(WorkCalendar.name, WorkCalendar.version.desc())))


def versions(db: Session, name: str, limit: int = 30) -> list[WorkCalendar]:
    """The last versions of a calendar, newest first."""
    found = select(WorkCalendar).where(WorkCalendar.name == name)
    return list(db.scalars(found.order_by(WorkCalendar.version.desc()).limit(limit)))


def find(db: Session, name: str, version: int | None = None, *, lock: bool = False) -> WorkCalendar | None:
    """A version of a calendar, the present one by default; None where there is none."""
    chosen = PRESENT if version is None else NAMED
    return db.scalar(chosen.with_for_update() if lock else chosen, {"name": name, "version": version})


def contents(db: Session, row: WorkCalendar) -> Calendar:
    """The calendar of a row, from memory if it was read before."""
    kept = _KEPT.get(row.mark)
    if kept is None:
        kept = _KEPT[row.mark] = _read(db, row)
        while len(_KEPT) > KEPT_MOST:
            _KEPT.popitem(last=False)
    return kept


def _read(db: Session, row: WorkCalendar) -> Calendar:
    days = select(WorkCalendarDay.on, WorkCalendarDay.kind, WorkCalendarDay.name)
    found = db.execute(days.where(WorkCalendarDay.calendar_id == row.id))
    return Calendar(
        name=row.name,
        time_zone=row.time_zone,
        spans=tuple(Span.parse(text) for text in row.spans),
        weekdays=frozenset(row.weekdays),
        days={on: Day(kind, name) for on, kind, name in found},
        years=frozenset(row.years),
        day_minutes=row.day_minutes,
        version=row.version,
    )


def add(
    db: Session,
    calendar: Calendar,
    version: int,
    titles: tuple[str, str],
    *,
    actor: str,
    account_id: int | None = None,
    note: str = "",
) -> WorkCalendar:
    """A new version with all its days; `titles` are Chinese and English."""
    row = WorkCalendar(
        name=calendar.name, version=version, title_zh=titles[0], title_en=titles[1], time_zone=calendar.time_zone,
        spans=[str(span) for span in calendar.spans], weekdays=sorted(calendar.weekdays),
        day_minutes=calendar.day_minutes, years=sorted(calendar.years), note=note, account_id=account_id, actor=actor,
    )  # fmt: skip
    db.add(row)
    db.flush()
    _add_days(db, row.id, calendar.days.items())
    return row


def _add_days(db: Session, calendar_id: int, days: Iterable[tuple[date, Day]]) -> None:
    rows = [{"calendar_id": calendar_id, "on": on, "kind": day.kind, "name": day.name} for on, day in days]
    if rows:
        db.execute(insert(WorkCalendarDay), rows)


def take_lock(db: Session, name: str) -> None:
    """One writer at a time for a calendar, its first version included."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"work_calendar:{name}"))))
