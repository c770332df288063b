"""Acts that one asks for and another grants: sending back, extension, suspension, void."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.workflow import timing
from app.workflow.forms import NOTE
from app.workflow.models import RequestStatus, WorkflowRequest
from app.workflow.moves import Workflow
from app.workflow.situation import Given, M
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer


class AlreadyAsked(Conflict):
    """The same act was asked for and not yet answered."""

    code = "workflow.already_asked"


class AlreadyAnswered(Conflict):
    """The request was granted, refused or withdrawn meanwhile."""

    code = "workflow.already_answered"


def ask(db: Session, workflow: Workflow[M], viewer: Viewer, number: str, name: str, given: Given) -> WorkflowRequest:
    """Ask for an act; it is checked as if it were done now, so that nobody asks for what can't be.

    Raises what `Workflow.do` raises, and AlreadyAsked.
    """
    viewer.require(workflow.right)
    matter = workflow.locked(db, viewer, number)
    act = workflow.open_act(matter, name)
    if viewer.role not in act.asked_by:
        raise Forbidden("Your role may not ask for this step.")
    now = timing.now(db)
    read = given.read(act)
    if (why_not := workflow.why_not(db, workflow.situation(matter, act, viewer, now, read))) is not None:
        raise why_not
    answers = dict(read.answers) | ({NOTE: read.note} if read.note else {})
    made = WorkflowRequest(
        kind=workflow.kind.kind, matter_id=matter.id, act=act.name, asked_at=now,
        asked_by=viewer.account_id, asker=viewer.name, answers=answers,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(made)
    except IntegrityError as error:
        raise AlreadyAsked("This was asked for already and waits for its answer.") from error
    return made


def pending(db: Session, kind: str, matter_id: int) -> list[WorkflowRequest]:
    """What was asked for a matter and waits for its answer, oldest first."""
    waiting = select(WorkflowRequest).where(
        WorkflowRequest.kind == kind, WorkflowRequest.matter_id == matter_id,
        WorkflowRequest.status == RequestStatus.PENDING,
    )  # fmt: skip
    return list(db.scalars(waiting.order_by(WorkflowRequest.id)))


def grant(db: Session, workflow: Workflow[M], viewer: Viewer, number: str, request_id: int, reply: str = "") -> M:
    """Do the act that was asked for, in the granter's name; who asked stands in the move's answers.

    Raises what `Workflow.do` raises, AlreadyAnswered; whoever asked can't grant it.
    """
    viewer.require(workflow.right)
    matter = workflow.locked(db, viewer, number)
    asked = _pending(db, workflow, matter.id, request_id)
    act = workflow.open_act(matter, asked.act)
    if viewer.role not in act.roles or (asked.asked_by is not None and asked.asked_by == viewer.account_id):
        raise Forbidden("This is not yours to grant.")
    _close(db, asked, RequestStatus.GRANTED, viewer, reply)
    workflow.apply(db, viewer, matter, act, Given(dict(asked.answers), asker=asked.asker))
    return matter


def refuse(db: Session, workflow: Workflow[M], viewer: Viewer, number: str, request_id: int, reply: str) -> M:
    """Say no to what was asked for; a reason is needed."""
    viewer.require(workflow.right)
    matter = workflow.locked(db, viewer, number)
    asked = _pending(db, workflow, matter.id, request_id)
    act = workflow.kind.act(asked.act)
    if act is None or viewer.role not in act.roles:
        raise Forbidden("This is not yours to refuse.")
    if not reply.strip():
        raise InvalidInput("Say why: who asked will read it.", field="reply")
    _close(db, asked, RequestStatus.REFUSED, viewer, reply)
    return matter


def withdraw(db: Session, workflow: Workflow[M], viewer: Viewer, number: str, request_id: int) -> M:
    """Take back what one asked for oneself."""
    matter = workflow.locked(db, viewer, number)
    asked = _pending(db, workflow, matter.id, request_id)
    if asked.asked_by != viewer.account_id:
        raise Forbidden("Only who asked can take it back.")
    _close(db, asked, RequestStatus.WITHDRAWN, viewer, "")
    return matter


def _pending(db: Session, workflow: Workflow[M], matter_id: int, request_id: int) -> WorkflowRequest:
    found = db.get(WorkflowRequest, request_id)
    if found is None or found.kind != workflow.kind.kind or found.matter_id != matter_id:
        raise NotFound("There is no such request.")
    if found.status != RequestStatus.PENDING:
        raise AlreadyAnswered("This request was answered meanwhile: {status}.", status=found.status.value)
    return found


def _close(db: Session, asked: WorkflowRequest, status: RequestStatus, viewer: Viewer, reply: str) -> None:
    asked.status, asked.reply = status, reply.strip()
    asked.answered_at, asked.answerer = timing.now(db), viewer.name
    db.flush()
