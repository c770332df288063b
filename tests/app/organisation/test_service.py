"""Whose a duty cell is, who stands above whom, and what is never lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.organisation import first, queries, register, service
from app.organisation.errors import Circle, CodeTaken, Unknown
from app.organisation.models import OrganisationEntry
from gis.errors import Forbidden, InvalidInput
from grid import duty
from grid.reach import Viewer
from tests import make, make_accounts, make_cases
from tests import make_organisation as org

SW = "310199001001001"


def test_names_come_in_the_profiles_order_and_stay_when_a_department_goes_out_of_use(db: Session) -> None:
    make.city(db)
    assert first.fill(db, {"b": ("乙", "B"), "a": ("甲", "A")}) == 2
    assert first.fill(db, {"b": ("又乙", "B again"), "c": ("丙", "C")}) == 1
    register.change(db, org.EDITOR, "department", "b", {"is_active": False})
    assert service.department_names(db) == {"b": ("乙", "B"), "a": ("甲", "A"), "c": ("丙", "C")}
    assert list(service.active_departments(db)) == ["a", "c"]


def test_the_superior_is_the_one_named_else_the_department_above(db: Session) -> None:
    make.city(db)
    for code in ("city", "bureau"):
        org.department(db, code)
    org.department(db, "lamps", parent="bureau")
    assert service.superior_of(db, "lamps") == "bureau"
    register.change(db, org.EDITOR, "department", "lamps", {"superior": "city"})
    assert service.superior_of(db, "lamps") == "city"
    assert service.superior_of(db, "city") is None
    assert service.superior_of(db, "unheard of") is None


def test_nobody_stands_above_himself_by_any_detour(db: Session) -> None:
    make.city(db)
    org.department(db, "a")
    org.department(db, "b", superior="a")
    org.department(db, "c", superior="b")
    for above in ("c", "b", "a"):
        with pytest.raises(Circle) as refused:
            register.change(db, org.EDITOR, "department", "a", {"superior": above})
        assert refused.value.field == "superior"


def test_a_post_gives_its_inspector_the_duty_cells_also_after_the_cell_got_a_new_row(db: Session) -> None:
    cells = make.city(db)
    cell = org.duty_cell(db, "D1", cells[SW])
    other = org.duty_cell(db, "D2", cells["310199001002001"])
    who = make_accounts.account(db, name="walker")
    org.post(db, duty_cells=["D1"], staff=["walker"])
    assert service.duty_cells_of(db, who.id) == [cell.id]
    assert service.inspectors_of(db, cell.id) == [who.id]
    assert service.inspectors_of(db, other.id) == []
    fresh = duty.assign(db, "D1", responsible="Somebody")
    assert service.duty_cells_of(db, who.id) == [cell.id, fresh.id]
    assert service.inspectors_of(db, fresh.id) == [who.id]


def test_who_leaves_a_post_leaves_today_and_had_it_before(db: Session) -> None:
    cells = make.city(db)
    cell = org.duty_cell(db, "D1", cells[SW])
    old, new = (make_accounts.account(db, name=name) for name in ("old", "new"))
    since = service.city_day(db) - timedelta(days=30)
    org.post(db, duty_cells=["D1"], staff=["old"])
    for table in ("post_staff", "post_cells", "posts"):
        db.execute(text(f"UPDATE {table} SET valid_from = :since"), {"since": since})
    db.expire_all()
    register.change(db, org.EDITOR, "post", "beat", {"staff": ["new"]})
    assert service.inspectors_of(db, cell.id) == [new.id]
    assert service.inspectors_of(db, cell.id, since) == [old.id]
    assert service.inspectors_of(db, cell.id, since - timedelta(days=1)) == []
    register.change(db, org.EDITOR, "post", "beat", {"valid_to": service.city_day(db).isoformat()})
    assert service.inspectors_of(db, cell.id) == []  # the post itself is over


def test_cells_that_no_post_covers_are_nobodys_within_reach_only(db: Session) -> None:
    cells = make.city(db)
    org.duty_cell(db, "D1", cells[SW])
    org.duty_cell(db, "D2", cells["310199001001002"])
    org.duty_cell(db, "D3", cells["310199001002001"])
    org.post(db, duty_cells=["D1"])
    assert [one.code for one in queries.cells_without_post(db, make_cases.viewer())] == ["D2", "D3"]
    south = make_cases.viewer("leader", make_cases.SOUTH_AREA)
    assert [one.code for one in queries.cells_without_post(db, south)] == ["D2"]
    assert service.cells_with_inspector(db) == []  # covered, but nobody staffs it


def test_what_is_named_must_be_there_and_fit(db: Session) -> None:
    cells = make.city(db)
    org.duty_cell(db, "D1", cells[SW])
    org.department(db)
    make_accounts.account(db, name="desk", role="intake")
    for kind, given, field in (
        ("post", {"code": "x", "duty_cells": ["D9"]}, "duty_cells"),
        ("post", {"code": "x", "duty_cells": ["D1"], "staff": ["desk"]}, "staff"),
        ("post", {"code": "x", "staff": ["nobody"]}, "staff"),
        ("post", {"code": "x", "hours": ["8 to 5"]}, "hours"),
        ("post", {"code": "x", "department": "gone"}, "department"),
        ("team", {"code": "x", "department": "gone"}, "department"),
        ("team", {"code": "x", "department": "power", "members": ["desk"]}, "members"),
        ("department", {"code": "x", "areas": ["999"]}, "areas"),
        ("department", {"code": "a/b"}, "code"),
    ):
        with pytest.raises(InvalidInput) as refused:
            register.create(db, org.EDITOR, kind, register.read(kind, given))
        assert refused.value.field == field, given
    with pytest.raises(CodeTaken):
        org.department(db)
    register.change(db, org.EDITOR, "department", "power", {"is_active": False})
    with pytest.raises(Unknown):
        org.team(db)


def test_only_who_may_and_reaches_it_changes_anything(db: Session) -> None:
    cells = make.city(db)
    org.duty_cell(db, "D1", cells[SW])
    north = Viewer(None, "north", "administrator", (make_cases.NORTH_AREA,), None, frozenset({"organisation.edit"}))
    with pytest.raises(Forbidden):
        org.post(db, by=north, duty_cells=["D1"])
    with pytest.raises(Forbidden):
        register.create(db, north, "department", register.read("department", {"code": "mine"}))
    with pytest.raises(Forbidden):
        org.post(db, by=make_cases.viewer("dispatcher"), duty_cells=["D1"])


def test_each_change_is_a_new_sealed_entry_and_the_same_again_is_none(db: Session) -> None:
    make.city(db)
    org.department(db)
    register.change(db, org.EDITOR, "department", "power", {"phone": "1"})
    register.change(db, org.EDITOR, "department", "power", {"phone": "1"})
    entries = register.history(db, "department", "power")
    assert [one.facts["phone"] for one in entries] == ["1", ""]
    with pytest.raises(DBAPIError, match="keeps its rows"):
        db.execute(text("UPDATE organisation_entries SET actor = 'x'"))
    db.rollback()


def test_a_new_city_staffs_each_post_with_the_first_login_that_reaches_all_of_it(db: Session) -> None:
    cells = make.city(db)
    south, north = org.duty_cell(db, "D1", cells[SW]), org.duty_cell(db, "D2", cells["310199001002001"])
    org.post(db, "south", duty_cells=["D1"])
    org.post(db, "both", duty_cells=["D1", "D2"])
    org.post(db, "desk", kind="chief")
    limited = make_accounts.account(db, areas=[make_cases.SOUTH_AREA])
    chief = make_accounts.account(db, role="chief")
    assert first.staff(db) == 2
    assert service.inspectors_of(db, south.id) == [limited.id]
    assert service.inspectors_of(db, north.id) == []
    assert [one.staff for one in queries.posts(db, org.EDITOR) if one.code == "desk"] == [(chief.name,)]
    assert first.staff(db) == 0


def test_teams_are_those_in_use_and_a_crew_member_knows_its_own(db: Session) -> None:
    make.city(db)
    org.department(db)
    crew = make_accounts.account(db, name="crew1", role="department", department="power")
    org.team(db, "b", skills=["component 01"], phone="400")
    org.team(db, "a", members=["crew1"])
    org.team(db, "old", is_active=False)
    assert [one.code for one in service.teams_of(db, "power")] == ["a", "b"]
    assert service.teams_of(db, "power")[1].skills == ("component 01",)
    found = service.team_of(db, crew.id)
    assert found is not None
    assert found.code == "a"
    register.change(db, org.EDITOR, "team", "a", {"members": []})
    assert service.team_of(db, crew.id) is None


def test_the_citys_day_and_not_utcs_decides(db: Session) -> None:
    make.city(db)
    late = make_cases.noon(1, 17)  # 01:00 of 2 June in Shanghai
    assert service.city_day(db, late) == date(2025, 6, 2)
    assert db.scalar(select(OrganisationEntry.id).limit(1)) is None
