"""Work calendars: the one to reckon with, and changing them. A change is a new version; due times that are set stay."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.clocks import store
from app.clocks.calendars import Calendar
from app.clocks.first import DEFAULT, make_default
from app.clocks.models import WorkCalendar
from gis.errors import Conflict, InvalidInput
from grid.reach import Viewer

RIGHT = "calendars.edit"
NAME = re.compile(r"(?!new$)[a-z][a-z0-9_-]{0,39}")  # /admin/calendars/new is the form for another one
TITLE_MAX = 60
DAYS_TOLD = 40


class StaleCalendar(Conflict):
    """Somebody else changed the calendar meanwhile."""

    code = "clocks.stale_calendar"


class CalendarThere(Conflict):
    """There is a calendar of this name."""

    code = "clocks.calendar_there"


def calendar_of(db: Session, name: str = DEFAULT, version: int | None = None) -> Calendar:
    """The calendar of a name as it is now, or one of its versions; one query once it is in memory.

    A record that sets a due time keeps name and version. The default calendar is made at its first need.
    Raises NoSuchCalendar, NoCity.
    """
    return store.contents(db, row_of(db, name, version))


def row_of(db: Session, name: str = DEFAULT, version: int | None = None) -> WorkCalendar:
    """The row of a version; as `calendar_of`."""
    found = store.find(db, name, version)
    if found is None and name == DEFAULT and version is None:
        return make_default(db)
    if found is None:
        raise store.NoSuchCalendar("There is no work calendar {name}, or not this version of it.", name=name[:40])
    return found


def create(db: Session, viewer: Viewer, calendar: Calendar, titles: tuple[str, str]) -> WorkCalendar:
    """A new calendar under a name of its own. Raises Forbidden, CalendarThere, InvalidInput."""
    viewer.require(RIGHT)
    if not NAME.fullmatch(calendar.name):
        raise InvalidInput("A name begins with a letter and holds letters a-z, digits, - and _.", field="name")
    chosen = _titles(titles)
    store.take_lock(db, calendar.name)
    if store.find(db, calendar.name) is not None:
        raise CalendarThere("There is a work calendar {name} already.", field="name", name=calendar.name)
    made = store.add(db, calendar, 1, chosen, actor=viewer.name, account_id=viewer.account_id)
    audit.record(db, viewer, act="calendars.create", subject="calendar", subject_id=made.name)
    return made


def change(
    db: Session,
    viewer: Viewer,
    calendar: Calendar,
    *,
    seen: int,
    titles: tuple[str, str] | None = None,
    note: str = "",
) -> WorkCalendar:
    """Make a changed calendar the next version of its name; nothing is written where nothing changed.

    Parameters
    ----------
    seen : int
        The version that the change was made on; StaleCalendar when there is a newer one.

    Raises Forbidden, NoSuchCalendar, StaleCalendar, InvalidInput.
    """
    viewer.require(RIGHT)
    store.take_lock(db, calendar.name)
    row = row_of(db, calendar.name)
    if row.version != seen:
        raise StaleCalendar("Somebody changed the calendar meanwhile: look again before you go on.")
    before, chosen = store.contents(db, row), _titles(titles) if titles else (row.title_zh, row.title_en)
    if calendar == before and chosen == (row.title_zh, row.title_en):
        return row
    made = store.add(
        db, calendar, row.version + 1, chosen, actor=viewer.name, account_id=viewer.account_id, note=note.strip()[:200]
    )
    detail = {"version": made.version} | _difference(before, calendar)
    audit.record(db, viewer, act="calendars.change", subject="calendar", subject_id=made.name, detail=detail)
    return made


def restore(db: Session, viewer: Viewer, name: str, version: int, *, seen: int) -> WorkCalendar:
    """Make the contents of an earlier version the present ones, as a new version. Raises as `change`."""
    viewer.require(RIGHT)
    old = row_of(db, name, version)
    return change(db, viewer, store.contents(db, old), seen=seen, titles=(old.title_zh, old.title_en))


def _titles(given: tuple[str, str]) -> tuple[str, str]:
    zh, en = (title.strip() for title in given)
    if not (zh or en):
        raise InvalidInput("A calendar needs a title.", field="title_zh")
    if max(len(zh), len(en)) > TITLE_MAX:
        raise InvalidInput("A title has at most {count} characters.", field="title_zh", count=TITLE_MAX)
    return zh or en, en or zh


def _difference(before: Calendar, after: Calendar) -> dict[str, object]:
    """What changed, for the audit record: days that differ (the first of them), and what else does."""
    days = sorted(on for on in {*before.days, *after.days} if before.days.get(on) != after.days.get(on))
    others = ("time_zone", "spans", "weekdays", "day_minutes", "years")
    return {
        "days": [_told(on, after) for on in days[:DAYS_TOLD]],
        "days_changed": len(days),
        "changed": [name for name in others if getattr(before, name) != getattr(after, name)],
    }


def _told(on: date, after: Calendar) -> str:
    day = after.days.get(on)
    return f"{on} {day.kind.value if day else 'by_weekday'}"
