"""Figures as templates and programs print them: both counts, the ratio, the formula's version, and where it opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _

from app.evaluation import sources, words
from app.evaluation.asked import Asked
from app.evaluation.figures import NOTHING, Figure
from app.evaluation.indicators import INDICATORS, Indicator

KEPT = ("period", "by", "level", "area", "department", "person", "post", "cell", "as_of", "indicator")
NARROWS = {"area": "area", "department": "department", "inspector": "person", "post": "post", "cell": "cell"}


def link(path: str, args: Mapping[str, str], **changes: str | None) -> str:
    """A page of the evaluation with the question kept, but for what changes; None takes a part away."""
    kept = {name: args[name] for name in KEPT if args.get(name)} | changes
    query = urlencode({name: value for name, value in kept.items() if value})
    return f"{path}?{query}" if query else path


def narrowed(asked: Asked, key: str | None) -> dict[str, str | None]:
    """The question narrowed to one object, as changes of an address."""
    if not key:
        return {}
    return {NARROWS[asked.by]: key, "by": None, "level": None}


def cell(
    indicator: Indicator, figure: Figure, asked: Asked, args: Mapping[str, str], key: str | None = None
) -> dict[str, Any]:
    """One figure with the addresses of the cases behind each of its counts."""
    where = narrowed(asked, key) | {"indicator": indicator.code, "period": asked.period.code}
    opens = not indicator.source or sources.source_of(indicator.source) is not None
    return {
        "numerator": figure.numerator, "denominator": figure.denominator, "percent": words.percent(figure.ratio),
        "band": indicator.band(figure.ratio), "band_words": words.BANDS.get(indicator.band(figure.ratio), ""),
        "numerator_url": link("/evaluation/cases", args, **where, part="numerator") if opens else None,
        "denominator_url": link("/evaluation/cases", args, **where, part="denominator") if opens else None,
    }  # fmt: skip


def row(
    indicator: Indicator, now: Mapping[str, Figure], before: Mapping[str, Figure], asked: Asked,
    args: Mapping[str, str],
) -> dict[str, Any] | None:  # fmt: skip
    """A line of the overview: the figure, and the one of the period before; None if it is counted to nobody here."""
    told = {"code": indicator.code, "name": indicator.name, "formula": indicator.formula,
            "version": indicator.version, "direction": indicator.direction,
            "ranking_url": link("/evaluation/ranking", args, indicator=indicator.code),
            "trend_url": link("/evaluation/trend", args, indicator=indicator.code)}  # fmt: skip
    if indicator.source and sources.source_of(indicator.source) is None:
        return told | {"missing": _("Not counted in this city: no part of the platform counts it yet.")}
    if indicator.code not in now and not indicator.source and asked.person is not None:
        return None
    figure, earlier = now.get(indicator.code, NOTHING), before.get(indicator.code, NOTHING)
    is_better = None
    if figure.ratio is not None and earlier.ratio is not None and figure.ratio != earlier.ratio:
        is_better = (figure.ratio > earlier.ratio) is (indicator.direction == "more")
    return told | cell(indicator, figure, asked, args) | {
        "missing": "", "before": words.percent(earlier.ratio), "change": words.change(figure.ratio, earlier.ratio),
        "is_better": is_better,
        "before_title": f"{earlier.numerator} / {earlier.denominator}",
    }  # fmt: skip


def as_json(indicator: Indicator, figure: Figure, asked: Asked) -> dict[str, Any]:
    """One figure for programs."""
    window = asked.window
    return {
        "indicator": indicator.code, "version": indicator.version, "period": asked.period.code,
        "from": window.start.isoformat(), "until": window.end.isoformat(),
        "numerator": figure.numerator, "denominator": figure.denominator,
        "ratio": None if figure.ratio is None else round(float(figure.ratio), 6),
        "band": indicator.band(figure.ratio) or None,
    }  # fmt: skip


def describe(indicator: Indicator) -> dict[str, Any]:
    """An indicator for programs, as its file says."""
    told = indicator.model_dump(by_alias=True)
    return told | {"is_counted": not indicator.source or sources.source_of(indicator.source) is not None}


def chosen(code: str) -> Indicator:
    """The indicator that is asked for, on-time closing unless told otherwise."""
    return INDICATORS[code] if code in INDICATORS else INDICATORS["closing_on_time"]
