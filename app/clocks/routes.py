"""The calendars' API: reading for all who are logged in, changing a year for those who may."""

from __future__ import annotations

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.clocks import service, store
from app.clocks.calendars import Calendar, Day
from app.clocks.clock import Clock
from app.clocks.files import clean_name
from app.clocks.limits import parse_limit
from app.clocks.models import WorkCalendar
from app.clocks.schemas import CalendarPath, DueQuery, VersionQuery, YearIn, YearPath
from gis.db import transaction
from gis.errors import InvalidInput

TAG = Tag(name="calendars", description="Work calendars: hours, holidays, make-up working days")
bp = APIBlueprint("clocks_api", __name__, url_prefix="/api/v1/calendars", abp_tags=[TAG], abp_security=[{"bearer": []}])


def _facts(row: WorkCalendar) -> dict[str, Any]:
    return {
        "name": row.name, "version": row.version, "title_zh": row.title_zh, "title_en": row.title_en,
        "time_zone": row.time_zone, "spans": row.spans, "weekdays": row.weekdays, "day_minutes": row.day_minutes,
        "years": row.years, "made_at": row.made_at.isoformat(),
    }  # fmt: skip


def _days(calendar: Calendar, year: int) -> list[dict[str, str]]:
    days = calendar.days_of(year).items()
    return [{"date": on.isoformat(), "kind": day.kind.value, "name": day.name} for on, day in days]


@bp.get("", summary="All work calendars")
def get_calendars() -> dict[str, Any]:
    """The present version of each."""
    current_viewer()
    with transaction() as db:
        service.row_of(db)
        return {"items": [_facts(row) for row in store.newest(db)]}


@bp.get("/<name>", summary="One work calendar")
def get_calendar(path: CalendarPath, query: VersionQuery) -> dict[str, Any]:
    """Hours and the years whose holidays are known."""
    current_viewer()
    with transaction() as db:
        return _facts(service.row_of(db, path.name, query.version))


@bp.get("/<name>/years/<int:year>", summary="The special days of a year")
def get_year(path: YearPath, query: VersionQuery) -> dict[str, Any]:
    """Holidays and make-up working days; `is_known` is false where nobody entered them yet."""
    current_viewer()
    with transaction() as db:
        return _year(service.calendar_of(db, path.name, query.version), path.year)


def _year(calendar: Calendar, year: int) -> dict[str, Any]:
    return {
        "name": calendar.name, "version": calendar.version, "year": year, "is_known": year in calendar.years,
        "days": _days(calendar, year),
    }  # fmt: skip


@bp.put("/<name>/years/<int:year>", summary="Replace the special days of a year")
def put_year(path: YearPath, body: YearIn) -> dict[str, Any]:
    """A new version of the calendar; due times that are set stay."""
    viewer = current_viewer()
    days = {one.date: Day(one.kind, clean_name(one.name)) for one in body.days}
    if len(days) < len(body.days):
        raise InvalidInput("A day stands twice.", field="days")
    with transaction() as db:
        calendar = service.calendar_of(db, path.name).with_year(path.year, days)
        made = service.change(db, viewer, calendar, seen=body.version)
        return _year(store.contents(db, made), path.year)


@bp.get("/<name>/due", summary="When a limit is due")
def get_due(path: CalendarPath, query: DueQuery) -> dict[str, Any]:
    """The first instant at which the limit is used up; years in between whose holidays are not known are named."""
    current_viewer()
    with transaction() as db:
        calendar = service.calendar_of(db, path.name, query.version)
    clock = Clock(parse_limit(query.limit), query.start, calendar)
    due_at = clock.due_at.isoformat() if clock.due_at else None
    return {
        "limit": str(clock.limit), "start": query.start.isoformat(), "due_at": due_at, "calendar": calendar.name,
        "version": calendar.version, "unknown_years": clock.unknown_years,
    }  # fmt: skip
