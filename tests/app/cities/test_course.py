"""What a load tells of its way: pace, time left, and no step that nobody expected."""

from __future__ import annotations

import ast

import pytest

from app.cities import course
from app.cities.course import INVENTED_S, RECORDED_S, Course
from app.settings import PROJECT


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_time_left_follows_the_pace_of_this_machine(clock: Clock) -> None:
    going = Course({"areas": 5, "cells": 10, "cases": 20}, {"cases": 2.0}, clock)
    assert going.left_s == 5 + 10 + 40
    going.step("areas")
    clock.now_s = 15  # three times as long as expected: (15 + 5) / (5 + 5) is the pace from now on
    going.step("cells")
    assert going.left_s == 2 * (10 + 40)
    clock.now_s = 25
    assert going.left_s == 2 * 40 + (2 * 10 - 10)
    assert going.share == 25 / (25 + 90)


def test_a_step_that_takes_longer_than_expected_leaves_the_later_ones(clock: Clock) -> None:
    going = Course({"areas": 5, "cells": 10}, {}, clock)
    going.step("areas")
    clock.now_s = 100
    assert going.left_s == 10
    going.step("something new")
    assert going.left_s == 0


def test_rows_count_for_the_rate_and_figures_are_no_part_of_a_steps_name(clock: Clock) -> None:
    going = Course(INVENTED_S, {}, clock)
    going.step("20,000 residents")
    going.wrote(300)
    going.wrote(200)
    clock.now_s = 7
    assert (going.rows, going.spent_s, going.left_s) == (500, 7, INVENTED_S["cases"] + INVENTED_S["statistics"])


def test_every_step_that_a_load_tells_has_its_expected_time() -> None:
    told = set()
    for file in (PROJECT / "app" / "cities").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                [words] = node.args
                told.add(course.name_of(text_of(words)))
    assert told == INVENTED_S.keys() | RECORDED_S.keys()


def text_of(words: ast.expr) -> str:
    """The words of a step, with 1 in the place of a figure."""
    if isinstance(words, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "1" for part in words.values)
    assert isinstance(words, ast.Constant)
    return str(words.value)
