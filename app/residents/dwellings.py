"""Dwellings: adding them inside a building, reading those of a building."""

from __future__ import annotations

from typing import Any

import shapely
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry import Point
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import record
from app.live.service import announce
from app.residents.models import Dwelling, Residence, ResidenceKind
from app.residents.schemas import NewDwelling
from app.residents.visible import TODAY, holds_on
from gis.datum import to_wgs84
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from gis.types import SRID
from grid.locate import fields, locate
from grid.located import LocatedBy
from grid.models import Address, Building, UnitCell
from grid.reach import Viewer, within


class DwellingExists(Conflict):
    """The building has a dwelling of this entrance, floor and room already."""

    code = "residents.dwelling_exists"


def create(db: Session, viewer: Viewer, given: NewDwelling) -> Dwelling:
    """Add a dwelling to a building.

    A given point must lie inside the building's outline (its edge counts), else InvalidInput; without one a point
    inside the outline is taken. Raises Forbidden outside the viewer's areas, DwellingExists for a second one.
    """
    viewer.require("residents.create")
    building = db.get(Building, given.building_id)
    if building is None:
        raise InvalidInput("There is no building {id}.", id=given.building_id, field="building_id")
    point = _point(given, to_shape(building.geom))
    place = locate(db, point)
    if not viewer.reaches(place.area_code):
        raise Forbidden("This building lies outside your areas.")
    dwelling = Dwelling(
        building_id=building.id,
        entrance=given.entrance,
        floor=given.floor,
        room=given.room,
        use=given.use,
        geom=from_shape(point, srid=SRID),
        located_by=LocatedBy.ADDRESS if given.lon is None else LocatedBy.MAP,
        datum_given=given.datum,
        **fields(place) | ({"address_id": building.address_id} if building.address_id else {}),
    )
    try:
        with db.begin_nested():
            db.add(dwelling)
            db.flush()
    except IntegrityError as error:
        raise DwellingExists(
            "The building has the dwelling {room} already: choose it in the list.", room=given.room, field="room"
        ) from error
    announce(
        db, channel="residents", kind="created", record_id=dwelling.id, area_code=dwelling.area_code,
        bbox=(point.x, point.y, point.x, point.y),
    )  # fmt: skip
    return dwelling


def get(db: Session, viewer: Viewer, dwelling_id: int) -> Dwelling:
    """A dwelling within the viewer's areas; NotFound otherwise."""
    viewer.require("residents.read")
    found = db.scalar(select(Dwelling).where(Dwelling.id == dwelling_id, within(viewer, Dwelling.area_code)))
    if found is None:
        raise NotFound("There is no dwelling {id}.", id=dwelling_id, field="dwelling_id")
    return found


def of_building(db: Session, viewer: Viewer, building_id: int) -> dict[str, Any]:
    """A building and its dwellings in reach, top floor first, each with its head count today. The look is recorded.

    NotFound for a building that touches no cell within the viewer's areas.
    """
    viewer.require("residents.read")
    building = _building(db, viewer, building_id)
    rows = db.execute(
        select(Dwelling, func.count(Residence.person_id.distinct()))
        .outerjoin(
            Residence,
            (Residence.dwelling_id == Dwelling.id) & (Residence.kind == ResidenceKind.ACTUAL) & holds_on(TODAY),
        )
        .where(Dwelling.building_id == building_id, within(viewer, Dwelling.area_code))
        .group_by(Dwelling.id)
        .order_by(Dwelling.floor.desc().nulls_last(), Dwelling.entrance.nulls_first(), Dwelling.room)
    ).all()
    items = [dwelling_to_json(dwelling) | {"residents": count} for dwelling, count in rows]
    record(
        db, viewer, act="residents.building", subject="building", subject_id=building_id, detail={"count": len(items)}
    )
    return {
        "building": building,
        "items": items,
        "matched": len(items),
        "residents": sum(one["residents"] for one in items),
    }


def dwelling_to_json(dwelling: Dwelling) -> dict[str, Any]:
    """A dwelling without its people."""
    west, south, _, _ = to_shape(dwelling.geom).bounds
    return {
        "id": dwelling.id,
        "building_id": dwelling.building_id,
        "entrance": dwelling.entrance,
        "floor": dwelling.floor,
        "room": dwelling.room,
        "use": dwelling.use,
        "lon": round(west, 7),
        "lat": round(south, 7),
        "area_code": dwelling.area_code,
        "unit_cell_id": dwelling.unit_cell_id,
        "address_id": dwelling.address_id,
    }


def _building(db: Session, viewer: Viewer, building_id: int) -> dict[str, Any]:
    here = select(UnitCell.id).where(UnitCell.valid_to.is_(None), within(viewer, UnitCell.area_code))
    touches = here.where(func.ST_Intersects(UnitCell.geom, Building.geom)).correlate(Building).exists()
    found = db.execute(
        select(Building, Address.text_zh, Address.text_en, UnitCell.code)
        .outerjoin(Address, Address.id == Building.address_id)
        .outerjoin(UnitCell, UnitCell.id == Building.unit_cell_id)
        .where(Building.id == building_id, touches)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no building {id}.", id=building_id)
    building, text_zh, text_en, cell_code = found
    outline = to_shape(building.geom)
    return {
        "id": building.id,
        "name_zh": building.name_zh,
        "name_en": building.name_en,
        "use": building.use,
        "floors": building.floors,
        "address_zh": text_zh,
        "address_en": text_en,
        "unit_cell_code": cell_code,
        "area_code": building.area_code,
        "bbox": [round(value, 7) for value in outline.bounds],
    }


def _point(given: NewDwelling, outline: Any) -> Point:
    if given.lon is None or given.lat is None:
        inside: Point = shapely.point_on_surface(outline)
        return inside
    point = Point(*to_wgs84(given.lon, given.lat, given.datum))
    if not outline.covers(point):
        raise InvalidInput("The place lies outside the building's outline.", field="lon")
    return point
