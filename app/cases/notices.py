"""What of a case's life is told: each event is one row with the transaction that brings it about."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.cases.models import Case
from app.cases.told import TOPIC
from app.notices.service import occur
from app.workflow.models import WorkflowRequest
from app.workflow.situation import Situation
from grid.reach import Viewer

EVENTS_OF_ACT: dict[str, tuple[str, ...]] = {
    act: tuple(name for name, kind in TOPIC.events.items() if act in kind.on)
    for act in sorted({act for kind in TOPIC.events.values() for act in kind.on})
}


def reported(db: Session, case: Case, viewer: Viewer) -> None:
    """A case was logged."""
    occur(db, "cases.reported", case.id, actor_id=viewer.account_id)


def moved(db: Session, here: Situation[Any]) -> None:
    """An act was done: the events that it brings about by the declaration."""
    for event in EVENTS_OF_ACT.get(here.act.name, ()):
        facts = {"actor_id": here.viewer.account_id}
        if here.answer("assignee") is not None:
            facts["assignee_id"] = here.answer("assignee")
        occur(db, f"cases.{event}", here.matter.id, **facts)


def asked(db: Session, case: Case, request: WorkflowRequest) -> None:
    """An act was asked for and waits for who may grant it."""
    occur(db, "cases.asked", case.id, act=request.act, asker_id=request.asked_by, actor_id=request.asked_by)


def answered(db: Session, viewer: Viewer, case: Case, request_id: int, *, is_granted: bool) -> None:
    """What was asked for got its answer."""
    request = db.get(WorkflowRequest, request_id)
    if request is not None:
        event = "cases.granted" if is_granted else "cases.not_granted"
        occur(db, event, case.id, act=request.act, asker_id=request.asked_by, actor_id=viewer.account_id)
