"""The workflow of grid cases: the declared kind bound to the tables, guards and effects of cases."""

from __future__ import annotations

from typing import Any

from geoalchemy2.shape import to_shape
from sqlalchemy.orm import Session

from app.cases import merging, notices, outside, photos, splitting
from app.cases.effects import EFFECTS
from app.cases.guards import GUARDS
from app.cases.kind import KIND
from app.cases.models import Case, CaseMove
from app.cases.visible import visible
from app.live.service import announce
from app.workflow.moves import Workflow
from app.workflow.situation import Situation

FACTS = (
    "class_id", "department", "condition_id", "is_on_time", "is_deferred", "parent_id", "merged_into_id", "outcome",
    "area_code", "unit_cell_id", "duty_cell_id", "team_id",
)  # fmt: skip


AFTER = {
    "split": splitting.make_parts, "undo_split": splitting.take_back_parts,
    "merge": merging.tell_main, "unmerge": merging.part_again,
}  # fmt: skip


def moved(db: Session, here: Situation[Any], row: Any) -> None:
    """Photos are given to the move that they prove; who must be told is, and watching browsers hear of it at commit.

    Of browsers those of the department that has the case now, and of the one that had it.
    """
    case = here.matter
    if here.given is not None and here.given.answers.get("photos"):
        photos.attach(db, here.viewer, case, here.given.answers["photos"], stage=here.act.name, move_id=row.id)
    if here.act.name in AFTER:
        AFTER[here.act.name](db, here, CASES)
    notices.moved(db, here)
    announce(
        db, channel="cases", kind="changed", record_id=case.id, area_code=case.area_code,
        bbox=to_shape(case.geom).bounds, departments=[here.before.get("department"), case.department],
    )  # fmt: skip
    for follow in outside.AFTER.values():
        follow(db, here, row)


CASES: Workflow[Case] = Workflow(
    kind=KIND, matter=Case, move_row=CaseMove, key=Case.number, link=CaseMove.case_id, visible=visible,
    right="cases.move", facts=FACTS, guards=GUARDS, effects=EFFECTS, after=moved,
    undo_guards={"split": splitting.no_part_moved},
    missing="There is no case {number}, or not in your areas.",
)  # fmt: skip
