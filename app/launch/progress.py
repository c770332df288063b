"""What a person sees while work goes on: steps with their time, bars with rate and time left; plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

screen = Console(stderr=True, highlight=False, soft_wrap=True)
PLAIN_EVERY_S = 10.0


class Rate(ProgressColumn):
    """Units a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} {task.fields['unit']}/s" if task.speed else "")


@contextmanager
def step(what: str) -> Iterator[Callable[[str], None]]:
    """One step of work: a spinner while someone watches, and one line with its time at the end.

    Gives a function that sets the words to end with, instead of "done".
    """
    began = time.monotonic()
    ending = ["done"]
    if screen.is_terminal:
        with screen.status(f"{what} …"):
            yield lambda words: ending.__setitem__(0, words)
    else:
        yield lambda words: ending.__setitem__(0, words)
    spent = time.monotonic() - began
    screen.print(f"  {what}: {ending[0]}" + (f" in {spent:.0f} s" if spent >= 1 else ""))


@contextmanager
def bar(what: str, total: int | None, unit: str = "rows") -> Iterator[Callable[[int], None]]:
    """Long work with a known end: a bar with rate and time left, or a line each ten seconds where nobody watches.

    Gives a function that is told how many more are done.
    """
    if screen.is_terminal:
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
        with Progress(*columns, console=screen, transient=True) as shown:
            task = shown.add_task(what, total=total, unit=unit)
            yield lambda more: shown.advance(task, more)
    else:
        yield _plain(what, total, unit)


def _plain(what: str, total: int | None, unit: str) -> Callable[[int], None]:
    began = said = time.monotonic()
    done = 0

    def advance(more: int) -> None:
        nonlocal done, said
        done += more
        now = time.monotonic()
        if now - said >= PLAIN_EVERY_S:
            said = now
            rate = done / (now - began)
            left = f", {(total - done) / rate:.0f} s left" if total and rate else ""
            screen.print(f"  {what}: {done:,}{f' of {total:,}' if total else ''} {unit}, {rate:,.0f}/s{left}")

    return advance
