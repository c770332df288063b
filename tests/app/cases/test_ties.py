"""Splitting a case to several departments, and merging doubles: what holds, who is told, how it is undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.cases import acts, queries, ties, visible
from app.cases.conditions import offered
from app.cases.guards import PartsOpen, TiedWrongly
from app.cases.models import Case, CaseMove, CaseSource, CaseStatus
from app.cases.tasks import wake_suspended
from app.workflow import timing
from app.workflow.forms import AnswerMissing, AnswerWrong
from app.workflow.models import WorkflowTask
from app.workflow.moves import CannotUndo
from app.workflow.situation import Given
from gis.errors import Forbidden, InvalidInput
from grid.reach import Viewer
from tests import make, make_accounts, make_cases

S = CaseStatus
NOTED = {"unmerge", "close", "detach", "done", "void", "reopen", "suspend", "rework", "send_back"}
WHO = {role: make_cases.viewer(role) for role in ("inspector", "intake", "chief", "dispatcher")} | {
    "lighting": make_cases.viewer("department", department="Lighting"),
    "water": make_cases.viewer("department", department="Water"),
}
PARTS = [{"department": "Water", "note": "Seal the pipe"}, {"department": "Lighting"}]


def do(db: Session, who: str | Viewer, case: Case, name: str, **answers: Any) -> Case:
    """Do an act, with a reason where it needs one."""
    note = "because" if name in NOTED else ""
    return acts.act(db, WHO[who] if isinstance(who, str) else who, case.number, name, Given(answers, note)).case


@pytest.fixture
def case(db: Session) -> Case:
    """A reported case of a class with two conditions: four urgent hours, and eight."""
    make.city(db)
    made = make_cases.case(db, description="Lamp dark", source="public")
    make_cases.condition(db, made.class_id, "1")
    make_cases.condition(db, made.class_id, "2", limits={"": "8 urgent_hour"})
    return made


def conditions(db: Session, case: Case) -> list[int]:
    return [one.id for one in offered(db, case.class_id)]


def filed(db: Session, case: Case) -> Case:
    return do(db, "intake", case, "file", condition_id=conditions(db, case)[0])


def split(db: Session, case: Case, parts: list[dict[str, Any]] = PARTS) -> list[Case]:
    filed(db, case)
    do(db, "dispatcher", case, "split", department="Roads", parts=parts)
    return parts_of(db, case)


def parts_of(db: Session, case: Case) -> list[Case]:
    return list(db.scalars(select(Case).where(Case.parent_id == case.id).order_by(Case.id)))


def over(db: Session, part: Case) -> None:
    do(db, make_cases.viewer("department", department=part.department), part, "done")
    do(db, "chief", part, "close")


def test_a_split_case_has_a_part_for_each_department_at_the_same_place(db: Session, case: Case) -> None:
    water, lighting = split(db, case)
    assert (case.status, case.department) == (S.HANDLING, "Roads")
    assert [water.number, lighting.number] == [f"{case.number}-1", f"{case.number}-2"]
    assert [water.department, lighting.department] == ["Water", "Lighting"]
    assert {one.status for one in (water, lighting)} == {S.HANDLING}
    assert {(one.unit_cell_id, one.area_code) for one in (water, lighting, case)} == {
        (case.unit_cell_id, case.area_code)
    }
    told = db.scalars(select(CaseMove.act).where(CaseMove.case_id == water.id).order_by(CaseMove.id)).all()
    assert told == ["split_off", "dispatch"]


def test_a_part_has_its_own_conditions_clock_or_the_rest_of_the_whole_ones(db: Session, case: Case) -> None:
    own = [{"department": "Water", "condition_id": conditions(db, case)[1]}, {"department": "Lighting"}]
    water, lighting = split(db, case, own)
    assert water.due_at is not None
    assert abs(water.due_at - water.reported_at - timedelta(hours=8)) < timedelta(seconds=1)
    assert lighting.due_at == case.due_at


def test_the_whole_case_waits_until_every_part_is_over(db: Session, case: Case) -> None:
    water, lighting = split(db, case)
    directing = make_cases.viewer("department", department="Roads")
    over(db, water)
    with pytest.raises(PartsOpen):
        do(db, directing, case, "done")
    over(db, lighting)
    do(db, directing, case, "done")
    assert do(db, "chief", case, "close").status == S.CLOSED
    with pytest.raises(TiedWrongly):
        do(db, "chief", water, "reopen")


def test_a_whole_case_is_not_void_under_its_open_parts(db: Session, case: Case) -> None:
    split(db, case)
    with pytest.raises(PartsOpen):
        do(db, "chief", case, "void")


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([{"department": "Water"}], AnswerWrong), ([{"department": "Water"}] * 11, AnswerWrong),
        ([{"department": ""}, {"department": "Water"}], AnswerMissing),
        ([{"department": "Water", "condition_id": 999999}, {"department": "Lighting"}], InvalidInput),
        ([{"department": "Water", "more": 1}, {"department": "Lighting"}], AnswerWrong), ("Water", AnswerWrong),
    ],
)  # fmt: skip
def test_what_is_no_split_is_refused(db: Session, case: Case, parts: Any, error: type[Exception]) -> None:
    filed(db, case)
    with pytest.raises(error):
        do(db, "dispatcher", case, "split", department="Roads", parts=parts)


def test_a_department_sees_its_part_and_does_not_split(db: Session, case: Case) -> None:
    water, _lighting = split(db, case)
    seen = queries.page(db, WHO["water"], queries.CaseFilter(), now=timing.now(db), limit=10)
    assert [row.number for row in seen] == [water.number]
    with pytest.raises(Forbidden):
        do(db, "water", water, "split", department="Roads", parts=PARTS)


def test_a_split_is_taken_back_while_no_part_moved_and_numbers_are_not_given_twice(db: Session, case: Case) -> None:
    make_accounts.account(db, role="dispatcher")
    dispatcher = make_accounts.viewer(db, role="dispatcher", areas=[""])
    filed(db, case)
    do(db, dispatcher, case, "split", department="Roads", parts=PARTS)
    acts.undo(db, dispatcher, case.number)
    assert (case.status, case.department) == (S.FILED, None)
    assert {one.status for one in parts_of(db, case)} == {S.VOID}
    do(db, dispatcher, case, "split", department="Roads", parts=PARTS)
    again = [one for one in parts_of(db, case) if one.status == S.HANDLING]
    assert [one.number for one in again] == [f"{case.number}-3", f"{case.number}-4"]
    do(db, "water", again[0], "accept")
    with pytest.raises(CannotUndo):
        acts.undo(db, dispatcher, case.number)


def test_figures_count_a_whole_case_once(db: Session, case: Case) -> None:
    split(db, case)
    now = timing.now(db)
    everything = queries.statuses(db, WHO["chief"], queries.CaseFilter(), now)
    once = queries.statuses(db, WHO["chief"], queries.CaseFilter(once=True), now)
    assert (sum(everything.values()), sum(once.values())) == (3, 1)
    assert db.scalars(select(Case.id).where(visible.counts_once())).all() == [case.id]


def test_an_open_case_becomes_a_part_and_goes_its_own_way_again(db: Session, case: Case) -> None:
    other = make_cases.case(db)
    do(db, "dispatcher", other, "attach", whole=case.number)
    assert other.parent_id == case.id
    with pytest.raises(TiedWrongly):
        do(db, "dispatcher", case, "attach", whole=other.number)
    with pytest.raises(TiedWrongly):
        do(db, "dispatcher", other, "merge", into=case.number)
    assert do(db, "dispatcher", other, "detach").parent_id is None


# Merging


def last_move(db: Session, case: Case) -> CaseMove:
    return db.scalars(select(CaseMove).where(CaseMove.case_id == case.id).order_by(CaseMove.id.desc()).limit(1)).one()


@pytest.fixture
def double(db: Session, case: Case) -> Case:
    """A second report of the same, filed, twenty metres on."""
    made = make_cases.case(db, at=(make_cases.HERE[0] + 0.0002, make_cases.HERE[1]), description="The lamp is dark")
    return filed(db, made)


def test_a_merged_case_keeps_its_record_and_the_main_case_tells_of_it(db: Session, case: Case, double: Case) -> None:
    do(db, "intake", double, "merge", into=case.number)
    assert (double.status, double.merged_into_id) == (S.MERGED, case.id)
    assert (double.due_at, double.closed_at is not None) == (None, True)
    last = last_move(db, case)
    assert (last.act, last.note, last.to_status) == ("took_in", double.number, "reported")
    told = ties.of_case(db, WHO["chief"], case.id)
    assert ([row.number for row in told.merged], told.people) == ([double.number], 1)


def test_a_merge_is_undone_and_the_time_between_does_not_count(db: Session, case: Case, double: Case) -> None:
    due_at = double.due_at
    do(db, "intake", double, "merge", into=case.number)
    merged_at = last_move(db, double).at
    do(db, "chief", double, "unmerge")
    parted_at = last_move(db, double).at
    assert (double.status, double.merged_into_id, double.closed_at) == (S.FILED, None, None)
    assert due_at is not None
    assert double.due_at == due_at + (parted_at - merged_at)
    assert last_move(db, case).act == "gave_back"
    acts_done = db.scalars(select(CaseMove.act).where(CaseMove.case_id == double.id).order_by(CaseMove.id)).all()
    assert acts_done == ["report", "file", "merge", "unmerge"]


def test_after_an_undone_merge_the_tasks_are_open_again(db: Session, case: Case) -> None:
    double = make_cases.case(db)
    do(db, "intake", double, "verify")
    do(db, "intake", double, "merge", into=case.number)
    assert acts.open_tasks(db, double) == []
    do(db, "intake", double, "unmerge")
    assert double.status == S.VERIFYING
    do(db, "inspector", double, "verified", result="true")
    assert db.scalars(select(WorkflowTask.result).where(WorkflowTask.matter_id == double.id)).all() == ["true"]


def test_a_suspended_case_that_was_merged_still_wakes_on_its_day(db: Session, case: Case, double: Case) -> None:
    day = (timing.now(db) + timedelta(days=30)).date()
    do(db, "chief", double, "suspend", until=day.isoformat())
    wake_at = double.wake_at
    do(db, "intake", double, "merge", into=case.number)
    assert double.wake_at is None
    do(db, "intake", double, "unmerge")
    assert (double.status, double.wake_at, double.wake_act) == (S.SUSPENDED, wake_at, "resume")
    assert wake_suspended(db, timing.now(db) + timedelta(days=40)) == 1
    assert double.status == S.FILED


def test_chains_lead_to_the_last_and_never_back(db: Session, case: Case, double: Case) -> None:
    third = make_cases.case(db)
    do(db, "intake", double, "merge", into=case.number)
    with pytest.raises(TiedWrongly):
        do(db, "intake", case, "merge", into=double.number)
    do(db, "intake", case, "merge", into=third.number)
    assert [row.number for row in ties.of_case(db, WHO["chief"], third.id).merged] == [case.number, double.number]
    told = ties.of_case(db, WHO["chief"], double.id).main
    assert told is not None
    assert told.number == third.number
    fourth = make_cases.case(db)
    do(db, "intake", fourth, "merge", into=double.number)
    assert fourth.merged_into_id == third.id
    with pytest.raises(TiedWrongly):
        do(db, "intake", third, "merge", into=fourth.number)
    do(db, "intake", case, "unmerge")
    assert [row.number for row in ties.of_case(db, WHO["chief"], case.id).merged] == [double.number]


@pytest.mark.parametrize("into", ["itself", "nothing", "void"])
def test_what_is_no_main_case_is_refused(db: Session, case: Case, double: Case, into: str) -> None:
    if into == "void":
        do(db, "chief", case, "void")
    number = {"itself": double.number, "nothing": "99010100001", "void": case.number}[into]
    with pytest.raises((TiedWrongly, InvalidInput)) as refused:
        do(db, "intake", double, "merge", into=number)
    assert refused.value.field == "into"


def test_a_case_out_of_reach_is_no_main_case(db: Session, case: Case) -> None:
    north = make_cases.case(db, at=make_cases.NORTH)
    there = make_cases.viewer("intake", make_cases.NORTH_AREA)
    with pytest.raises(InvalidInput):
        acts.act(db, there, north.number, "merge", Given({"into": case.number}))


def test_while_the_main_case_is_over_nothing_is_parted_from_it(db: Session, case: Case, double: Case) -> None:
    do(db, "intake", double, "merge", into=case.number)
    do(db, "chief", case, "void")
    with pytest.raises(TiedWrongly):
        do(db, "intake", double, "unmerge")


def test_who_reported_twice_is_one_person(db: Session, case: Case) -> None:
    caller = make_accounts.viewer(db, role="intake", areas=[""])
    twice = [make_cases.case(db, by=caller, class_id=case.class_id) for _ in range(2)]
    other = make_cases.case(db, class_id=case.class_id)
    for one in (*twice, other):
        do(db, "intake", one, "merge", into=case.number)
    assert ties.of_case(db, WHO["chief"], case.id).people == 2


def test_photos_of_all_stand_on_the_main_case(db: Session, case: Case, double: Case) -> None:
    kept = make_cases.photo_row(db, case_id=double.id)
    do(db, "intake", double, "merge", into=case.number)
    assert [one.key for one in ties.photos_of(db, case.id)] == [kept.key]


# Told outside


def told_open311(client: FlaskClient, number: str) -> dict[str, Any]:
    answer = client.get(f"/open311/v2/requests/{number}.json")
    assert answer.status_code == 200, answer.text
    return answer.json[0]


def test_who_reported_a_double_is_told_how_the_main_case_stands(
    app: OpenAPI, client: FlaskClient, db: Session, case: Case, double: Case
) -> None:
    db.execute(update(Case).where(Case.id == double.id).values(source=CaseSource.PUBLIC))
    do(db, "intake", double, "merge", into=case.number)
    told = told_open311(client, double.number)
    assert (told["service_request_id"], told["status"]) == (double.number, "open")
    assert case.number in told["status_notes"]
    assert told["description"] == "The lamp is dark"
    opened = {one["service_request_id"] for one in client.get("/open311/v2/requests.json?status=open").json}
    assert {case.number, double.number} <= opened
    filed(db, case)
    do(db, "dispatcher", case, "dispatch", department="Lighting")
    do(db, "lighting", case, "done")
    do(db, "chief", case, "close")
    told = told_open311(client, double.number)
    assert told["status"] == "closed"
    shut = {one["service_request_id"] for one in client.get("/open311/v2/requests.json?status=closed").json}
    assert {case.number, double.number} <= shut


def test_the_api_tells_ties_and_takes_a_split(app: OpenAPI, db: Session, case: Case) -> None:
    filed(db, case)
    client = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher", areas=[""]))
    body = {"act": "split", "answers": {"department": "Roads", "parts": PARTS}}
    told = client.post(f"/api/v1/cases/{case.number}/moves", json=body).json
    assert [one["department"] for one in told["parts"]] == ["Water", "Lighting"]
    part = client.get(f"/api/v1/cases/{case.number}-1").json
    assert (part["whole"]["number"], part["is_part"]) == (case.number, True)
    page = client.get(f"/cases/{case.number}").text
    assert f"{case.number}-2" in page
    assert case.number in client.get(f"/cases/{case.number}-1").text


def test_the_page_splits_and_merges_without_scripts(app: OpenAPI, db: Session, case: Case, double: Case) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db, role="chief", areas=[""]))
    filed(db, case)
    form = {
        "act": "split", "department": "Roads", "parts_department": ["Water", "Lighting", ""],
        "parts_note": ["Seal it", "", ""], "parts_condition_id": ["", "", ""],
    }  # fmt: skip
    assert client.post(f"/cases/{case.number}/moves", data=form).status_code == 303
    assert len(parts_of(db, case)) == 2
    both = client.get(f"/cases/{double.number}/merge?into={case.number}").text
    assert "The lamp is dark" in both
    assert "Lamp dark" in both
    form = {"act": "merge", "into": case.number}
    assert client.post(f"/cases/{double.number}/moves", data=form).status_code == 303
    db.refresh(double)
    assert double.status == S.MERGED
    assert double.number in client.get(f"/cases/{case.number}").text
