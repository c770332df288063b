"""The clocks of a matter: its stages' own limits, and the whole clock that rests and stops with its states."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clocks.clock import Clock
from app.clocks.limits import Limit, parse_limit
from app.clocks.service import calendar_of
from app.clocks.worktime import due_at
from app.workflow.kinds import Kind
from app.workflow.models import Matter


def now(db: Session) -> datetime:
    """The database's clock at this instant: one clock for all web processes."""
    return db.scalars(select(func.clock_timestamp())).one()


def limit_ends(db: Session, limit: str | None, start: datetime) -> datetime | None:
    """When a limit that starts now is used up; None without a limit."""
    return None if limit is None else due_at(start, parse_limit(limit), calendar_of(db))


def clock_of(db: Session, matter: Matter) -> Clock | None:
    """The whole clock of a matter; None while it has no limit."""
    return Clock.from_dict(matter.clock, calendar_of(db, matter.clock["calendar"])) if matter.clock else None


def start_clock(db: Session, matter: Matter, limit: Limit | str, at: datetime) -> None:
    """Give a matter its limit, frozen from now on: a later catalogue or calendar does not move it."""
    put_clock(matter, Clock(parse_limit(str(limit)), at, calendar_of(db)))


def put_clock(matter: Matter, clock: Clock) -> None:
    """Keep a clock with its matter; `due_at` is what lists and maps read."""
    matter.clock = clock.to_dict()
    matter.due_at = clock.due_at


def enter(db: Session, kind: Kind, matter: Matter, to: str, at: datetime) -> None:
    """Put a matter into a state: the stage's own clock starts, the whole clock runs, rests or stops with it."""
    before, after = kind.states[matter.status].clock, kind.states[to].clock
    matter.status, matter.entered_at = to, at
    matter.stage_due_at = limit_ends(db, kind.states[to].limit, at)
    matter.wake_at = matter.wake_act = None
    if not kind.states[to].open:
        matter.closed_at = at
    elif matter.closed_at is not None:
        matter.closed_at = None
    clock = clock_of(db, matter)
    if clock is not None and before != after:
        put_clock(matter, _turned(clock, before, after, at))


def _turned(clock: Clock, before: str, after: str, at: datetime) -> Clock:
    """The clock as it goes from one of runs, paused, stopped to another."""
    if before == "stopped":
        clock = clock.reopen(at)
    if before == "paused" and after == "runs":
        return clock.resume(at)
    if after == "stopped":
        return clock.stop(at)
    return clock.pause(at) if after == "paused" else clock
