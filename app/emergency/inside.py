"""What lies inside an event's zone: counts by SQL. People are a number only, and no small number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, column, func, or_, select, table
from sqlalchemy.orm import Session

from app.emergency.models import Event
from app.emergency.service import get
from grid.models import Building
from grid.reach import Viewer, within

FLOOR = 5  # fewer people than this are not told

_CASES = table("cases", *(column(name) for name in ("geom", "status", "area_code", "department")))
_COMPONENTS = table("components", column("geom"), column("area_code"))
_DWELLINGS = table("dwellings", column("id"), column("geom"), column("area_code"))
_RESIDENCES = table("residences", *(column(name) for name in ("person_id", "dwelling_id", "kind", "from_on", "to_on")))
_CLOSED = ("closed", "refused", "void")


@dataclass(frozen=True)
class Inside:
    """Counts in the zone, or within `radius_m` of a point or line. None: not for this viewer.

    `residents` counts people whose current actual residence is there; None with `residents_below` set when there
    are some, but fewer than that.
    """

    radius_m: float | None
    buildings: int
    open_cases: int | None
    components: int | None
    dwellings: int | None
    residents: int | None
    residents_below: int | None

    def to_json(self) -> dict[str, Any]:
        """As the API answers."""
        return self.__dict__.copy()


def inside(db: Session, viewer: Viewer, number: str, radius_m: float = 100.0) -> Inside:
    """What lies in an event's zone, of what the viewer may see; 0 < radius_m ≤ 5000, geodesic, for points and lines."""
    event = get(db, viewer, number)
    is_zone = bool(db.scalar(select(func.ST_Dimension(Event.geom) == 2).where(Event.id == event.id)))
    zone = _zone(event, None if is_zone else radius_m)
    people = _count(db, viewer, "residents.read", _people(viewer, zone))
    is_few = people is not None and 0 < people < FLOOR
    return Inside(
        radius_m=None if is_zone else radius_m,
        buildings=db.scalar(select(func.count()).select_from(Building).where(_hit(Building.geom, zone))) or 0,
        open_cases=_count(db, viewer, "cases.read", _open_cases(viewer, zone)),
        components=_count(db, viewer, "components.read", _located(viewer, _COMPONENTS, zone)),
        dwellings=_count(db, viewer, "residents.read", _located(viewer, _DWELLINGS, zone)),
        residents=None if is_few else people,
        residents_below=FLOOR if is_few else None,
    )


def _zone(event: Event, radius_m: float | None) -> ColumnElement[Any]:
    """The zone as one value, so that the planner sees a constant and uses the spatial indexes."""
    own = select(Event.geom).where(Event.id == event.id).scalar_subquery()
    if radius_m is None:
        return own
    return func.ST_Buffer(func.geography(own), radius_m).op("::")(column("geometry", is_literal=True))


def _hit(geom: ColumnElement[Any] | Any, zone: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.ST_Intersects(geom, select(zone).scalar_subquery())


def _count(db: Session, viewer: Viewer, right: str, wanted: Select[Any]) -> int | None:
    return int(db.scalar(wanted) or 0) if viewer.may(right) else None


def _located(viewer: Viewer, source: Any, zone: ColumnElement[Any]) -> Select[Any]:
    return select(func.count()).select_from(source).where(_hit(source.c.geom, zone), within(viewer, source.c.area_code))


def _open_cases(viewer: Viewer, zone: ColumnElement[Any]) -> Select[Any]:
    return (
        select(func.count())
        .select_from(_CASES)
        .where(_hit(_CASES.c.geom, zone), within(viewer, _CASES.c.area_code, _CASES.c.department))
        .where(_CASES.c.status.not_in(_CLOSED))
    )


def _people(viewer: Viewer, zone: ColumnElement[Any]) -> Select[Any]:
    today = func.current_date()
    residing = _RESIDENCES.c
    is_current = and_(residing.from_on <= today, or_(residing.to_on.is_(None), residing.to_on > today))
    return (
        select(func.count(residing.person_id.distinct()))
        .select_from(_RESIDENCES.join(_DWELLINGS, _DWELLINGS.c.id == residing.dwelling_id))
        .where(
            residing.kind == "actual",
            is_current,
            _hit(_DWELLINGS.c.geom, zone),
            within(viewer, _DWELLINGS.c.area_code),
        )
    )
