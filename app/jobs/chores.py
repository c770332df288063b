"""What the worker does all the time, a second apart: outboxes whose rows come with every transaction.

Queueing a job for each row would cost its writers a wait for each other; looking once a second costs one short query::

    @every(1.0)
    def send() -> int: ...   # how much there was: it is asked again at once until that is nothing

A chore runs in a thread of its own, may be killed at any point, and two workers may run it at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)
AFTER_ERROR_S = 10.0


@dataclass(frozen=True)
class Chore:
    """One steady task: its name, seconds between two looks, and what it does."""

    name: str
    wait_s: float
    act: Callable[[], int]


CHORES: dict[str, Chore] = {}


def every(wait_s: float) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Let the worker run a function again and again."""

    def add(act: Callable[[], int]) -> Callable[[], int]:
        name = f"{act.__module__}.{act.__name__}"
        CHORES[name] = Chore(name, wait_s, act)
        return act

    return add


async def run_for_ever(chore: Chore) -> None:
    """Run a chore until cancelled; an error is told in the log and doesn't end it."""
    while True:
        try:
            found = await asyncio.to_thread(chore.act)
        except Exception:
            log.exception("chore %s failed and is tried again", chore.name)
            await asyncio.sleep(AFTER_ERROR_S)
            continue
        if not found:
            await asyncio.sleep(chore.wait_s)
