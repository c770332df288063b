"""Working-time arithmetic for hundreds of thousands of rows at once; equal to `worktime` to the microsecond.

Time is laid on an axis: for work units the working microseconds since the first year of a table, for continuous units
all microseconds. On it a limit is a plain addition, and the way back is a search. Arrays are one-dimensional; moments
are datetime64[us] in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from app.clocks.calendars import Calendar
from app.clocks.clock import Clock
from app.clocks.worktime import FIRST_YEAR, LAST_YEAR, BadMoment, to_us, year_stretches

Moments = NDArray[np.datetime64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
NEVER = 2**61  # on an axis: the end of a pause without end


@dataclass(frozen=True)
class Pauses:
    """Pauses of many rows, in any order: the row each belongs to, its first moment, its end (NaT: none yet)."""

    row: Integers
    from_at: Moments
    to_at: Moments


NO_PAUSES = Pauses(np.zeros(0, np.int64), np.zeros(0, "M8[us]"), np.zeros(0, "M8[us]"))


class _AllTime:
    """The axis of continuous units: microseconds since 1970."""

    def done(self, at: Integers) -> Integers:
        return at

    def moment(self, done: Integers) -> Integers:
        return done


@dataclass(frozen=True, eq=False)
class WorkTime:
    """The axis of a calendar over some years: working stretches from, to, and the working time before each."""

    begins: Integers
    ends: Integers
    before: Integers

    @property
    def total(self) -> int:
        """All working time of these years."""
        return int(self.before[-1] + self.ends[-1] - self.begins[-1])

    def done(self, at: Integers) -> Integers:
        """Working time from the first year to each moment."""
        index = np.maximum(np.searchsorted(self.begins, at, side="right") - 1, 0)
        inside = np.clip(at - self.begins[index], 0, self.ends[index] - self.begins[index])
        done: Integers = self.before[index] + inside
        return done

    def moment(self, done: Integers) -> Integers:
        """The first moment at which so much working time, above 0 and at most `total`, has passed."""
        index = np.searchsorted(self.before, done, side="left") - 1
        at: Integers = self.begins[index] + done - self.before[index]
        return at


@lru_cache(maxsize=64)
def work_time(calendar: Calendar, first: int, last: int) -> WorkTime:
    """The axis of a calendar from one year to another, both whole; BadMoment beyond what is reckoned with."""
    if first < FIRST_YEAR or last >= LAST_YEAR:
        raise BadMoment("The moment lies too far off.")
    stretches = [one for year in range(first, last + 1) for one in year_stretches(calendar, year)]
    begins, ends = np.array(stretches, dtype=np.int64).T
    return WorkTime(begins, ends, np.concatenate([[0], np.cumsum(ends - begins)[:-1]]))


@dataclass(frozen=True)
class _Rests:
    """Pauses on an axis, in order, cut at the start and by the pauses before them: each resting moment stands once."""

    row: Integers
    begins: Integers
    length: Integers  # NEVER for one without end
    used: Integers  # of its row, when the rest begins


def due_many(
    starts: Moments, needed_us: Integers, is_continuous: Flags, calendar: Calendar, pauses: Pauses = NO_PAUSES
) -> Moments:
    """The first instant at which each row's time is used up; NaT while a pause without end keeps it open.

    Parameters
    ----------
    needed_us : array of int64
        Above 0, as `worktime.needed_us` gives them.
    is_continuous : array of bool
        Rows counted in all time, not in working time.
    """
    out = np.full(len(starts), np.datetime64("NaT"), "M8[us]")
    for rows, is_always, mine in _split(is_continuous, pauses):
        out[rows] = _due(_us(starts[rows]), needed_us[rows], None if is_always else calendar, mine)
    return out


def _due(start: Integers, needed: Integers, calendar: Calendar | None, pauses: Pauses) -> Moments:
    years = _years(start, _us(pauses.from_at), _us(pauses.to_at))
    axis = _axis(calendar, *years)
    begins = axis.done(start)
    rests = _rests(axis, begins, pauses)
    takes_effect = rests.used < needed[rests.row]
    has_end = rests.length < NEVER
    done = begins + needed
    np.add.at(done, rests.row[takes_effect & has_end], rests.length[takes_effect & has_end])
    is_open = np.zeros(len(start), bool)
    is_open[rests.row[takes_effect & ~has_end]] = True
    if calendar is not None:
        axis = _reaching(calendar, *years, int(done[~is_open].max(initial=0)))
    out = np.full(len(start), np.datetime64("NaT"), "M8[us]")
    out[~is_open] = axis.moment(done[~is_open]).astype("M8[us]")
    return out


def used_many(
    starts: Moments, nows: Moments, is_continuous: Flags, calendar: Calendar, pauses: Pauses = NO_PAUSES
) -> Integers:
    """Microseconds that each row has used from its start until its own now; 0 for a now before the start."""
    out = np.zeros(len(starts), np.int64)
    for rows, is_always, mine in _split(is_continuous, pauses):
        start = _us(starts[rows])
        now = np.maximum(_us(nows[rows]), start)
        axis = _axis(None if is_always else calendar, *_years(start, now))
        begins, ends = axis.done(start), axis.done(now)
        rests = _rests(axis, begins, mine)
        total = ends - begins
        np.subtract.at(total, rests.row, np.clip(ends[rests.row] - rests.begins, 0, rests.length))
        out[rows] = total
    return out


def _us(moments: Moments) -> Integers:
    """Microseconds since 1970; NEVER for NaT."""
    whole = moments.astype("M8[us]")
    return np.where(np.isnat(whole), NEVER, whole.astype(np.int64))


def _split(is_continuous: Flags, pauses: Pauses) -> Iterator[tuple[Integers, bool, Pauses]]:
    """Rows of work units, then rows of continuous units, where there are any, with their pauses numbered anew."""
    for is_always in (False, True):
        rows = np.flatnonzero(is_continuous == is_always)
        if len(rows):
            place = np.full(len(is_continuous), -1)
            place[rows] = np.arange(len(rows))
            mine = place[pauses.row] >= 0
            yield rows, is_always, Pauses(place[pauses.row[mine]], pauses.from_at[mine], pauses.to_at[mine])


def _years(*moments: Integers) -> tuple[int, int]:
    """The years that hold all of the moments, and one more on either side for any time zone."""
    known = np.concatenate(moments)
    known = known[known < NEVER]
    edges = np.array([known.min(), known.max()]).astype("M8[us]").astype("M8[Y]").astype(np.int64) + 1970
    return int(edges[0]) - 1, int(edges[1]) + 1


def _axis(calendar: Calendar | None, first: int, last: int) -> WorkTime | _AllTime:
    return _AllTime() if calendar is None else work_time(calendar, first, last)


def _reaching(calendar: Calendar, first: int, last: int, done: int) -> WorkTime:
    """The axis, lengthened by so many years that it holds an amount of working time."""
    axis, more = work_time(calendar, first, last), 1
    while axis.total < done:
        last, more = last + more, more * 2
        axis = work_time(calendar, first, last)
    return axis


def _rests(axis: WorkTime | _AllTime, starts: Integers, pauses: Pauses) -> _Rests:
    row, ends_us = pauses.row, _us(pauses.to_at)
    begins = np.maximum(axis.done(_us(pauses.from_at)), starts[row])
    ends = np.where(ends_us == NEVER, NEVER, axis.done(ends_us))
    order = np.lexsort((begins, row))
    row, begins, ends = row[order], begins[order], ends[order]
    is_first = np.ones(len(row), bool)
    is_first[1:] = row[1:] != row[:-1]
    latest = _running_max(row, ends)
    begins[1:] = np.where(is_first[1:], begins[1:], np.maximum(begins[1:], latest[:-1]))
    length = np.where(ends == NEVER, np.where(begins < NEVER, NEVER, 0), np.maximum(ends - begins, 0))
    counted = np.where(length == NEVER, 0, length)
    waited = np.cumsum(counted) - counted
    waited -= waited[np.flatnonzero(is_first)][np.cumsum(is_first) - 1]
    return _Rests(row, begins, length, begins - starts[row] - waited)


def _running_max(row: Integers, values: Integers) -> Integers:
    """For each place the largest value so far of its row; `row` is sorted."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values))
    highest = np.maximum.accumulate(row * max(len(values), 1) + rank) % max(len(values), 1)
    largest: Integers = values[order[highest]]
    return largest


def due_of(clocks: Sequence[Clock], calendar: Calendar | None = None) -> Moments:
    """The due times of clocks, each on its own calendar or all on the one given; NaT for None."""
    out = np.full(len(clocks), np.datetime64("NaT"), "M8[us]")
    groups: dict[Calendar, list[int]] = defaultdict(list)
    for place, clock in enumerate(clocks):
        groups[calendar or clock.calendar].append(place)
    for chosen, places in groups.items():
        mine = [clocks[place] for place in places]
        needed = np.array([clock.allowed_us_by(chosen) for clock in mine], np.int64)
        always = np.array([clock.limit.unit.is_continuous for clock in mine])
        starts = _moments([to_us(clock.started_at) for clock in mine])
        out[places] = due_many(starts, needed, always, chosen, _pauses_of(mine))
    return out


def _pauses_of(clocks: Sequence[Clock]) -> Pauses:
    found = [(row, one) for row, clock in enumerate(clocks) for one in clock.pauses]
    ends = np.full(len(found), np.datetime64("NaT"), "M8[us]")
    for place, (_row, one) in enumerate(found):
        if one.to_at is not None:
            ends[place] = np.datetime64(to_us(one.to_at), "us")
    rows = np.array([row for row, _one in found], np.int64)
    return Pauses(rows, _moments([to_us(one.from_at) for _row, one in found]), ends)


def _moments(values: Sequence[int]) -> Moments:
    return np.array(values, np.int64).astype("M8[us]")
