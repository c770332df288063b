"""Which running clocks a changed calendar would move. Domains hand in where their clocks are; none moves by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from flask import Flask
from sqlalchemy.orm import Session

from app.clocks.calendars import Calendar
from app.clocks.clock import Clock
from app.clocks.many import due_of
from grid.reach import Viewer
from layers.layer import Words

EXTENSION = "running_clocks"


@dataclass(frozen=True)
class Running:
    """A clock that runs, what it is of in the reader's words, and where that is."""

    clock: Clock
    words: Words
    url: str


@dataclass(frozen=True)
class Moved:
    """A running clock, when it is due, and when it would be by the other calendar (None: a pause keeps it open)."""

    running: Running
    due_at: datetime | None
    would_be_due_at: datetime | None


Source = Callable[[Session, Viewer, str], Iterable[Running]]


def register_running(web: Flask, source: Source) -> None:
    """Add where running clocks are found, from a domain's `init`: asked for a viewer by the name of a calendar."""
    sources = web.extensions.setdefault(EXTENSION, [])
    if source not in sources:
        sources.append(source)


def running_clocks(web: Flask, db: Session, viewer: Viewer, name: str) -> list[Running]:
    """The running clocks of all domains on a calendar that the viewer may see, whatever its version."""
    sources: list[Source] = web.extensions.get(EXTENSION, [])
    return [one for source in sources for one in source(db, viewer, name)]


def moved_by(running: Iterable[Running], calendar: Calendar) -> list[Moved]:
    """Those of the clocks whose due time would be another by this calendar."""
    every = list(running)
    clocks = [one.clock for one in every]
    before, after = due_of(clocks), due_of(clocks, calendar)
    differs = (before.view("i8") != after.view("i8")).nonzero()[0]
    return [Moved(every[place], _at(before[place]), _at(after[place])) for place in differs]


def _at(moment: np.datetime64) -> datetime | None:
    return None if np.isnat(moment) else moment.astype("M8[us]").item().replace(tzinfo=UTC)
