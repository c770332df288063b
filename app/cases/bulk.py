"""One act on many cases: what would happen to each, doing it to each by itself, taking the whole back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import acts
from app.cases.models import Case, CaseMove
from app.cases.visible import visible
from app.cases.workflow import CASES
from app.workflow import timing
from app.workflow.kinds import Act
from app.workflow.moves import ActNotAllowed, CannotUndo, Stale, undone_name
from app.workflow.situation import NOTHING, Given
from gis.errors import CityError, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

ROWS_MAX = 500
EACH_ITS_OWN = {"photos", "place", "class"}  # what can't be the same for many cases


class TooMany(InvalidInput):
    """More cases than one bulk act takes."""

    code = "cases.too_many"


class NotForMany(InvalidInput):
    """The act is done case by case."""

    code = "cases.not_for_many"


@dataclass(frozen=True)
class Outcome:
    """What happens, or happened, to one case; `why_not` None: it goes through, `asks`: as a request."""

    number: str
    why_not: CityError | None = None
    asks: bool = False
    revision: int | None = None


@dataclass(frozen=True)
class Batch:
    """A bulk act: its id, and an outcome for each case in the order given."""

    id: str
    act: Act
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def good(self) -> int:
        """How many went through, or would."""
        return sum(one.why_not is None for one in self.outcomes)


def offered(viewer: Viewer, statuses: Sequence[str] = ()) -> list[Act]:
    """The acts that a viewer may do, or ask for, to many cases at once; of those, what some of the statuses allow."""
    if not viewer.may(CASES.right):
        return []
    return [
        act
        for act in CASES.kind.acts
        if is_for_many(act) and viewer.role in (*act.roles, *act.asked_by)
        and (not statuses or any(CASES.kind.starts(act, one) for one in statuses))
    ]  # fmt: skip


def is_for_many(act: Act) -> bool:
    """Whether one answer can be right for many: no photo, place or class, and nothing that was found on the spot."""
    spoken = {one.kind for one in act.form}
    return not spoken & EACH_ITS_OWN and (act.answers is None or act.answers == "oversight")


def preview(
    db: Session, viewer: Viewer, name: str, numbers: Sequence[str], given: Given = NOTHING,
    revisions: Mapping[str, int] | None = None,
) -> Batch:  # fmt: skip
    """What would happen to each case; nothing is done. Raises TooMany, NotForMany, Forbidden, InvalidInput."""
    act, numbers = _checked(viewer, name, numbers)
    read = given.read(act) if given.answers or given.note else None
    found = {case.number: case for case in db.scalars(select(Case).where(Case.number.in_(numbers), visible(viewer)))}
    now = timing.now(db)
    made = Batch("", act)
    for number in numbers:
        case = found.get(number)
        if case is None:
            made.outcomes.append(Outcome(number, NotFound(CASES.missing, number=number)))
            continue
        why_not = _stale(db, case, (revisions or {}).get(number))
        if why_not is None and not CASES.kind.starts(act, case.status):
            why_not = ActNotAllowed("This step can't be taken from where it stands now.")
        if why_not is None:
            why_not = CASES.why_not(db, CASES.situation(case, act, viewer, now, read))
        made.outcomes.append(Outcome(number, why_not, viewer.role not in act.roles, case.revision))
    return made


def do(
    db: Session, viewer: Viewer, name: str, numbers: Sequence[str], given: Given = NOTHING,
    revisions: Mapping[str, int] | None = None, batch: str | None = None,
) -> Batch:  # fmt: skip
    """Do the act to each case in a savepoint of its own: what fails fails alone, and says why.

    Cases are locked in the order of their numbers, so that two bulk acts never wait for each other in a circle.
    `batch` given again: cases that it has moved already are told as done, and not moved twice.
    Raises TooMany, NotForMany, Forbidden, and InvalidInput where the form itself is not answered.
    """
    act, numbers = _checked(viewer, name, numbers)
    given.read(act)
    made = Batch(batch or uuid.uuid4().hex, act)
    done = _moved_by(db, viewer, made.id) if batch else {}
    outcomes: dict[str, Outcome] = {}
    for number in sorted(numbers):
        if number in done:
            outcomes[number] = Outcome(number)
            continue
        try:
            with db.begin_nested():
                seen = (revisions or {}).get(number)
                told = acts.act(db, viewer, number, name, replace(given, batch=made.id), revision=seen)
                outcomes[number] = Outcome(number, None, told.request is not None, told.case.revision)
        except CityError as error:
            outcomes[number] = Outcome(number, error)
    made.outcomes.extend(outcomes[number] for number in numbers)
    return made


def undo(db: Session, viewer: Viewer, batch: str) -> Batch:
    """Take a bulk act of one's own back, case by case; what can't be taken back any more says why.

    Raises NotFound where the viewer has done no such act.
    """
    viewer.require(CASES.right)
    moved = _moved_by(db, viewer, batch)
    if not moved:
        raise NotFound("There is no such bulk act of yours.")
    act = CASES.kind.act(next(iter(moved.values())))
    if act is None:
        raise CannotUndo("This step can't be taken back.")
    made = Batch(batch, act)
    for number in sorted(moved):
        try:
            with db.begin_nested():
                case = CASES.locked(db, viewer, number)
                last = CASES.last_move(db, case.id)
                if last is None or last.batch != batch or last.act != act.name:
                    raise CannotUndo("It was taken back already, or something else was done after it.")
                CASES.undo(db, viewer, case)
                made.outcomes.append(Outcome(number, revision=case.revision))
        except CityError as error:
            made.outcomes.append(Outcome(number, error))
    return made


def _checked(viewer: Viewer, name: str, numbers: Sequence[str]) -> tuple[Act, list[str]]:
    viewer.require(CASES.right)
    act = CASES.kind.act(name)
    if act is None:
        raise InvalidInput("There is no step {name}.", name=name, field="act")
    if not is_for_many(act):
        raise NotForMany("This step is taken case by case.", field="act")
    if viewer.role not in (*act.roles, *act.asked_by):
        raise Forbidden("Your role may not do this step.")
    wanted = list(dict.fromkeys(numbers))
    if not wanted:
        raise InvalidInput("Choose some cases first.", field="numbers")
    if len(wanted) > ROWS_MAX:
        raise TooMany("At most {limit} cases at a time; {count} were chosen.", limit=ROWS_MAX, count=len(wanted),
                      field="numbers")  # fmt: skip
    return act, wanted


def _stale(db: Session, case: Case, seen: int | None) -> CityError | None:
    if seen is None or seen == case.revision:
        return None
    last = CASES.last_move(db, case.id)
    return Stale(
        "{actor} moved it meanwhile ({act}). Look again before you go on.",
        actor=last.actor if last else "", act=last.act if last else "",
    )  # fmt: skip


def _moved_by(db: Session, viewer: Viewer, batch: str) -> dict[str, str]:
    """Numbers of the cases that a viewer's bulk act moved, each with the act; undoing is no act of its own."""
    found = select(Case.number, CaseMove.act).join(Case, Case.id == CaseMove.case_id).where(
        CaseMove.batch == batch, CaseMove.account_id == viewer.account_id, visible(viewer)
    )  # fmt: skip
    undone = undone_name("")
    return {number: act for number, act in db.execute(found) if not act.startswith(undone)}
