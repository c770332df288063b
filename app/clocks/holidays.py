"""Published holidays by year: mainland China's, from the library chinesecalendar.

It follows the State Council's notices. Other countries have no list here: their years are imported from a file or
marked complete by hand.
"""

from __future__ import annotations

from datetime import date
from importlib.metadata import version

from chinese_calendar.constants import holidays, workdays

from app.clocks.calendars import Calendar, Day, DayKind
from gis.errors import Conflict

ZONES = frozenset({"Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "Asia/Kashgar", "PRC"})
NEXT_YEAR_FROM_MONTH = 11  # the notice for a year comes out in autumn


class NotPublished(Conflict):
    """The list that comes with the platform does not hold the year."""

    code = "clocks.not_published"


def source() -> str:
    """The list and its edition."""
    return f"chinesecalendar {version('chinesecalendar')}"


def published_years(time_zone: str) -> frozenset[int]:
    """The years that the list holds for a time zone; none where no list is for it."""
    return frozenset(on.year for on in holidays) if time_zone in ZONES else frozenset()


def published_days(year: int) -> dict[date, Day]:
    """Holidays and make-up working days of a year in mainland China; NotPublished for a year not in the list."""
    if year not in {on.year for on in holidays}:
        raise NotPublished(
            "{source} does not hold the holidays of {year}. Import them from a file.", source=source(), year=str(year)
        )
    found = {on: Day(DayKind.HOLIDAY, name) for on, name in holidays.items() if on.year == year}
    found |= {on: Day(DayKind.MAKE_UP_WORKING_DAY, name) for on, name in workdays.items() if on.year == year}
    return dict(sorted(found.items()))


def missing_years(calendar: Calendar, today: date) -> list[int]:
    """This year, and from November on the next one, where the calendar does not know their holidays."""
    last = today.year + (today.month >= NEXT_YEAR_FROM_MONTH)
    return calendar.lacks(today, date(last, 12, 31))
