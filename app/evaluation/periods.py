"""Periods of the evaluation: day, week, month, quarter, half, year or own days, as the city's calendar has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gis.errors import InvalidInput

KINDS = ("day", "week", "month", "quarter", "half", "year")
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_FORMS = {
    "day": r"(\d{4})-(\d\d)-(\d\d)", "week": r"(\d{4})-W(\d\d)", "month": r"(\d{4})-(\d\d)",
    "quarter": r"(\d{4})-Q([1-4])", "half": r"(\d{4})-H([12])", "year": r"(\d{4})",
}  # fmt: skip
MAX_DAYS = 3700


@dataclass(frozen=True)
class Period:
    """Days from `first` up to, but without, `end`; `code` is how addresses and reports name it."""

    kind: str
    code: str
    first: date
    end: date

    def window(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first moment and the first moment after it, by the clocks of the city."""
        return datetime.combine(self.first, time(), zone), datetime.combine(self.end, time(), zone)

    def before(self) -> Period:
        """The period of the same kind before this one; own days: as many days before them."""
        if self.kind == "days":
            return _days(self.first - (self.end - self.first), self.first)
        return of_day(self.kind, self.first - timedelta(days=1))

    def after(self) -> Period:
        """The next one of the same kind."""
        if self.kind == "days":
            return _days(self.end, self.end + (self.end - self.first))
        return of_day(self.kind, self.end)

    def with_before(self, count: int) -> list[Period]:
        """This period and those before it, the oldest first."""
        found = [self]
        while len(found) < count:
            found.append(found[-1].before())
        return found[::-1]


def of_day(kind: str, day: date) -> Period:
    """The period of a kind that a day lies in. Weeks begin on Monday and are numbered as ISO 8601 does."""
    if kind == "day":
        return Period("day", day.isoformat(), day, day + timedelta(days=1))
    if kind == "week":
        year, week, weekday = day.isocalendar()
        first = day - timedelta(days=weekday - 1)
        return Period("week", f"{year}-W{week:02}", first, first + timedelta(days=7))
    if kind not in MONTHS:
        raise InvalidInput("There is no period {period}.", period=kind, field="period")
    length = MONTHS[kind]
    index = (day.month - 1) // length
    first = date(day.year, index * length + 1, 1)
    end = _months_later(first, length)
    code = {
        "month": f"{first:%Y-%m}", "quarter": f"{first.year}-Q{index + 1}", "half": f"{first.year}-H{index + 1}",
        "year": f"{first.year}",
    }[kind]  # fmt: skip
    return Period(kind, code, first, end)


def parse(code: str, *, today: date) -> Period:
    """A period from its code: 2026, 2026-H1, 2026-Q3, 2026-11, 2026-W48, 2026-11-26, or 2026-11-01..2026-11-15.

    A kind alone (``month``) is the one that today lies in. Raises InvalidInput.
    """
    code = code.strip()
    if code in KINDS:
        return of_day(code, today)
    try:
        if ".." in code:
            first, last = (date.fromisoformat(part) for part in code.split(".."))
            return _days(first, last + timedelta(days=1))
        for kind, form in _FORMS.items():
            if match := re.fullmatch(form, code, re.ASCII):
                return _of_numbers(kind, [int(part) for part in match.groups()])
    except (ValueError, OverflowError) as error:
        raise InvalidInput("There is no period {period}.", period=code, field="period") from error
    raise InvalidInput("There is no period {period}.", period=code, field="period")


def _of_numbers(kind: str, numbers: list[int]) -> Period:
    year = numbers[0]
    if kind == "day":
        return of_day(kind, date(*numbers))
    if kind == "week":
        return of_day(kind, date.fromisocalendar(year, numbers[1], 1))
    month = 1 if kind == "year" else (numbers[1] - 1) * MONTHS[kind] + 1
    return of_day(kind, date(year, month, 1))


def _days(first: date, end: date) -> Period:
    if not 0 < (end - first).days <= MAX_DAYS:
        raise InvalidInput("A period ends after it begins, within ten years.", field="period")
    return Period("days", f"{first}..{end - timedelta(days=1)}", first, end)


def _months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
