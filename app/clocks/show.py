"""A calendar's year as its page shows it."""

from __future__ import annotations

import calendar as weeks
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from babel.dates import get_day_names
from flask_babel import format_date, get_locale

from app.clocks.calendars import Calendar, Day, DayKind
from app.clocks.words import DAY_KINDS, DAY_MARKS, holiday_name


@dataclass(frozen=True)
class Cell:
    """A day of a month: its kind as a word for the style sheet, its mark, and what is said of it."""

    on: date
    kind: str  # work, rest, holiday, make_up_working_day
    mark: str
    words: str
    is_today: bool


@dataclass(frozen=True)
class Month:
    """A month in weeks from Monday on; None stands for days of other months."""

    name: str
    weeks: list[list[Cell | None]]


@dataclass(frozen=True)
class Run:
    """Days in a row that are of one kind and one name."""

    first: date
    last: date
    kind: DayKind
    name: str

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def kind_words(self) -> str:
        """The kind in words."""
        return str(DAY_KINDS[self.kind])

    @property
    def mark(self) -> str:
        """The mark that its days bear."""
        return str(DAY_MARKS[self.kind])


def weekday_names(width: Literal["narrow", "abbreviated"] = "abbreviated") -> list[str]:
    """Monday to Sunday in the reader's language."""
    names = get_day_names(width, context="stand-alone", locale=get_locale())
    return [names[number] for number in range(7)]


def months(calendar: Calendar, year: int, today: date) -> list[Month]:
    """The twelve months of a year."""
    paged = weeks.Calendar(firstweekday=weeks.MONDAY)
    return [
        Month(
            str(format_date(date(year, number, 1), "LLLL")),
            [
                [_cell(calendar, on, today) if on.month == number else None for on in week]
                for week in paged.monthdatescalendar(year, number)
            ],
        )
        for number in range(1, 13)
    ]


def _cell(calendar: Calendar, on: date, today: date) -> Cell:
    day = calendar.days.get(on)
    if day is None:
        return Cell(on, "work" if calendar.works_on(on) else "rest", "", "", on == today)
    name = holiday_name(day.name)
    words = f"{DAY_KINDS[day.kind]}{f': {name}' if name else ''}"
    return Cell(on, day.kind.value, str(DAY_MARKS[day.kind]), words, on == today)


def runs(days: dict[date, Day]) -> list[Run]:
    """Special days, those in a row joined."""
    return list(_runs(days))


def _runs(days: dict[date, Day]) -> Iterator[Run]:
    first: date | None = None
    for on, day in days.items():
        first = on if first is None else first
        if days.get(on + timedelta(days=1)) != day:
            yield Run(first, on, day.kind, holiday_name(day.name))
            first = None


def working_days(calendar: Calendar, year: int) -> int:
    """How many days of a year are worked."""
    start = date(year, 1, 1)
    length = 366 if weeks.isleap(year) else 365
    return sum(calendar.works_on(start + timedelta(days=number)) for number in range(length))
