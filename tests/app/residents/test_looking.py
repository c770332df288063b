"""Looking at residents: masked, within reach, on record; opened for a purpose."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.audit.models import AuditEntry
from app.audit.words import act_name
from app.residents import queries, residing, service
from app.residents.layers import DWELLINGS, RESIDENTS
from app.residents.opening import open_person
from app.residents.schemas import Correction, Leaving, NewResidence, Opening, PersonSearch, Purpose, ResidentQuery
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from tests import make, make_people
from tests.make_events import viewer
from tests.make_people import clerk, number

WHY = Opening(purpose=Purpose.VERIFY)


def audited(db: Session, act: str) -> list[AuditEntry]:
    """The record's rows of one act, oldest first."""
    return list(db.scalars(select(AuditEntry).where(AuditEntry.act == act).order_by(AuditEntry.id)))


def test_the_list_is_masked_and_its_look_recorded(db: Session) -> None:
    make.city(db)
    make_people.person(db, make_people.dwelling(db), number=number(), phone="13912345678")
    shown = queries.find(db, clerk(), ResidentQuery())
    [item] = shown["items"]
    assert (item["name"], item["number"]) == ("张**", f"310***********{number()[-4:]}")
    for hidden in ("张三丰", number(), "13912345678", "-05-17"):
        assert hidden not in json.dumps(shown, ensure_ascii=False)
    [look] = audited(db, "residents.list")
    assert (look.actor, look.detail["count"], look.detail["matched"]) == ("test clerk", 1, 1)


def test_the_list_filters_by_area_building_and_words_and_pages(db: Session) -> None:
    make.city(db)
    house = make_people.building(db)
    for n in range(5):
        make_people.person(db, make_people.dwelling(db, str(n), inside=house), name=f"人{n}")

    def matched(**query: Any) -> int:
        found: int = queries.find(db, clerk(), ResidentQuery(**query))["matched"]
        return found

    assert matched(area="310199001001") == matched(building_id=house.id) == matched(q="一号") == 5
    assert matched(area="310199001002") == matched(building_id=house.id + 1) == matched(q="二号") == matched(q="%") == 0
    first = queries.find(db, clerk(), ResidentQuery(limit=3))
    rest = queries.find(db, clerk(), ResidentQuery(limit=3, after=first["next"]))
    ids = [item["id"] for page in (first, rest) for item in page["items"]]
    assert (len(set(ids)), rest["next"], ids) == (5, None, sorted(ids, reverse=True))
    with pytest.raises(InvalidInput):
        queries.find(db, clerk(), ResidentQuery(after="bm9uc2Vuc2U"))


@pytest.mark.parametrize("typed", ["{n}", " {n} ", "{low}", "{spaced}", "{wide}"])
def test_a_person_is_found_by_whole_number_however_it_is_typed(db: Session, typed: str) -> None:
    make.city(db)
    wanted = next(n for n in map(number, range(1, 99)) if n.endswith("X"))
    person = make_people.person(db, make_people.dwelling(db), number=wanted)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in wanted)
    spaced = f"{wanted[:6]} {wanted[6:14]} {wanted[14:]}"
    q = typed.format(n=wanted, low=wanted.lower(), spaced=spaced, wide=wide)
    assert [item["id"] for item in queries.search(db, clerk(), PersonSearch(q=q))["items"]] == [person.id]


def test_a_person_is_found_by_the_beginning_of_a_name_but_not_by_one_sign(db: Session) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db), name="Ann-Marie Lee")
    for q in ("ann-marie", "ANN-MARIE LEE", "Ann-MarieL"):
        assert [item["id"] for item in queries.search(db, clerk(), PersonSearch(q=q))["items"]] == [person.id]
    for q in ("marie", "a%", "Ann_Marie"):
        assert queries.search(db, clerk(), PersonSearch(q=q))["items"] == []
    for q in ("A", "", "…", "310199"):
        with pytest.raises(InvalidInput):
            queries.search(db, clerk(), PersonSearch(q=q))


def test_a_search_is_recorded_with_hashed_terms_and_its_count(db: Session) -> None:
    make.city(db)
    make_people.person(db, make_people.dwelling(db))
    for q in ("张三丰", " 张三丰", "李四四"):
        queries.search(db, clerk(), PersonSearch(q=q))
    first, same, other = audited(db, "residents.search")
    assert [row.detail["count"] for row in (first, same, other)] == [1, 1, 0]
    assert first.detail["terms"] == same.detail["terms"] != other.detail["terms"]
    assert "张" not in json.dumps([row.detail for row in (first, same, other)], ensure_ascii=False)


def test_opening_gives_the_whole_record_and_says_so_in_the_audit_record(db: Session) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db), number=number(), phone="13912345678")
    shown = open_person(db, clerk(), person.id, WHY)
    assert (shown["name"], shown["number"], shown["phone"]) == ("张三丰", number(), "13912345678")
    [opened] = audited(db, "residents.open")
    assert (opened.purpose, opened.subject_id, opened.actor) == ("verify", str(person.id), "test clerk")
    assert opened.detail["fields"] == ["name", "sex", "birth_on", "number", "phone"]
    for hidden in ("张三丰", number(), "13912345678"):
        assert hidden not in json.dumps(opened.detail, ensure_ascii=False)


def test_another_purpose_needs_words(db: Session) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db))
    with pytest.raises(InvalidInput) as refused:
        open_person(db, clerk(), person.id, Opening(purpose=Purpose.OTHER))
    assert refused.value.field == "note"
    assert audited(db, "residents.open") == []
    open_person(db, clerk(), person.id, Opening(purpose=Purpose.OTHER, note="lost and found"))


LOOKS: dict[str, Callable[[Session, Viewer, int], Any]] = {
    "read": lambda db, who, person: queries.read(db, who, person),
    "open": lambda db, who, person: open_person(db, who, person, WHY),
    "history": lambda db, who, person: queries.history(db, who, person),
}


@pytest.mark.parametrize("look", sorted(LOOKS))
def test_nobody_looks_outside_their_areas(db: Session, look: str) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db))
    with pytest.raises(NotFound):
        LOOKS[look](db, clerk("310199001002"), person.id)
    assert queries.find(db, clerk("310199001002"), ResidentQuery())["matched"] == 0
    assert queries.search(db, clerk("310199001002"), PersonSearch(q="张三丰"))["items"] == []


@pytest.mark.parametrize("look", [*LOOKS, "list", "search"])
def test_other_roles_see_no_resident(db: Session, look: str) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db))
    looks = LOOKS | {
        "list": lambda db, who, _: queries.find(db, who, ResidentQuery()),
        "search": lambda db, who, _: queries.search(db, who, PersonSearch(q="张三丰")),
    }
    for role in set(Role) - {Role.CLERK, Role.COMMANDER}:
        with pytest.raises(Forbidden):
            looks[look](db, viewer(role), person.id)


def test_a_reader_without_the_right_opens_nobody(db: Session) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db))
    reader = Viewer(None, "reader", "reader", ("",), rights=frozenset({"residents.read"}))
    assert queries.read(db, reader, person.id)["name"] == "张**"
    with pytest.raises(Forbidden):
        open_person(db, reader, person.id, WHY)


def test_the_map_layer_holds_places_and_nothing_of_the_person(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    make_people.person(db, home)
    [row] = db.execute(RESIDENTS.rows(viewer(Role.PLANNER))).mappings()
    assert set(row) == {"id", "geom", "area_code", "unit_cell_id"}
    assert (RESIDENTS.floor, RESIDENTS.fields) == (5, ())
    assert db.execute(RESIDENTS.rows(clerk("310199001002"))).all() == []
    assert [row.use for row in db.execute(DWELLINGS.rows(clerk()))] == ["unknown"]
    assert not DWELLINGS.is_open_to(viewer(Role.PLANNER))


def test_every_write_is_in_the_audit_record_too(db: Session) -> None:
    make.city(db)
    house = make_people.building(db)
    old, new = (make_people.dwelling(db, room, inside=house) for room in ("1", "2"))
    person = make_people.person(db, old)
    service.correct(db, clerk(), person.id, Correction(phone="13912345678"))
    residence = residing.move(db, clerk(), person.id, NewResidence(dwelling_id=new.id, from_on=date(2025, 1, 1)))
    residing.leave(db, clerk(), person.id, residence.id, Leaving(to_on=date(2025, 2, 1)))
    acts = list(db.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))
    assert acts == ["residents.create", "residents.correct", "residents.move", "residents.leave"]
    assert {str(act_name(act)) for act in acts}.isdisjoint(acts)
    rows = db.scalars(select(AuditEntry))
    assert "13912345678" not in json.dumps([row.detail for row in rows])
