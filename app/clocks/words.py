"""Limits, days and holidays in the reader's words."""

from __future__ import annotations

from flask_babel import format_decimal, ngettext
from flask_babel import lazy_gettext as _l

from app.clocks.calendars import DayKind
from app.clocks.limits import Limit, LimitUnit
from layers.layer import Words

DAY_KINDS: dict[DayKind, Words] = {
    DayKind.HOLIDAY: _l("Holiday"),
    DayKind.MAKE_UP_WORKING_DAY: _l("Make-up working day"),
}
# What stands beside a day's number, so that colour is never the only sign.
DAY_MARKS: dict[DayKind, Words] = {
    DayKind.HOLIDAY: _l("H"),
    DayKind.MAKE_UP_WORKING_DAY: _l("W"),
}
# Names as the published list has them; any other name is shown as it was given.
HOLIDAYS: dict[str, Words] = {
    "New Year's Day": _l("New Year's Day"),
    "Spring Festival": _l("Spring Festival"),
    "Tomb-sweeping Day": _l("Tomb-sweeping Day"),
    "Labour Day": _l("Labour Day"),
    "Dragon Boat Festival": _l("Dragon Boat Festival"),
    "National Day": _l("National Day"),
    "Mid-autumn Festival": _l("Mid-autumn Festival"),
    "Anti-Fascist 70th Day": _l("70th anniversary of victory in the war"),
}


def holiday_name(name: str) -> str:
    """A holiday's name in the reader's language where it is a known one."""
    return str(HOLIDAYS.get(name, name))


def limit_words(limit: Limit) -> str:
    """A limit as people say it; `parse_limit` reads both languages back."""
    amount = format_decimal(limit.amount)
    n = 1 if limit.amount == 1 else 2
    match limit.unit:
        case LimitUnit.URGENT_HOUR:
            return str(ngettext("%(amount)s urgent hour", "%(amount)s urgent hours", n, amount=amount))
        case LimitUnit.WORK_HOUR:
            return str(ngettext("%(amount)s work hour", "%(amount)s work hours", n, amount=amount))
        case LimitUnit.WORK_DAY:
            return str(ngettext("%(amount)s work day", "%(amount)s work days", n, amount=amount))
        case LimitUnit.NATURAL_DAY:
            return str(ngettext("%(amount)s natural day", "%(amount)s natural days", n, amount=amount))
