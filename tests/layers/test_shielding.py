from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from layers.shielding import Tally, filtered_count, hidden_codes, published

FLOOR = 5


def families(**counts: int) -> list[list[Tally]]:
    """A city of two levels: ``a1=3`` is child 1 of area a."""
    parents = sorted({code[0] for code in counts})
    sums = {parent: sum(n for code, n in counts.items() if code[0] == parent) for parent in parents}
    return [
        [Tally(parent, None, sums[parent]) for parent in parents],
        [Tally(code, code[0], n) for code, n in counts.items()],
    ]


def test_large_numbers_and_nobody_are_told() -> None:
    assert hidden_codes(families(a1=5, a2=70, a3=0), FLOOR) == set()


def test_a_small_number_takes_a_sibling_with_it_so_that_the_parent_does_not_give_it_away() -> None:
    assert hidden_codes(families(a1=3, a2=20, a3=50), FLOOR) == {"a1", "a2"}
    assert hidden_codes(families(a1=1, a2=1, a3=50, a4=60), FLOOR) == {"a1", "a2", "a3"}
    assert hidden_codes(families(a1=3, a2=4, a3=50), FLOOR) == {"a1", "a2"}


def test_everything_in_a_hidden_area_is_hidden() -> None:
    assert hidden_codes(families(a1=2, b1=9, b2=11, c1=40), FLOOR) == {"a", "b", "a1", "b1", "b2"}


def test_one_lone_small_family_is_hidden_with_its_parents() -> None:
    assert hidden_codes(families(a1=4), FLOOR) == {"a", "a1"}


@given(some.dictionaries(some.from_regex(r"\A[a-d][1-6]\Z"), some.integers(0, 40), min_size=1))
def test_no_hidden_number_can_be_had_by_subtraction(counts: dict[str, int]) -> None:
    levels = families(**counts)
    hidden = hidden_codes(levels, FLOOR)
    for level, above in ((levels[0], {None: None}), (levels[1], {one.code: one for one in levels[0]})):
        for parent in above:
            family = [one for one in level if one.parent == parent and one.count]
            secret = [one for one in family if one.code in hidden]
            assert all(one.code in hidden for one in family if one.count < FLOOR)
            told_parent = parent is not None and parent not in hidden
            if secret and told_parent:  # parent less what is told says only the sum of at least two units, five people
                assert len(secret) >= 2
                assert sum(one.count for one in secret) >= FLOOR
            if parent in hidden:
                assert len(secret) == len(family)


def test_a_filter_can_not_name_the_few_or_the_few_that_are_left_out() -> None:
    assert filtered_count(4, 100, FLOOR) is None
    assert filtered_count(97, 100, FLOOR) is None
    assert filtered_count(0, 100, FLOOR) == 0
    assert filtered_count(100, 100, FLOOR) == 100
    assert filtered_count(0, 3, FLOOR) is None


@given(some.integers(0, 500), some.integers(0, 500))
def test_filtered_numbers_are_rounded_so_that_two_filters_can_not_be_subtracted(matching: int, others: int) -> None:
    shown = filtered_count(matching, matching + others, FLOOR)
    assert shown is None or (shown % FLOOR == 0 and abs(shown - matching) <= FLOOR // 2)


def test_what_is_hidden_without_a_filter_stays_hidden_with_one() -> None:
    everybody = {"a1": 30, "a2": 3, "a3": 60}
    assert published(everybody, {"a1", "a2"}, {"a1": 20, "a3": 22}, FLOOR) == {"a1": None, "a2": None, "a3": 20}
    assert published(everybody, {"a1", "a2"}, None, FLOOR) == {"a1": None, "a2": None, "a3": 60}
