"""Builders for two streets side by side, each with a row of every register that holds a mark of its own.

The southern street is 310199001, the northern one 310199002. Every word, number and name of a street's rows holds
its mark, so that an answer which lets one slip can be recognised whatever its form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon, Point, box
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import photos
from app.cases.models import CaseStatus
from app.facilities import service as facilities
from app.facilities.schemas import NewFacility
from app.field import patrols
from app.field.models import Patrol
from app.field.schemas import PointIn, TrackIn
from app.residents.models import Residence
from app.settings import Settings
from grid import addresses
from grid.models import Building, City, DutyCell, DutyCellUnit, GridVersion
from grid.reach import whole_city
from tests import make, make_accounts, make_cases, make_events, make_people, make_transfer

SOUTH, NORTH = "310199001", "310199002"
MARK = {SOUTH: "Suederwort", NORTH: "Norderwort"}
HANDLES = {SOUTH: "Gully Works", NORTH: "Lamp Works"}  # the departments of the two cases
PEOPLE = 6  # above the floor below which counts are hidden
ALL_RIGHTS = frozenset({"facilities.edit", "facilities.read", "cases.create", "cases.move", "cases.read"})


@dataclass(frozen=True)
class Street:
    """What stands in one street: ids and keys of its rows, and a spot inside it."""

    code: str
    mark: str
    lon: float
    lat: float
    cell_code: str
    cell_id: int
    case_id: int
    case_number: str
    photo_key: str
    event_id: int
    event_number: str
    component_id: int
    component_code: str
    facility_id: int
    building_id: int
    dwelling_id: int
    person_id: int
    residence_id: int
    address_id: int
    duty_cell_id: int
    patrol_id: int
    transfer_id: int


def streets(db: Session, home: Path) -> tuple[Street, Street]:
    """The city of two streets, one community and two cells each; south first."""
    version = _ground(db)
    south, north = (_street(db, code, version, home) for code in (SOUTH, NORTH))
    return south, north


def _ground(db: Session) -> GridVersion:
    whole = box(make.WEST, make.SOUTH, make.WEST + 2 * make.SIDE, make.SOUTH + 2 * make.SIDE)
    db.add(City(
        profile="test", name_zh="试验城", name_en="Testville", boundary=from_shape(MultiPolygon([whole]), srid=4326),
        crs_epsg=4549, time_zone="Asia/Shanghai", language="zh", levels=["district", "street", "community"],
        cell_scheme="GB/T 30428.1-2013", cell_target_m2=10_000.0, snap_m=50.0, is_demo=False,
    ))  # fmt: skip
    version = GridVersion(label="first", method="test")
    db.add(version)
    db.flush()
    make.area(db, "310199", whole, level="district")
    return version


def _street(db: Session, code: str, version: GridVersion, home: Path) -> Street:
    mark, south = MARK[code], make.SOUTH + (make.SIDE if code == NORTH else 0)
    community = f"{code}001"
    row = box(make.WEST, south, make.WEST + 2 * make.SIDE, south + make.SIDE)
    make.area(db, code, row, level="street", parent="310199")
    make.area(db, community, row, parent=code)
    halves = [box(west, south, west + make.SIDE, south + make.SIDE) for west in (make.WEST, make.WEST + make.SIDE)]
    cell, _east = (make.cell(db, f"{community}00{n}", community, half, version) for n, half in enumerate(halves, 1))
    lon, lat = make.WEST + 0.001, south + 0.001
    duty = DutyCell(
        code=f"duty-{mark}", name_zh=mark, name_en=mark, area_code=community, responsible=f"{mark} Keeper",
        team=f"{mark} team", valid_from=make.OPENED_ON,
    )  # fmt: skip
    db.add(duty)
    db.flush()
    db.add(DutyCellUnit(duty_cell_id=duty.id, unit_cell_id=cell.id, valid_from=make.OPENED_ON))
    door = addresses.add(db, Point(lon, lat), text_zh=f"{mark}路1号", text_en=f"1 {mark} Road", number="1")
    house = _house(db, mark, make.WEST + 0.0004, south + 0.0004, door.id, cell.id, community)
    dwelling_id, person_id, residence_id = _people(db, house, mark)
    case, key = _case(db, (lon, lat), mark, HANDLES[code], home)
    event = make_events.event(
        db, title=f"{mark} flood", description=f"{mark} water",
        geometry={"type": "Point", "coordinates": [lon, lat]},
    )  # fmt: skip
    lamp = make_cases.component(db, at=(lon, lat), name_zh=mark, name_en=f"{mark} lamp", in_charge=f"{mark} office")
    clinic = facilities.create(
        db, whole_city(ALL_RIGHTS),
        NewFacility.model_validate({
            "kind": "clinic", "name_zh": mark, "name_en": f"{mark} clinic", "address_text": f"{mark} Road",
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }),
    )  # fmt: skip
    return Street(
        code, mark, lon, lat, cell.code, cell.id, case.id, case.number, key, event.id, event.number, lamp.id, lamp.code,
        clinic.id, house.id, dwelling_id, person_id, residence_id, door.id, duty.id, _patrol(db, lon, lat, mark),
        make_transfer.transfer(db, case.id, their_id=f"{mark}-1", result=mark).id,
    )  # fmt: skip


def _patrol(db: Session, lon: float, lat: float, mark: str) -> int:
    """A walk of one point by somebody who is called after the street."""
    walker = make_accounts.viewer(db, role="inspector", full_name=f"{mark} Walker")
    patrols.say(db, walker, given=True)
    now = datetime.now(UTC) + timedelta(seconds=1)
    point = PointIn(number=0, at=now, lon=lon, lat=lat, accuracy_m=5.0)
    patrols.record(db, walker, TrackIn(patrol=uuid4(), started_at=now, sent_at=now, points=[point]))
    return db.scalars(select(Patrol.id).where(Patrol.account_id == walker.account_id)).one()


def _house(db: Session, mark: str, west: float, south: float, door: int, cell: int, area: str) -> Building:
    made = make_people.building(db, west=west, south=south)
    made.name_zh, made.name_en = f"{mark}楼", f"{mark} House"
    made.address_id, made.unit_cell_id, made.area_code = door, cell, area
    db.flush()
    return made


def _people(db: Session, house: Building, mark: str) -> tuple[int, int, int]:
    """A dwelling with `PEOPLE` residents: its id, and the first one's id and residence."""
    home = make_people.dwelling(db, f"{mark[:1]}-101", inside=house)
    first, *_others = (make_people.person(db, home, name=f"{mark} {sign}") for sign in "ABCDEF"[:PEOPLE])
    residence_id = db.scalars(select(Residence.id).where(Residence.person_id == first.id)).one()
    return home.id, first.id, residence_id


def _case(db: Session, at: tuple[float, float], mark: str, department: str, home: Path) -> tuple[Any, str]:
    who = make_accounts.viewer(db, role="intake")
    taken = photos.add(db, who, make_cases.jpeg(), photos.PhotoStore.of(Settings(home=home)))
    case = make_cases.case(db, at=at, description=f"{mark} is dark", by=who, photo_keys=[taken.key],
                           class_id=make_cases.case_class(db).id)  # fmt: skip
    case.department, case.status = department, CaseStatus.HANDLING
    db.flush()
    return case, taken.key
