"""What indicators count, by name. A base is a set of cases of a period; a part is a condition on the cases of a base.

A base is anchored: a case belongs to the period in which the anchor lies. `Due` is not `filed`: what falls due after
the period or after the moment asked for, was deferred (缓办), is suspended (挂账) or void (作废) is not due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, any_, func, literal, not_, or_, true

Facts = FromClause
Condition = Callable[[Any, datetime], ColumnElement[bool]]  # (columns of the facts, end of what is seen)


@dataclass(frozen=True)
class Window:
    """From `start` on and before `end`; `end` is never later than the moment asked for."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Base:
    """Cases whose `anchor` lies in the window and for which `where` holds.

    `person` is the column of the account that the base is counted to (None: to no person). With `each`, a case is
    counted to every department in that array instead of the one that has it.
    """

    anchor: str
    where: Condition
    person: str | None = None
    each: str | None = None

    def holds(self, facts: Facts, window: Window) -> ColumnElement[bool]:
        """The base as SQL."""
        at = facts.c[self.anchor]
        return and_(at >= window.start, at < window.end, self.where(facts.c, window.end))


def _all(_c: Any, _end: datetime) -> ColumnElement[bool]:
    return true()


def _valid(c: Any, _end: datetime) -> ColumnElement[bool]:
    return and_(c.status.not_in(("refused", "void")), not_(c.is_repeat))


def _to_file(c: Any, end: datetime) -> ColumnElement[bool]:
    return and_(_valid(c, end), not_(c.is_self_handled))


def _in_force(c: Any, _end: datetime) -> ColumnElement[bool]:
    return and_(not_(c.is_deferred), c.status.not_in(("suspended", "transferred", "void", "refused", "merged")))


def _to_handle(c: Any, end: datetime) -> ColumnElement[bool]:
    return and_(_in_force(c, end), c.dispatched_at.is_not(None))


def _to_handle_or_suspended(c: Any, _end: datetime) -> ColumnElement[bool]:
    return and_(c.dispatched_at.is_not(None), not_(c.is_deferred), c.status.not_in(("void", "refused")))


def _to_decide(c: Any, _end: datetime) -> ColumnElement[bool]:
    return c.status != "void"  # type: ignore[no-any-return]  # columns of a FromClause are untyped


def _to_dispatch(c: Any, _end: datetime) -> ColumnElement[bool]:
    return not_(and_(c.dispatched_at.is_(None), c.status.in_(("suspended", "void"))))


def _by_inspector(c: Any, _end: datetime) -> ColumnElement[bool]:
    return c.source == "inspector"  # type: ignore[no-any-return]  # as above


BASES: dict[str, Base] = {
    "reported": Base("reported_at", _all, person="reported_by"),
    "reported_by_inspectors": Base("reported_at", _by_inspector, person="reported_by"),
    "valid_to_file": Base("reported_at", _to_file, person="reported_by"),
    "filed": Base("filed_at", _all, person="reported_by"),
    "due_to_decide": Base("file_due_at", _to_decide),
    "due_to_dispatch": Base("dispatch_due_at", _to_dispatch),
    "dispatched": Base("dispatched_at", _all, each="sent_to"),
    "due_to_handle": Base("due_at", _to_handle),
    "due_or_suspended": Base("due_at", _to_handle_or_suspended),
    "due_to_close": Base("due_at", _in_force),
    "due_to_verify": Base("verify_due_at", _all, person="verify_by"),
    "due_to_check": Base("check_due_at", _all, person="check_by"),
    "due_to_answer_oversight": Base("oversight_due_at", _all),
}


def _done(column: str) -> Condition:
    """Done before the end of what is seen."""
    return lambda c, end: and_(c[column].is_not(None), c[column] < end)


def _in_time(column: str, due: str) -> Condition:
    return lambda c, end: and_(c[column].is_not(None), c[column] < end, c[column] <= c[due])


def _closed_on_time(c: Any, end: datetime) -> ColumnElement[bool]:
    return and_(c.closed_at.is_not(None), c.closed_at < end, or_(c.closed_at <= c.due_at, c.is_appealed))


def _late(c: Any, end: datetime) -> ColumnElement[bool]:
    return not_(func.coalesce(_in_time("handled_at", "due_at")(c, end), literal(False)))


def _some(*columns: str) -> Condition:
    return lambda c, _end: or_(*(c[name] > 0 for name in columns))


PARTS: dict[str, Condition] = {
    "valid": _valid,
    "repeated": lambda c, _end: c.is_repeat,
    "filed": _done("filed_at"),
    "erred": _some("corrected_n", "undone_n", "reopened_n"),
    "decided_on_time": _in_time("decided_at", "file_due_at"),
    "dispatched_on_time": _in_time("dispatched_at", "dispatch_due_at"),
    "never_sent_back": lambda c, _end: c.sent_back_n == 0,
    "sent_back": _some("sent_back_n"),
    "handled": _done("handled_at"),
    "handled_on_time": _in_time("handled_at", "due_at"),
    "late": _late,
    "reworked": _some("rework_n"),
    "extended": _some("extended_n"),
    "suspended": _some("suspended_n"),
    "closed": _done("closed_at"),
    "closed_on_time": _closed_on_time,
    "verified_on_time": _in_time("verify_done_at", "verify_due_at"),
    "checked_on_time": _in_time("check_done_at", "check_due_at"),
    "answered_on_time": _in_time("oversight_done_at", "oversight_due_at"),
}
SENT_BACK = {"never_sent_back": False, "sent_back": True}  # parts that one department answers for by itself


def part_for(name: str, c: Any, end: datetime, department: Any = None) -> ColumnElement[bool]:
    """A part's condition; counted to one of several departments, it is asked of that one's own send-backs."""
    if department is not None and name in SENT_BACK:
        itself: ColumnElement[bool] = department == any_(c.sent_back_by)
        return itself if SENT_BACK[name] else not_(itself)
    return PARTS[name](c, end)
