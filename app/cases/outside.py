"""What other domains add to cases. They register here when their tasks or their set-up are imported; cases names none.

`after` is called once a move stands, inside its transaction: an error takes the move back. `guards` answer the guards
of the same name in the declaration (`data/workflows`), `choices` fill a field of a form by its kind, `parts` add a
part to the page of a case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseStatus
from app.workflow.situation import Situation
from gis.errors import CityError, Conflict
from grid.reach import Viewer

Here = Situation[Case]
After = Callable[[Session, Here, Any], None]
Offered = list[dict[str, str]]


class NobodyAnswers(Conflict):
    """What the act needs to ask is not there in this process."""

    code = "cases.nobody_answers"


class Irrelevant(Conflict):
    """The act has nothing to do with this case: it is refused, and not offered as a blocked step either."""

    code = "cases.irrelevant"


HELD_HERE = "held_here"
AFTER: dict[str, After] = {}
GUARDS: dict[str, Callable[[Session, Here], CityError | None]] = {}
CHOICES: dict[str, Callable[[Session, Case], Offered]] = {}
PARTS: dict[str, Callable[[Session, Viewer, Row[Any]], Markup]] = {}


def ask(name: str) -> Callable[[Session, Here], CityError | None]:
    """The guard that whoever registered under this name answers. While nobody did, a case held elsewhere stays put."""

    def guard(db: Session, here: Here) -> CityError | None:
        answered = GUARDS.get(name)
        if answered is not None:
            return answered(db, here)
        if name == HELD_HERE and here.matter.status != CaseStatus.TRANSFERRED:
            return None
        return NobodyAnswers("The part that transfers cases to other systems does not run here.")

    return guard
