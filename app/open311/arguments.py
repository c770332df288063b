"""Arguments of a call as values. An empty argument counts as not given; what can't be read is told by its name."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.open311.errors import BadArgument

# The W3C note on dates and times, from the day on; a blank stands for the + that a careless client did not escape
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+\- ]\d\d:\d\d)?)?")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SHORT_MAX = 2000
YEARS = (1900, 2200)  # far from where a calendar ends, so that ranges can be reckoned from any moment


class Arguments:
    """The arguments of one call."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def text(self, name: str, *, most: int = SHORT_MAX) -> str | None:
        """A text, or None when it is not given."""
        found = self._given.get(name, "").strip()
        if CONTROL.search(found):
            raise BadArgument("{name} holds control characters.", field=name, name=name)
        if len(found) > most:
            raise BadArgument("{name} has more than {most} characters.", field=name, name=name, most=most)
        return found or None

    def several(self, name: str, *, most: int = 1000) -> tuple[str, ...]:
        """Values parted by commas, each once."""
        found = self.text(name, most=most * 64) or ""
        values = tuple(dict.fromkeys(part.strip() for part in found.split(",") if part.strip()))
        if len(values) > most:
            raise BadArgument("{name} takes at most {most} values.", field=name, name=name, most=most)
        return values

    def number(self, name: str, low: float, high: float) -> float | None:
        """A number from `low` to `high`."""
        found = self.text(name)
        if found is None:
            return None
        try:
            value = float(found)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise BadArgument(
                "{name} is {value}, not a number from {low} to {high}.",
                field=name, name=name, value=found[:40], low=low, high=high,
            )  # fmt: skip
        return value

    def whole(self, name: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        value = self.number(name, low, high)
        if value is not None and not value.is_integer():
            raise BadArgument("{name} is not a whole number.", field=name, name=name)
        return None if value is None else int(value)

    def flag(self, name: str) -> bool:
        """Whether an argument is true."""
        return (self.text(name) or "").lower() in ("true", "1", "yes")

    def moment(self, name: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime | None:
        """A moment (W3C date-time) or a day of the city.

        An end takes in all of what it names: the whole day, or the whole second, so that the time shown with a request
        finds it. It is the first instant after that.
        """
        found = self.text(name)
        return None if found is None else parse_moment(found, zone, name, is_end=is_end)


def parse_moment(text: str, zone: ZoneInfo, name: str, *, is_end: bool = False) -> datetime:
    """A W3C date-time, or a day; BadArgument for anything else, also for a time without its zone."""
    parts = MOMENT.fullmatch(text)
    try:
        if parts is None:
            raise ValueError(text)
        day, clock, offset = parts.groups()
        if not YEARS[0] <= int(day[:4]) < YEARS[1]:
            raise ValueError(text)
        if clock is None:
            on = datetime.fromisoformat(day).date() + timedelta(days=1 if is_end else 0)
            return datetime.combine(on, time(), zone)
        if offset is None:
            raise ValueError(text)
        at = datetime.fromisoformat(f"{day}T{clock}{offset.replace(' ', '+').replace('Z', '+00:00')}")
        return at + timedelta(seconds=1 if is_end and not at.microsecond else 0)
    except (ValueError, OverflowError) as error:
        raise BadArgument(
            "{name} is {value}, not a date and time with its zone (2026-03-01T08:00:00Z, 2026-03-01T08:00:00+08:00).",
            field=name, name=name, value=text[:40],
        ) from error  # fmt: skip
