"""A case keeps the duty cell of its place, and its tasks are those of the inspector whose post covers it."""

from __future__ import annotations

from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.cases import acts, assigned
from app.cases.models import Case
from app.workflow.situation import Given
from grid import duty
from tests import make, make_accounts, make_cases
from tests import make_organisation as org

SW, NW = "310199001001001", "310199001002001"


def to_verify(db: Session, **given: object) -> Case:
    case = make_cases.case(db, **given)
    acts.act(db, make_cases.viewer("intake"), case.number, "verify", Given())
    return case


def test_a_case_is_registered_with_the_duty_cell_of_its_place_and_keeps_it_when_the_cell_changes(db: Session) -> None:
    cells = make.city(db)
    cell, other = org.duty_cell(db, "D1", cells[SW]), org.duty_cell(db, "D2", cells[NW])
    case = make_cases.case(db)
    assert case.duty_cell_id == cell.id
    duty.assign(db, "D1", responsible="Somebody else")
    db.refresh(case)
    assert case.duty_cell_id == cell.id
    acts.act(db, make_cases.viewer("intake"), case.number, "correct",
             Given({"place": list(make_cases.NORTH), "note": "it stands north"}))  # fmt: skip
    assert case.duty_cell_id == other.id


def test_an_inspectors_tasks_are_the_own_cells_first_then_nobodys_and_never_anothers(db: Session) -> None:
    cells = make.city(db)
    org.duty_cell(db, "D1", cells[SW])
    org.duty_cell(db, "D2", cells[NW])
    org.duty_cell(db, "D3", cells["310199001001002"])
    mine, another = (make_accounts.viewer(db, role="inspector", name=name) for name in ("mine", "another"))
    org.post(db, "m", duty_cells=["D1"], staff=["mine"])
    org.post(db, "a", duty_cells=["D2"], staff=["another"])
    nobodys = to_verify(db, at=(make.WEST + make.SIDE + 0.001, make.SOUTH + 0.001))  # D3, and due before the others
    own, theirs = to_verify(db), to_verify(db, at=make_cases.NORTH)
    assert [(one.row.id, one.is_own) for one in assigned.tasks_of(db, mine)] == [(own.id, True), (nobodys.id, False)]
    assert [one.row.id for one in assigned.tasks_of(db, another)] == [theirs.id, nobodys.id]
    assert assigned.count_of(db, mine) == assigned.Counts(1, 1)


def test_a_post_without_people_leaves_its_cells_to_all_inspectors_of_the_area(db: Session) -> None:
    cells = make.city(db)
    org.duty_cell(db, "D1", cells[SW])
    org.post(db, duty_cells=["D1"])
    case = to_verify(db)
    for _ in range(2):
        someone = make_accounts.viewer(db, role="inspector", areas=[make_cases.SOUTH_AREA])
        assert [one.row.id for one in assigned.tasks_of(db, someone)] == [case.id]
    north = make_accounts.viewer(db, role="inspector", areas=[make_cases.NORTH_AREA])
    assert assigned.tasks_of(db, north) == []


def test_the_steps_say_whose_a_task_is_and_the_first_screen_and_the_list_follow(app: OpenAPI, db: Session) -> None:
    cells = make.city(db)
    org.duty_cell(db, "D1", cells[SW])
    org.duty_cell(db, "D2", cells[NW])
    account = make_accounts.account(db, name="walker", full_name="Wang Wu")
    other = make_accounts.account(db, name="other")
    org.post(db, "m", duty_cells=["D1"], staff=["walker"])
    org.post(db, "o", duty_cells=["D2"], staff=["other"])
    own, theirs = to_verify(db), to_verify(db, at=make_cases.NORTH)
    client = make_accounts.client_as(app, account)
    told = client.get("/api/v1/tasks").json
    assert (told["own"], told["nobodys"], [one["case"]["number"] for one in told["items"]]) == (1, 0, [own.number])
    steps = client.get(f"/api/v1/cases/{own.number}").json["tasks"]
    assert [one["people"] for one in steps] == [[{"id": account.id, "name": "Wang Wu"}]]
    home = client.get("/").text
    assert own.number in home
    assert theirs.number not in home
    listed = client.get("/api/v1/cases?mine=1").json["items"]
    assert [one["number"] for one in listed] == [own.number]
    assert client.get("/api/v1/cases").json["matched"] == 2
    assert "Wang Wu" in client.get(f"/cases/{own.number}").text
    assert theirs.number in make_accounts.client_as(app, other).get("/").text
