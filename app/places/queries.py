"""Reading the city, its buildings and cells."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from geoalchemy2.shape import to_shape
from shapely.geometry import mapping
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gis.errors import NotFound
from grid.history import held_on
from grid.models import Address, Area, Building, City, UnitCell
from grid.reach import Viewer, within


def city(db: Session) -> City:
    """The city of this database; NotFound before one is loaded."""
    found = db.get(City, 1)
    if found is None:
        raise NotFound("No city is loaded yet.")
    return found


def area_names(db: Session, codes: Collection[str]) -> dict[str, tuple[str, str]]:
    """Chinese and English names of areas that hold now, by code."""
    if not codes:
        return {}
    held = select(Area.code, Area.name_zh, Area.name_en).where(Area.code.in_(codes), Area.valid_to.is_(None))
    return {code: (name_zh or "", name_en or "") for code, name_zh, name_en in db.execute(held)}


def building(db: Session, viewer: Viewer, building_id: int) -> dict[str, Any]:
    """A building's outline and address, if it lies in the viewer's reach; raises NotFound."""
    viewer.require("places.read")
    chosen = (
        select(Building, Address)
        .outerjoin(Address, Address.id == Building.address_id)
        .where(Building.id == building_id, or_(within(viewer, Building.area_code), _everywhere(viewer)))
    )
    row = db.execute(chosen).one_or_none()
    if row is None:
        raise NotFound("There is no building {id}.", id=building_id)
    found, address = row
    return {
        "id": found.id,
        "name_zh": found.name_zh,
        "name_en": found.name_en,
        "use": found.use,
        "floors": found.floors,
        "height_m": found.height_m,
        "area_code": found.area_code,
        "unit_cell_id": found.unit_cell_id,
        "is_generated": found.is_generated,
        "geometry": mapping(to_shape(found.geom)),
        "address": None
        if address is None
        else {"id": address.id, "text_zh": address.text_zh, "text_en": address.text_en},
    }


def _everywhere(viewer: Viewer) -> Any:
    """A building without an area code (outside the city, or not yet located) is for those who see all of it."""
    return Building.area_code.is_(None) if "" in viewer.prefixes else Building.id.is_(None)


def unit_cell(db: Session, viewer: Viewer, code: str, on: date | None = None) -> UnitCell:
    """A unit cell by its code, as of a day if one is given; raises NotFound outside the viewer's reach."""
    viewer.require("places.read")
    chosen = select(UnitCell).where(UnitCell.code == code, held_on(UnitCell, on), within(viewer, UnitCell.area_code))
    found = db.scalars(chosen.order_by(UnitCell.id.desc()).limit(1)).one_or_none()
    if found is None:
        raise NotFound("There is no unit cell {code}.", code=code)
    return found
