"""Logging a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import notices, photos
from app.cases.catalogue import usable_class
from app.cases.models import Case, CaseSource, CaseStatus
from app.cases.numbers import city_time, take_number
from app.cases.schemas import CaseIn
from app.cases.workflow import CASES
from app.components import queries as components
from app.live.service import announce
from gis.datum import normal, to_wgs84
from gis.errors import Forbidden, InvalidInput
from grid.locate import Place, fields, locate
from grid.located import LocatedBy
from grid.models import Address
from grid.reach import Viewer, within

CLOCK_SKEW = timedelta(minutes=5)
SOURCE_OF_ROLE = {"intake": CaseSource.HOTLINE, "department": CaseSource.DEPARTMENT}


class OutOfReach(Forbidden):
    """The place lies in the city but not in the viewer's areas."""

    code = "cases.out_of_reach"


def create(db: Session, viewer: Viewer, given: CaseIn) -> Case:
    """Log a case where it lies; its first move is written, and who takes reports in and watching browsers hear of it.

    Coordinates are shifted from the datum given, once, and kept as EPSG:4326. The number is taken last: its day's
    row stays locked until the transaction ends.

    Raises Forbidden without the right, OutOfReach, grid.locate.OutsideCity, InvalidInput.
    """
    viewer.require("cases.create")
    spot = Point(*to_wgs84(given.lon, given.lat, given.datum))
    place = locate(db, spot)
    if not viewer.reaches(place.area_code):
        raise OutOfReach("The place is not in your areas.", field="lon")
    chosen = usable_class(db, given.class_id)
    _check_component(db, viewer, given.component_id)
    now, zone = city_time(db)
    reported_at = _reported_at(given, now)
    case = Case(
        **fields(place) | {"address_id": _address_id(db, viewer, given, place)},
        geom=from_shape(spot, srid=4326),
        accuracy_m=given.accuracy_m,
        located_by=LocatedBy(given.located_by),
        datum_given=normal(given.datum),
        class_id=chosen.id,
        source=given.source or SOURCE_OF_ROLE.get(viewer.role, CaseSource.INSPECTOR),
        description=given.description,
        department=viewer.department or chosen.department,
        component_id=given.component_id,
        duty_cell_id=place.duty_cell_id,
        reported_at=reported_at,
        seen_at=min(given.seen_at.astimezone(UTC), reported_at) if given.seen_at else None,
        reported_by=viewer.account_id,
        status=CaseStatus.REPORTED,
        entered_at=reported_at,
        number=take_number(db, reported_at, zone),
    )
    CASES.begin(db, viewer, case, at=reported_at)
    photos.attach(db, viewer, case, given.photo_keys)
    notices.reported(db, case, viewer)
    announce(
        db, channel="cases", kind="created", record_id=case.id, area_code=case.area_code,
        bbox=(spot.x, spot.y, spot.x, spot.y), departments=[case.department],
    )  # fmt: skip
    return case


def _reported_at(given: CaseIn, now: datetime) -> datetime:
    """The time given, or now by the database's clock, which is also that of later moves."""
    if given.reported_at is None:
        return now
    if given.reported_at > now + CLOCK_SKEW:
        raise InvalidInput("The time of the report lies in the future.", field="reported_at")
    return given.reported_at.astimezone(UTC)


def _address_id(db: Session, viewer: Viewer, given: CaseIn, place: Place) -> int | None:
    """The address chosen by hand, which must lie in the viewer's areas, else the nearest one."""
    if given.address_id is None:
        return place.address_id
    chosen = select(Address.id).where(Address.id == given.address_id, Address.valid_to.is_(None))
    if db.scalar(chosen.where(within(viewer, Address.area_code))) is None:
        raise InvalidInput("There is no such address.", field="address_id")
    return given.address_id


def _check_component(db: Session, viewer: Viewer, component_id: int | None) -> None:
    if component_id is not None and not components.is_there(db, viewer, component_id):
        raise InvalidInput("There is no such component in your areas.", field="component_id")
