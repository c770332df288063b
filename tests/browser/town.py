"""A small town to look at: the invented city of `tests.make` with streets, houses, people, cases and an event.

Two streets cross in the middle; four houses stand in each of the four cells, each with a door number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, Polygon, box
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.cases.catalogue import load_catalogues
from app.cases.models import Case, CaseClass, CaseStatus, CatalogueScheme
from app.emergency.classes import load_classes
from app.facilities import service as facilities
from app.facilities.schemas import NewFacility
from app.residents.models import Dwelling
from grid.locate import fields, locate
from grid.located import LocatedBy
from grid.models import Address, AddressKind, Building, Ground, Road, UnitCell
from tests import make, make_accounts, make_cases, make_events, make_people

W, S, SIDE = make.WEST, make.SOUTH, make.SIDE
EDGE = 2 * SIDE
CASES = 24
STATUSES = (CaseStatus.REPORTED, CaseStatus.FILED, CaseStatus.HANDLING, CaseStatus.CLOSED)


@dataclass(frozen=True)
class Town:
    """What tests need to know of it."""

    password: str
    cases: int
    open_water_class: str
    pages: dict[str, str]


def build(db: Session) -> Town:
    """Everything, committed by the caller."""
    cells = make.city(db, snap_m=20.0)
    _ground(db)
    _roads(db)
    load_catalogues(db)
    load_classes(db)
    for index, spot in enumerate(_houses()):
        _house(db, index + 1, spot, cells)
    db.flush()
    for role in Role:
        make_accounts.account(db, role=role, name=role.value, full_name=f"Test {role.value}", language="en")
    make_accounts.account(db, role="inspector", name="zhang", full_name="张伟", language="zh")
    classes = _classes(db)
    for number in reversed(range(CASES)):  # the oldest first, as they would have come
        _case(db, number, classes[number % len(classes)])
    zone = make_events.square(W + 0.0018, S + 0.0018, 0.0006)
    event = make_events.event(db, title="Gas smell at the crossing", geometry=zone, level="III")
    return Town(make_accounts.PASSWORD, CASES, classes[0].name_en, _records(db, classes[0]) | {
        "event": f"/events/{event.number}",
        "case": "/cases/" + db.scalars(select(Case.number).where(Case.status == CaseStatus.FILED).limit(1)).one(),
    })  # fmt: skip


def _records(db: Session, lamp: CaseClass) -> dict[str, str]:
    """A person, a component and a facility in the last house, with the addresses of their pages."""
    home = db.scalars(select(Dwelling).order_by(Dwelling.id.desc()).limit(1)).one()
    person = make_people.person(db, home, number=make_people.number(7), phone="139 1234 5678")
    at = (W + 0.0031, S + 0.0031)
    component = make_cases.component(db, class_id=lamp.id, at=at)
    point = {"type": "Point", "coordinates": [at[0] + 0.0003, at[1]]}
    given = NewFacility.model_validate(
        {"kind": "school", "name_zh": "试验小学", "name_en": "Test School", "geometry": point, "capacity": 480}
    )
    facility = facilities.create(db, make_events.viewer(Role.CLERK), given)
    return {
        "person": f"/residents/{person.id}", "building": f"/buildings/{home.building_id}",
        "component": f"/components/{component.code}", "facility": f"/facilities/{facility.id}",
    }  # fmt: skip


def _classes(db: Session) -> list[CaseClass]:
    """Street lamps, and the first class there is beside them, of the catalogue in use."""
    chosen = select(CaseClass).join(CatalogueScheme).where(CatalogueScheme.is_active, CaseClass.parent_id.is_not(None))
    minor = db.scalars(chosen.order_by(CaseClass.name_zh != "路灯", CaseClass.id).limit(2)).all()
    return list(minor)


def _houses() -> Iterator[tuple[float, float]]:
    """South-west corners of the houses, cell by cell."""
    for row in (0, 1):
        for column in (0, 1):
            for north in (0, 1):
                for east in (0, 1):
                    yield W + column * SIDE + 0.0003 + east * 0.0008, S + row * SIDE + 0.0003 + north * 0.0008


def _house(db: Session, number: int, spot: tuple[float, float], cells: dict[str, UnitCell]) -> None:
    outline: Polygon = box(*spot, spot[0] + 0.0004, spot[1] + 0.00035)
    place = locate(db, outline.centroid)
    text_zh, text_en = f"试验路{number}号", f"{number} Test Road"
    address = Address(
        kind=AddressKind.DOOR, area_code=place.area_code, unit_cell_id=place.unit_cell_id,
        road="试验路", number=f"{number}号",
        text_zh=text_zh, text_en=text_en, search=f"{text_zh} {text_en.lower()} shiyanlu{number}hao syl{number}h",
        geom=from_shape(outline.centroid, srid=4326), valid_from=make.OPENED_ON,
    )  # fmt: skip
    db.add(address)
    db.flush()
    house = Building(
        geom=from_shape(outline, srid=4326), name_zh=f"{number}号楼", name_en=f"House {number}",
        use="residential", floors=3,
        address_id=address.id, unit_cell_id=place.unit_cell_id, area_code=place.area_code,
    )  # fmt: skip
    db.add(house)
    db.flush()
    where: dict[str, Any] = fields(place) | {"address_id": address.id, "located_by": LocatedBy.ADDRESS}
    inside = from_shape(outline.centroid, srid=4326)
    for floor, room in product((1, 2, 3), (1, 2)):
        db.add(Dwelling(building_id=house.id, floor=floor, room=f"{floor}0{room}", geom=inside, **where))


def _roads(db: Session) -> None:
    """Roads that meet where they share a point."""
    middle_x, middle_y = W + SIDE, S + SIDE
    lines: dict[str, Any] = {
        "试验路|Test Road|primary": [(x, middle_y) for x in (W, middle_x, W + EDGE)],
        "新街|New Street|secondary": [(middle_x, y) for y in (S, S + 0.001, middle_y, S + 0.003, S + EDGE)],
        "南里|South Lane|residential": [(x, S + 0.001) for x in (W, middle_x, W + EDGE)],
        "北里|North Lane|residential": [(x, S + 0.003) for x in (W, middle_x, W + EDGE)],
    }
    for names, line in lines.items():
        zh, en, kind = names.split("|")
        db.add(Road(name_zh=zh, name_en=en, road_class=kind, geom=from_shape(LineString(line), srid=4326)))


def _ground(db: Session) -> None:
    pond = box(W + 0.0016, S + 0.0032, W + 0.0019, S + 0.0037)
    park = box(W + 0.0014, S + 0.0029, W + 0.00195, S + 0.0039)
    db.add(Ground(kind="green", name_zh="公园", name_en="Park", geom=from_shape(park, srid=4326)))
    db.add(Ground(kind="water", name_zh="池塘", name_en="Pond", geom=from_shape(pond, srid=4326)))


def _case(db: Session, number: int, kind: CaseClass) -> Case:
    """Cases lie on a lattice beside the streets; every fourth is closed; one is reported every eight hours."""
    at = (W + 0.00025 + (number % 6) * 0.0006, S + 0.00022 + (number // 6) * 0.001)
    seen = datetime.now(UTC) - timedelta(hours=8 * number + 1)
    made = make_cases.case(db, at=at, class_id=kind.id, description=f"Test case {number + 1}", reported_at=seen)
    made.status = STATUSES[number % 4]
    return made
