"""The ends of a class in words, the same in every legend."""

from __future__ import annotations

import math

from flask_babel import gettext as _

from gis.errors import InvalidInput
from layers.classing import Classing


def range_words(low: float, high: float, *, first: bool, whole: bool) -> str:
    """``low – high``; of whole numbers the first that belongs to the class."""
    if whole:
        start = int(low) if first else int(low) + 1
        return f"{start:,}" if start == int(high) else f"{start:,} – {int(high):,}"
    if first and low > 0:
        step = 10.0 ** (math.floor(math.log10(low)) - 2)
        low = math.floor(low / step) * step
    return f"{_short(low)} – {_short(high)}"


def class_words(classing: Classing, *, whole: bool, is_locked: bool = False) -> list[str]:
    """A line for each class, low to high. Locked breaks have an open end: what lies above is in the last class."""
    ranges = classing.ranges()
    whole = whole and all(edge == math.floor(edge) for edge in (classing.low, *classing.breaks))
    if not is_locked or len(ranges) < 2:
        return [range_words(low, high, first=at == 0, whole=whole) for at, (low, high) in enumerate(ranges)]
    inner = [range_words(low, high, first=at == 0, whole=whole) for at, (low, high) in enumerate(ranges[:-1])]
    return [*inner, _("over %(number)s", number=_short(classing.breaks[-2]))]


def _short(number: float) -> str:
    return f"{number:,.4g}" if abs(number) < 10_000 else f"{number:,.0f}"


def rate_words(rate: str) -> str:
    """The number of units in the reader's words."""
    words: dict[str, str] = {
        "per_km2": _("Rows per km²"), "count": _("Number of rows"), "per_1000": _("Rows per 1,000 residents"),
    }  # fmt: skip
    return words[rate]


def numbers(given: str | None) -> tuple[float, ...]:
    """Breaks as they were typed, ``10,50,200``; InvalidInput when they are no numbers."""
    try:
        return tuple(float(part) for part in given.split(",")) if given else ()
    except ValueError as error:
        raise InvalidInput("{given} are no numbers.", field="breaks", given=given) from error
