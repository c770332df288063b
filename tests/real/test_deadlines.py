"""Due times worked out elsewhere, minute by minute and by hand; one row of them, one test."""

from __future__ import annotations

import csv
from datetime import date

import numpy as np
import pytest

from app.clocks.calendars import Calendar, Day, DayKind
from app.clocks.clock import Clock
from app.clocks.holidays import published_days
from app.clocks.many import due_of
from app.clocks.worktime import Pause, due_at, used
from tests.conftest import SHARED
from tests.make_clocks import at, limit

Row = dict[str, str]
FOLDER = SHARED / "oracles" / "deadlines"


def rows(name: str) -> list[Row]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def listed_days() -> dict[date, Day]:
    return {date.fromisoformat(row["date"]): Day(DayKind(row["kind"]), row["name"]) for row in rows("calendar.csv")}


CASES = rows("cases.csv")
CHINA = Calendar("default", "Asia/Shanghai", days=listed_days(), years=frozenset({2025, 2026}))


def pauses(row: Row) -> tuple[Pause, ...]:
    parts = [one.split("/") for one in row["pauses"].split(";") if one]
    return tuple(Pause(at(begins), at(ends)) for begins, ends in parts)


def test_all_rows_are_there() -> None:
    assert len(CASES) == 25
    assert len(listed_days()) == 72


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row['id']}: {row['working']}")
def test_a_limit_is_due_when_worked_out_by_hand(row: Row) -> None:
    asked = limit(f"{row['limit']} {row['unit']}")
    due = due_at(at(row["start"]), asked, CHINA, pauses(row))
    assert due == at(row["due"])
    assert due is not None
    clock = Clock(asked, at(row["start"]), CHINA, pauses(row))
    assert used(at(row["start"]), due, asked.unit, CHINA, pauses(row)).total_seconds() == clock.allowed_us / 1e6
    assert clock.due_at == due


def test_the_arithmetic_on_arrays_gives_all_of_them_at_once() -> None:
    clocks = [Clock(limit(f"{row['limit']} {row['unit']}"), at(row["start"]), CHINA, pauses(row)) for row in CASES]
    expected = np.array([at(row["due"]).timestamp() for row in CASES]).astype(np.int64).astype("M8[s]")
    np.testing.assert_array_equal(due_of(clocks), expected.astype("M8[us]"))


def test_the_years_filled_from_the_published_list_are_those_of_the_notices() -> None:
    assert published_days(2025) | published_days(2026) == listed_days()
