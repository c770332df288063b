"""Cursors."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.paging import decode, encode
from gis.errors import InvalidInput

VALUES = st.lists(
    st.none() | st.booleans() | st.integers() | st.text() | st.dates()
    | st.floats(allow_nan=False, allow_infinity=False) | st.datetimes(timezones=st.just(UTC)),
    max_size=4,
)  # fmt: skip


@given(VALUES)
def test_a_cursor_gives_back_its_values(values: list[object]) -> None:
    assert decode(encode(values)) == values


def test_times_stay_times() -> None:
    values = [datetime(2026, 3, 1, 8, tzinfo=UTC), date(2026, 3, 1), 7]
    assert decode(encode(values)) == values


@pytest.mark.parametrize("cursor", ["", "%", "abc", "bnVsbA", "eyJhIjoxfQ", "W3siYSI6MX1d", "W3sidCI6IngifV0", "中文"])
def test_what_is_no_cursor_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode(cursor)
    assert refused.value.field == "after"
