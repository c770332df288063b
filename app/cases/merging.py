"""Merging doubles: the main case learns of it, and what parts a merged case from it again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseMove
from app.workflow import tasks
from app.workflow.moves import Workflow
from app.workflow.situation import Given, Situation

Here = Situation[Case]


def tell_main(db: Session, here: Here, flow: Workflow[Case]) -> None:
    """A row of the main case's own history."""
    _tell(db, here, flow, here.matter.merged_into_id, "took_in")


def part_again(db: Session, here: Here, flow: Workflow[Case]) -> None:
    """Tasks that the merge withdrew are open again, and the main case is told."""
    case = here.matter
    of_case = select(CaseMove).where(CaseMove.case_id == case.id).order_by(CaseMove.id.desc())
    merged = db.scalars(of_case.where(CaseMove.act == "merge").limit(1)).one()
    tasks.reopen_after_undo(db, flow.kind.kind, case.id, merged.recorded_at, here.now)
    _tell(db, here, flow, here.before.get("merged_into_id"), "gave_back")


def _tell(db: Session, here: Here, flow: Workflow[Any], main_id: int | None, name: str) -> None:
    main = db.scalars(select(Case).where(Case.id == main_id).with_for_update()).one()
    act = flow.kind.act(name)
    assert act is not None  # the declaration is checked at start
    flow.apply(db, here.viewer, main, act, Given(note=here.matter.number))
