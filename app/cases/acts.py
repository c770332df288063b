"""Doing things to cases: one door for the page, the API, the phone and jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import notices
from app.cases.models import Case
from app.cases.visible import visible
from app.cases.workflow import CASES
from app.workflow import requests, tasks, timing
from app.workflow.models import WorkflowRequest
from app.workflow.moves import Choice
from app.workflow.situation import NOTHING, Given
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer


@dataclass(frozen=True)
class Done:
    """What came of an act: it was done, or asked for."""

    case: Case
    request: WorkflowRequest | None = None


def act(db: Session, viewer: Viewer, number: str, name: str, given: Given = NOTHING, *,
        revision: int | None = None) -> Done:  # fmt: skip
    """Do an act, or ask for it where the role may only ask. Raises what `Workflow.do` and `requests.ask` raise."""
    declared = CASES.kind.act(name)
    if declared is not None and viewer.role not in declared.roles and viewer.role in declared.asked_by:
        request = requests.ask(db, CASES, viewer, number, name, given)
        case = get(db, viewer, number)
        notices.asked(db, case, request)
        return Done(case, request)
    if name == "merge":
        lock_both(db, number, str(given.answers.get("into", "")).strip())
    return Done(CASES.do(db, viewer, number, name, given, revision=revision))


def lock_both(db: Session, *numbers: str) -> None:
    """Lock cases in one order, so that two merges of the same pair wait for each other instead of both failing."""
    db.execute(select(Case.id).where(Case.number.in_(numbers)).order_by(Case.id).with_for_update())


def answer(db: Session, viewer: Viewer, number: str, request_id: int, how: str, reply: str = "") -> Case:
    """Grant, refuse or withdraw what was asked for."""
    if how in ("grant", "refuse"):
        answered = (requests.grant if how == "grant" else requests.refuse)(db, CASES, viewer, number, request_id, reply)
        notices.answered(db, viewer, answered, request_id, is_granted=how == "grant")
        return answered
    if how == "withdraw":
        return requests.withdraw(db, CASES, viewer, number, request_id)
    raise InvalidInput("A request is granted, refused or withdrawn.", field="answer")


def undo(db: Session, viewer: Viewer, number: str) -> Case:
    """Take back one's newest step. Raises CannotUndo."""
    viewer.require(CASES.right)
    case = CASES.locked(db, viewer, number)
    CASES.undo(db, viewer, case)
    return case


def may_undo(db: Session, viewer: Viewer, case_id: int) -> bool:
    """Whether the newest step of a case is the viewer's to take back."""
    return viewer.account_id is not None and CASES.why_no_undo(db, viewer, case_id) is None


def get(db: Session, viewer: Viewer, number: str) -> Case:
    """A case to act on; NotFound when there is none, or none for this viewer."""
    found = db.scalar(select(Case).where(Case.number == number, visible(viewer)))
    if found is None:
        raise NotFound(CASES.missing, number=number)
    return found


def choices(db: Session, viewer: Viewer, number: str) -> list[Choice]:
    """What the viewer may do to a case now, with what blocks the rest."""
    return CASES.choices(db, viewer, get(db, viewer, number), timing.now(db))


def waiting(db: Session, viewer: Viewer, case: Case) -> list[tuple[WorkflowRequest, bool, bool]]:
    """What was asked for a case: the request, whether the viewer may answer it, and whether it is the viewer's own."""
    found = []
    for one in requests.pending(db, CASES.kind.kind, case.id):
        declared = CASES.kind.act(one.act)
        own = one.asked_by is not None and one.asked_by == viewer.account_id
        found.append((one, declared is not None and viewer.role in declared.roles and not own, own))
    return found


def as_of(db: Session, viewer: Viewer, number: str, at: datetime) -> dict[str, Any]:
    """The case's facts at a past moment; NotFound before it was reported."""
    if not viewer.may("cases.read"):
        raise Forbidden("Your role may not do this ({right}).", right="cases.read")
    case = get(db, viewer, number)
    facts = CASES.as_of(db, case.id, at)
    if facts is None:
        raise NotFound("The case was not there yet.")
    return facts


def open_tasks(db: Session, case: Case) -> list[Any]:
    """The tasks of a case that wait for an answer."""
    return list(db.scalars(tasks.open_tasks(CASES.kind.kind, case.id)))
