"""Opening a person's record: with a right, for a purpose, and on record."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.audit.service import record
from app.residents import people
from app.residents.queries import residences_of
from app.residents.schemas import Opening, Purpose
from app.residents.sealing import vault
from app.residents.visible import age_on, is_sensitive, today
from gis.errors import InvalidInput
from grid.reach import Viewer

NOTE_MIN = 4
FIELDS = ("name", "sex", "birth_on", "number", "phone")


def open_person(db: Session, viewer: Viewer, person_id: int, given: Opening) -> dict[str, Any]:
    """The whole record of a person within the viewer's areas.

    A row of the audit record says who, whom, why, when, from where and which fields. Raises Forbidden, NotFound,
    InvalidInput (no words for another purpose).
    """
    viewer.require("residents.open")
    if given.purpose is Purpose.OTHER and len(given.note) < NOTE_MIN:
        raise InvalidInput("Say in a few words what for.", field="note")
    person = people.get(db, viewer, person_id)
    kept, day = vault(), today(db)
    shown = {
        "id": person.id,
        "name": person.name,
        "sex": person.sex,
        "birth_on": person.birth_on.isoformat() if person.birth_on else None,
        "age": age_on(person.birth_on, day),
        "number": kept.open(person.number_sealed, "number") if person.number_sealed else None,
        "phone": kept.open(person.phone_sealed, "phone") if person.phone_sealed else None,
        "is_sensitive": is_sensitive(person.birth_on, day),
        "residences": residences_of(db, viewer, person.id),
    }
    record(
        db,
        viewer,
        act="residents.open",
        subject="person",
        subject_id=person.id,
        purpose=given.purpose,
        detail={
            "note": given.note,
            "fields": [field for field in FIELDS if shown[field] is not None],
            "is_sensitive": shown["is_sensitive"],
        },
    )
    return shown
