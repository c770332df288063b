"""How far a load is: its steps with the time that each may take, the rows written so far, and what is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.progress_bar import ProgressBar
from rich.text import Text

from app.launch.progress import screen

# Seconds that each step took once, in order: the built-in city, and Boston with its 93,963 cases.
# What counts is how they compare; the pace of this machine is learnt on the way.
INVENTED_S = {
    "areas, blocks and roads": 8, "unit cells": 8, "roads, ground, addresses, buildings": 6,
    "catalogues, components, facilities": 14, "residents": 7, "cases": 5, "statistics": 3,
}  # fmt: skip
RECORDED_S = {
    "boundary and areas": 4, "unit cells": 43, "roads, ground, buildings": 6, "addresses": 9,
    "facilities and components": 2, "cases": 33, "emergency events": 8, "statistics": 2,
}  # fmt: skip
FAITH_S = 5.0  # the pace of finished steps counts for more once they have taken longer than this


class Course:
    """The steps of one load, told one after the other; `scale` is how much more than usual a step has to do."""

    def __init__(
        self, usual_s: dict[str, int], scale: dict[str, float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._expected_s = {name: seconds * scale.get(name, 1.0) for name, seconds in usual_s.items()}
        self._clock = clock
        self._began: list[tuple[str, float]] = []
        self.words = ""
        self.rows = 0

    def step(self, words: str) -> None:
        """The next step begins; a number before its name belongs to the words alone (5,000 cases)."""
        self.words = words
        self._began.append((name_of(words), self._clock()))

    def wrote(self, rows: int) -> None:
        """So many more rows are in the database."""
        self.rows += rows

    @property
    def spent_s(self) -> float:
        """Seconds since the first step began."""
        return self._clock() - self._began[0][1] if self._began else 0.0

    @property
    def left_s(self) -> float:
        """Seconds that the rest may take, at the pace of the steps that are done."""
        if not self._began:
            return sum(self._expected_s.values())
        done = [name for (name, _), _ in pairwise(self._began)]
        (present, since), names = self._began[-1], list(self._expected_s)
        spent_s = since - self._began[0][1]
        pace = (spent_s + FAITH_S) / (sum(self._expected_s.get(name, 0.0) for name in done) + FAITH_S)
        if present not in self._expected_s:
            return 0.0
        later_s = sum(self._expected_s[name] for name in names[names.index(present) + 1 :])
        return pace * later_s + max(0.0, pace * self._expected_s[present] - (self._clock() - since))

    @property
    def share(self) -> float:
        """The share that is done, 0 to 1."""
        whole_s = self.spent_s + self.left_s
        return self.spent_s / whole_s if whole_s else 0.0


def name_of(words: str) -> str:
    """The name of a step in its words: without the figure that may stand before it."""
    first, _, rest = words.partition(" ")
    return rest if first.replace(",", "").isdecimal() else words


class Bar(BarColumn):
    """A bar that follows the course by itself."""

    def render(self, task: Task) -> ProgressBar:
        task.completed = task.fields["course"].share
        return super().render(task)


class Pace(ProgressColumn):
    """Rows, rows a second, time left."""

    def render(self, task: Task) -> Text:
        course: Course = task.fields["course"]
        left_s = round(course.left_s)
        rate = course.rows / max(course.spent_s, 0.001)
        return Text(f"{course.rows:,} rows, {rate:,.0f}/s, {left_s // 60}:{left_s % 60:02d} left")


@contextmanager
def shown(course: Course) -> Iterator[Callable[[str], None]]:
    """The course on the screen: a bar while someone watches, a line a step elsewhere. Gives what hears of each step."""
    if not screen.is_terminal:
        yield lambda words: _line(course, words)
        return
    with Progress(TextColumn("  {task.description}"), Bar(), Pace(), console=screen, transient=True) as progress:
        task = progress.add_task("", total=1.0, course=course)

        def begin(words: str) -> None:
            course.step(words)
            progress.update(task, description=words)

        yield begin


def _line(course: Course, words: str) -> None:
    course.step(words)
    screen.print(f"  {words} (about {course.left_s:.0f} s left)")
