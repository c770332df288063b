"""Working time against worked examples and against counting minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clocks.calendars import BadCalendar, Calendar, Day, DayKind, Span
from app.clocks.limits import Limit, LimitUnit
from app.clocks.worktime import BadMoment, Pause, due_at, from_us, needed_us, to_us, used
from tests.make_clocks import at, calendar, limit, patient, pause

PLAIN = calendar()
NEW_YORK = ZoneInfo("America/New_York")

# March 2025: the 3rd is a Monday.
WORKED = [
    ("2025-03-07 17:00", "4 work_hour", "2025-03-10 11:00", "a weekend lies between"),
    ("2025-03-05 12:30", "2 work_hour", "2025-03-05 16:00", "begins at lunch"),
    ("2025-03-05 10:30", "1 work_day", "2025-03-06 10:30", "a day is 8 h"),
    ("2025-03-07 23:30", "2 urgent_hour", "2025-03-08 01:30", "continuous"),
    ("2025-03-05 12:00", "1 work_hour", "2025-03-05 15:00", "begins at noon"),
    ("2025-03-05 18:00", "1 work_hour", "2025-03-06 09:00", "begins at closing time"),
    ("2025-03-05 08:00", "4 work_hour", "2025-03-05 12:00", "used up at noon, not at 14:00"),
    ("2025-03-05 09:00", "2 natural_day", "2025-03-07 09:00", "natural days are 24 h"),
]


@pytest.mark.parametrize(("start", "text", "due", "_why"), WORKED, ids=[row[3] for row in WORKED])
def test_a_limit_is_due_when_its_last_minute_ends(start: str, text: str, due: str, _why: str) -> None:
    found = due_at(at(start), limit(text), PLAIN)
    assert found == at(due)
    assert found is not None
    assert found.tzinfo is UTC


def test_a_sunday_worked_instead_ends_a_limit_at_noon() -> None:
    shifted = calendar(worked=["2025-03-09"])
    assert due_at(at("2025-03-08 20:00"), limit("4小时"), shifted) == at("2025-03-09 12:00")


def test_a_pause_keeps_the_remainder() -> None:
    rest = pause("2025-03-03 10:00", "2025-03-05 10:00")
    assert due_at(at("2025-03-03 09:00"), limit("4小时"), PLAIN, [rest]) == at("2025-03-05 15:00")


def test_overlapping_pauses_count_once() -> None:
    both = [pause("2025-03-05 09:00", "2025-03-05 11:00"), pause("2025-03-05 10:00", "2025-03-05 11:30")]
    assert due_at(at("2025-03-05 08:00"), limit("2小时"), PLAIN, both) == at("2025-03-05 14:30")


def test_while_a_pause_has_no_end_no_due_time_is_known_unless_the_time_was_used_up_before() -> None:
    assert due_at(at("2025-03-05 08:00"), limit("4小时"), PLAIN, [pause("2025-03-05 11:00")]) is None
    assert due_at(at("2025-03-05 08:00"), limit("4小时"), PLAIN, [pause("2025-03-05 12:00")]) == at("2025-03-05 12:00")


def test_a_holiday_moves_the_due_time_of_work_units_alone() -> None:
    free = calendar(holidays=["2025-03-10"])
    assert due_at(at("2025-03-07 17:00"), limit("4小时"), free) == at("2025-03-11 11:00")
    assert due_at(at("2025-03-07 17:00"), limit("3自然日"), free) == at("2025-03-10 17:00")


def test_a_work_day_counts_as_the_calendar_says() -> None:
    seven = calendar(spans=(Span.parse("09:00-12:00"), Span.parse("13:00-17:00")), day_minutes=420)
    assert due_at(at("2025-03-05 10:30"), limit("1工作日"), seven) == at("2025-03-06 10:30")


@pytest.mark.parametrize(
    ("start", "text", "due"),
    [
        # 9 March 2025 has no 02:00-03:00 in New York, 2 November 2025 has 01:00-02:00 twice
        ("2025-03-08 12:00", "24 urgent_hour", "2025-03-09T13:00:00-04:00"),
        ("2025-11-01 12:00", "24 urgent_hour", "2025-11-02T11:00:00-05:00"),
        ("2025-03-07 17:00", "4 work_hour", "2025-03-10T11:00:00-04:00"),
        ("2025-10-31 17:00", "4 work_hour", "2025-11-03T11:00:00-05:00"),
        ("2025-03-08 09:00", "1 natural_day", "2025-03-09T10:00:00-04:00"),
    ],
)
def test_summer_time_changes_the_wall_clock_not_the_time_that_passes(start: str, text: str, due: str) -> None:
    there = calendar(time_zone="America/New_York")
    assert due_at(at(start, NEW_YORK), limit(text), there) == datetime.fromisoformat(due)


def test_night_hours_hold_one_hour_less_in_spring_and_one_more_in_autumn() -> None:
    nights = calendar(time_zone="America/New_York", spans=(Span.parse("00:00-04:00"),), weekdays=frozenset(range(1, 8)))

    def hours(day: str) -> float:
        midnight = at(f"{day} 00:00", NEW_YORK)
        return used(midnight, midnight + timedelta(hours=12), LimitUnit.WORK_HOUR, nights) / timedelta(hours=1)

    assert [hours(day) for day in ("2025-03-08", "2025-03-09", "2025-11-02")] == [4.0, 3.0, 5.0]


def test_a_span_that_begins_in_the_missing_hour_begins_when_the_clock_jumps() -> None:
    early = calendar(time_zone="America/New_York", spans=(Span.parse("02:30-04:00"),), weekdays=frozenset({7}))
    start = at("2025-03-09 00:00", NEW_YORK)
    assert due_at(start, limit("0.5小时"), early) == datetime.fromisoformat("2025-03-09T03:30:00-04:00")


def test_time_used_is_counted_from_the_start_and_never_below_nothing() -> None:
    start = at("2025-03-05 10:00")
    assert used(start, at("2025-03-05 15:00"), LimitUnit.WORK_HOUR, PLAIN) == timedelta(hours=3)
    assert used(start, at("2025-03-05 15:00"), LimitUnit.URGENT_HOUR, PLAIN) == timedelta(hours=5)
    assert used(start, at("2025-03-04 15:00"), LimitUnit.WORK_HOUR, PLAIN) == timedelta(0)


def test_a_year_whose_holidays_are_not_known_is_told() -> None:
    known = calendar(years=frozenset({2025, 2026}))
    assert known.lacks(date(2025, 6, 1), date(2028, 1, 1)) == [2027, 2028]
    assert known.lacks(date(2025, 6, 1), date(2026, 12, 31)) == []


@pytest.mark.parametrize(
    "text", ["8-12", "12:00-08:00", "08:00", "08:00-24:30", "08:60-09:00", "a:b-c:d", "08:00-08:00"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(BadCalendar) as caught:
        Span.parse(text)
    assert (caught.value.code, caught.value.field) == ("clocks.bad_calendar", "spans")


@pytest.mark.parametrize(
    "facts",
    [
        {"spans": ()}, {"weekdays": frozenset()}, {"weekdays": frozenset({0})}, {"time_zone": "Mars/Base"},
        {"time_zone": "../etc/passwd"}, {"spans": (Span(0, 60), Span(30, 90))}, {"day_minutes": 0},
    ],
)  # fmt: skip
def test_a_calendar_that_could_not_be_reckoned_with_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(BadCalendar):
        calendar(**facts)  # type: ignore[arg-type]


def test_a_moment_needs_a_time_zone_and_a_pause_an_end_after_its_beginning() -> None:
    with pytest.raises(BadMoment):
        due_at(datetime(2025, 3, 5, 8), limit("4小时"), PLAIN)
    with pytest.raises(BadMoment):
        pause("2025-03-05 10:00", "2025-03-05 09:00")
    with pytest.raises(BadMoment):
        due_at(at("2590-03-05 10:00"), limit("9999天"), PLAIN)


# Properties

minutes = st.integers(0, 60 * 24 * 60).map(lambda n: at("2025-02-15 00:00") + timedelta(minutes=n))
any_limit = st.builds(
    Limit, st.decimals("0.25", "40", places=2, allow_nan=False), st.sampled_from([*LimitUnit])
)  # fmt: skip
pauses = st.lists(st.tuples(minutes, st.integers(0, 8000)), max_size=4).map(
    lambda found: [Pause(begins, begins + timedelta(minutes=length)) for begins, length in found]
)
marked_days = st.dictionaries(
    st.dates(date(2025, 2, 15), date(2025, 6, 1)), st.sampled_from(DayKind).map(lambda kind: Day(kind)), max_size=8
)
zones = st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
spans = st.lists(st.integers(0, 48), min_size=2, max_size=6, unique=True).map(
    lambda edges: tuple(Span(a * 30, b * 30) for a, b in zip(*[iter(sorted(edges))] * 2, strict=False))
)
weekdays = st.frozensets(st.integers(1, 7), min_size=1)
calendars = st.builds(
    lambda zone, hours, week, days: Calendar("any", zone, hours, week, days), zones, spans, weekdays, marked_days
)


def _defined(value: datetime | None) -> datetime:
    assert value is not None
    return value


@patient
@given(minutes, any_limit, calendars, pauses)
def test_the_time_used_at_the_due_time_is_the_limit_and_a_microsecond_before_it_is_less(
    start: datetime, asked: Limit, chosen: Calendar, rests: list[Pause]
) -> None:
    due = _defined(due_at(start, asked, chosen, rests))
    whole = timedelta(microseconds=needed_us(asked, chosen))
    assert used(start, due, asked.unit, chosen, rests) == whole
    assert used(start, due - timedelta(microseconds=1), asked.unit, chosen, rests) < whole


@patient
@given(minutes, any_limit, calendars, pauses, minutes, st.integers(0, 8000))
def test_pausing_never_shortens(
    start: datetime, asked: Limit, chosen: Calendar, rests: list[Pause], begins: datetime, length: int
) -> None:
    more = [*rests, Pause(begins, begins + timedelta(minutes=length))]
    assert _defined(due_at(start, asked, chosen, more)) >= _defined(due_at(start, asked, chosen, rests))


@patient
@given(minutes, any_limit, calendars, pauses, st.randoms())
def test_the_order_of_pauses_does_not_matter(
    start: datetime, asked: Limit, chosen: Calendar, rests: list[Pause], chance: object
) -> None:
    mixed = list(rests)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert due_at(start, asked, chosen, mixed) == due_at(start, asked, chosen, rests)


@patient
@given(minutes, minutes, any_limit, calendars, pauses)
def test_who_starts_later_is_not_due_earlier(
    one: datetime, two: datetime, asked: Limit, chosen: Calendar, rests: list[Pause]
) -> None:
    first, second = sorted((one, two))
    assert _defined(due_at(first, asked, chosen, rests)) <= _defined(due_at(second, asked, chosen, rests))


@patient
@given(minutes, any_limit, any_limit, calendars, pauses)
def test_a_longer_limit_of_the_same_unit_is_due_later(
    start: datetime, one: Limit, two: Limit, chosen: Calendar, rests: list[Pause]
) -> None:
    shorter, longer = sorted((one.amount, two.amount))
    first, second = (_defined(due_at(start, Limit(amount, one.unit), chosen, rests)) for amount in (shorter, longer))
    assert first < second if shorter < longer else first == second


def _counted(start: datetime, now: datetime, chosen: Calendar, rests: list[Pause]) -> int:
    """Working minutes by asking the wall clock of every minute."""
    zone, total, moment = ZoneInfo(chosen.time_zone), 0, start.astimezone(UTC)
    while moment < now:
        wall = moment.astimezone(zone)
        day = chosen.days.get(wall.date())
        works = day.kind == DayKind.MAKE_UP_WORKING_DAY if day else wall.isoweekday() in chosen.weekdays
        of_day = wall.hour * 60 + wall.minute
        if works and any(span.start_min <= of_day < span.end_min for span in chosen.spans):
            total += not any(rest.from_at <= moment < _defined(rest.to_at) for rest in rests)
        moment += timedelta(minutes=1)
    return total


@settings(patient, max_examples=40)
@given(minutes, st.integers(0, 20_000), calendars, pauses)
def test_the_time_used_is_what_counting_every_minute_gives(
    start: datetime, length: int, chosen: Calendar, rests: list[Pause]
) -> None:
    now = start + timedelta(minutes=length)
    found = used(start, now, LimitUnit.WORK_HOUR, chosen, rests)
    assert found == timedelta(minutes=_counted(start, now, chosen, rests))


def test_moments_are_exact_to_the_microsecond() -> None:
    moment = datetime(2025, 3, 5, 1, 2, 3, 456_789, tzinfo=UTC)
    assert from_us(to_us(moment)) == moment
