"""Limits (时限): how much time an act may take, in the units that city management speaks of.

Urgent hours (紧急工作时) and natural days (自然日, 紧急工作日) run through nights, weekends and holidays; work hours
(工作时) and work days (工作日) only while a work calendar works. In free text 小时 and 天 without 紧急 are work units.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from gis.errors import InvalidInput

AMOUNT_MAX = 9999
PLACES_MAX = 4  # decimal places of an amount: 0.0001 h is less than a second


class BadLimit(InvalidInput):
    """A limit that can't be read, or is nothing, or is too long."""

    code = "clocks.bad_limit"


class LimitUnit(enum.StrEnum):
    """What a limit is counted in."""

    URGENT_HOUR = "urgent_hour"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"
    NATURAL_DAY = "natural_day"

    @property
    def is_continuous(self) -> bool:
        """Whether it runs always, whatever the calendar says."""
        return self in (LimitUnit.URGENT_HOUR, LimitUnit.NATURAL_DAY)


@dataclass(frozen=True)
class Limit:
    """An amount of one unit, above 0. ``str()`` is what is stored: ``parse_limit`` reads it back."""

    amount: Decimal
    unit: LimitUnit

    def __post_init__(self) -> None:
        amount = Decimal(self.amount)
        if not amount.is_finite() or not 0 < amount <= AMOUNT_MAX:
            raise BadLimit("A limit is above 0 and at most {most}.", field="limit", most=AMOUNT_MAX)
        if amount != round(amount, PLACES_MAX):
            raise BadLimit("A limit has at most {count} decimal places.", field="limit", count=PLACES_MAX)
        object.__setattr__(self, "amount", amount.normalize())

    def __str__(self) -> str:
        return f"{self.amount:f} {self.unit.value}"


_URGENT_HOUR, _WORK_HOUR, _WORK_DAY, _NATURAL_DAY = LimitUnit
UNITS: dict[str, LimitUnit] = {
    name: unit
    for unit, names in {
        _URGENT_HOUR: "紧急工作时 紧急工作小时 紧急小时 紧急时 urgent_hour urgenthour",
        _WORK_HOUR: "工作时 工作小时 小时 时 work_hour workhour workinghour businesshour hour hr h",
        _WORK_DAY: "工作日 工作天 天 日 work_day workday workingday businessday day d",
        _NATURAL_DAY: "自然日 自然天 日历日 日历天 紧急工作日 紧急日 紧急天 "
        "natural_day naturalday calendarday urgent_day urgentday",
    }.items()
    for name in names.split()
}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
_TEXT = re.compile(rf"(?P<amount>{_NUMBER}|[半一二两三四五六七八九十百千零]+)\s*个?(?P<unit>[^\W\d][\w\s]*)")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}


def parse_limit(text: str, *, field: str = "limit") -> Limit:
    """A limit from free text in Chinese or English, or from what ``str(limit)`` gave.

    ``2紧急工作时``, ``4小时``, ``十五天``, ``半天``, ``3个工作日``, ``2 working hours``, ``2 work_hour``. Full-width
    signs are taken; several units in one text are not. Raises BadLimit.
    """
    found = _TEXT.fullmatch(unicodedata.normalize("NFKC", text).lower().strip())
    unit = _unit(found["unit"]) if found else None
    if found is None or unit is None:
        raise BadLimit(
            "{text} is no limit. Write it like 2紧急工作时, 4小时, 15天 or 2 work hours.",
            field=field,
            text=text.strip()[:40],
        )
    return Limit(_amount(found["amount"], text, field), unit)


def _unit(words: str) -> LimitUnit | None:
    name = "".join(words.split())
    return UNITS.get(name) or UNITS.get(name.removesuffix("s"))


def _amount(given: str, text: str, field: str) -> Decimal:
    try:
        return Decimal(given.replace(",", "")) if given[0].isascii() else _chinese(given)
    except (InvalidOperation, ValueError) as error:
        raise BadLimit("{text} has no number that can be read.", field=field, text=text.strip()[:40]) from error


def _chinese(text: str) -> Decimal:
    """A Chinese numeral up to thousands, or 半 for a half; ValueError for what is none."""
    if text == "半":
        return Decimal("0.5")
    total, digit, last = 0, 0, 10_000
    for sign in text:
        if sign in _TENS:
            if _TENS[sign] >= last:
                raise ValueError(text)
            last = _TENS[sign]
            total += (digit or 1) * last
            digit = 0
        elif sign in _DIGITS and not digit:
            digit = _DIGITS[sign]
        else:
            raise ValueError(text)
    return Decimal(total + digit)
