"""Moving in and out. A move is a new row; where the person was until then ends on that day (from ≤ day < to)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.residents import dwellings, people
from app.residents.models import Dwelling, Person, Residence, ResidenceKind
from app.residents.schemas import Leaving, NewResidence
from app.residents.visible import holds_on, today
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

AHEAD = timedelta(days=366)  # moving in can be known that long before


class ResidenceOverlaps(Conflict):
    """The person lives, or is registered, somewhere else on those days."""

    code = "residents.overlaps"


def move(db: Session, viewer: Viewer, person_id: int, given: NewResidence) -> Residence:
    """A person moves in at a dwelling. Both the old and the new one must be within the viewer's areas.

    Raises NotFound, Forbidden, InvalidInput or ResidenceOverlaps.
    """
    viewer.require("residents.create")
    person = people.get(db, viewer, person_id, lock=True)
    dwelling = dwellings.get(db, viewer, given.dwelling_id)
    check_days(given.from_on, person.birth_on, today(db))
    if given.kind is not ResidenceKind.WORK:
        _end_earlier(db, viewer, person, given)
    residence = move_in(db, person, dwelling, given)
    people.log(db, viewer, person, "moved", given.kind)
    people.tell(db, dwelling, person.id, "changed")
    return residence


def leave(db: Session, viewer: Viewer, person_id: int, residence_id: int, given: Leaving) -> Residence:
    """A residence ends: `to_on` is the first day on which it no longer holds. NotFound, InvalidInput, Conflict."""
    viewer.require("residents.create")
    person = people.get(db, viewer, person_id, lock=True)
    residence = db.scalar(select(Residence).where(Residence.id == residence_id, Residence.person_id == person.id))
    if residence is None:
        raise NotFound("There is no residence {id}.", id=residence_id)
    dwelling = dwellings.get(db, viewer, residence.dwelling_id)
    if residence.to_on is not None:
        raise Conflict("This residence has ended already.")
    _end(residence, given.to_on, field="to_on")
    people.log(db, viewer, person, "left", residence.kind)
    people.tell(db, dwelling, person.id, "changed")
    return residence


def move_in(db: Session, person: Person, dwelling: Dwelling, given: NewResidence) -> Residence:
    """The new row; ResidenceOverlaps when another of its kind holds on one of its days."""
    residence = Residence(person_id=person.id, dwelling_id=dwelling.id, kind=given.kind, from_on=given.from_on)
    try:
        with db.begin_nested():
            db.add(residence)
            db.flush()
    except IntegrityError as error:
        raise ResidenceOverlaps(
            "On those days the person lives or is registered elsewhere: end that residence first.", field="from_on"
        ) from error
    return residence


def check_days(from_on: date, birth_on: date | None, day: date) -> None:
    """InvalidInput for moving in before birth, before 1880, or more than a year ahead."""
    if from_on > day + AHEAD:
        raise InvalidInput("The day of moving in lies more than a year ahead.", field="from_on")
    if from_on < (birth_on or date(1880, 1, 1)):
        raise InvalidInput("The day of moving in lies before the birth.", field="from_on")


def _end_earlier(db: Session, viewer: Viewer, person: Person, given: NewResidence) -> None:
    """End the residence of this kind that holds on the day of the move."""
    earlier = db.scalar(
        select(Residence).where(Residence.person_id == person.id, Residence.kind == given.kind, holds_on(given.from_on))
    )
    if earlier is None:
        return
    if earlier.dwelling_id == given.dwelling_id:
        raise Conflict("The person is at this dwelling already.", field="dwelling_id")
    left = db.get_one(Dwelling, earlier.dwelling_id)
    if not viewer.reaches(left.area_code):
        raise Forbidden("The person's present dwelling lies outside your areas: ask its clerk to end that residence.")
    _end(earlier, given.from_on, field="from_on")
    db.flush()
    people.tell(db, left, person.id, "changed")


def _end(residence: Residence, on: date, *, field: str) -> None:
    if on <= residence.from_on:
        raise InvalidInput("A residence can't end before it began.", field=field)
    residence.to_on = on
