"""Builders for residents. Numbers are check-valid and impossible: there is no district 310199."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import Polygon, box
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.residents import dwellings, sealing, service
from app.residents.models import Dwelling, Person
from app.residents.schemas import NewDwelling, NewResident
from app.sealing import vault
from app.sealing.vault import Vault
from grid.codes import citizen_check
from grid.models import Building
from grid.reach import Viewer
from tests import make
from tests.make_events import viewer

LIVED_FROM = date(2024, 3, 1)


@contextmanager
def keys(home: Path) -> Iterator[Vault]:
    """Keys of a throwaway home."""
    vault.bind(home)
    try:
        yield sealing.vault()
    finally:
        vault.bind(None)


def number(order: int = 1, birth: date = date(1990, 5, 17)) -> str:
    """A citizen number with a right check of a district that does not exist (odd order: male)."""
    first = f"310199{birth:%Y%m%d}{order:03d}"
    return first + citizen_check(first)


def building(db: Session, *, west: float = make.WEST + 0.0004, south: float = make.SOUTH + 0.0004) -> Building:
    """A building of about 40 m a side, in the south-west cell unless placed elsewhere."""
    outline: Polygon = box(west, south, west + 0.0004, south + 0.0004)
    made = Building(
        geom=from_shape(outline, srid=4326), name_zh="一号楼", name_en="Building 1", floors=6, use="residential"
    )
    db.add(made)
    db.flush()
    return made


def dwelling(db: Session, room: str = "101", *, inside: Building | None = None, floor: int | None = 1) -> Dwelling:
    """A dwelling made through the service."""
    house = inside or building(db)
    return dwellings.create(db, clerk(), NewDwelling(building_id=house.id, floor=floor, room=room))


def clerk(*prefixes: str) -> Viewer:
    """A registry clerk."""
    return viewer(Role.CLERK, *prefixes)


def given(home: Dwelling, **facts: Any) -> NewResident:
    """What a clerk would send."""
    return NewResident.model_validate({"dwelling_id": home.id, "name": "张三丰", "from_on": LIVED_FROM} | facts)


def person(db: Session, home: Dwelling, **facts: Any) -> Person:
    """A person registered through the service."""
    return service.register(db, clerk(), given(home, **facts)).person
