"""The clocks of a matter: its stages' own limits, and the whole clock that rests and stops with its states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.clocks.clock import Clock
from app.clocks.limits import Limit, parse_limit
from app.clocks.service import calendar_of
from app.clocks.worktime import due_at
from app.workflow.kinds import Act, Kind
from app.workflow.models import Matter

NOW = text("SELECT clock_timestamp()")


def now(db: Session) -> datetime:
    """The database's clock at this instant: one clock for all web processes."""
    at: datetime = db.execute(NOW).scalar_one()
    return at


def limit_ends(db: Session, limit: str | None, start: datetime) -> datetime | None:
    """When a limit that starts now is used up; None without a limit."""
    return None if limit is None else due_at(start, parse_limit(limit), calendar_of(db))


def clock_of(db: Session, matter: Matter) -> Clock | None:
    """The whole clock of a matter; None while it has no limit."""
    if not matter.clock:
        return None
    kept = matter.clock
    return Clock.from_dict(kept, calendar_of(db, kept["calendar"], kept["calendar_version"]))


def start_clock(db: Session, matter: Matter, limit: Limit | str, at: datetime) -> None:
    """Give a matter its limit, frozen from now on: a later catalogue or calendar does not move it."""
    put_clock(matter, Clock(parse_limit(str(limit)), at, calendar_of(db)))


def put_clock(matter: Matter, clock: Clock) -> None:
    """Keep a clock with its matter; `due_at` is what lists and maps read."""
    matter.clock = clock.to_dict()
    matter.due_at, matter.yellow_at = clock.due_at, clock.yellow_at


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


def set_wake(db: Session, act: Act, matter: Matter, answers: Mapping[str, Any]) -> None:
    """When the matter goes on by itself, if the act says so: a day begins with its first moment in the city."""
    if act.wake is not None and (at := answers.get(act.wake.at)) is not None:
        day = len(at) == len("2026-01-01")
        zone = ZoneInfo(calendar_of(db).time_zone)
        matter.wake_at = datetime.combine(date.fromisoformat(at), time(), zone) if day else datetime.fromisoformat(at)
        matter.wake_act = act.wake.act
