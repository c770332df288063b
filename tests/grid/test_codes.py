"""Codes: hard rules refuse, soft ones warn. Expected values: published examples, and python-stdnum where it knows."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from gis.errors import InvalidInput
from grid import codes
from grid.codes import InvalidCode

TODAY = date(2026, 1, 1)


def test_the_published_numbers_pass_in_any_spelling() -> None:
    for spelling in ("11010519491231002X", "11010519491231002x", "１１０１０５ 19491231 002Ｘ", "110105-19491231-002X"):
        assert codes.parse_citizen_number(spelling, today=TODAY).number == "11010519491231002X"
    assert codes.parse_credit_code("91110000600037341L").organisation_code == "600037341"
    assert codes.parse_organisation_code("60003734-1") == "600037341"


@given(birth_on=st.dates(date(1920, 1, 1), date(2025, 12, 31)), order=st.integers(0, 999))
def test_made_citizen_numbers_satisfy_another_implementation(birth_on: date, order: int) -> None:
    first = f"110105{birth_on:%Y%m%d}{order:03d}"
    number = first + codes.citizen_check(first)
    assert ric.is_valid(number)
    found = codes.parse_citizen_number(number, today=TODAY)
    assert (found.birth_on, found.sex, found.warnings) == (birth_on, "male" if order % 2 else "female", ())
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    with pytest.raises(InvalidCode):
        codes.parse_citizen_number(wrong)


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8), st.sampled_from("159"))
def test_made_credit_codes_satisfy_another_implementation(body: str, register: str) -> None:
    first = f"{register}1310106{body}{codes.organisation_check(body)}"
    code = first + codes.credit_check(first)
    assert uscc.is_valid(code)
    assert codes.parse_credit_code(code).code == code


@pytest.mark.parametrize(
    ("first", "warnings"),
    [
        ("81000019900101001", ()),  # Hong Kong resident with a residence permit
        ("91015619900101001", ()),  # foreign permanent resident
        ("31010819900101001", ()),  # abolished district
        ("99000020990101001", ("not_born_yet",)),
        ("10000019900101001", ("unknown_area",)),
    ],
)
def test_odd_areas_and_ages_warn_and_never_refuse(first: str, warnings: tuple[str, ...]) -> None:
    found = codes.parse_citizen_number(first + codes.citizen_check(first), today=TODAY)
    assert found.warnings == warnings
    assert all(warning in codes.WARNINGS for warning in found.warnings)
    assert found.is_foreign == first.startswith("9")


def test_a_list_of_areas_makes_the_warning_sharper() -> None:
    number = "11010519491231002X"
    assert codes.parse_citizen_number(number, today=TODAY, known_areas={"110105"}).warnings == ()
    assert codes.parse_citizen_number(number, today=TODAY, known_areas={"310106"}).warnings == ("unknown_area",)


@pytest.mark.parametrize(("born", "is_old"), [("19060101", False), ("19051231", False), ("19041231", True)])
def test_the_age_is_counted_in_whole_years(born: str, is_old: bool) -> None:
    first = f"110105{born}001"
    found = codes.parse_citizen_number(first + codes.citizen_check(first), today=TODAY)
    assert (found.warnings == ("age_over_120",)) == is_old


@pytest.mark.parametrize("value", ["", " ", "11010549123100", "110105491331002", "A10105491231002"])
def test_what_is_no_old_citizen_number_is_refused(value: str) -> None:
    with pytest.raises(InvalidCode) as caught:
        codes.upgrade_old_citizen_number(value)
    assert caught.value.code == "grid.invalid_code"


@pytest.mark.parametrize(
    ("value", "prefix", "level", "kind"),
    [
        ("31", "31", "province", None),
        ("310000000000", "31", "province", None),
        ("310106", "310106", "county", None),
        ("310106006000", "310106006", "town", "street"),
        ("310106100", "310106100", "town", "town"),
        ("460202400498", "460202400498", "village", "quasi"),
        ("310106006002", "310106006002", "village", "residents"),
        ("310106100201", "310106100201", "village", "villagers"),
        ("441900003000", "441900003", "town", "street"),
    ],
)
def test_area_codes_give_their_prefix_level_and_kind(value: str, prefix: str, level: str, kind: str | None) -> None:
    found = codes.parse_area_code(value)
    assert (found.prefix, found.level, found.kind) == (prefix, level, kind)


@pytest.mark.parametrize(
    "value", ["", "3", "310", "31010", "3101060", "31010600", "310106000002", "031010600600", "3101O6"]
)
def test_what_is_no_area_code_is_refused(value: str) -> None:
    with pytest.raises(InvalidCode):
        codes.parse_area_code(value)


@pytest.mark.parametrize(
    ("scheme", "area", "sequence", "code"),
    [
        ("GB/T 30428.1-2013", "310106006002", 1, "310106006002001"),
        ("GB/T 30428.1", "310106006002", 999, "310106006002999"),
        ("CJ/T 213-2005", "310106006002", 7, "31010600600207"),
        ("local-16", "310106006002", 1, "3101060060020001"),
        ("area-sequence", "0113", 7, "0113-0007"),
    ],
)
def test_cell_codes_are_made_and_read_by_scheme(scheme: str, area: str, sequence: int, code: str) -> None:
    assert codes.make_cell_code(area, sequence, scheme) == code
    found = codes.parse_cell_code(code, scheme)
    assert (found.area, found.sequence) == (area, sequence)


@pytest.mark.parametrize(
    ("scheme", "area", "sequence"),
    [("GB/T 30428.1-2013", "310106006002", 1000), ("CJ/T 213-2005", "310106006002", 100), ("GB/T 30428.1", "0113", 1),
     ("area-sequence", "0113", 0), ("nobody's", "0113", 1)],
)  # fmt: skip
def test_a_cell_that_the_scheme_cannot_number_is_refused(scheme: str, area: str, sequence: int) -> None:
    with pytest.raises(InvalidInput):
        codes.make_cell_code(area, sequence, scheme)


@pytest.mark.parametrize("value", ["0113", "0113-", "0113-0000", "-0001", "0113-00001 "])
def test_a_code_of_area_and_sequence_needs_both(value: str) -> None:
    with pytest.raises(InvalidCode):
        codes.parse_cell_code(value, "area-sequence")


def test_the_draft_series_has_three_digits_for_the_minor_class() -> None:
    found = codes.parse_component_code("3205080100100001", "draft-series")
    assert (found.major, found.minor, found.number) == ("01", "001", "00001")
    with pytest.raises(InvalidInput):
        codes.parse_component_code("3205080101000001", "unheard of")
