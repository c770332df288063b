"""Periods by the calendar; expected days are those of the ISO 8601 week calendar and the Gregorian one."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.evaluation.periods import KINDS, of_day, parse
from gis.errors import InvalidInput

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize(("code", "first", "end"), [
    ("2026", "2026-01-01", "2027-01-01"), ("2026-H2", "2026-07-01", "2027-01-01"),
    ("2026-Q1", "2026-01-01", "2026-04-01"), ("2024-02", "2024-02-01", "2024-03-01"),
    ("2026-W01", "2025-12-29", "2026-01-05"), ("2026-W53", "2026-12-28", "2027-01-04"),
    ("2026-11-26", "2026-11-26", "2026-11-27"), ("2026-11-01..2026-11-15", "2026-11-01", "2026-11-16"),
    ("quarter", "2026-10-01", "2027-01-01"), ("week", "2026-11-23", "2026-11-30"),
])  # fmt: skip
def test_a_period_has_its_days(code: str, first: str, end: str) -> None:
    found = parse(code, today=TODAY)
    assert (found.first.isoformat(), found.end.isoformat()) == (first, end)
    assert parse(found.code, today=TODAY) == found


@pytest.mark.parametrize(
    "code", ["", "x", "2026-13", "2026-Q5", "2025-W53", "2026-02-30", "2026-02-02..2026-02-01", "٢٠٢٦"]
)
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput):
        parse(code, today=TODAY)


@pytest.mark.parametrize("kind", KINDS)
def test_periods_follow_each_other_without_gap_or_overlap(kind: str) -> None:
    found = of_day(kind, TODAY).with_before(30)
    assert all(one.end == after.first and one.after() == after for one, after in pairwise(found))


def test_a_day_with_a_change_of_clocks_has_25_hours() -> None:
    start, end = parse("2026-11-01", today=TODAY).window(ZoneInfo("America/New_York"))
    assert (end.timestamp() - start.timestamp()) / 3600 == 25
