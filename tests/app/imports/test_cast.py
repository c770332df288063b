"""Columns are validated as each value alone would be: the quick way takes nothing that pydantic would refuse."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

from app.imports.cast import as_text, cast
from app.imports.kinds import fields_of
from app.imports.refusal import Faults
from app.imports.register import ImportRow
from tests.app.imports.conftest import Colour, PickyRow

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Row(ImportRow):
    text: Annotated[str | None, Field(default=None, max_length=5, min_length=2)]
    number: Annotated[float | None, Field(default=None, ge=-10, lt=1000)]
    whole: Annotated[int | None, Field(default=None, gt=-5, le=10**12)]
    flag: bool | None = None
    colour: Colour | None = None
    moment: datetime | None = None
    day: date | None = None
    loud: Annotated[str | None, AfterValidator(lambda v: v and v.upper())] = None
    tags: dict[str, int] | None = None


FIELDS = {one.name: one for one in fields_of(Row)}


def column(name: str, values: list[str | None], zone: ZoneInfo = SHANGHAI) -> tuple[list[object], list[bool]]:
    faults = Faults(len(values))
    given_ = pa.chunked_array([pa.array(values, pa.string())])
    return cast(FIELDS[name], given_, len(values), zone, faults).to_pylist(), faults.is_bad.tolist()


numbers = st.one_of(
    st.floats(allow_nan=True).map(repr), st.integers().map(str), st.text("0123456789+-.eE ", max_size=6),
    st.sampled_from(["", " 1 ", "1_000", "inf", "NaN", "０１", "1e400", "0x10", "+5", ".5", "5."]),
)  # fmt: skip


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(numbers, min_size=1, max_size=8), st.sampled_from(["number", "whole"]))
def test_numbers_are_taken_only_if_pydantic_takes_them_and_have_its_value(values, name):
    found, bad = column(name, values)
    one = TypeAdapter(Row.model_fields[name].rebuild_annotation())
    for text, value, is_bad in zip(values, found, bad, strict=True):
        trimmed = text.strip()
        if not trimmed:
            assert (value, is_bad) == (None, False)
            continue
        try:
            expected = one.validate_python(trimmed)
        except ValidationError:
            assert is_bad
        else:
            assert not is_bad
            assert value == pytest.approx(expected, nan_ok=True)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=6))
def test_texts_are_taken_by_their_length(values):
    found, bad = column("text", values)
    for text, value, is_bad in zip(values, found, bad, strict=True):
        if not is_bad and value is not None:
            assert 2 <= len(value) <= 5
            assert value in text


@given(st.datetimes(datetime(1910, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_moments_come_back_whatever_offset_they_are_written_with(at):
    texts = [at.isoformat(), at.astimezone(SHANGHAI).isoformat(sep=" "), at.isoformat().replace("+00:00", "Z")]
    found, bad = column("moment", texts)
    assert bad == [False] * 3
    assert found == [at] * 3


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_moments_without_an_offset_are_local_time(at):
    expected = at.replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert column("moment", [at.isoformat(), str(at)])[0] == [expected] * 2


def test_local_time_that_is_twice_or_never_is_settled():
    boston = ZoneInfo("America/New_York")
    found, bad = column("moment", ["2015-11-01 01:30", "2015-03-08 02:30", "2015-07-01"], boston)
    assert bad == [False] * 3
    assert found[0] == datetime(2015, 11, 1, 5, 30, tzinfo=UTC)  # the earlier of the two
    assert found[1] == datetime(2015, 3, 8, 7, 0, tzinfo=UTC)  # the hour that is left out begins at 7:00 UTC
    assert found[2] == datetime(2015, 7, 1, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-02-30 08:00", "2026-13-01", "25:00", "soon", "1772323800", "2026-03-01 25:00"])
def test_what_is_no_moment_is_refused_alone(text):
    found, bad = column("moment", ["2026-03-01 08:00", text, None])
    assert bad == [False, True, False]
    assert found[0] == datetime(2026, 3, 1, tzinfo=UTC)


def test_days_flags_and_choices_are_read_as_people_write_them():
    assert (
        column("day", ["2026-03-01", "2026/3/1", "2026年3月1日", "2026.3.1", "2026-03-01 00:00:00"])[0]
        == [date(2026, 3, 1)] * 5
    )
    assert (
        column("flag", ["true", "1", "yes", "是", "有", "false", "0", "no", "否", "无"])[0] == [True] * 5 + [False] * 5
    )
    assert column("colour", ["red", "RED", "Green", None])[0] == ["red", "red", "green", None]
    assert column("colour", ["blue"])[1] == [True]


def test_a_field_with_its_own_validation_is_asked_for_each_distinct_value():
    assert column("loud", ["a", "b", "a", None])[0] == ["A", "B", "A", None]
    assert column("tags", ['{"a": 1}', '{"a": "x"}', "nonsense"]) == (['{"a": 1}', None, None], [False, True, True])


def test_a_row_models_own_validator_refuses_in_its_words():
    faults = Faults(2)
    field = next(one for one in fields_of(PickyRow) if one.name == "code")
    cast(field, pa.chunked_array([pa.array(["ab", "abc"])]), 2, SHANGHAI, faults)
    assert faults.is_bad.tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([7.0, None, 8.0]), ["7", None, "8"]),
        (pa.array([7.5, 8.0]), ["7.5", "8"]),
        (pa.array([1, 2]), ["1", "2"]),
        (pa.array([True, None]), ["true", None]),
        (pa.array(["  ", " a ", "007"]), [None, "a", "007"]),
        (pa.array([["a", "b"], None]), ['["a", "b"]', None]),
        (pa.array(["x", "x"]).dictionary_encode(), ["x", "x"]),
        (pa.array([datetime(2026, 3, 1, 8)], pa.timestamp("ms")), ["2026-03-01 08:00:00.000"]),
    ],
)
def test_columns_of_any_type_become_texts(values, expected):
    assert as_text(pa.chunked_array([values])).to_pylist() == expected
