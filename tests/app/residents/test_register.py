"""Registering residents: who may, where, with what facts; doubles; corrections."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.launch.cluster import Cluster
from app.residents import dwellings, queries, service
from app.residents.dwellings import DwellingExists
from app.residents.masking import MaskedValue
from app.residents.models import Person, ResidentEntry, Sex
from app.residents.schemas import Correction, NewDwelling
from app.residents.service import AlreadyRegistered
from app.residents.visible import today
from app.sealing.vault import KeyMissing, Vault, bind
from gis import db as database
from gis.errors import Forbidden, InvalidInput, NotFound
from tests import make, make_people
from tests.conftest import copy_database
from tests.make_events import viewer
from tests.make_people import clerk, number


def test_a_dwelling_stands_inside_its_building_and_its_cell(db: Session) -> None:
    cells = make.city(db)
    house = make_people.building(db)
    flat = make_people.dwelling(db, "502", inside=house, floor=5)
    assert flat.unit_cell_id == cells["310199001001001"].id
    assert db.scalar(
        text("SELECT ST_Contains(b.geom, d.geom) FROM dwellings d, buildings b WHERE b.id = d.building_id")
    )


def test_a_dwelling_outside_the_outline_out_of_reach_or_a_second_time_is_refused(db: Session) -> None:
    make.city(db)
    house = make_people.building(db)
    away = NewDwelling(building_id=house.id, room="1", lon=make.WEST + 0.003, lat=make.SOUTH)
    with pytest.raises(InvalidInput):
        dwellings.create(db, clerk(), away)
    with pytest.raises(Forbidden):
        dwellings.create(db, clerk("310199001002"), NewDwelling(building_id=house.id, room="1"))
    with pytest.raises(Forbidden):
        dwellings.create(db, viewer(Role.PLANNER), NewDwelling(building_id=house.id, room="1"))
    with pytest.raises(InvalidInput):
        dwellings.create(db, clerk(), NewDwelling(building_id=-1, room="1"))
    make_people.dwelling(db, "101", inside=house, floor=None)
    with pytest.raises(DwellingExists):
        make_people.dwelling(db, "101", inside=house, floor=None)
    make_people.dwelling(db, "101", inside=house, floor=2)


def test_a_resident_is_registered_at_a_dwelling_and_the_database_holds_no_number(db: Session, vault: Vault) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    person = make_people.person(db, home, number=number(), phone="139 1234 5678", sex="1")
    row = db.execute(text("SELECT p::text FROM persons p WHERE id = :id"), {"id": person.id}).scalar_one()
    for hidden in (number(), number()[-4:], "13912345678", number().encode().hex()):
        assert hidden not in row
    assert person.number_sealed is not None
    assert vault.open(person.number_sealed, "number") == number()
    assert (person.birth_on, person.sex) == (date(1990, 5, 17), Sex.MALE)
    [entry] = queries.history(db, clerk(), person.id)
    assert (entry["kind"], entry["note"]) == ("registered", "actual")


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.CLERK])
def test_only_a_clerk_registers(db: Session, role: Role) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    with pytest.raises(Forbidden):
        service.register(db, viewer(role), make_people.given(home))


def test_a_clerk_registers_only_at_dwellings_in_reach(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    with pytest.raises(NotFound):
        service.register(db, clerk("310199001002"), make_people.given(home))


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"number": number()[:-1] + ("0" if number()[-1] != "0" else "1")}, "number"),
        ({"number": "310199199013170011"}, "number"),
        ({"number": "12345"}, "number"),
        ({"number": number(), "birth_on": date(1991, 1, 1)}, "birth_on"),
        ({"birth_on": date(1800, 1, 1)}, "birth_on"),
        ({"birth_on": date(2999, 1, 1)}, "birth_on"),
        ({"birth_on": date(2026, 1, 1), "from_on": date(2025, 1, 1)}, "from_on"),
        ({"from_on": date(2999, 1, 1)}, "from_on"),
        ({"name": "12345"}, "name"),
        ({"name": "…"}, "name"),
        ({"phone": "call me"}, "phone"),
    ],
)
def test_wrong_facts_are_refused_by_field_and_not_repeated(db: Session, facts: dict[str, Any], field: str) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    with pytest.raises(InvalidInput) as refused:
        service.register(db, clerk(), make_people.given(home, **facts))
    assert refused.value.field == field
    if field in facts and isinstance(facts[field], str):
        assert facts[field] not in str(refused.value)


@pytest.mark.parametrize("facts", [{"name": "张**"}, {"number": "310***********002X"}, {"phone": "139****5678"}])
def test_a_masked_value_is_never_written_back(db: Session, facts: dict[str, str]) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    with pytest.raises(MaskedValue):
        service.register(db, clerk(), make_people.given(home, **facts))
    person = make_people.person(db, home)
    with pytest.raises(MaskedValue) as refused:
        service.correct(db, clerk(), person.id, Correction.model_validate(facts))
    assert refused.value.field in facts


def test_soft_warnings_refuse_nothing(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    old = make_people.given(home, number="310105491231002", name="Old Card")  # the 15 digits of 31010519491231002X
    made = service.register(db, clerk(), old)
    assert made.warnings == ("old_number",)
    other = service.register(db, clerk(), make_people.given(home, number=number(3), sex="2", name="Someone Else"))
    assert other.warnings == ("sex_differs",)


def test_a_second_registration_of_a_number_says_what_to_do(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    person = make_people.person(db, home, number=number())
    other_way = f" {number()[:6]} {number()[6:14]} {number()[14:].lower()}"
    with pytest.raises(AlreadyRegistered, match=f"open resident {person.id} and enter a move") as refused:
        service.register(db, clerk(), make_people.given(home, number=other_way, name="李四"))
    assert refused.value.field == "number"
    north = make_people.dwelling(db, inside=make_people.building(db, south=make.SOUTH + 0.0025))
    with pytest.raises(AlreadyRegistered, match="another area") as elsewhere:
        service.register(db, clerk("310199001002"), make_people.given(north, number=number(), name="李四"))
    assert str(person.id) not in str(elsewhere.value)


def test_the_same_name_and_birth_at_one_dwelling_is_taken_for_a_double(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    make_people.person(db, home, name="Ann Lee", birth_on=date(1980, 2, 2))
    with pytest.raises(AlreadyRegistered, match="correct it"):
        make_people.person(db, home, name="ann  LEE", birth_on=date(1980, 2, 2))
    make_people.person(db, home, name="Ann Lee", birth_on=date(2010, 2, 2))


def test_twins_with_numbers_of_their_own_are_two_people(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    make_people.person(db, home, name="双双", number=number(1))
    make_people.person(db, home, name="双双", number=number(3))
    assert db.scalar(select(func.count()).select_from(Person)) == 2


def test_a_correction_changes_what_was_sent_and_names_only_the_fields(db: Session, vault: Vault) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db), number=number(), phone="13912345678")
    service.correct(db, clerk(), person.id, Correction(name="张四"))
    assert person.name == "张四"
    assert vault.open(person.number_sealed or b"", "number") == number()
    service.correct(db, clerk(), person.id, Correction.model_validate({"phone": None, "number": number(7)}))
    assert person.phone_sealed is None
    assert person.number_index == vault.index(number(7), "number")
    notes = [entry["note"] for entry in queries.history(db, clerk(), person.id)]
    assert notes == ["actual", "name", "number, phone"]
    with pytest.raises(NotFound):
        service.correct(db, clerk("310199001002"), person.id, Correction(name="王五"))
    with pytest.raises(InvalidInput):
        service.correct(db, clerk(), person.id, Correction(birth_on=date(1950, 1, 1)))


def test_a_number_cant_be_corrected_to_another_persons(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    make_people.person(db, home, number=number(1))
    other = make_people.person(db, home, number=number(2), name="李四")
    with pytest.raises(AlreadyRegistered):
        service.correct(db, clerk(), other.id, Correction(number=number(1)))


def test_a_register_sealed_with_other_keys_is_not_written_to(db: Session, tmp_path: Any) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    make_people.person(db, home, number=number(1))
    bind(tmp_path / "another home")
    with pytest.raises(KeyMissing):
        make_people.person(db, home, number=number(2), name="李四")


def test_the_database_refuses_misplaced_dwellings_and_overlapping_residences(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    person = make_people.person(db, home)
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(text("UPDATE dwellings SET geom = ST_SetSRID(ST_Point(0, 0), 4326)"))
    add = text("INSERT INTO residences (person_id, dwelling_id, kind, from_on, to_on) VALUES (:p, :d, :kind, :a, :b)")
    day = today(db)
    for kind, last in (("actual", None), ("work", day)):  # a second home on one day; an end before the beginning
        with pytest.raises(IntegrityError), db.begin_nested():
            db.execute(add, {"p": person.id, "d": home.id, "kind": kind, "a": day, "b": last})
    with pytest.raises(ProgrammingError), db.begin_nested():
        db.execute(text("DELETE FROM resident_entries"))
    assert db.scalar(select(func.count()).select_from(ResidentEntry)) == 1


def test_of_two_clerks_at_once_one_registers_a_number(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_residents_race"), pool_size=8)
    with Session(engine) as db, db.begin():
        make.city(db)
        house = make_people.building(db)
        rooms = [make_people.dwelling(db, str(n), inside=house).id for n in range(6)]

    def register(room: int) -> str:
        try:
            with Session(engine) as db, db.begin():
                made = {"dwelling_id": room, "name": f"某人{room}", "from_on": "2024-01-01", "number": number()}
                service.register(db, clerk(), service.NewResident.model_validate(made))
        except AlreadyRegistered:
            return "told"
        return "registered"

    try:
        with ThreadPoolExecutor(6) as pool:
            told = sorted(pool.map(register, rooms))
    finally:
        engine.dispose()
    assert told == ["registered", *["told"] * 5]
