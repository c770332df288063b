"""Registering residents and putting their facts right. Rights and reach are checked here, for every entry.

No message, log line or entry of this module holds a name, a number or a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.residents import dwellings, people
from app.residents.identity import Identity, check_identity
from app.residents.models import Dwelling, Person, Residence, Sex
from app.residents.residing import check_days, move_in
from app.residents.schemas import Correction, NewResident
from app.residents.sealing import vault
from app.residents.visible import TODAY, is_not_over, name_key, today, visible
from app.sealing.vault import KeyMissing, key_id
from gis.errors import Conflict
from grid.reach import Viewer


class AlreadyRegistered(Conflict):
    """The number, or the same name and birth at the same dwelling, is in the register already."""

    code = "residents.already_registered"


@dataclass(frozen=True)
class Registered:
    """What registering or correcting gave, with warnings to look twice at."""

    person: Person
    warnings: tuple[str, ...]


def register(db: Session, viewer: Viewer, given: NewResident) -> Registered:
    """Add a person to the register at a dwelling within the viewer's areas.

    Raises Forbidden, NotFound (dwelling), InvalidInput (masked or wrong facts), AlreadyRegistered with what to do.
    """
    viewer.require("residents.create")
    dwelling = dwellings.get(db, viewer, given.dwelling_id)
    day = today(db)
    facts = check_identity(
        name=given.name,
        sex=given.sex or Sex.UNKNOWN,
        birth_on=given.birth_on,
        number=given.number,
        phone=given.phone,
        day=day,
    )
    check_days(given.from_on, facts.birth_on, day)
    _refuse_double(db, viewer, facts, dwelling)
    person = Person(recorded_by=viewer.account_id)
    _write(db, viewer, person, facts)
    move_in(db, person, dwelling, given)
    people.log(db, viewer, person, "registered", given.kind)
    people.tell(db, dwelling, person.id, "created")
    return Registered(person, facts.warnings)


def correct(db: Session, viewer: Viewer, person_id: int, given: Correction) -> Registered:
    """Put a person's facts right: only the fields that were sent; null clears number, phone or birth.

    A masked value is refused. Raises NotFound, Forbidden, InvalidInput, AlreadyRegistered.
    """
    viewer.require("residents.create")
    person = people.get(db, viewer, person_id, lock=True)
    sent = given.model_fields_set
    kept = vault()
    number = given.number if "number" in sent else _opened(kept.open, person.number_sealed, "number")
    phone = given.phone if "phone" in sent else _opened(kept.open, person.phone_sealed, "phone")
    birth_on = given.birth_on if "birth_on" in sent else (None if given.number else person.birth_on)
    facts = check_identity(
        name=given.name or person.name,
        sex=given.sex or person.sex,
        birth_on=birth_on,
        number=number,
        phone=phone,
        day=today(db),
    )
    _write(db, viewer, person, facts)
    people.log(db, viewer, person, "corrected", ", ".join(sorted(sent)))
    for dwelling in _dwellings(db, person):
        people.tell(db, dwelling, person.id, "changed")
    return Registered(person, facts.warnings)


def _write(db: Session, viewer: Viewer, person: Person, facts: Identity) -> None:
    """Put checked facts into a row; AlreadyRegistered when the number is another person's."""
    kept = vault()
    index = kept.index(facts.number, "number") if facts.number else None
    if facts.number:
        _require_same_keys(db)
        _refuse_taken(db, viewer, index, person)
    try:
        with db.begin_nested():
            person.name, person.sex, person.birth_on = facts.name, facts.sex, facts.birth_on
            person.number_sealed = kept.seal(facts.number, "number") if facts.number else None
            person.number_index = index
            person.phone_sealed = kept.seal(facts.phone, "phone") if facts.phone else None
            db.add(person)
            db.flush()
    except IntegrityError as error:  # another clerk was a moment faster
        raise AlreadyRegistered("This number was registered a moment ago: search for it.", field="number") from error


def _refuse_taken(db: Session, viewer: Viewer, index: bytes | None, person: Person) -> None:
    """Say what to do when the number stands in the register: by the viewer's own hand, or by another area's clerk."""
    other = db.execute(
        select(Person.id, visible(viewer).label("is_visible")).where(Person.number_index == index)
    ).one_or_none()
    if other is None or other.id == person.id:
        return
    if other.is_visible:
        raise AlreadyRegistered(
            "This number is registered already: open resident {id} and enter a move instead.",
            id=other.id,
            field="number",
        )
    raise AlreadyRegistered(
        "This number is registered in another area: ask its clerk, or one for both areas, to enter the move.",
        field="number",
    )


def _refuse_double(db: Session, viewer: Viewer, facts: Identity, dwelling: Dwelling) -> None:
    """A person of the same name and birth at the same dwelling is taken to be the same one."""
    found = db.scalar(
        select(Person.id)
        .join(Residence, Residence.person_id == Person.id)
        .where(
            Residence.dwelling_id == dwelling.id,
            is_not_over(TODAY),
            Person.name_key == name_key(facts.name),
            Person.birth_on.is_not_distinct_from(facts.birth_on),
            Person.number_index.is_(None) if facts.number else true(),
        )
        .limit(1)
    )
    if found is not None:
        raise AlreadyRegistered(
            "This name and birth are registered at this dwelling already: open resident {id} and correct it.",
            id=found,
            field="name",
        )


def _opened(open_: Callable[[bytes, str], str], sealed: bytes | None, kind: str) -> str | None:
    return open_(sealed, kind) if sealed else None


def _dwellings(db: Session, person: Person) -> Sequence[Dwelling]:
    """Where the person is now or will be."""
    current = select(Residence.dwelling_id).where(Residence.person_id == person.id, is_not_over(TODAY))
    return db.scalars(select(Dwelling).where(Dwelling.id.in_(current))).all()


def _require_same_keys(db: Session) -> None:
    """KeyMissing when the register was sealed with keys of another home: its blind index would not match ours."""
    sealed = db.scalar(select(Person.number_sealed).where(Person.number_sealed.is_not(None)).limit(1))
    if sealed is not None and key_id(sealed) not in vault().keys:
        raise KeyMissing("The key of this register is not in this home: restore keys/residents from the backup.")
