"""A clock: a limit that runs from a start, pauses, is extended, stops. Each stage of a matter may have its own.

A clock is facts only and never changes: each act gives a new one. What it says follows from the facts and its calendar.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from app.clocks.calendars import Calendar
from app.clocks.limits import Limit, parse_limit
from app.clocks.worktime import MICROSECOND, BadMoment, Pause, needed_us, reached_at, to_us, used
from gis.errors import Conflict


class ClockStopped(Conflict):
    """The clock has stopped: nothing more happens to it unless it is reopened."""

    code = "clocks.stopped"


class ClockRuns(Conflict):
    """The clock runs, and the act needs one that rests or has stopped."""

    code = "clocks.runs"


class ClockRests(Conflict):
    """The clock is paused already."""

    code = "clocks.rests"


class Overdue(Conflict):
    """The time is used up: it can't be extended any more."""

    code = "clocks.overdue"


class NoMoreExtensions(Conflict):
    """As many extensions as the rules allow were approved."""

    code = "clocks.no_more_extensions"


class NothingToAppeal(Conflict):
    """The clock is in time, or the appeal was granted before."""

    code = "clocks.nothing_to_appeal"


class Colour(enum.StrEnum):
    """How a clock stands; never shown by colour alone."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True)
class Rules:
    """The figures that a city may set: how many extensions, yellow from which share, what is far over."""

    extensions_max: int = 2
    yellow_share: Fraction = Fraction(4, 5)
    far_factor: int = 3


RULES = Rules()


@dataclass(frozen=True)
class Clock:
    """A limit running since `started_at` by a calendar.

    Each extension adds one original limit. A granted appeal makes a late matter count as on time and hides nothing:
    `was_in_time` and `counts_as_on_time` are told side by side.
    """

    limit: Limit
    started_at: datetime
    calendar: Calendar
    pauses: tuple[Pause, ...] = ()
    extended_at: tuple[datetime, ...] = ()
    stopped_at: datetime | None = None
    appeal_granted_at: datetime | None = None
    rules: Rules = RULES

    def __post_init__(self) -> None:
        to_us(self.started_at)

    # What happens to it

    def pause(self, at: datetime, until: datetime | None = None) -> Clock:
        """Rest from a moment, until one that is known or until `resume`. Raises ClockStopped, ClockRests, BadMoment."""
        self._open(at)
        if self.is_paused(at):
            raise ClockRests("The clock is paused already.")
        return replace(self, pauses=(*self.pauses, Pause(at, until)))

    def resume(self, at: datetime) -> Clock:
        """Go on, before the end of the pause if it has one. Raises ClockStopped, ClockRuns, BadMoment."""
        self._open(at)
        if not self.is_paused(at):
            raise ClockRuns("The clock is not paused.")
        ended = (Pause(one.from_at, at) if _holds(one, at) else one for one in self.pauses)
        return replace(self, pauses=tuple(ended))

    def extend(self, at: datetime) -> Clock:
        """Approve an extension: one original limit more.

        Raises ClockStopped, NoMoreExtensions, Overdue, BadMoment.
        """
        self._open(at)
        if len(self.extended_at) >= self.rules.extensions_max:
            raise NoMoreExtensions(
                "No further extension: {count} were approved, which is the most.", count=len(self.extended_at)
            )
        if self.is_overdue(at):
            raise Overdue("The time is used up already: it can't be extended any more.")
        return replace(self, extended_at=(*self.extended_at, at))

    def stop(self, at: datetime) -> Clock:
        """The matter, or its stage, is done. A pause that runs ends with it. Raises ClockStopped, BadMoment."""
        self._open(at)
        resumed = self.resume(at) if self.is_paused(at) else self
        return replace(resumed, stopped_at=at)

    def reopen(self, at: datetime) -> Clock:
        """Go on after a stop with what was left; the time between does not count. Raises ClockRuns, BadMoment."""
        if self.stopped_at is None:
            raise ClockRuns("The clock has not stopped.")
        return replace(self, stopped_at=None, pauses=(*self.pauses, Pause(self.stopped_at, at)))

    def grant_appeal(self, at: datetime) -> Clock:
        """Let a late matter count as on time. Raises NothingToAppeal."""
        if self.appeal_granted_at is not None or not self.is_overdue(at):
            raise NothingToAppeal("There is nothing to appeal against: the clock is in time, or counts so already.")
        return replace(self, appeal_granted_at=at)

    def _open(self, at: datetime) -> None:
        if self.stopped_at is not None:
            raise ClockStopped("The clock has stopped.")
        if to_us(at) < to_us(self.started_at):
            raise BadMoment("The moment lies before the start of the clock.", field="at")

    # What it says

    @property
    def allowed_us(self) -> int:
        """The whole limit with its extensions, in microseconds of the time it is counted in."""
        return self.allowed_us_by(self.calendar)

    def allowed_us_by(self, calendar: Calendar) -> int:
        """The same by another calendar, whose work day may have other hours."""
        return needed_us(self.limit, calendar) * (1 + len(self.extended_at))

    def _reached_at(self, share: Fraction) -> datetime | None:
        need_us = -(-self.allowed_us * share.numerator // share.denominator)
        return reached_at(self.started_at, need_us, self.limit.unit, self.calendar, self.pauses)

    @cached_property
    def due_at(self) -> datetime | None:
        """The first instant at which the time is used up; None while a pause without end keeps it open."""
        return self._reached_at(Fraction(1))

    @cached_property
    def yellow_at(self) -> datetime | None:
        """When it turns yellow; None as for `due_at`."""
        return self._reached_at(self.rules.yellow_share)

    @cached_property
    def far_at(self) -> datetime | None:
        """When three times the limit are used up; None as for `due_at`."""
        return self._reached_at(Fraction(self.rules.far_factor))

    def used(self, now: datetime) -> timedelta:
        """Time used until now, or until it stopped."""
        return used(self.started_at, self._seen(now), self.limit.unit, self.calendar, self.pauses)

    def share(self, now: datetime) -> float:
        """The part of the limit that is used; above 1 when it is overdue."""
        return (self.used(now) // MICROSECOND) / self.allowed_us

    def left(self, now: datetime) -> timedelta:
        """Time left, of the kind the limit is counted in; below zero by how much it is over."""
        return timedelta(microseconds=self.allowed_us) - self.used(now)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is, or stopped, after the due time. The very due time is still in time."""
        return self.due_at is not None and self._seen(now) > self.due_at

    def is_far_over(self, now: datetime) -> bool:
        """Whether it is, or stopped, after three times the limit."""
        return self.far_at is not None and self._seen(now) > self.far_at

    def colour(self, now: datetime) -> Colour:
        """Green, yellow from 80 % of the limit on, red once overdue."""
        if self.is_overdue(now):
            return Colour.RED
        return Colour.YELLOW if self.yellow_at is not None and self._seen(now) >= self.yellow_at else Colour.GREEN

    def is_paused(self, now: datetime) -> bool:
        """Whether it rests at a moment; a stopped clock does not rest."""
        return self.stopped_at is None and any(_holds(one, now) for one in self.pauses)

    def is_running(self, now: datetime) -> bool:
        """Whether it neither rests nor has stopped; nights and holidays are no rest."""
        return self.stopped_at is None and not self.is_paused(now)

    @property
    def was_in_time(self) -> bool | None:
        """Whether it stopped in time, as a bare fact; None while it goes on."""
        return None if self.stopped_at is None else not self.is_overdue(self.stopped_at)

    @property
    def counts_as_on_time(self) -> bool | None:
        """What is reported: it stopped in time, or its appeal was granted; None while it goes on."""
        in_time = self.was_in_time
        return None if in_time is None else in_time or self.appeal_granted_at is not None

    @property
    def unknown_years(self) -> list[int]:
        """Years it runs in whose holidays its calendar does not know: its due time may be wrong."""
        if self.limit.unit.is_continuous:
            return []
        zone = ZoneInfo(self.calendar.time_zone)
        since, until = self.started_at.astimezone(zone), (self.due_at or self.started_at).astimezone(zone)
        return self.calendar.lacks(since.date(), until.date())

    def _seen(self, now: datetime) -> datetime:
        return now if self.stopped_at is None else min(now, self.stopped_at)

    def as_of(self, moment: datetime) -> Clock:
        """The clock as it was known at a moment: what happened later is left out.

        A pause that had not ended then has no end; a stop that was taken back later reads as a pause.
        """
        pauses = (
            Pause(one.from_at, one.to_at if one.to_at and one.to_at <= moment else None)
            for one in self.pauses
            if one.from_at <= moment
        )
        return replace(
            self,
            pauses=tuple(pauses),
            extended_at=tuple(at for at in self.extended_at if at <= moment),
            stopped_at=_until(self.stopped_at, moment),
            appeal_granted_at=_until(self.appeal_granted_at, moment),
        )

    # How it is kept

    def to_dict(self) -> dict[str, Any]:
        """All facts as JSON holds them; the calendar by name and version."""
        return {
            "limit": str(self.limit),
            "started_at": _text(self.started_at),
            "calendar": self.calendar.name,
            "calendar_version": self.calendar.version,
            "pauses": [[_text(one.from_at), one.to_at and _text(one.to_at)] for one in self.pauses],
            "extended_at": [_text(at) for at in self.extended_at],
            "stopped_at": self.stopped_at and _text(self.stopped_at),
            "appeal_granted_at": self.appeal_granted_at and _text(self.appeal_granted_at),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any], calendar: Calendar, rules: Rules = RULES) -> Clock:
        """The clock that `to_dict` told of, on the calendar that it names."""
        return cls(
            limit=parse_limit(kept["limit"]),
            started_at=datetime.fromisoformat(kept["started_at"]),
            calendar=calendar,
            pauses=tuple(Pause(datetime.fromisoformat(begins), _moment(ends)) for begins, ends in kept["pauses"]),
            extended_at=tuple(datetime.fromisoformat(at) for at in kept["extended_at"]),
            stopped_at=_moment(kept["stopped_at"]),
            appeal_granted_at=_moment(kept["appeal_granted_at"]),
            rules=rules,
        )


def _holds(pause: Pause, at: datetime) -> bool:
    return pause.from_at <= at and (pause.to_at is None or at < pause.to_at)


def _until(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
