"""Residents from files."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.imports.register import ImportRegister
from app.imports.service import Options, Report, import_file
from app.residents import queries
from app.residents.models import Dwelling, Person, Residence
from app.residents.register import RESIDENTS, RESIDENTS_AT_ADDRESSES
from app.sealing.vault import Vault
from grid.models import Address, AddressKind, Building
from tests import make, make_accounts, make_people
from tests.make_people import clerk, number

HEAD = ["id", "name", "number", "phone", "from_on", "floor", "room", "lon", "lat"]
INSIDE = (make.WEST + 0.0006, make.SOUTH + 0.0006)


def take_in(
    db: Session, folder: Path, rows: list[list[object]], register: ImportRegister = RESIDENTS, head: list[str] = HEAD
) -> Report:
    """Import rows as a CSV file."""
    file = folder / "people.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([head, *rows])
    options = Options(maps={"external_id": "id"}, datum="wgs84", system="register-b", refused_to=folder / "refused.csv")
    return import_file(db, clerk(), register, file, options)


@pytest.fixture
def house(db: Session) -> Building:
    cells = make.city(db)
    made = make_people.building(db)
    made.unit_cell_id = cells["310199001001001"].id
    db.flush()
    return made


def test_people_are_taken_in_sealed_at_dwellings_and_a_second_run_adds_nothing(
    db: Session, house: Building, tmp_path: Path, vault: Vault
) -> None:
    rows: list[list[object]] = [
        [1, "张三丰", number(1).lower(), "139 1234 5678", "2024-01-01", 1, "101", *INSIDE],
        [2, "李四", "", "", "2024-01-01", 1, "101", *INSIDE],
        [3, "Ann Lee", number(2), "", "2024-01-01", 2, "201", *INSIDE],
    ]
    first = take_in(db, tmp_path, rows)
    assert (first.read, first.added, first.refused) == (3, 3, 0)
    assert db.scalar(select(func.count()).select_from(Dwelling)) == 2
    assert db.scalar(select(func.count()).select_from(Residence)) == 3
    zhang = db.scalars(select(Person).where(Person.number_index == vault.index(number(1), "number"))).one()
    assert (zhang.birth_on, zhang.sex, vault.open(zhang.phone_sealed or b"", "phone")) == (
        date(1990, 5, 17),
        "1",
        "13912345678",
    )
    assert [entry["kind"] for entry in queries.history(db, clerk(), zhang.id)] == ["imported"]
    second = take_in(db, tmp_path, rows)
    assert (second.added, second.already_there, second.refused) == (0, 3, 0)


def test_rows_that_break_the_registers_rules_are_refused_with_reasons(
    db: Session, house: Building, tmp_path: Path
) -> None:
    home = make_people.dwelling(db, inside=house)
    make_people.person(db, home, number=number(9))
    good = ["2024-01-01", 1, "101", *INSIDE]
    report = take_in(
        db,
        tmp_path,
        [
            [1, "甲乙", number(1), "", *good],
            [2, "丙丁", number(1), "", *good],
            [3, "戊己", number(9), "", *good],
            [4, "庚**", "", "", *good],
            [5, "辛壬", "310***********002X", "", *good],
            [6, "癸子", number(2)[:-1] + "?", "", *good],
            [7, "丑寅", "", "", "2024-01-01", 1, "101", make.WEST + 0.0035, make.SOUTH + 0.0005],
            [8, "卯辰", "", "", "2024-01-01", 1, "101", 10.0, 10.0],
            [9, "巳午", "", "", "2999-01-01", 1, "101", *INSIDE],
        ],
    )
    assert (report.read, report.added, report.refused) == (9, 1, 8)
    assert {"residents.number_twice", "residents.already_registered", "residents.no_building"} <= set(report.refused_by)
    assert report.refused_by["residents.wrong_days"] == 1


def test_a_person_is_taken_in_at_an_address(db: Session, house: Building, tmp_path: Path) -> None:
    address = Address(
        kind=AddressKind.BUILDING, area_code="310199001001", unit_cell_id=house.unit_cell_id, text_zh="和平路1号",
        text_en="1 Peace Road", search="", geom=text("ST_SetSRID(ST_Point(121.4506, 31.2306), 4326)"),
        valid_from=make.OPENED_ON,
    )  # fmt: skip
    db.add(address)
    db.flush()
    house.address_id = address.id
    db.flush()
    head = ["id", "name", "address", "from_on", "room"]
    rows: list[list[object]] = [
        [1, "张三丰", "和平路1号", "2024-01-01", "101"],
        [2, "Ann Lee", "1 Peace Road", "2024-01-01", "102"],
        [3, "李四", "战争路2号", "2024-01-01", "103"],
    ]
    report = take_in(db, tmp_path, rows, RESIDENTS_AT_ADDRESSES, head)
    assert (report.added, dict(report.refused_by)) == (2, {"imports.unknown_value": 1})
    assert db.scalars(select(Dwelling.room).order_by(Dwelling.room)).all() == ["101", "102"]


def test_a_clerk_takes_nobody_in_outside_their_areas(db: Session, house: Building, tmp_path: Path) -> None:
    narrow = make_accounts.viewer(db, role="clerk", areas=["310199001002"])
    file = tmp_path / "people.csv"
    file.write_text(f"name,from_on,room,lon,lat\n张三丰,2024-01-01,1,{INSIDE[0]},{INSIDE[1]}\n", encoding="utf-8")
    report = import_file(db, narrow, RESIDENTS, file, Options(datum="wgs84"))
    assert (report.added, report.refused) == (0, 1)
