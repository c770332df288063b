"""Work calendars as values: hours, weekdays, and the days that are otherwise. Changing one gives another."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

from gis.errors import InvalidInput

DAY_MINUTES = 24 * 60


class BadCalendar(InvalidInput):
    """A work calendar that could not be reckoned with."""

    code = "clocks.bad_calendar"


class DayKind(enum.StrEnum):
    """What a day is, other than its weekday says."""

    HOLIDAY = "holiday"
    MAKE_UP_WORKING_DAY = "make_up_working_day"  # 调休上班


@dataclass(frozen=True)
class Day:
    """A day that is not as its weekday says, and why."""

    kind: DayKind
    name: str = ""


@dataclass(frozen=True, order=True)
class Span:
    """Working hours of a day in minutes after midnight of the wall clock; 1440 is midnight at its end."""

    start_min: int
    end_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_min < self.end_min <= DAY_MINUTES:
            raise BadCalendar("Working hours begin before they end, within one day.", field="spans")

    @classmethod
    def parse(cls, text: str) -> Span:
        """``08:00-12:00``; 24:00 ends a day. Raises BadCalendar."""
        try:
            start, end = text.replace("：", ":").replace("–", "-").replace("—", "-").split("-")
            return cls(_minutes(start), _minutes(end))
        except ValueError as error:
            raise BadCalendar(
                "{text} is no span of hours. Write it like 08:00-12:00.", field="spans", text=text.strip()[:40]
            ) from error

    def __str__(self) -> str:
        times = (f"{at // 60:02d}:{at % 60:02d}" for at in (self.start_min, self.end_min))
        return "-".join(times)


def _minutes(text: str) -> int:
    hours, minutes = text.strip().split(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(hours) <= 2 and len(minutes) == 2 and int(minutes) < 60):
        raise ValueError(text)
    return int(hours) * 60 + int(minutes)


DEFAULT_SPANS = (Span(8 * 60, 12 * 60), Span(14 * 60, 18 * 60))
MONDAY_TO_FRIDAY = frozenset({1, 2, 3, 4, 5})


@dataclass(frozen=True)
class Calendar:
    """When a city works: hours and weekdays (1 Monday … 7 Sunday), and the days that are otherwise.

    `years` are those whose holidays are known; in any other year weekdays alone rule, and `lacks` says so. A work day
    counts as `day_minutes` of working time (8 h), not as the rest of a day. `version` is told, not compared.
    """

    name: str
    time_zone: str
    spans: tuple[Span, ...] = DEFAULT_SPANS
    weekdays: frozenset[int] = MONDAY_TO_FRIDAY
    days: Mapping[date, Day] = field(default_factory=dict, hash=False)
    years: frozenset[int] = frozenset()
    day_minutes: int = 480
    version: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        _known_zone(self.time_zone)
        spans = tuple(sorted(self.spans))
        if not spans or not self.weekdays:
            raise BadCalendar("A calendar needs working hours and a working weekday.", field="spans")
        if any(one.end_min > two.start_min for one, two in pairwise(spans)):
            raise BadCalendar("Working hours of one day may not overlap.", field="spans")
        if not self.weekdays <= set(range(1, 8)):
            raise BadCalendar("Weekdays are numbered 1 for Monday to 7 for Sunday.", field="weekdays")
        if not 1 <= self.day_minutes <= DAY_MINUTES:
            raise BadCalendar("A work day counts as more than nothing and at most 24 hours.", field="day_minutes")
        object.__setattr__(self, "spans", spans)
        object.__setattr__(self, "days", MappingProxyType(dict(sorted(self.days.items()))))

    def works_on(self, day: date) -> bool:
        """Whether a day is worked."""
        known = self.days.get(day)
        return day.isoweekday() in self.weekdays if known is None else known.kind == DayKind.MAKE_UP_WORKING_DAY

    def lacks(self, start: date, end: date) -> list[int]:
        """Years from one day to another whose holidays are not known."""
        return [year for year in range(start.year, end.year + 1) if year not in self.years]

    def days_of(self, year: int) -> dict[date, Day]:
        """The special days of a year, in order."""
        return {on: day for on, day in self.days.items() if on.year == year}

    def with_year(self, year: int, days: Mapping[date, Day]) -> Calendar:
        """The calendar with all special days of a year replaced, the year known from now on."""
        if any(on.year != year for on in days):
            raise BadCalendar("A day does not lie in the year {year}.", field="days", year=str(year))
        others = {on: day for on, day in self.days.items() if on.year != year}
        return replace(self, days=others | dict(days), years=self.years | {year})

    def with_days(self, days: Mapping[date, Day | None]) -> Calendar:
        """The calendar with some days changed; None makes a day what its weekday says."""
        changed = dict(self.days) | dict(days)
        return replace(self, days={on: day for on, day in changed.items() if day is not None})


def _known_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadCalendar("There is no time zone {name}.", field="time_zone", name=name[:40]) from error
