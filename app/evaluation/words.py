"""The evaluation's numbers and periods in the reader's words."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from flask_babel import format_date, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.evaluation.periods import Period
from layers.layer import Words

NO_RATIO = "–"
PERIODS: dict[str, Words] = {
    "day": _l("Day"), "week": _l("Week"), "month": _l("Month"), "quarter": _l("Quarter"), "half": _l("Half-year"),
    "year": _l("Whole year"), "days": _l("Own days"),
}  # fmt: skip
BANDS: dict[str, Words] = {"good": _l("good"), "pass": _l("pass"), "fail": _l("fail")}
OBJECTS: dict[str, Words] = {
    "area": _l("Areas"), "department": _l("Departments"), "post": _l("Posts"), "inspector": _l("Inspectors"),
    "cell": _l("Unit cells"),
}  # fmt: skip


def hundredths(ratio: Fraction) -> Decimal:
    """Per cent to two places, halves upwards, from the exact ratio."""
    exact = Decimal(ratio.numerator * 100) / Decimal(ratio.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def percent(ratio: Fraction | None) -> str:
    """``93.72 %``; a dash where there is no ratio."""
    if ratio is None:
        return NO_RATIO
    space = "" if _is_chinese() else "\N{NO-BREAK SPACE}"
    return f"{hundredths(ratio)}{space}%"


def change(now: Fraction | None, before: Fraction | None) -> str:
    """The difference in percentage points, with its sign; nothing where one of both is missing."""
    if now is None or before is None:
        return ""
    points = hundredths(now) - hundredths(before)
    return str(_("{points} points").format(points=f"{points:+}".replace("-", "\N{MINUS SIGN}")))


def period(one: Period) -> str:
    """A period as people say it."""
    if one.kind == "month":
        return str(format_date(one.first, "y年M月" if _is_chinese() else "MMMM y"))
    if one.kind == "day":
        return str(format_date(one.first))
    if one.kind == "year":
        return str(_("Year {year}").format(year=one.code))
    if one.kind == "quarter":
        return str(_("Quarter {number} of {year}").format(number=one.code[-1], year=one.code[:4]))
    if one.kind == "half":
        return str(_("Half-year {number} of {year}").format(number=one.code[-1], year=one.code[:4]))
    if one.kind == "week":
        return str(_("Week {number} of {year}").format(number=int(one.code[-2:]), year=one.code[:4]))
    return str(_("{first} to {last}").format(first=one.code[:10], last=one.code[-10:]))


def _is_chinese() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "zh"
