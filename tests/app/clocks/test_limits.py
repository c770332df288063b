"""Limits in free text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clocks.limits import BadLimit, Limit, LimitUnit, parse_limit
from tests.make_clocks import patient

U, H, D, N = LimitUnit.URGENT_HOUR, LimitUnit.WORK_HOUR, LimitUnit.WORK_DAY, LimitUnit.NATURAL_DAY
amounts = st.decimals("0.0001", "9999", places=4, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("2紧急工作时", "2", U), ("4小时", "4", H), ("15天", "15", D), ("2 work_hour", "2", H),
        ("1个工作日", "1", D), ("3紧急工作日", "3", N), ("2自然日", "2", N), ("0.5工作时", "0.5", H),
        ("半天", "0.5", D),
        ("十五天", "15", D), ("两个工作日", "2", D), ("一百二十小时", "120", H), ("２紧急工作时", "2", U),
        (" 4 小时 ", "4", H),
        ("2 urgent hours", "2", U), ("1 hour", "1", H), ("4h", "4", H), ("2 Working Days", "2", D),
        ("3 urgent_day", "3", N), ("1 calendar day", "1", N), ("1,200 work hours", "1200", H),
    ],
)  # fmt: skip
def test_a_limit_is_read_from_free_text(text: str, amount: str, unit: LimitUnit) -> None:
    assert parse_limit(text) == Limit(Decimal(amount), unit)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "4", "小时", "0小时", "-2小时", "1e3 h", "4 weeks", "1天4小时", "1 2 h", "10000天", "0.00001h",
        "九九天",
        "十十天", "1,2h", "nan h", "2紧急", "半半天", "四小",
    ],
)  # fmt: skip
def test_what_is_no_limit_is_refused_with_a_code_and_the_field(text: str) -> None:
    with pytest.raises(BadLimit) as caught:
        parse_limit(text, field="limit_text")
    assert caught.value.code == "clocks.bad_limit"
    assert caught.value.field in ("limit_text", "limit")


@patient
@given(amounts, st.sampled_from(LimitUnit))
def test_what_is_stored_reads_back_the_same(amount: Decimal, unit: LimitUnit) -> None:
    limit = Limit(amount, unit)
    assert parse_limit(str(limit)) == limit


def test_a_whole_amount_is_stored_without_places() -> None:
    assert [str(Limit(Decimal(text), H)) for text in ("4.000", "10", "0.50")] == [
        "4 work_hour", "10 work_hour", "0.5 work_hour",
    ]  # fmt: skip
