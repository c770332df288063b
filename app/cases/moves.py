"""The moves that a case may make, as one visible table, and making one.

The table is the default of the domain (GB/T 30428.8, stages of file, dispatch, handle, check, close): the supervision
side files, checks and closes; the command side dispatches; departments handle. Who repairs does not judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from geoalchemy2.shape import to_shape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import OPEN_STATUSES, Case, CaseMove, CaseStatus
from app.cases.visible import visible
from app.live.service import announce
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

S = CaseStatus


class MoveNotAllowed(Conflict):
    """The case's present status does not lead to the asked one."""

    code = "cases.move_not_allowed"


class StaleCase(Conflict):
    """Somebody else moved the case meanwhile."""

    code = "cases.stale"


@dataclass(frozen=True)
class Move:
    """One allowed step: who may make it, and what it needs."""

    start: CaseStatus
    to: CaseStatus
    roles: tuple[str, ...]
    needs_note: bool = False
    needs_department: bool = False
    goes_back: bool = False  # only to the status that the case came from

    @property
    def leads_on(self) -> bool:
        """Whether the case comes nearer its end by it: neither sent back, nor set aside, nor refused."""
        if self.to in (S.SUSPENDED, S.REFUSED, S.VOID):
            return False
        order = list(CaseStatus)
        return order.index(self.to) > order.index(self.start) or self.start in (S.VERIFYING, S.SUSPENDED)


_SUPERVISES, _COMMANDS, _HANDLES = ("intake",), ("dispatcher",), ("department",)

MOVES: tuple[Move, ...] = (
    Move(S.REPORTED, S.VERIFYING, _SUPERVISES),
    Move(S.REPORTED, S.FILED, _SUPERVISES),
    Move(S.REPORTED, S.REFUSED, _SUPERVISES, needs_note=True),
    Move(S.REPORTED, S.CLOSED, ("inspector",), needs_note=True),  # handled on the spot
    Move(S.VERIFYING, S.REPORTED, ("inspector", *_SUPERVISES), needs_note=True),
    Move(S.FILED, S.HANDLING, _COMMANDS, needs_department=True),
    Move(S.HANDLING, S.FILED, (*_HANDLES, *_COMMANDS), needs_note=True),  # sent back
    Move(S.HANDLING, S.CHECKING, _HANDLES, needs_note=True),
    Move(S.CHECKING, S.HANDLING, ("inspector", *_SUPERVISES), needs_note=True),  # rework
    Move(S.CHECKING, S.CLOSED, _SUPERVISES),
    Move(S.FILED, S.SUSPENDED, _COMMANDS, needs_note=True),
    Move(S.HANDLING, S.SUSPENDED, _COMMANDS, needs_note=True),
    Move(S.SUSPENDED, S.FILED, _COMMANDS, goes_back=True),
    Move(S.SUSPENDED, S.HANDLING, _COMMANDS, goes_back=True),
    Move(S.CLOSED, S.HANDLING, _SUPERVISES, needs_note=True),  # reopened
    *(Move(start, S.VOID, _SUPERVISES, needs_note=True) for start in OPEN_STATUSES),
)


# Whose act an open case waits for. Others may step in (send back, suspend, declare void), but need not; what is
# suspended waits for a day, not for a person.
AWAITED: dict[CaseStatus, tuple[str, ...]] = {
    S.REPORTED: _SUPERVISES,
    S.VERIFYING: ("inspector",),
    S.FILED: _COMMANDS,
    S.HANDLING: _HANDLES,
    S.CHECKING: ("inspector", *_SUPERVISES),
}


def allowed(status: CaseStatus, viewer: Viewer, came_from: str | None = None) -> list[Move]:
    """The moves that a viewer may make from a status; `came_from` is the status before it."""
    if not viewer.may("cases.move"):
        return []
    return [
        one
        for one in MOVES
        if one.start == status and viewer.role in one.roles and (not one.goes_back or came_from == one.to)
    ]


def move(
    db: Session,
    viewer: Viewer,
    number: str,
    to: CaseStatus,
    *,
    note: str = "",
    department: str | None = None,
    expected: CaseStatus | None = None,
) -> Case:
    """Move a case one step; the step is added to its history and watching browsers hear of it.

    Parameters
    ----------
    expected : CaseStatus, optional
        The status that the viewer saw; StaleCase when it is no longer so.

    Raises NotFound (also for a case out of reach), Forbidden, MoveNotAllowed, StaleCase, InvalidInput.
    """
    viewer.require("cases.move")
    case = _locked(db, viewer, number)
    if expected is not None and case.status != expected:
        raise StaleCase("Somebody moved the case meanwhile: look again before you go on.")
    step = _step(db, viewer, case, to)
    note = note.strip()
    if step.needs_note and not note:
        raise InvalidInput("This step needs a reason or result in words.", field="note")
    if step.needs_department:
        case.department = (department or "").strip() or case.department
        if not case.department:
            raise InvalidInput("Choose the department that handles the case.", field="department")
    _apply(db, case, viewer, to, note)
    return case


def _locked(db: Session, viewer: Viewer, number: str) -> Case:
    case = db.scalar(select(Case).where(Case.number == number, visible(viewer)).with_for_update())
    if case is None:
        raise NotFound("There is no case {number}, or not in your areas.", number=number)
    return case


def _step(db: Session, viewer: Viewer, case: Case, to: CaseStatus) -> Move:
    steps = [one for one in MOVES if one.start == case.status and one.to == to]
    if steps and steps[0].goes_back and came_from(db, case.id) != to:
        steps = []
    if not steps:
        raise MoveNotAllowed("The case can't take this step from where it stands now.")
    if viewer.role not in steps[0].roles:
        raise Forbidden("Your role may not make this step.")
    return steps[0]


def came_from(db: Session, case_id: int) -> str | None:
    """The status before the present one; None for a case that was never moved."""
    last = select(CaseMove.from_status).where(CaseMove.case_id == case_id).order_by(CaseMove.id.desc()).limit(1)
    return db.scalar(last)


def _apply(db: Session, case: Case, viewer: Viewer, to: CaseStatus, note: str) -> None:
    now: datetime = db.scalars(select(func.now())).one()
    db.add(CaseMove(
        case_id=case.id, from_status=case.status.value, to_status=to, at=now,
        account_id=viewer.account_id, actor=viewer.name, note=note,
    ))  # fmt: skip
    case.status = to
    case.closed_at = now if to == S.CLOSED else None
    case.is_on_time = (now <= case.due_at) if to == S.CLOSED and case.due_at else None
    if to in (S.CLOSED, S.REFUSED):
        case.outcome = note or case.outcome
    db.flush()
    bbox = to_shape(case.geom).bounds
    announce(db, channel="cases", kind="changed", record_id=case.id, area_code=case.area_code, bbox=bbox)
