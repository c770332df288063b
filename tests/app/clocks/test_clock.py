"""A clock through its life. March 2025: the 3rd is a Monday; hours 08-12 and 14-18."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clocks.calendars import Day, DayKind
from app.clocks.clock import (
    Clock,
    ClockRests,
    ClockRuns,
    ClockStopped,
    Colour,
    NoMoreExtensions,
    NothingToAppeal,
    Overdue,
    Rules,
)
from app.clocks.worktime import BadMoment
from tests.make_clocks import at, calendar, limit, patient

HOUR = timedelta(hours=1)


def clock(text: str = "4小时", start: str = "2025-03-03 08:00", **given_facts: object) -> Clock:
    return Clock(limit(text), at(start), calendar(), **given_facts)  # type: ignore[arg-type]


def test_it_is_green_then_yellow_from_four_fifths_then_red_once_over() -> None:
    one = clock("5小时")  # 08:00 to 15:00, four fifths at noon
    assert one.yellow_at == at("2025-03-03 12:00")
    assert one.due_at == at("2025-03-03 15:00")
    told = [one.colour(at(f"2025-03-03 {time}")) for time in ("11:59", "12:00", "15:00", "15:01")]
    assert told == [Colour.GREEN, Colour.YELLOW, Colour.YELLOW, Colour.RED]


def test_outside_working_hours_an_hour_used_up_at_noon_is_over_at_once() -> None:
    one = clock("4小时")  # due at 12:00 sharp
    assert not one.is_overdue(at("2025-03-03 12:00"))
    assert one.is_overdue(at("2025-03-03 12:01"))
    assert one.share(at("2025-03-03 13:00")) == 1.0


def test_share_and_time_left_follow_the_time_that_is_counted() -> None:
    one = clock("8小时")
    assert one.share(at("2025-03-03 13:00")) == 0.5
    assert one.left(at("2025-03-03 13:00")) == 4 * HOUR
    assert one.left(at("2025-03-04 10:00")) == -2 * HOUR


def test_three_times_the_deadline_is_kept_as_a_moment() -> None:
    one = clock("4小时")
    assert one.far_at == at("2025-03-04 12:00")
    assert not one.is_far_over(at("2025-03-04 12:00"))
    assert one.is_far_over(at("2025-03-04 12:01"))


def test_a_pause_stops_it_and_resuming_keeps_the_remainder() -> None:
    resting = clock(start="2025-03-03 09:00").pause(at("2025-03-03 10:00"))
    assert resting.due_at is None
    assert resting.is_paused(at("2025-03-04 10:00"))
    assert resting.colour(at("2025-03-20 10:00")) == Colour.GREEN
    assert resting.left(at("2025-03-20 10:00")) == 3 * HOUR
    again = resting.resume(at("2025-03-05 10:00"))
    assert again.due_at == at("2025-03-05 15:00")
    assert again.is_running(at("2025-03-05 10:00"))


def test_a_pause_with_a_known_end_resumes_by_itself_or_earlier_by_hand() -> None:
    planned = clock().pause(at("2025-03-03 09:00"), until=at("2025-03-05 08:00"))
    assert planned.due_at == at("2025-03-05 11:00")
    assert planned.is_paused(at("2025-03-04 09:00"))
    assert not planned.is_paused(at("2025-03-05 08:00"))
    early = planned.resume(at("2025-03-04 08:00"))
    assert early.due_at == at("2025-03-04 11:00")


def test_an_extension_adds_one_original_limit_each_time_and_two_are_the_most() -> None:
    one = clock().extend(at("2025-03-03 09:00"))
    assert one.due_at == at("2025-03-03 18:00")
    two = one.extend(at("2025-03-03 15:00"))
    assert two.due_at == at("2025-03-04 12:00")
    with pytest.raises(NoMoreExtensions) as caught:
        two.extend(at("2025-03-03 16:00"))
    assert caught.value.code == "clocks.no_more_extensions"
    assert clock(rules=Rules(extensions_max=3)).extend(at("2025-03-03 09:00")).rules.extensions_max == 3


def test_what_is_overdue_is_not_extended() -> None:
    assert clock().extend(at("2025-03-03 12:00")).due_at == at("2025-03-03 18:00")
    with pytest.raises(Overdue) as caught:
        clock().extend(at("2025-03-03 12:01"))
    assert caught.value.code == "clocks.overdue"


def test_an_extension_after_a_pause_adds_to_what_was_left() -> None:
    rested = clock().pause(at("2025-03-03 10:00")).resume(at("2025-03-05 10:00"))  # 2 h used, 2 h left
    assert rested.due_at == at("2025-03-05 12:00")
    assert rested.extend(at("2025-03-05 11:00")).due_at == at("2025-03-05 18:00")


def test_an_extension_while_it_rests_counts_once_it_goes_on() -> None:
    resting = clock().pause(at("2025-03-03 10:00")).extend(at("2025-03-04 10:00"))
    assert resting.due_at is None
    assert resting.resume(at("2025-03-05 08:00")).due_at == at("2025-03-05 16:00")


def test_a_granted_appeal_counts_as_on_time_and_the_bare_fact_stays_visible() -> None:
    late = clock().stop(at("2025-03-04 09:00"))
    assert (late.was_in_time, late.counts_as_on_time) == (False, False)
    appealed = late.grant_appeal(at("2025-03-06 09:00"))
    assert (appealed.was_in_time, appealed.counts_as_on_time) == (False, True)
    assert appealed.colour(at("2025-03-06 09:00")) == Colour.RED
    with pytest.raises(NothingToAppeal):
        appealed.grant_appeal(at("2025-03-06 10:00"))
    with pytest.raises(NothingToAppeal) as caught:
        clock().stop(at("2025-03-03 09:00")).grant_appeal(at("2025-03-06 09:00"))
    assert caught.value.code == "clocks.nothing_to_appeal"


def test_a_stopped_clock_stands_still() -> None:
    done = clock().stop(at("2025-03-03 11:00"))
    assert done.was_in_time is True
    assert done.used(at("2025-03-20 11:00")) == 3 * HOUR
    assert done.colour(at("2025-03-20 11:00")) == Colour.GREEN
    for act in (done.pause, done.resume, done.extend, done.stop):
        with pytest.raises(ClockStopped) as caught:
            act(at("2025-03-20 11:00"))
        assert caught.value.code == "clocks.stopped"


def test_stopping_ends_a_pause_that_runs() -> None:
    done = clock().pause(at("2025-03-03 09:00")).stop(at("2025-03-05 11:00"))
    assert done.was_in_time is True
    assert done.used(at("2025-03-20 11:00")) == HOUR
    assert not done.is_paused(at("2025-03-05 11:00"))


def test_a_reopened_clock_goes_on_with_what_was_left() -> None:
    again = clock().stop(at("2025-03-03 11:00")).reopen(at("2025-03-10 09:00"))
    assert again.due_at == at("2025-03-10 10:00")
    assert again.was_in_time is None
    overdue = clock().stop(at("2025-03-04 09:00")).reopen(at("2025-03-10 09:00"))
    assert overdue.is_overdue(at("2025-03-10 09:00"))
    with pytest.raises(ClockRuns):
        clock().reopen(at("2025-03-10 09:00"))


def test_acts_that_do_not_fit_its_state_are_refused() -> None:
    resting = clock().pause(at("2025-03-03 09:00"))
    with pytest.raises(ClockRests) as rests:
        resting.pause(at("2025-03-03 10:00"))
    with pytest.raises(ClockRuns) as runs:
        clock().resume(at("2025-03-03 10:00"))
    assert (rests.value.code, runs.value.code) == ("clocks.rests", "clocks.runs")
    with pytest.raises(BadMoment):
        clock().pause(at("2025-03-02 09:00"))


def test_a_stage_is_a_clock_of_its_own_beside_the_whole() -> None:
    whole, dispatch = clock("15天"), clock("1小时")
    now = at("2025-03-03 10:00")
    assert (dispatch.colour(now), whole.colour(now)) == (Colour.RED, Colour.GREEN)
    resting = whole.pause(now)
    assert resting.is_paused(now)
    assert not dispatch.is_paused(now)


def test_a_holiday_added_later_moves_new_clocks_and_no_old_one() -> None:
    old = Clock(limit("1工作日"), at("2025-03-03 08:00"), calendar())
    changed = calendar().with_days({date(2025, 3, 3): Day(DayKind.HOLIDAY)})
    assert old.due_at == at("2025-03-03 18:00")
    assert replace(old, calendar=changed).due_at == at("2025-03-04 18:00")
    assert old.due_at == at("2025-03-03 18:00")


def test_it_can_be_asked_as_of_a_moment() -> None:
    life = (
        clock().pause(at("2025-03-03 09:00")).resume(at("2025-03-04 09:00"))
        .extend(at("2025-03-04 10:00")).stop(at("2025-03-05 17:00")).grant_appeal(at("2025-03-07 09:00"))
    )  # fmt: skip
    assert life.as_of(at("2025-03-03 08:30")) == clock()
    assert life.as_of(at("2025-03-03 12:00")) == clock().pause(at("2025-03-03 09:00"))
    assert life.as_of(at("2025-03-04 09:30")).due_at == at("2025-03-04 12:00")
    assert life.as_of(at("2025-03-04 12:00")).extended_at == (at("2025-03-04 10:00"),)
    assert life.as_of(at("2025-03-06 09:00")).counts_as_on_time is False
    assert life.as_of(at("2025-03-08 09:00")) == life


def test_years_without_known_holidays_are_told_for_work_units_alone() -> None:
    known = calendar(years=frozenset({2025}))
    assert Clock(limit("5工作日"), at("2025-12-30 08:00"), known).unknown_years == [2026]
    assert Clock(limit("5自然日"), at("2025-12-30 08:00"), known).unknown_years == []
    assert Clock(limit("1小时"), at("2025-12-30 08:00"), known).unknown_years == []


hours = st.integers(0, 300).map(lambda n: at("2025-03-03 08:00") + timedelta(hours=n))


@patient
@given(hours, hours, st.none() | hours, st.sampled_from(["4小时", "2紧急工作时", "1.5天", "2自然日"]))
def test_what_is_kept_reads_back_the_same(begins: datetime, ends: datetime, stop: datetime | None, text: str) -> None:
    one = clock(text, rules=Rules(yellow_share=Fraction(1, 2))).pause(min(begins, ends)).resume(max(begins, ends))
    one = replace(one, stopped_at=stop, extended_at=(begins,), appeal_granted_at=stop)
    kept = one.to_dict()
    assert Clock.from_dict(kept, one.calendar, one.rules).to_dict() == kept
    assert Clock.from_dict(kept, one.calendar, one.rules).due_at == one.due_at
