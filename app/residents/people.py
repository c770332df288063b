"""What registering, moving and correcting share: finding a person, their history, telling watchers."""

from __future__ import annotations

from typing import Any

from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.live.service import announce
from app.residents.models import Dwelling, Person, ResidentEntry
from app.residents.visible import visible
from gis.errors import NotFound
from grid.models import UnitCell
from grid.reach import Viewer

ACTS = {
    "registered": "residents.create",
    "corrected": "residents.correct",
    "moved": "residents.move",
    "left": "residents.leave",
}


def get(db: Session, viewer: Viewer, person_id: int, *, lock: bool = False) -> Person:
    """A person whom the viewer may see; NotFound otherwise. What is read of it must still be masked or opened."""
    viewer.require("residents.read")
    wanted = select(Person).where(Person.id == person_id, visible(viewer))
    found = db.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("There is no resident {id}.", id=person_id)
    return found


def log(db: Session, viewer: Viewer, person: Person, kind: str, note: str = "") -> None:
    """Add a line to a person's history and to the audit record; the note holds no personal data."""
    db.add(ResidentEntry(person_id=person.id, kind=kind, account_id=viewer.account_id, actor=viewer.name, note=note))
    db.flush()
    record(db, viewer, act=ACTS[kind], subject="person", subject_id=person.id, detail={"note": note} if note else None)


def tell(db: Session, dwelling: Dwelling, person_id: int, kind: Any) -> None:
    """Announce a change with the cell it happened in, never the door."""
    cell = db.get_one(UnitCell, dwelling.unit_cell_id)
    west, south, east, north = to_shape(cell.geom).bounds
    announce(
        db,
        channel="residents",
        kind=kind,
        record_id=person_id,
        area_code=dwelling.area_code,
        bbox=(west, south, east, north),
    )
