"""Faults that other systems have: each is looked for here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from geoalchemy2.shape import to_shape
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.cases import acts
from app.cases.kind import KIND
from app.cases.models import Case, CaseStatus
from app.workflow.kinds import BACK, STAYS, Kind
from app.workflow.moves import Stale
from app.workflow.situation import Given
from gis.errors import CityError, Forbidden
from grid.models import GridVersion, UnitCell
from tests import make, make_accounts, make_cases

CHIEF = make_cases.viewer("chief")


@pytest.fixture
def case(db: Session) -> Case:
    make.city(db)
    return make_cases.case(db)


def do(db: Session, role: str, case: Case, name: str, note: str = "because", **answers: object) -> Case:
    who = make_cases.viewer(role, department="Lighting" if role == "department" else None)
    act = KIND.act(name)
    return acts.act(db, who, case.number, name, Given(answers, note if act and act.field("note") else "")).case


def closed(db: Session, case: Case) -> Case:
    do(db, "intake", case, "file")
    do(db, "dispatcher", case, "dispatch", department="Lighting")
    do(db, "department", case, "done")
    return do(db, "intake", case, "close")


# States that one cannot leave


def ways_out(kind: Kind, state: str) -> Iterator[str]:
    """Where acts that people may do lead to from a state; back means to any state that an act leads on from."""
    for act in kind.acts:
        if kind.starts(act, state) and act.roles and act.to != STAYS:
            before = {one for other in kind.acts if other.to == state for one in other.start} - {"open"}
            yield from (before or kind.open_states) if act.to == BACK else [act.to]


@pytest.mark.parametrize("state", KIND.open_states)
def test_every_open_state_has_a_way_to_an_end_by_what_people_may_do(state: str) -> None:
    seen, waiting = set(), [state]
    while waiting:
        here = waiting.pop()
        seen.add(here)
        waiting += [one for one in ways_out(KIND, here) if one not in seen]
    assert CaseStatus.CLOSED.value in seen


def test_every_state_is_reached_by_some_act() -> None:
    led_to = {act.to for act in KIND.acts}
    assert set(KIND.states) - led_to == set()


# Reopening


def test_a_comment_does_not_restart_the_clock_of_a_reopened_case(db: Session, case: Case) -> None:
    make_cases.condition(db, case.class_id)
    condition = db.scalars(text("SELECT id FROM filing_conditions")).one()
    do(db, "intake", case, "file", condition_id=condition)
    do(db, "dispatcher", case, "dispatch", department="Lighting")
    do(db, "department", case, "done")
    do(db, "intake", case, "close")
    do(db, "chief", case, "reopen")
    kept = case.clock, case.due_at, case.closed_at
    for role, name in (("leader", "oversee"), ("dispatcher", "overseen"), ("department", "accept")):
        do(db, role, case, name)
    assert (case.clock, case.due_at, case.closed_at) == kept


@pytest.mark.parametrize("role", [role for role in Role if role.value not in ("intake", "chief")])
def test_a_forged_reopening_is_refused_to_every_other_role_at_every_door(
    app: OpenAPI, db: Session, case: Case, role: Role
) -> None:
    closed(db, case)
    client = make_accounts.client_as(app, make_accounts.account(db, role=role.value, areas=[""]))
    asked = {"act": "reopen", "note": "please", "revision": case.revision}
    assert client.post(f"/api/v1/cases/{case.number}/moves", json=asked).status_code == 403
    assert client.post(f"/cases/{case.number}/moves", data=asked).status_code == 403
    db.refresh(case)
    assert case.status == CaseStatus.CLOSED


def test_nobody_outside_reopens_a_case(client: FlaskClient, db: Session, case: Case) -> None:
    closed(db, case)
    for method in ("post", "put", "patch", "delete"):
        for address in (f"/open311/v2/requests/{case.number}.json", f"/open311/v2/requests/{case.number}"):
            assert getattr(client, method)(address, data={"status": "open"}).status_code in (403, 404, 405)
    assert client.post(f"/api/v1/cases/{case.number}/moves", json={"act": "reopen", "note": "x"}).status_code == 401
    db.refresh(case)
    assert case.status == CaseStatus.CLOSED


@pytest.mark.parametrize("name", ["took_in", "gave_back", "split_off", "split_back"])
def test_steps_that_only_the_engine_takes_are_nobodys(db: Session, case: Case, name: str) -> None:
    for role in Role:
        with pytest.raises(CityError):
            acts.act(db, make_cases.viewer(role.value), case.number, name, Given())
    with pytest.raises((Forbidden, CityError)):
        acts.act(db, CHIEF, case.number, name, Given(note="x"))


# An update lost while another edits


def test_who_saw_an_older_state_is_told_and_overwrites_nothing(db: Session, case: Case) -> None:
    seen = case.revision
    do(db, "intake", case, "correct", class_id=make_cases.case_class(db, "0120", name_en="Sign").id)
    kept = case.class_id
    with pytest.raises(Stale):
        acts.act(db, CHIEF, case.number, "correct", Given({"class_id": case.class_id}, "again"), revision=seen)
    assert case.class_id == kept


# Moves, requests and tasks without their matter


ORPHANS = """
SELECT 'request' FROM workflow_requests r WHERE kind = 'grid-case'
AND NOT EXISTS (SELECT FROM cases c WHERE c.id = r.matter_id)
UNION ALL
SELECT 'task' FROM workflow_tasks t WHERE kind = 'grid-case'
AND NOT EXISTS (SELECT FROM cases c WHERE c.id = t.matter_id)
"""


def test_no_request_or_task_is_left_without_its_case(db: Session, case: Case) -> None:
    do(db, "intake", case, "void")  # asked for
    do(db, "intake", case, "verify")
    assert db.execute(text("SELECT count(*) FROM workflow_tasks, workflow_requests")).scalar_one() == 1
    assert db.execute(text(ORPHANS)).all() == []


# The area is not whichever polygon comes first


@pytest.mark.parametrize("newer", ["310199001001000", "310199001001009"])
def test_where_two_cells_overlap_the_smaller_code_takes_the_case_whichever_was_drawn_first(
    db: Session, newer: str
) -> None:
    cells = make.city(db)
    first = cells["310199001001001"]
    version = db.get_one(GridVersion, first.version_id)
    make.cell(db, newer, "310199001001", to_shape(first.geom), version)
    made = make_cases.case(db)
    assert db.get_one(UnitCell, made.unit_cell_id).code == min(newer, "310199001001001")


# No polygon is kept in memory beyond its life


def test_a_border_that_moved_holds_for_the_very_next_case(db: Session) -> None:
    """Another system kept its polygons in memory until it was started anew."""
    old = make.city(db)["310199001001001"]
    assert make_cases.case(db).unit_cell_id == old.id
    version = db.get_one(GridVersion, old.version_id)
    db.execute(text("UPDATE unit_cells SET valid_to = current_date WHERE id = :id"), {"id": old.id})
    new = make.cell(db, "310199001001777", "310199001001", to_shape(old.geom), version)
    assert make_cases.case(db).unit_cell_id == new.id
