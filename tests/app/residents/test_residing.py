"""Moving in and out: days at both ends, one home at a time, reach on both sides."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from app.residents import dwellings, queries, residing
from app.residents.models import ResidenceKind
from app.residents.residing import ResidenceOverlaps
from app.residents.schemas import Leaving, NewResidence, ResidentQuery
from app.residents.visible import is_sensitive, today
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from tests import make, make_people
from tests.make_people import LIVED_FROM, clerk

MOVED_ON = date(2025, 6, 1)


def living(db: Session, dwelling_id: int, on: date | None = None) -> int:
    """How many people the list shows at a dwelling on a day."""
    found: int = queries.find(db, clerk(), ResidentQuery(dwelling_id=dwelling_id, on=on))["matched"]
    return found


def test_a_residence_holds_from_its_first_day_until_before_its_last(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    person = make_people.person(db, home)
    residence = queries.residences_of(db, clerk(), person.id)[0]
    residing.leave(db, clerk(), person.id, residence["id"], Leaving(to_on=MOVED_ON))
    day = timedelta(days=1)
    shown = [living(db, home.id, on) for on in (LIVED_FROM - day, LIVED_FROM, MOVED_ON - day, MOVED_ON)]
    assert shown == [0, 1, 1, 0]


def test_a_move_is_a_new_row_and_ends_the_old_one_on_that_day(db: Session) -> None:
    make.city(db)
    house = make_people.building(db)
    old, new = (make_people.dwelling(db, room, inside=house) for room in ("101", "102"))
    person = make_people.person(db, old)
    residing.move(db, clerk(), person.id, NewResidence(dwelling_id=new.id, from_on=MOVED_ON))
    rows = queries.residences_of(db, clerk(), person.id)
    assert [(row["dwelling"]["room"], row["from_on"], row["to_on"], row["is_current"]) for row in rows] == [
        ("102", "2025-06-01", None, True),
        ("101", "2024-03-01", "2025-06-01", False),
    ]
    day = MOVED_ON - timedelta(days=1)
    assert [living(db, old.id, day), living(db, new.id, day)] == [1, 0]
    assert [living(db, old.id, MOVED_ON), living(db, new.id, MOVED_ON)] == [0, 1]
    assert [entry["kind"] for entry in queries.history(db, clerk(), person.id)] == ["registered", "moved"]


def test_registered_and_actual_homes_stand_beside_each_other(db: Session) -> None:
    make.city(db)
    house = make_people.building(db)
    lived, registered = (make_people.dwelling(db, room, inside=house) for room in ("101", "102"))
    person = make_people.person(db, lived)
    given = NewResidence(dwelling_id=registered.id, kind=ResidenceKind.REGISTERED, from_on=LIVED_FROM)
    residing.move(db, clerk(), person.id, given)
    assert {row["kind"]: row["dwelling"]["room"] for row in queries.residences_of(db, clerk(), person.id)} == {
        "registered": "102",
        "actual": "101",
    }
    assert living(db, registered.id) == 0
    assert queries.find(db, clerk(), ResidentQuery(kind=ResidenceKind.REGISTERED))["matched"] == 1


def test_a_move_to_the_same_place_or_into_the_past_of_the_last_is_refused(db: Session) -> None:
    make.city(db)
    house = make_people.building(db)
    old, new = (make_people.dwelling(db, room, inside=house) for room in ("101", "102"))
    person = make_people.person(db, old)
    with pytest.raises(Conflict):
        residing.move(db, clerk(), person.id, NewResidence(dwelling_id=old.id, from_on=MOVED_ON))
    with pytest.raises(InvalidInput):
        residing.move(db, clerk(), person.id, NewResidence(dwelling_id=new.id, from_on=LIVED_FROM))
    before = LIVED_FROM - timedelta(days=1)
    with pytest.raises(ResidenceOverlaps):
        residing.move(db, clerk(), person.id, NewResidence(dwelling_id=new.id, from_on=before))


def test_leaving_twice_or_before_coming_is_refused(db: Session) -> None:
    make.city(db)
    person = make_people.person(db, make_people.dwelling(db))
    [residence] = queries.residences_of(db, clerk(), person.id)
    with pytest.raises(InvalidInput):
        residing.leave(db, clerk(), person.id, residence["id"], Leaving(to_on=LIVED_FROM))
    residing.leave(db, clerk(), person.id, residence["id"], Leaving(to_on=MOVED_ON))
    with pytest.raises(Conflict):
        residing.leave(db, clerk(), person.id, residence["id"], Leaving(to_on=MOVED_ON))
    with pytest.raises(NotFound):
        residing.leave(db, clerk(), person.id, residence["id"] + 1, Leaving(to_on=MOVED_ON))


def test_who_moved_to_another_area_is_seen_there_and_the_old_place_no_longer_tells(db: Session) -> None:
    make.city(db)
    south, north = clerk("310199001001"), clerk("310199001002")
    old = make_people.dwelling(db)
    new = make_people.dwelling(db, inside=make_people.building(db, south=make.SOUTH + 0.0025))
    person = make_people.person(db, old)
    with pytest.raises(NotFound):
        queries.read(db, north, person.id)
    for narrow in (south, north):
        with pytest.raises(NotFound):
            residing.move(db, narrow, person.id, NewResidence(dwelling_id=new.id, from_on=MOVED_ON))
    residing.move(db, clerk(), person.id, NewResidence(dwelling_id=new.id, from_on=MOVED_ON))
    with pytest.raises(NotFound):
        queries.read(db, south, person.id)
    shown = queries.read(db, north, person.id)["residences"]
    assert [row["dwelling"] is not None for row in shown] == [True, False]


def test_who_works_here_cant_be_moved_out_of_a_home_elsewhere(db: Session) -> None:
    make.city(db)
    home = make_people.dwelling(db)
    house = make_people.building(db, south=make.SOUTH + 0.0025)
    office, flat = (make_people.dwelling(db, room, inside=house) for room in ("1", "2"))
    person = make_people.person(db, home)
    residing.move(
        db, clerk(), person.id, NewResidence(dwelling_id=office.id, kind=ResidenceKind.WORK, from_on=MOVED_ON)
    )
    with pytest.raises(Forbidden):
        residing.move(db, clerk("310199001002"), person.id, NewResidence(dwelling_id=flat.id, from_on=MOVED_ON))


def test_a_building_shows_its_dwellings_by_floor_with_their_head_counts(db: Session) -> None:
    make.city(db)
    house = make_people.building(db)
    low, high = make_people.dwelling(db, "101", inside=house), make_people.dwelling(db, "601", inside=house, floor=6)
    make_people.person(db, low)
    make_people.person(db, low, name="李四")
    shown = dwellings.of_building(db, clerk(), house.id)
    assert [(one["room"], one["residents"]) for one in shown["items"]] == [("601", 0), ("101", 2)]
    assert shown["residents"] == 2
    assert high.floor == 6
    with pytest.raises(NotFound):
        dwellings.of_building(db, clerk("310199001002"), house.id)


def test_under_14_is_sensitive_until_the_birthday(db: Session) -> None:
    make.city(db)
    day = date(2026, 3, 1)
    assert is_sensitive(date(2012, 3, 2), day)
    assert not is_sensitive(date(2012, 3, 1), day)
    assert not is_sensitive(None, day)
    assert is_sensitive(date(2026, 3, 2), day)
    child = make_people.person(db, make_people.dwelling(db), birth_on=today(db), from_on=today(db))
    assert queries.read(db, clerk(), child.id)["is_sensitive"]
