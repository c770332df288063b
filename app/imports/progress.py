"""A bar for work whose end is known as a share of a file and not as a number of rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from app.launch.progress import PLAIN_EVERY_S, screen


@contextmanager
def share_bar(what: str) -> Iterator[Callable[[int, float], None]]:
    """Rows so far, rate and time left; a line each ten seconds where nobody watches.

    Gives a function that is told rows done so far and the share done, 0 (not known) to 1.
    """
    began = time.monotonic()

    def words(rows: int) -> str:
        return f"{rows:,} rows, {rows / max(time.monotonic() - began, 0.001):,.0f}/s"

    if screen.is_terminal:
        columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
                   TextColumn("{task.fields[words]}"))  # fmt: skip
        with Progress(*columns, console=screen, transient=True) as shown:
            task = shown.add_task(what, total=None, words="")
            yield lambda rows, share: shown.update(
                task, total=1.0 if share else None, completed=share, words=words(rows)
            )
        return
    said = began

    def plain(rows: int, share: float) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= PLAIN_EVERY_S:
            said = now
            left = f", {(now - began) * (1 - share) / share:.0f} s left" if 0 < share < 1 else ""
            screen.print(f"  {what}: {words(rows)}{left}")

    yield plain
