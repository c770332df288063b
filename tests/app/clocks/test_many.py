"""The arithmetic on arrays gives what the scalar one gives, row by row."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clocks.calendars import Calendar
from app.clocks.clock import Clock
from app.clocks.limits import Limit
from app.clocks.many import Moments, Pauses, due_many, due_of, used_many
from app.clocks.worktime import BadMoment, Pause, due_at, needed_us, to_us, used
from tests.app.clocks.test_worktime import any_limit, calendars, minutes
from tests.make_clocks import at, calendar, limit, patient, pause

NAT = np.datetime64("NaT")
open_pauses = st.lists(st.tuples(minutes, st.none() | st.integers(0, 8000)), max_size=4).map(
    lambda found: [
        Pause(begins, None if length is None else begins + timedelta(minutes=length)) for begins, length in found
    ]
)
rows = st.lists(st.tuples(minutes, any_limit, open_pauses, minutes), min_size=1, max_size=12)


def moments(values: list[datetime | None]) -> Moments:
    return np.array([NAT if one is None else np.datetime64(to_us(one), "us") for one in values], "M8[us]")


def many_pauses(per_row: list[list[Pause]]) -> Pauses:
    flat = [(row, one) for row, found in enumerate(per_row) for one in found]
    row = np.array([row for row, _ in flat], np.int64)
    return Pauses(row, moments([one.from_at for _, one in flat]), moments([one.to_at for _, one in flat]))


@patient
@given(rows, calendars)
def test_due_times_of_many_rows_are_those_of_each_row(
    found: list[tuple[datetime, Limit, list[Pause], datetime]], chosen: Calendar
) -> None:
    starts, limits, rests, _ = zip(*found, strict=True)
    told = due_many(
        moments(list(starts)), np.array([needed_us(one, chosen) for one in limits]),
        np.array([one.unit.is_continuous for one in limits]), chosen, many_pauses(list(rests)),
    )  # fmt: skip
    alone = [due_at(start, asked, chosen, mine) for start, asked, mine, _ in found]
    np.testing.assert_array_equal(told, moments(alone))


@patient
@given(rows, calendars)
def test_time_used_of_many_rows_is_that_of_each_row(
    found: list[tuple[datetime, Limit, list[Pause], datetime]], chosen: Calendar
) -> None:
    starts, limits, rests, nows = zip(*found, strict=True)
    always = np.array([one.unit.is_continuous for one in limits])
    told = used_many(moments(list(starts)), moments(list(nows)), always, chosen, many_pauses(list(rests)))
    alone = [
        used(start, now, asked.unit, chosen, mine) // timedelta(microseconds=1) for start, asked, mine, now in found
    ]
    assert told.tolist() == alone


def test_clocks_on_calendars_of_their_own_are_told_in_one_go() -> None:
    free = calendar(holidays=["2025-03-10"])
    one = Clock(limit("4小时"), at("2025-03-07 17:00"), calendar())
    two = Clock(limit("4小时"), at("2025-03-07 17:00"), free)
    three = one.pause(at("2025-03-07 17:30"))
    four = two.extend(at("2025-03-07 17:30"))
    found = [one, two, three, four]
    np.testing.assert_array_equal(due_of(found), moments([clock.due_at for clock in found]))
    np.testing.assert_array_equal(due_of([one, two], free), moments([two.due_at, two.due_at]))
    assert len(due_of([])) == 0


def test_rows_that_reach_far_past_their_start_are_told_too() -> None:
    start, asked = at("2025-03-07 17:00"), limit("9999天")
    told = due_many(moments([start]), np.array([needed_us(asked, calendar())]), np.array([False]), calendar())
    np.testing.assert_array_equal(told, moments([due_at(start, asked, calendar())]))
    late = np.array(["2599-06-01"], "M8[us]")
    with pytest.raises(BadMoment):
        due_many(late, np.array([1]), np.array([False]), calendar())


def test_pauses_of_one_row_leave_the_others_alone() -> None:
    start = at("2025-03-03 09:00")
    rests = many_pauses([[], [pause("2025-03-03 10:00", "2025-03-05 10:00")], []])
    need = np.full(3, needed_us(limit("4小时"), calendar()))
    told = due_many(moments([start] * 3), need, np.zeros(3, bool), calendar(), rests)
    expected = [at("2025-03-03 15:00"), at("2025-03-05 15:00"), at("2025-03-03 15:00")]
    np.testing.assert_array_equal(told, moments(list(expected)))
