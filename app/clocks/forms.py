"""What the calendar page sends, read field by field."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from app.clocks.calendars import Calendar, Day, DayKind, Span
from app.clocks.files import clean_name
from gis.errors import InvalidInput

FIRST_YEAR, LAST_YEAR = 2000, 2100
RANGE_MAX = 60
BY_WEEKDAY = "by_weekday"
WEEKDAYS = frozenset("1234567")

Form = MultiDict[str, str]


def year_of(text: str, default: int) -> int:
    """A year that the page can show; the default for none."""
    if not text:
        return default
    if not text.isdecimal() or not FIRST_YEAR <= int(text[:6]) <= LAST_YEAR:
        raise _no_year("year")
    return int(text)


def _no_year(field: str) -> InvalidInput:
    first, last = str(FIRST_YEAR), str(LAST_YEAR)  # as text: a year is not written 2,026
    return InvalidInput("Give a year from {first} to {last}.", field=field, first=first, last=last)


def seen_of(form: Form) -> int:
    """The version that the form was filled in on."""
    text = form.get("seen", "")
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInput("The form does not say which version it changes. Load the page again.", field="seen")
    return int(text)


def days_of(form: Form) -> dict[date, Day | None]:
    """The days to change, from one to another, each to the same kind; None for what the weekday says."""
    first = _date(form, "from")
    last = _date(form, "to") if form.get("to") else first
    if not first <= last <= first + timedelta(days=RANGE_MAX - 1):
        raise InvalidInput("The last day comes after the first, at most {count} days on.", field="to", count=RANGE_MAX)
    kind = form.get("kind", "")
    if kind not in (BY_WEEKDAY, *DayKind):
        raise InvalidInput("Choose what these days are.", field="kind")
    day = None if kind == BY_WEEKDAY else Day(DayKind(kind), clean_name(form.get("name", "")))
    return {first + timedelta(days=number): day for number in range((last - first).days + 1)}


def _date(form: Form, field: str) -> date:
    text = form.get(field, "")
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("{given} is not a day.", field=field, given=text[:20]) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise _no_year(field)
    return found


def with_hours(calendar: Calendar, form: Form) -> Calendar:
    """The calendar with the spans and weekdays of the form, and what a work day counts as; InvalidInput."""
    texts = re.split(r"[,，、;；\s]+", form.get("spans", ""))
    return replace(
        calendar,
        spans=tuple(Span.parse(text) for text in texts if text),
        weekdays=frozenset(int(text) for text in form.getlist("weekdays") if text in WEEKDAYS),
        day_minutes=_day_minutes(form.get("day_hours", "")),
    )


def _day_minutes(text: str) -> int:
    try:
        return round(float(text) * 60)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("Give the hours of a work day as a number, such as 8 or 7.5.", field="day_hours") from error


def titles_of(form: Form) -> tuple[str, str]:
    """Chinese and English title."""
    return form.get("title_zh", ""), form.get("title_en", "")


def renamed(calendar: Calendar, name: str) -> Calendar:
    """The same calendar under another name; whether the name will do is the service's to say."""
    return replace(calendar, name=name)


def start_of(text: str, calendar: Calendar) -> datetime:
    """A moment of the calendar's wall clock; InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("{given} is not a moment.", field="start", given=text[:20]) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(calendar.time_zone))
