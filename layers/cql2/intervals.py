"""Moments and spans of time in filters. An instant is a span whose ends are one; an open end is endless."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, literal, literal_column, not_, or_

from layers.cql2.errors import FilterWrong

OPEN = ("..", "")
Moment = Any  # a column or a literal, timestamptz
Span = tuple[Moment, Moment]
MOMENT = DateTime(timezone=True)


def moment(node: dict[str, Any], zone: tzinfo) -> ColumnElement[Any]:
    """A ``date`` or ``timestamp`` literal; a day begins in the city's zone."""
    if "date" in node:
        return day_or_moment(node["date"], zone, only="date")
    return day_or_moment(node["timestamp"], zone, only="timestamp")


def day_or_moment(given: Any, zone: tzinfo, only: str = "") -> ColumnElement[Any]:
    """An ISO 8601 day or moment as a literal; FilterWrong for anything else."""
    try:
        if not isinstance(given, str):
            raise ValueError(given)
        if len(given) == len("2026-01-31") and only != "timestamp":
            return literal(datetime.combine(date.fromisoformat(given), time(), zone).astimezone(UTC), MOMENT)
        if only == "date":
            raise ValueError(given)
        found = datetime.fromisoformat(given)
        return literal((found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC), MOMENT)
    except (ValueError, OverflowError) as error:
        raise FilterWrong("{value} is no date or time.", value=given) from error


def endless(at_start: bool) -> ColumnElement[Any]:
    """Before, or after, every moment."""
    return literal_column(f"'{'-' if at_start else ''}infinity'::timestamptz", MOMENT)


def related(op: str, a: Span, b: Span) -> ColumnElement[bool]:
    """One of the temporal functions over two spans."""
    (a0, a1), (b0, b1) = a, b
    meets: dict[str, Callable[[], Any]] = {
        "t_after": lambda: a0 > b1,
        "t_before": lambda: a1 < b0,
        "t_contains": lambda: and_(a0 < b0, a1 > b1),
        "t_during": lambda: and_(a0 > b0, a1 < b1),
        "t_disjoint": lambda: or_(a0 > b1, a1 < b0),
        "t_intersects": lambda: not_(or_(a0 > b1, a1 < b0)),
        "t_equals": lambda: and_(a0 == b0, a1 == b1),
        "t_finishes": lambda: and_(a0 > b0, a1 == b1),
        "t_finishedby": lambda: and_(a0 < b0, a1 == b1),
        "t_starts": lambda: and_(a0 == b0, a1 < b1),
        "t_startedby": lambda: and_(a0 == b0, a1 > b1),
        "t_meets": lambda: a1 == b0,
        "t_metby": lambda: a0 == b1,
        "t_overlaps": lambda: and_(a0 < b0, a1 > b0, a1 < b1),
        "t_overlappedby": lambda: and_(a0 > b0, a0 < b1, a1 > b1),
    }
    found: ColumnElement[bool] = meets[op]()
    return found


TEMPORAL = frozenset({
    "t_after", "t_before", "t_contains", "t_during", "t_disjoint", "t_intersects", "t_equals", "t_finishes",
    "t_finishedby", "t_starts", "t_startedby", "t_meets", "t_metby", "t_overlaps", "t_overlappedby",
})  # fmt: skip
