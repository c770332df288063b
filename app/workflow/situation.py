"""Who does what to which matter: what guards and effects are handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from app.workflow.forms import NOTE, read_answers
from app.workflow.kinds import Act, Kind
from app.workflow.models import Matter
from gis.errors import CityError
from grid.reach import Viewer

M = TypeVar("M", bound=Matter)


@dataclass(frozen=True)
class Given:
    """What came with an act.

    `answers` are its form's, `lon` and `lat` where the person stood (WGS 84 degrees), `at` when it was done if not now,
    `batch` names the bulk act it is part of, `asker` who asked for it where it was granted. What an effect puts into
    `kept` stands with the answers in the move: why it was so, beside what was given.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    lon: float | None = None
    lat: float | None = None
    at: datetime | None = None
    batch: str | None = None
    asker: str | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def read(self, act: Act) -> Given:
        """The same with the form's answers checked; a note that the form asks for becomes the note of the move."""
        asked = dict(self.answers)
        if self.note and act.field(NOTE):
            asked.setdefault(NOTE, self.note)
        found = read_answers(act, asked)
        return replace(self, answers=found, note=str(found.pop(NOTE, self.note)), kept={})


NOTHING = Given()


@dataclass(frozen=True)
class Situation(Generic[M]):
    """One act on one matter, before or while it is done.

    `given` is None while acts are only listed; `before` holds the matter's own facts as they were before the act;
    `found` is what guards looked up and effects go on with.
    """

    kind: Kind
    act: Act
    matter: M
    viewer: Viewer
    now: datetime
    given: Given | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)

    def answer(self, name: str) -> Any:
        """What the act's form was given under a name; None while acts are only listed."""
        return None if self.given is None else self.given.answers.get(name)


Guard = Callable[[Session, Situation[Any]], CityError | None]  # why not; None: it may
Effect = Callable[[Session, Situation[Any]], None]
