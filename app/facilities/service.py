"""Adding and changing facilities. Rights and reach are checked here, for every entry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.facilities.models import Facility, FacilityEntry
from app.facilities.schemas import FacilityChange, NewFacility
from app.live.service import announce
from gis.drawn import read_drawn, to_geojson
from gis.errors import Forbidden, InvalidInput, NotFound
from gis.types import SRID
from grid.locate import Place, fields, locate
from grid.reach import Viewer, within

KINDS = ("Point", "Polygon", "MultiPolygon")
FACTS = ("kind", "name_zh", "name_en", "address_text", "capacity")
MAY_BE_EMPTY = frozenset({"address_text", "capacity"})


def create(db: Session, viewer: Viewer, given: NewFacility) -> Facility:
    """Add a facility where it stands. Forbidden without the right or out of reach, InvalidInput for its place."""
    viewer.require("facilities.edit")
    shape = read_drawn(given.geometry, given.datum, kinds=KINDS)
    facility = Facility(
        **given.model_dump(include={*FACTS, "accuracy_m", "located_by"}),
        geom=from_shape(shape, srid=SRID),
        datum_given=given.datum,
        **fields(_place(db, viewer, shape)),
    )
    db.add(facility)
    db.flush()
    log(db, viewer, facility, "created")
    _tell(db, facility, "created", shape)
    return facility


def change(db: Session, viewer: Viewer, facility_id: int, given: FacilityChange) -> Facility:
    """Change what was sent of a facility; facts and place are a line of its history each.

    Raises NotFound, Forbidden or InvalidInput.
    """
    viewer.require("facilities.edit")
    facility = get(db, viewer, facility_id, lock=True)
    sent: dict[str, Any] = {name: getattr(given, name) for name in FACTS if name in given.model_fields_set}
    changed = {
        name: [getattr(facility, name), value]
        for name, value in sent.items()
        if value != getattr(facility, name) and (value is not None or name in MAY_BE_EMPTY)
    }
    for name, (_, value) in changed.items():
        setattr(facility, name, value)
    if not (facility.name_zh or facility.name_en):
        raise InvalidInput("A facility needs a name.", field="name_zh")
    if changed:
        log(db, viewer, facility, "changed", note=given.note, data=changed)
        _tell(db, facility, "changed", to_shape(facility.geom))
    if given.geometry is not None:
        _relocate(db, viewer, facility, read_drawn(given.geometry, given.datum, kinds=KINDS), given)
    return facility


def get(db: Session, viewer: Viewer, facility_id: int, *, lock: bool = False) -> Facility:
    """A facility within the viewer's reach; NotFound otherwise."""
    viewer.require("facilities.read")
    wanted = select(Facility).where(Facility.id == facility_id, within(viewer, Facility.area_code))
    found = db.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("There is no facility {id}.", id=facility_id)
    return found


def log(
    db: Session, viewer: Viewer, facility: Facility, kind: str, *, note: str = "", data: dict[str, Any] | None = None
) -> None:
    """Add a line to a facility's history."""
    db.add(
        FacilityEntry(
            facility_id=facility.id,
            kind=kind,
            account_id=viewer.account_id,
            actor=viewer.name,
            note=note,
            data=data or {},
        )
    )
    db.flush()


def _relocate(db: Session, viewer: Viewer, facility: Facility, shape: BaseGeometry, given: FacilityChange) -> None:
    before = to_shape(facility.geom)
    if to_geojson(before) == to_geojson(shape):
        return
    _tell(db, facility, "changed", before)
    data = {"geometry_before": to_geojson(before), "area_code_before": facility.area_code}
    for name, value in fields(_place(db, viewer, shape)).items():
        setattr(facility, name, value)
    facility.geom = from_shape(shape, srid=SRID)
    facility.datum_given, facility.located_at = given.datum, datetime.now(UTC)
    db.flush()
    log(db, viewer, facility, "moved", note=given.note, data=data)
    _tell(db, facility, "changed", shape)


def _place(db: Session, viewer: Viewer, shape: BaseGeometry) -> Place:
    place = locate(db, shape)
    if not viewer.reaches(place.area_code):
        raise Forbidden("This place lies outside your areas.")
    return place


def _tell(db: Session, facility: Facility, kind: Literal["created", "changed"], shape: BaseGeometry) -> None:
    west, south, east, north = shape.bounds
    announce(
        db,
        channel="facilities",
        kind=kind,
        record_id=facility.id,
        area_code=facility.area_code,
        bbox=(west, south, east, north),
    )
