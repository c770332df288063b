"""What the database itself refuses, whoever writes and by whatever path: a record without a valid place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient

from app.cases.models import Case
from app.components.models import Component
from app.emergency.models import Event
from app.facilities import service as facilities
from app.facilities.models import Facility
from app.facilities.schemas import NewFacility
from app.residents.models import Dwelling
from gis import bulk
from gis.db import Base
from grid.models import Address
from tests import make, make_cases, make_events, make_people

REGISTERS: dict[str, type[Base]] = {
    "cases": Case, "events": Event, "dwellings": Dwelling, "components": Component, "facilities": Facility,
    "addresses": Address,
}  # fmt: skip
FAR = "SRID=4326;POINT(174.76 -41.29)"
NEXT_DOOR = f"SRID=4326;POINT({make.WEST + 1.5 * make.SIDE} {make.SOUTH + 0.001})"  # the cell east of the record's
FRESH = {"id": 990_001, "number": "99000000001", "code": "9900000000000001", "room": "9901", "external_id": "guard-1"}


def _facility(db: Session) -> None:
    given = NewFacility.model_validate({"kind": "clinic", "name_en": "Clinic", "geometry": make_events.POINT})
    facilities.create(db, make_events.viewer(make_events.Role.ADMINISTRATOR), given)


def _address(db: Session) -> None:
    db.execute(text(
        "INSERT INTO addresses (kind, area_code, unit_cell_id, text_zh, text_en, search, geom, valid_from)"
        " SELECT 'door', area_code, id, '一号', '1', '1', ST_Centroid(geom), '2020-01-01' FROM unit_cells"
        " ORDER BY code LIMIT 1"
    ))  # fmt: skip


BUILDERS: dict[str, Callable[[Session], Any]] = {
    "cases": make_cases.case, "events": make_events.event, "dwellings": make_people.dwelling,
    "components": make_cases.component, "facilities": _facility, "addresses": _address,
}  # fmt: skip


@pytest.fixture(params=REGISTERS)
def register(db: Session, request: pytest.FixtureRequest) -> str:
    """A located table with one record in the south-west cell of the small city."""
    make.city(db)
    BUILDERS[request.param](db)
    return str(request.param)


@pytest.fixture
def resident(db: Session, tmp_path: Path) -> Iterator[int]:
    """The id of a person at a dwelling."""
    make.city(db)
    with make_people.keys(tmp_path):
        yield make_people.person(db, make_people.dwelling(db)).id


def refused(db: Session, statement: str, **binds: Any) -> None:
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(text(statement), binds)


def check_now(db: Session, *statements: str) -> None:
    """Do something, and ask what the end of the transaction would ask."""
    for statement in statements:
        db.execute(text(statement))
    db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    db.execute(text("SET CONSTRAINTS ALL DEFERRED"))


def refused_at_the_end(db: Session, reason: str, *statements: str) -> None:
    with pytest.raises(IntegrityError, match=reason), db.begin_nested():
        check_now(db, *statements)


INSERT = (
    "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(t) || CAST(:changes AS jsonb))).*"
    " FROM {table} t LIMIT 1"
)


def changes(db: Session, table: str, **given: Any) -> str:
    """A second record like the first, with its own keys."""
    columns = {column.name for column in REGISTERS[table].__table__.columns}
    return json.dumps({name: value for name, value in (FRESH | given).items() if name in columns})


def test_a_second_record_at_a_right_place_is_taken(db: Session, register: str) -> None:
    db.execute(text(INSERT.format(table=register)), {"changes": changes(db, register)})
    assert db.execute(text(f"SELECT count(*) FROM {register}")).scalar_one() == 2


@pytest.mark.parametrize(
    "geom",
    [
        None,
        "SRID=4326;POINT EMPTY",
        "SRID=4326;POINT(NaN NaN)",
        FAR,
        NEXT_DOOR,
    ],
    ids=["null", "empty", "not a number", "another continent", "the next cell"],
)
def test_no_insert_puts_a_record_where_its_cell_is_not(db: Session, register: str, geom: str | None) -> None:
    refused(db, INSERT.format(table=register), changes=changes(db, register, geom=geom))


@pytest.mark.parametrize("register", ["events", "facilities"], indirect=True)
def test_no_insert_takes_a_shape_that_crosses_itself(db: Session, register: str) -> None:
    x, y = make.WEST + 0.0005, make.SOUTH + 0.0005
    bow_tie = f"SRID=4326;POLYGON(({x} {y},{x + 0.001} {y + 0.001},{x + 0.001} {y},{x} {y + 0.001},{x} {y}))"
    refused(db, INSERT.format(table=register), changes=changes(db, register, geom=bow_tie))


@pytest.mark.parametrize(
    "given",
    [{"area_code": "310199001002"}, {"area_code": None}, {"unit_cell_id": None}, {"unit_cell_id": 987_654_321}],
    ids=["another area", "no area", "no cell", "a cell that is none"],
)
def test_no_insert_gives_a_record_a_wrong_cell_or_area(db: Session, register: str, given: dict[str, Any]) -> None:
    refused(db, INSERT.format(table=register), changes=changes(db, register, **given))


@pytest.mark.parametrize("geom", [None, "SRID=4326;POINT EMPTY", FAR, NEXT_DOOR])
def test_no_update_takes_a_record_out_of_its_cell(db: Session, register: str, geom: str | None) -> None:
    refused(db, f"UPDATE {register} SET geom = CAST(:geom AS geometry)", geom=geom)


def test_no_update_gives_a_record_another_cell_or_one_that_has_ended(db: Session, register: str) -> None:
    refused(db, f"UPDATE {register} SET unit_cell_id = (SELECT max(id) FROM unit_cells)")
    refused(db, f"UPDATE {register} SET area_code = '310199'")
    db.execute(text(f"UPDATE unit_cells SET valid_to = '2021-01-01' WHERE id IN (SELECT unit_cell_id FROM {register})"))
    refused(db, INSERT.format(table=register), changes=changes(db, register))


def test_no_upsert_gets_round_it(db: Session, register: str) -> None:
    upsert = INSERT.format(table=register) + " ON CONFLICT (id) DO UPDATE SET geom = CAST(:geom AS geometry)"
    first = db.execute(text(f"SELECT id FROM {register}")).scalar_one()
    refused(db, upsert, changes=changes(db, register, id=first), geom=FAR)


def copy(db: Session, table: str, row: dict[str, str | None]) -> None:
    with bulk.driver(db).cursor().copy(f"COPY {table} ({', '.join(row)}) FROM STDIN") as rows:
        rows.write_row(tuple(row.values()))


@pytest.mark.parametrize("geom", [FAR, NEXT_DOOR, None])
def test_no_copy_gets_round_it(db: Session, register: str, geom: str | None) -> None:
    names = [c.name for c in REGISTERS[register].__table__.columns if c.name not in ("id", "parent_id")]
    row = db.execute(text(f"SELECT {', '.join(f'{name}::text' for name in names)} FROM {register}")).one()._asdict()
    row |= {name: str(value) for name, value in FRESH.items() if name in row} | {"geom": geom}
    with pytest.raises(psycopg.IntegrityError), db.begin_nested():
        copy(db, register, row)


def test_no_object_of_the_orm_gets_round_it(db: Session, register: str) -> None:
    record: Any = db.query(REGISTERS[register]).one()
    make_transient(record)
    for name, value in FRESH.items():
        if hasattr(record, name):
            setattr(record, name, value)
    record.geom = from_shape(Point(174.76, -41.29), srid=4326)
    db.add(record)
    with pytest.raises(IntegrityError, match="unit cell"):
        db.flush()


def test_a_record_just_outside_belongs_to_the_cell_it_is_near_and_no_farther_than_the_city_snaps(db: Session) -> None:
    make.city(db)
    make_cases.case(db)
    near, far = (f"SRID=4326;POINT({make.WEST - away} {make.SOUTH + 0.001})" for away in (0.0005, 0.0006))
    insert = INSERT.format(table="cases")
    refused(db, insert, changes=changes(db, "cases", geom=far))  # 57 m; the city snaps over 50 m
    others = db.execute(text("SELECT id, area_code FROM unit_cells WHERE code LIKE '%002'")).all()
    for cell_id, area_code in others:  # 238 m and more
        given = changes(db, "cases", geom=near, unit_cell_id=cell_id, area_code=area_code)
        refused(db, insert, changes=given)
    db.execute(text(insert), {"changes": changes(db, "cases", geom=near)})  # 48 m


def test_a_shape_over_several_cells_may_stand_in_any_that_it_touches(db: Session) -> None:
    make.city(db)
    wide = make_events.square(make.WEST + 0.0015, make.SOUTH + 0.0002)
    event = make_events.event(db, geometry=wide)
    west, east = db.execute(
        text("SELECT id FROM unit_cells WHERE area_code = :a ORDER BY code"), {"a": event.area_code}
    )
    for cell in (west, east):
        db.execute(text("UPDATE events SET unit_cell_id = :cell"), {"cell": cell.id})
    other = "(SELECT id FROM unit_cells WHERE code = '310199001002001')"
    refused(db, f"UPDATE events SET unit_cell_id = {other}, area_code = '310199001002'")


def test_a_cell_keeps_its_shape_and_area_and_can_only_end(db: Session) -> None:
    make.city(db)
    refused(db, "UPDATE unit_cells SET geom = ST_Translate(geom, 0.0001, 0)")
    refused(db, "UPDATE unit_cells SET area_code = '310199001002' WHERE area_code = '310199001001'")
    db.execute(text("UPDATE unit_cells SET geom = geom, land_use = 'park', valid_to = '2021-01-01'"))
    check_now(db)


def test_a_cell_cant_end_under_its_records(db: Session, register: str) -> None:
    ended = f"UPDATE unit_cells SET valid_to = '2021-01-01' WHERE id IN (SELECT unit_cell_id FROM {register})"
    refused_at_the_end(db, "does not lie in its unit cell", ended)


def test_a_person_without_a_residence_is_refused_at_the_end_of_the_transaction(db: Session, resident: int) -> None:
    nobody = "INSERT INTO persons (name) VALUES ('Nobody')"
    check_now(db)
    refused_at_the_end(db, "has no residence", nobody)
    refused_at_the_end(db, "has no residence", f"DELETE FROM residences WHERE person_id = {resident}")
    moved = f"UPDATE residences SET person_id = (SELECT max(id) FROM persons) WHERE person_id = {resident}"
    refused_at_the_end(db, f"person {resident} has no residence", nobody, moved)


def test_who_has_left_stays_in_the_register_by_the_residence_that_ended(db: Session, resident: int) -> None:
    db.execute(text("UPDATE residences SET to_on = '2025-01-01' WHERE person_id = :id"), {"id": resident})
    check_now(db)


def test_a_residence_needs_a_dwelling_and_a_dwelling_with_people_cant_go(db: Session, resident: int) -> None:
    refused(db, "UPDATE residences SET dwelling_id = NULL WHERE person_id = :id", id=resident)
    refused(db, "UPDATE residences SET dwelling_id = 987654321 WHERE person_id = :id", id=resident)
    refused(db, "DELETE FROM dwellings")


def test_a_case_names_a_component_that_exists(db: Session) -> None:
    make.city(db)
    make_cases.case(db)
    refused(db, "UPDATE cases SET component_id = 987654321")
