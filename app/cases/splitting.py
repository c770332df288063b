"""Splitting a case to several departments: its parts, each with a department and a clock, and taking them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases import conditions
from app.cases.models import OPEN_STATUSES, Case, CaseStatus
from app.workflow import timing
from app.workflow.kinds import Act
from app.workflow.moves import CannotUndo, Workflow
from app.workflow.situation import Given, Situation
from gis.errors import CityError

Here = Situation[Case]
BORN = 2  # moves that a part begins with: split off, dispatched
SAME = (
    "geom", "unit_cell_id", "area_code", "address_id", "accuracy_m", "located_by", "located_at", "datum_given",
    "class_id", "source", "description", "component_id", "reported_by", "condition_id", "is_generated",
)  # fmt: skip


def make_parts(db: Session, here: Here, flow: Workflow[Case]) -> None:
    """One case for each part, at the same place, dispatched to its department.

    Its clock is its own condition's from now on, or the whole case's: the same limit, due at the same time.
    Numbers are the whole case's with a suffix, which is never given twice.
    """
    whole = here.matter
    given = select(func.count()).where(Case.parent_id == whole.id, Case.number.startswith(f"{whole.number}-"))
    first = db.scalars(given.select_from(Case)).one() + 1
    for n, part in enumerate(here.answer("parts") or (), start=first):
        _make(db, here, flow, part, f"{whole.number}-{n}")


def _make(db: Session, here: Here, flow: Workflow[Case], part: Mapping[str, Any], number: str) -> None:
    whole = here.matter
    child = Case(
        **{name: getattr(whole, name) for name in SAME}, number=number, parent_id=whole.id,
        department=part["department"], reported_at=here.now, entered_at=here.now, status=CaseStatus.FILED,
    )  # fmt: skip
    condition = conditions.chosen(db, whole.class_id, part["condition_id"]) if part["condition_id"] else None
    limit = conditions.limit_of(db, condition, child)[0] if condition else None
    if condition is not None:
        child.condition_id = condition.id
    if limit is not None:
        timing.start_clock(db, child, limit, here.now)
    elif (clock := timing.clock_of(db, whole)) is not None:
        timing.put_clock(child, clock)
    flow.begin(db, here.viewer, child, at=here.now, act="split_off")
    answers = {"department": part["department"]} | ({"note": part["note"]} if part["note"] else {})
    flow.apply(db, here.viewer, child, _act(flow, "dispatch"), Given(answers))


def no_part_moved(db: Session, case_id: int) -> CityError | None:
    """A split is taken back while nobody has done anything to a part."""
    moved = select(Case.id).where(Case.parent_id == case_id, Case.status.in_(OPEN_STATUSES), Case.revision > BORN)
    over = select(Case.id).where(Case.parent_id == case_id, Case.status == CaseStatus.CLOSED)
    if db.scalar(moved.union_all(over).limit(1)) is None:
        return None
    return CannotUndo("A part was moved already: the split can't be taken back any more.")


def take_back_parts(db: Session, here: Here, flow: Workflow[Case]) -> None:
    """The parts of the split that is taken back are void; they stay readable."""
    last = select(func.max(Case.reported_at)).where(Case.parent_id == here.matter.id, Case.status.in_(OPEN_STATUSES))
    made = select(Case).where(
        Case.parent_id == here.matter.id, Case.status.in_(OPEN_STATUSES), Case.reported_at == last.scalar_subquery()
    )
    for part in db.scalars(made.order_by(Case.id).with_for_update()).all():
        flow.apply(db, here.viewer, part, _act(flow, "split_back"), Given())


def _act(flow: Workflow[Case], name: str) -> Act:
    found = flow.kind.act(name)
    assert found is not None  # the declaration is checked at start
    return found
