"""Masks show little, always the same amount, and never come back in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.residents.masking import MaskedValue, is_masked, mask_name, mask_number, mask_phone, refuse_masked

digits = st.text("0123456789", min_size=17, max_size=17)


def test_masks_are_those_of_the_standard() -> None:
    assert mask_number("31010519491231002X") == "310***********002X"
    assert mask_name("张三") == mask_name("张三丰") == "张**"
    assert mask_phone("13912345678") == "139****5678"


@given(digits, st.sampled_from("0123456789X"))
def test_a_masked_number_hides_eleven_signs_and_keeps_its_length(first: str, check: str) -> None:
    shown = mask_number(first + check)
    assert len(shown) == 18
    assert shown.count("*") == 11
    assert shown.replace("*", "") == first[:3] + first[-3:] + check


@given(st.text(min_size=1, max_size=40))
def test_a_masked_name_tells_neither_its_length_nor_more_than_its_first_sign(name: str) -> None:
    shown = mask_name(name)
    assert len(shown) <= 3
    assert shown.removesuffix("**") == name.strip()[:1]


@given(st.text("0123456789+x", max_size=25))
def test_a_masked_phone_shows_seven_digits_at_most(phone: str) -> None:
    assert len(mask_phone(phone).replace("*", "")) <= 7


@given(st.one_of(st.text(min_size=1), digits))
def test_whatever_a_mask_makes_can_never_be_written_back(value: str) -> None:
    for shown in (mask_name(value), mask_number(value), mask_phone(value)):
        assert is_masked(shown)
        with pytest.raises(MaskedValue):
            refuse_masked(number=shown)


@pytest.mark.parametrize("typed", ["张＊＊", "310●●●002X", "张*", "139****5678", "__"])
def test_masks_of_other_programs_are_known_too(typed: str) -> None:
    assert is_masked(typed)


@pytest.mark.parametrize("name", ["张三丰", "阿布都•热合曼", "Mary-Jane O'Neil", "Jean_Luc"])
def test_real_names_are_not_taken_for_masks(name: str) -> None:
    assert not is_masked(name)
