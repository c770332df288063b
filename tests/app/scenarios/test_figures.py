"""How evenly loads lie, against the definitions written out; what of people may be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scenarios.figures import gini, max_to_mean, shown, summed
from layers.shielding import filtered_count

LOADS = st.lists(st.integers(0, 1000), min_size=1, max_size=30)


@given(LOADS)
def test_gini_is_half_the_mean_difference_relative_to_the_mean(loads: list[int]) -> None:
    mean = sum(loads) / len(loads)
    got = gini(loads)
    if not mean:
        assert got is None
        return
    wanted = sum(abs(a - b) for a in loads for b in loads) / (2 * len(loads) ** 2 * mean)
    assert got == pytest.approx(wanted, abs=1e-12)


def test_one_who_carries_all_of_four_has_three_quarters_and_equals_have_none() -> None:
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)
    assert gini([3, 3, 3]) == pytest.approx(0)
    assert max_to_mean([0, 0, 0, 8]) == 4
    assert max_to_mean([0, 0]) is None


@given(st.integers(0, 500))
def test_numbers_of_people_are_said_as_elsewhere(number: int) -> None:
    assert shown(number, 5) == filtered_count(number, number + 1000, 5)
    assert shown(number, 1) == number


def test_load_of_cells_that_are_nobodys_is_nobodys() -> None:
    assert summed({1: 4, 2: 5, 3: 6}, {1: "a", 2: "a"}, ["a", "b"]) == {"a": 9, "b": 0}
