"""The calendar that a city begins with."""

from __future__ import annotations

from sqlalchemy import column, select, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.clocks import store
from app.clocks.calendars import DEFAULT_SPANS, Calendar, Span
from app.clocks.holidays import published_days, published_years
from app.clocks.models import WorkCalendar
from gis.errors import Conflict

DEFAULT = "default"
TITLES = ("工作日历", "Work calendar")
_CITY = table(
    "city", column("time_zone"), column("options", JSONB)
)  # named by its table: clocks don't know what a city is


class NoCity(Conflict):
    """No city is loaded, so nobody can say which time zone its calendar has."""

    code = "clocks.no_city"


def make_default(db: Session) -> WorkCalendar:
    """The default calendar, made at its first need: the profile's hours, all published holidays; NoCity."""
    store.take_lock(db, DEFAULT)
    there = store.find(db, DEFAULT)
    if there is not None:
        return there
    city = db.execute(select(_CITY.c.time_zone, _CITY.c.options["calendar"])).first()
    if city is None:
        raise NoCity("No city is loaded yet: its calendar is made with it.")
    spans = tuple(Span.parse(text) for text in (city[1] or {}).get("hours", ())) or DEFAULT_SPANS
    calendar = Calendar(DEFAULT, city[0], spans)
    for year in sorted(published_years(city[0])):
        calendar = calendar.with_year(year, published_days(year))
    return store.add(db, calendar, 1, TITLES, actor="system")
