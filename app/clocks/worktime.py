"""Exact working-time arithmetic, one clock at a time; `many` does the same for arrays.

Everything is counted in whole microseconds since 1970 UTC, so that nothing is rounded. A span such as 08:00-12:00 is
the set of instants whose wall clock reads inside it: on the day that summer time begins or ends it may hold less or
more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.clocks.calendars import Calendar, Span
from app.clocks.limits import Limit, LimitUnit
from gis.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE_US, HOUR_US, DAY_US = 60_000_000, 3_600_000_000, 86_400_000_000
FIRST_YEAR, LAST_YEAR = 1900, 2600

Stretch = tuple[int, int]  # from, to; microseconds since 1970 UTC


class BadMoment(InvalidInput):
    """A moment without time zone, or beyond what can be reckoned."""

    code = "clocks.bad_moment"


@dataclass(frozen=True)
class Pause:
    """A stretch in which a clock rests: `from_at` in it, `to_at` not; None: it has no end yet."""

    from_at: datetime
    to_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.to_at is not None and to_us(self.to_at) < to_us(self.from_at):
            raise BadMoment("A pause ends before it begins.", field="pauses")


def to_us(moment: datetime) -> int:
    """An aware moment as microseconds since 1970 UTC; BadMoment without a time zone."""
    if moment.tzinfo is None:
        raise BadMoment("A moment needs its time zone.")
    return (moment - EPOCH) // MICROSECOND


def from_us(value: int) -> datetime:
    """Microseconds since 1970 as aware UTC."""
    try:
        return EPOCH + timedelta(microseconds=value)
    except OverflowError as error:
        raise BadMoment("The moment lies too far off.") from error


def needed_us(limit: Limit, calendar: Calendar) -> int:
    """A limit as microseconds of the time it is counted in; fractions of a microsecond are rounded up."""
    unit_us = {
        LimitUnit.URGENT_HOUR: HOUR_US,
        LimitUnit.WORK_HOUR: HOUR_US,
        LimitUnit.WORK_DAY: calendar.day_minutes * MINUTE_US,
        LimitUnit.NATURAL_DAY: DAY_US,
    }[limit.unit]
    above, below = limit.amount.as_integer_ratio()
    return -(-above * unit_us // below)


def due_at(start: datetime, limit: Limit, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime | None:
    """The first instant at which the limit is used up, in UTC; None while a pause without end keeps it open."""
    return reached_at(start, needed_us(limit, calendar), limit.unit, calendar, pauses)


def reached_at(
    start: datetime, need_us: int, unit: LimitUnit, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> datetime | None:
    """The first instant at which so much time is used; as `due_at`."""
    if need_us <= 0:
        return start.astimezone(UTC)
    for begins, ends in running(to_us(start), unit, calendar, pauses):
        if ends - begins >= need_us:
            return from_us(begins + need_us)
        need_us -= ends - begins
    return None


def used(
    start: datetime, now: datetime, unit: LimitUnit, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> timedelta:
    """How much time a clock has used from its start until now: working time, or all time for continuous units."""
    until, total = to_us(now), 0
    for begins, ends in running(to_us(start), unit, calendar, pauses):
        if begins >= until:
            break
        total += min(ends, until) - begins
    return timedelta(microseconds=total)


def running(start_us: int, unit: LimitUnit, calendar: Calendar, pauses: Iterable[Pause] = ()) -> Iterator[Stretch]:
    """The stretches in which a clock runs, from its start on; they end where a pause without end begins."""
    last_us = to_us(datetime(LAST_YEAR, 1, 1, tzinfo=UTC))
    rests = merged(pauses, last_us)
    for begins, ends in [(start_us, last_us)] if unit.is_continuous else working(calendar, start_us):
        for rest_from, rest_to in rests[max(bisect_right(rests, (begins, begins)) - 1, 0) :]:
            if rest_from >= ends:
                break
            if rest_from > begins:
                yield begins, rest_from
            begins = max(begins, rest_to)
        if begins >= last_us:
            return
        if begins < ends:
            yield begins, ends


def merged(pauses: Iterable[Pause], last_us: int) -> list[Stretch]:
    """Pauses in order, those that overlap joined into one; one without end lasts until `last_us`."""
    return joined((to_us(one.from_at), last_us if one.to_at is None else to_us(one.to_at)) for one in pauses)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches in order, those that overlap or touch joined into one, empty ones left out."""
    out: list[Stretch] = []
    for begins, ends in sorted(stretches):
        if out and begins <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], ends))
        elif begins < ends:
            out.append((begins, ends))
    return out


def working(calendar: Calendar, since_us: int) -> Iterator[Stretch]:
    """Working stretches from a moment on, the first one cut at it; BadMoment where reckoning ends."""
    first = from_us(since_us).year - 1  # where the wall clock is behind UTC, the year before may still run
    for year in range(first, LAST_YEAR) if first >= FIRST_YEAR else ():
        for begins, ends in year_stretches(calendar, year):
            if ends > since_us:
                yield max(begins, since_us), ends
    raise BadMoment("The moment lies too far off.")


@lru_cache(maxsize=512)
def year_stretches(calendar: Calendar, year: int) -> tuple[Stretch, ...]:
    """All working stretches of a year of the wall clock, in order."""
    zone, day, out = ZoneInfo(calendar.time_zone), date(year, 1, 1), list[Stretch]()
    while day.year == year:
        if calendar.works_on(day):
            out += day_stretches(day, calendar.spans, zone)
        day += timedelta(days=1)
    return tuple(out)


def day_stretches(day: date, spans: Sequence[Span], zone: ZoneInfo) -> list[Stretch]:
    """The instants of a day whose wall clock reads inside the spans."""
    midnight_us = to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))
    out: list[Stretch] = []
    for since_us, until_us, offset_us in _offsets(midnight_us - DAY_US, midnight_us + 2 * DAY_US, zone):
        for span in spans:
            begins = max(midnight_us + span.start_min * MINUTE_US - offset_us, since_us)
            ends = min(midnight_us + span.end_min * MINUTE_US - offset_us, until_us)
            if begins < ends:
                out.append((begins, ends))
    return joined(out)


def _offsets(since_us: int, until_us: int, zone: ZoneInfo) -> Iterator[tuple[int, int, int]]:
    """Pieces of time with one offset from UTC: from, to, offset. Two changes within 12 hours would be missed."""
    begins, offset = since_us, _offset(since_us, zone)
    for at in range(since_us + DAY_US // 2, until_us + 1, DAY_US // 2):
        later = _offset(at, zone)
        if later != offset:
            change = _change(at - DAY_US // 2, at, zone)
            yield begins, change, offset
            begins, offset = change, later
    yield begins, until_us, offset


def _offset(at_us: int, zone: ZoneInfo) -> int:
    shift = from_us(at_us).astimezone(zone).utcoffset()
    assert shift is not None
    return shift // MICROSECOND


def _change(before_us: int, after_us: int, zone: ZoneInfo) -> int:
    """The instant between two at which the offset changes."""
    old = _offset(before_us, zone)
    while after_us - before_us > 1:
        middle = (before_us + after_us) // 2
        if _offset(middle, zone) == old:
            before_us = middle
        else:
            after_us = middle
    return after_us
