"""What keeps an act from being done to a case: each gives the reason in words, or None."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.cases import conditions, outside
from app.cases.models import OPEN_STATUSES, Case, CaseMove, CasePhoto, CaseStatus
from app.cases.numbers import city_zone
from app.cases.visible import visible
from app.workflow import timing
from app.workflow.models import WorkflowTask
from app.workflow.situation import Situation
from gis.errors import CityError, Conflict, Forbidden, InvalidInput

Here = Situation[Case]
KIND_NAME = "grid-case"  # as data/workflows/grid-case.toml says
REOPEN_DAYS = 30
SUSPEND_MAX = timedelta(days=365)


OPEN_PARTS = (
    select(func.count())
    .select_from(Case)
    .where(Case.parent_id == bindparam("parent_id"), Case.status.in_(OPEN_STATUSES))
)


class EvidenceMissing(Conflict):
    """The case can't be closed before what its condition asks for is there."""

    code = "cases.evidence_missing"


class PartsOpen(Conflict):
    """A part that was given to another department is not over."""

    code = "cases.parts_open"


class NotYours(Forbidden):
    """The case is another department's."""

    code = "cases.other_department"


class NoLimit(Conflict):
    """The case has no limit."""

    code = "cases.no_limit"


class Late(Conflict):
    """The limit is used up."""

    code = "cases.overdue"


class WasInTime(Conflict):
    """The case was closed in time, or counts so already."""

    code = "cases.was_in_time"


class TooLate(Conflict):
    """The time in which the case may be reopened is over."""

    code = "cases.too_late"


def condition_fits(db: Session, here: Here) -> CityError | None:
    """Filing needs one of the class's conditions."""
    if here.given is None:
        return None
    try:
        here.found["condition"] = conditions.chosen(db, here.matter.class_id, here.answer("condition_id"))
    except InvalidInput as error:
        return error
    return None


def own_department(_db: Session, here: Here) -> CityError | None:
    """A department acts on what it was given."""
    viewer, case = here.viewer, here.matter
    if viewer.role == "department" and viewer.department and case.department != viewer.department:
        return NotYours("The case was given to {department}.", department=case.department or "–")
    return None


def parts_are_over(db: Session, here: Here) -> CityError | None:
    """A case that was split waits for its parts."""
    count = db.scalars(OPEN_PARTS, {"parent_id": here.matter.id}).one()
    return PartsOpen("Parts of it are still open: {count}.", count=count) if count else None


def has_limit(db: Session, here: Here) -> CityError | None:
    """There is a limit to extend."""
    return None if timing.clock_of(db, here.matter) else NoLimit("The case has no limit that could be extended.")


def not_overdue(_db: Session, here: Here) -> CityError | None:
    """Once overdue, nothing is extended."""
    due_at = here.matter.due_at
    return Late("The limit is used up: it can't be extended any more.") if due_at and due_at < here.now else None


def was_late(_db: Session, here: Here) -> CityError | None:
    """There is a delay to appeal against."""
    return None if here.matter.is_on_time is False else WasInTime("The case counts as on time: nothing to appeal.")


def day_within_a_year(db: Session, here: Here) -> CityError | None:
    """A suspended case goes on by itself, within a year."""
    until = here.answer("until")
    if until is None:
        return None
    today = here.now.astimezone(city_zone(db)).date()
    if not today < date.fromisoformat(until) <= today + SUSPEND_MAX:
        return InvalidInput("Choose a day after today and within a year.", field="until")
    return None


def within_reopening(_db: Session, here: Here) -> CityError | None:
    """A closed case is reopened within thirty days."""
    closed_at = here.matter.closed_at
    if closed_at is not None and here.now - closed_at > timedelta(days=REOPEN_DAYS):
        return TooLate("It was closed more than {days} days ago: log a new case.", days=REOPEN_DAYS)
    return None


def before_and_after(db: Session, here: Here) -> CityError | None:
    """Who handled it on the spot shows how it was and how it is."""
    if not db.scalar(select(CasePhoto.id).where(CasePhoto.case_id == here.matter.id).limit(1)):
        return EvidenceMissing("A photo from before is needed to close it on the spot.")
    if here.given is not None and not here.answer("photos"):
        return EvidenceMissing("Add a photo of how it is now.", field="photos")
    return None


def evidence(db: Session, here: Here) -> CityError | None:
    """Closing needs a check that was not failed, and the photo or check that the filing condition asks for."""
    result = last_check(db, here.matter.id)
    if result == "failed":
        return EvidenceMissing("The check was not passed: send it back for rework.")
    condition = conditions.of_case(db, here.matter)
    if condition is None:
        return None
    if condition.needs_check and result != "passed":
        return EvidenceMissing("The condition asks for a check on the spot, and none was passed yet.")
    if condition.needs_photo and result != "passed" and not _has_after_photo(db, here.matter, condition.photo_within_m):
        return EvidenceMissing("The condition asks for a photo after the work, taken at the place.")
    return None


def last_check(db: Session, case_id: int) -> str | None:
    """The result of the newest answered check since the last dispatch; None if there is none."""
    answered = select(WorkflowTask.result).where(
        WorkflowTask.kind == KIND_NAME, WorkflowTask.matter_id == case_id, WorkflowTask.task == "check",
        WorkflowTask.result.in_(("passed", "failed")), WorkflowTask.opened_at >= _handled_since(case_id),
    )  # fmt: skip
    return db.scalar(answered.order_by(WorkflowTask.done_at.desc()).limit(1))


def _handled_since(case_id: int) -> Any:
    """When the case last came into the hands of a department."""
    last = select(func.max(CaseMove.recorded_at)).where(CaseMove.case_id == case_id, CaseMove.to_status == "handling",
                                                        CaseMove.from_status != "handling")  # fmt: skip
    return func.coalesce(last.scalar_subquery(), func.to_timestamp(0))


def _has_after_photo(db: Session, case: Case, within_m: float | None) -> bool:
    """Whether a photo was added since the dispatch, taken near enough where that is asked and it knows its place."""
    photo = select(CasePhoto.id).where(CasePhoto.case_id == case.id, CasePhoto.uploaded_at >= _handled_since(case.id))
    if within_m is not None:
        spot = func.geography(func.ST_SetSRID(func.ST_MakePoint(CasePhoto.lon, CasePhoto.lat), 4326))
        place = func.geography(select(Case.geom).where(Case.id == case.id).scalar_subquery())
        photo = photo.where(CasePhoto.lon.is_not(None), func.ST_DWithin(spot, place, within_m))
    return db.scalar(photo.limit(1)) is not None


class TiedWrongly(Conflict):
    """Cases can't be tied to each other in this way."""

    code = "cases.tied_wrongly"


def is_no_part(_db: Session, here: Here) -> CityError | None:
    """A part goes with its whole case."""
    return TiedWrongly("It is a part of another case: do this to the whole case.") if here.matter.parent_id else None


def is_attached(_db: Session, here: Here) -> CityError | None:
    """There is a whole case to part it from."""
    return None if here.matter.parent_id else outside.Irrelevant("It is no part of another case.")


def parts_fit(db: Session, here: Here) -> CityError | None:
    """A part with a condition of its own has one of the class's."""
    for part in here.answer("parts") or ():
        if part["condition_id"] is not None:
            try:
                conditions.chosen(db, here.matter.class_id, part["condition_id"])
            except InvalidInput as error:
                return error
    return None


def named_case(db: Session, here: Here, field: str) -> Case | None:
    """The other case that an act names, locked; None when there is none, or none for this viewer."""
    number = str(here.answer(field)).strip()
    return db.scalar(select(Case).where(Case.number == number, visible(here.viewer)).with_for_update())


def main_of(db: Session, case: Case) -> Case:
    """The case that a merged one is told by, locked; a case that is not merged is its own."""
    if case.merged_into_id is None:
        return case
    return db.scalars(select(Case).where(Case.id == func.main_case(case.id)).with_for_update()).one()


def main_fits(db: Session, here: Here) -> CityError | None:
    """The main case is another one, is seen by who merges, and is open or closed in the end."""
    if here.given is None:
        return None
    named = named_case(db, here, "into")
    if named is None:
        return InvalidInput(
            "There is no case {number}, or not in your areas.", number=here.answer("into"), field="into"
        )
    main = main_of(db, named)
    if main.id == here.matter.id:
        return TiedWrongly("A case can't be merged into itself, nor into one that was merged into it.", field="into")
    if main.status not in (*OPEN_STATUSES, CaseStatus.CLOSED):
        return TiedWrongly("Case {number} was not filed or is void: nothing can be merged into it.",
                           number=main.number, field="into")  # fmt: skip
    return None


def main_is_open(db: Session, here: Here) -> CityError | None:
    """A merge is undone while the main case is open."""
    main = main_of(db, here.matter)
    if main.status in OPEN_STATUSES:
        return None
    return TiedWrongly("The main case {number} is over: reopen it first.", number=main.number)


def whole_fits(db: Session, here: Here) -> CityError | None:
    """One level of parts only: a whole case is no part, and a part has no parts."""
    case = here.matter
    if case.parent_id is not None:
        return TiedWrongly("It is a part of another case already.")
    if db.scalar(select(Case.id).where(Case.parent_id == case.id).limit(1)) is not None:
        return TiedWrongly("It has parts of its own: it can't become a part.")
    if here.given is None:
        return None
    whole = named_case(db, here, "whole")
    if whole is None:
        return InvalidInput(
            "There is no case {number}, or not in your areas.", number=here.answer("whole"), field="whole"
        )
    if whole.id == case.id or whole.parent_id is not None or whole.status not in OPEN_STATUSES:
        return TiedWrongly("Case {number} can't take it in: it must be open, another case and no part itself.",
                           number=whole.number, field="whole")  # fmt: skip
    return None


def whole_is_open(db: Session, here: Here) -> CityError | None:
    """A part is not reopened under a whole case that is over."""
    parent_id = here.matter.parent_id
    if parent_id is None or db.scalar(select(Case.id).where(Case.id == parent_id, Case.status.in_(OPEN_STATUSES))):
        return None
    return TiedWrongly("Its whole case is over: reopen that one first.")


GUARDS: dict[str, Callable[[Session, Here], CityError | None]] = {
    one.__name__: one
    for one in (
        condition_fits,
        own_department,
        parts_are_over,
        has_limit,
        not_overdue,
        was_late,
        day_within_a_year,
        within_reopening,
        before_and_after,
        evidence,
        is_no_part,
        is_attached,
        parts_fit,
        main_fits,
        main_is_open,
        whole_fits,
        whole_is_open,
    )
} | {name: outside.ask(name) for name in ("held_here", "may_transfer", "may_recall", "may_hand_back")}
