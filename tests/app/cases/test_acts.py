"""The closed loop of a case: who may do what, what it needs, what keeps it from being done, and its history."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.cases import acts, guards
from app.cases.conditions import ConditionMissing, ConditionWrong
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, Case, CaseMove, CaseStatus
from app.cases.running import running
from app.cases.tasks import wake_suspended
from app.cases.workflow import CASES
from app.launch.cluster import Cluster
from app.workflow import timing
from app.workflow.forms import AnswerMissing
from app.workflow.models import WorkflowTask
from app.workflow.moves import ActNotAllowed, CannotUndo, Stale, TooOften
from app.workflow.situation import Given
from gis import db as database
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.models import Relocation, UnitCell
from grid.reach import Viewer
from tests import make, make_cases
from tests.conftest import copy_database

S = CaseStatus
ROLES = ("inspector", "intake", "chief", "dispatcher", "leader")
WHO = {role: make_cases.viewer(role) for role in ROLES} | {
    "department": make_cases.viewer("department", department="Lighting"),
    "other": make_cases.viewer("department", department="Water"),
}
Do = Callable[..., Case]


@pytest.fixture
def case(db: Session) -> Case:
    make.city(db)
    return make_cases.case(db)


@pytest.fixture
def do(db: Session, case: Case) -> Do:
    def done(who: str, name: str, note: str = "because", **answers: Any) -> Case:
        act = KIND.act(name)
        kept = note if act and act.field("note") else ""
        return acts.act(db, WHO[who], case.number, name, Given(answers, kept)).case

    return done


def handled(do: Do) -> Case:
    do("intake", "file")
    do("dispatcher", "dispatch", department="Lighting")
    return do("department", "done")


def test_the_declared_states_are_those_of_the_register() -> None:
    assert set(KIND.states) == {one.value for one in CaseStatus}
    assert set(KIND.open_states) == {one.value for one in OPEN_STATUSES}


def test_a_case_goes_from_report_to_close_and_keeps_each_step(db: Session, case: Case, do: Do) -> None:
    do("intake", "verify")
    do("inspector", "verified", result="true")
    handled(do)
    do("inspector", "rework")
    do("department", "done")
    do("inspector", "checked", result="passed")
    do("intake", "close")
    assert case.status == S.CLOSED
    assert case.closed_at is not None
    assert case.department == "Lighting"
    kept = db.execute(
        select(CaseMove.act, CaseMove.to_status).where(CaseMove.case_id == case.id).order_by(CaseMove.id)
    ).all()
    assert [tuple(one) for one in kept] == [
        ("report", "reported"), ("verify", "verifying"), ("verified", "reported"), ("file", "filed"),
        ("dispatch", "handling"), ("done", "checking"), ("rework", "handling"), ("done", "checking"),
        ("checked", "checking"), ("close", "closed"),
    ]  # fmt: skip
    assert case.revision == 10


def test_who_repairs_does_not_judge(do: Do) -> None:
    handled(do)
    with pytest.raises(Forbidden):
        do("department", "close")


def test_a_step_that_the_state_does_not_allow_is_refused(do: Do) -> None:
    with pytest.raises(ActNotAllowed):
        do("dispatcher", "dispatch", department="Lighting")
    with pytest.raises(InvalidInput):
        do("intake", "teleport")


@pytest.mark.parametrize(("name", "role"), [("refuse", "intake"), ("void", "chief"), ("self_handled", "inspector")])
def test_a_step_that_needs_a_reason_is_refused_without_one(do: Do, name: str, role: str) -> None:
    with pytest.raises(AnswerMissing) as refused:
        do(role, name, note="   ")
    assert refused.value.field == "note"


def test_dispatch_needs_a_department(do: Do) -> None:
    do("intake", "file")
    with pytest.raises(AnswerMissing) as refused:
        do("dispatcher", "dispatch")
    assert refused.value.field == "department"


def test_a_department_acts_on_what_it_was_given_only(do: Do) -> None:
    do("intake", "file")
    do("dispatcher", "dispatch", department="Lighting")
    with pytest.raises(NotFound):  # narrowed to its own department, it does not even see it
        do("other", "done")
    assert do("department", "accept").status == S.HANDLING
    with pytest.raises(TooOften):
        do("department", "accept")


def test_a_case_out_of_reach_can_not_be_moved(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db, at=make_cases.NORTH)
    with pytest.raises(NotFound):
        acts.act(db, make_cases.viewer("intake", make_cases.SOUTH_AREA), case.number, "file")
    with pytest.raises(Forbidden):
        acts.act(db, Viewer(None, "x", "intake", ("",)), case.number, "file")


def test_moving_on_from_what_somebody_changed_is_refused(db: Session, case: Case, do: Do) -> None:
    seen = case.revision
    do("intake", "verify")
    with pytest.raises(Stale, match="intake"):
        acts.act(db, WHO["inspector"], case.number, "verified", Given({"result": "true"}), revision=seen)


def test_of_two_who_move_at_once_one_is_told_so(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_case_acts"))
    try:
        with Session(engine) as db, db.begin():
            make.city(db)
            number = make_cases.case(db).number

        def file(_: int) -> bool:
            try:
                with Session(engine) as db, db.begin():
                    acts.act(db, WHO["intake"], number, "file", revision=1)
            except Stale:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(file, range(4))) == [False, False, False, True]
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM case_moves")).scalar() == 2
    finally:
        engine.dispose()


# --- filing and its limit --------------------------------------------------------------------------------------------


def test_the_running_clocks_that_another_calendar_would_move_are_the_viewers_open_cases(
    db: Session, case: Case, do: Do
) -> None:
    condition = make_cases.condition(db, case.class_id, limits={"": "1 work_day"})
    assert not list(running(db, WHO["chief"], "default"))
    do("intake", "file", condition_id=condition.id)
    [one] = running(db, WHO["chief"], "default")
    assert (one.url, one.clock.due_at) == (f"/cases/{case.number}", case.due_at)
    assert not list(running(db, WHO["chief"], "night"))
    assert not list(running(db, make_cases.viewer("chief", "310199002"), "default"))


def test_filing_needs_one_of_the_conditions_of_the_class(db: Session, case: Case, do: Do) -> None:
    condition = make_cases.condition(db, case.class_id, limits={"": "4 urgent_hour"})
    other = make_cases.condition(db, make_cases.case_class(db, "0119").id)
    with pytest.raises(ConditionMissing):
        do("intake", "file")
    with pytest.raises(ConditionWrong):
        do("intake", "file", condition_id=other.id)
    before = timing.now(db)
    do("intake", "file", condition_id=condition.id)
    assert case.condition_id == condition.id
    assert case.due_at is not None
    assert timedelta(0) <= case.due_at - before - timedelta(hours=4) < timedelta(seconds=30)


def test_the_limit_is_that_of_the_area_profile_of_the_cell(db: Session, case: Case, do: Do) -> None:
    condition = make_cases.condition(db, case.class_id, limits={"": "9 urgent_hour", "A": "1 urgent_hour"})
    db.execute(update(UnitCell).where(UnitCell.id == case.unit_cell_id).values(management_level="A"))
    do("intake", "file", condition_id=condition.id)
    assert case.due_at is not None
    assert case.due_at - timing.now(db) <= timedelta(hours=1)


def test_a_running_case_keeps_its_limit_when_the_catalogue_changes(db: Session, case: Case, do: Do) -> None:
    condition = make_cases.condition(db, case.class_id, limits={"": "4 urgent_hour"})
    do("intake", "file", condition_id=condition.id)
    due_at = case.due_at
    condition.valid_to_at = timing.now(db)
    db.flush()
    do("dispatcher", "dispatch", department="Lighting")
    assert case.due_at == due_at


def filed(db: Session, case: Case, do: Do, limit: str = "4 urgent_hour", **given: Any) -> Case:
    condition = make_cases.condition(db, case.class_id, limits={"": limit}, **given)
    do("intake", "file", condition_id=condition.id)
    return do("dispatcher", "dispatch", department="Lighting")


def test_an_extension_is_asked_for_and_adds_one_original_limit_twice_at_most(db: Session, case: Case, do: Do) -> None:
    filed(db, case, do)
    first_due = case.due_at
    assert first_due is not None
    for count in (1, 2):
        asked = acts.act(db, WHO["department"], case.number, "extend", Given(note="parts are missing")).request
        assert asked is not None
        assert case.due_at == first_due + timedelta(hours=4 * (count - 1))
        acts.answer(db, WHO["dispatcher"], case.number, asked.id, "grant")
        assert case.due_at == first_due + timedelta(hours=4 * count)
    with pytest.raises(TooOften):
        acts.act(db, WHO["department"], case.number, "extend", Given(note="again"))


def test_nothing_overdue_is_extended(db: Session, case: Case, do: Do) -> None:
    filed(db, case, do)
    case.due_at = timing.now(db) - timedelta(minutes=1)
    db.flush()
    with pytest.raises(guards.Late):
        do("dispatcher", "extend")


def test_a_suspended_case_rests_goes_on_by_itself_and_where_it_was(db: Session, case: Case, do: Do) -> None:
    filed(db, case, do)
    day = (timing.now(db) + timedelta(days=30)).date()
    do("chief", "suspend", until=day.isoformat())
    assert case.status == S.SUSPENDED
    assert case.due_at is None
    assert case.wake_at is not None
    assert case.wake_at.isoformat() == f"{day}T00:00:00+08:00"
    assert wake_suspended(db, case.wake_at - timedelta(seconds=1)) == 0
    assert wake_suspended(db, case.wake_at) == 1
    assert case.status == S.HANDLING
    assert case.due_at is not None
    last = CASES.last_move(db, case.id)
    assert last is not None
    assert (last.act, last.role) == ("resume", "system")


@pytest.mark.parametrize("days", [0, 366])
def test_a_case_is_suspended_until_a_day_within_a_year(db: Session, do: Do, days: int) -> None:
    do("intake", "file")
    today = timing.now(db).astimezone(ZoneInfo("Asia/Shanghai"))
    day = (today + timedelta(days=days)).date().isoformat()
    with pytest.raises(InvalidInput) as refused:
        do("chief", "suspend", until=day)
    assert refused.value.field == "until"


def test_a_suspended_case_goes_back_to_where_it_was_only(db: Session, case: Case, do: Do) -> None:
    do("intake", "file")
    do("chief", "suspend", until=(timing.now(db) + timedelta(days=9)).date().isoformat())
    assert do("dispatcher", "resume").status == S.FILED


def test_sending_back_is_asked_by_the_department_and_accepted_by_the_dispatcher(
    db: Session, case: Case, do: Do
) -> None:
    filed(db, case, do)
    asked = acts.act(db, WHO["department"], case.number, "send_back", Given(note="not our lamp")).request
    assert asked is not None
    assert case.status == S.HANDLING
    acts.answer(db, WHO["dispatcher"], case.number, asked.id, "grant")
    assert case.status == S.FILED
    last = CASES.last_move(db, case.id)
    assert last is not None
    assert (last.asker, last.note) == ("department", "not our lamp")


# --- closing ---------------------------------------------------------------------------------------------------------


def test_closing_needs_the_check_that_the_condition_asks_for(db: Session, case: Case, do: Do) -> None:
    filed(db, case, do, needs_check=True)
    do("department", "done")
    with pytest.raises(guards.EvidenceMissing):
        do("chief", "close")
    do("inspector", "checked", result="passed")
    assert do("chief", "close").status == S.CLOSED
    assert case.is_on_time is True


def test_a_failed_check_must_go_back(db: Session, case: Case, do: Do) -> None:
    handled(do)
    do("inspector", "checked", result="failed")
    with pytest.raises(guards.EvidenceMissing):
        do("intake", "close")
    do("inspector", "rework")
    do("department", "done")
    assert do("intake", "close").status == S.CLOSED


def test_closing_needs_a_photo_after_the_dispatch_near_the_place(db: Session, case: Case, do: Do) -> None:
    filed(db, case, do, needs_photo=True, photo_within_m=50.0)
    do("department", "done")
    lon, lat = make_cases.HERE
    after = timing.now(db)
    far = {"lon": lon, "lat": lat + 0.01}  # about 1.1 km away
    db.add(make_cases.photo_row(db, "cd" * 16, case_id=case.id, uploaded_at=after, **far))
    db.flush()
    with pytest.raises(guards.EvidenceMissing):
        do("intake", "close")
    close = {"lon": lon, "lat": lat + 0.0002}  # about 22 m
    db.add(make_cases.photo_row(db, "ef" * 16, case_id=case.id, uploaded_at=after, **close))
    db.flush()
    assert do("intake", "close").status == S.CLOSED


def test_a_photo_from_before_the_dispatch_proves_nothing(db: Session, case: Case, do: Do) -> None:
    db.add(make_cases.photo_row(db, "cd" * 16, case_id=case.id))
    db.flush()
    filed(db, case, do, needs_photo=True)
    db.execute(text("UPDATE case_photos SET uploaded_at = now() - interval '1 day'"))
    do("department", "done")
    with pytest.raises(guards.EvidenceMissing):
        do("intake", "close")


def test_handled_on_the_spot_needs_before_and_after(db: Session, case: Case, do: Do) -> None:
    with pytest.raises(guards.EvidenceMissing):
        do("inspector", "self_handled")
    db.add(make_cases.photo_row(db, "cd" * 16, case_id=case.id))
    db.add(make_cases.photo_row(db, "ef" * 16))
    db.flush()
    with pytest.raises(guards.EvidenceMissing) as refused:
        do("inspector", "self_handled")
    assert refused.value.field == "photos"
    assert do("inspector", "self_handled", photos=["ef" * 16]).status == S.CLOSED


def test_closing_after_the_limit_is_late_and_a_granted_appeal_counts(db: Session, case: Case, do: Do) -> None:
    filed(db, case, do)
    do("department", "done")
    db.execute(text("UPDATE cases SET due_at = now() - interval '1 hour', yellow_at = now() - interval '2 hours'"))
    db.expire(case)
    do("intake", "close")
    assert case.is_on_time is False
    asked = acts.act(db, WHO["department"], case.number, "appeal", Given(note="the road was closed")).request
    assert asked is not None
    acts.answer(db, WHO["chief"], case.number, asked.id, "grant")
    assert case.is_on_time is True
    facts = [one.facts["is_on_time"] for one in db.scalars(select(CaseMove).order_by(CaseMove.id))][-2:]
    assert facts == [False, True]  # both stay visible


def test_a_closed_case_is_reopened_within_thirty_days(db: Session, case: Case, do: Do) -> None:
    handled(do)
    do("intake", "close")
    case.closed_at = timing.now(db) - timedelta(days=31)
    db.flush()
    with pytest.raises(guards.TooLate):
        do("intake", "reopen")
    case.closed_at = timing.now(db) - timedelta(days=29)
    db.flush()
    assert do("intake", "reopen").status == S.HANDLING
    assert case.closed_at is None
    assert case.is_on_time is None


# --- beside the line -------------------------------------------------------------------------------------------------


def test_oversight_is_a_task_that_outlives_the_state(db: Session, case: Case, do: Do) -> None:
    do("leader", "oversee", note="the mayor asks")
    do("intake", "file")
    do("dispatcher", "dispatch", department="Lighting")
    do("dispatcher", "overseen", note="tomorrow")
    [task] = db.scalars(select(WorkflowTask).where(WorkflowTask.task == "oversight"))
    assert (task.result, task.note) == ("done", "tomorrow")


def test_correcting_the_place_keeps_the_old_assignment(db: Session, case: Case, do: Do) -> None:
    old_cell = case.unit_cell_id
    do("intake", "correct", place=list(make_cases.NORTH))
    assert case.area_code == make_cases.NORTH_AREA
    assert case.unit_cell_id != old_cell
    [kept] = db.scalars(select(Relocation).where(Relocation.register == "cases", Relocation.record_id == case.id))
    assert (kept.unit_cell_id, kept.area_code, kept.reason) == (old_cell, make_cases.SOUTH_AREA, "corrected")
    with pytest.raises(InvalidInput):
        do("intake", "correct")


def test_the_newest_step_is_taken_back_within_ten_minutes(db: Session, case: Case, do: Do) -> None:
    condition = make_cases.condition(db, case.class_id, limits={"": "4 urgent_hour"})
    do("intake", "file", condition_id=condition.id)
    acts.undo(db, WHO["intake"], case.number)
    assert case.status == S.REPORTED
    assert case.due_at is None
    assert case.condition_id is None
    do("intake", "file", condition_id=condition.id)
    db.execute(text("ALTER TABLE case_moves DISABLE TRIGGER sealed"))
    db.execute(text("UPDATE case_moves SET recorded_at = recorded_at - interval '11 minutes'"))
    db.expire_all()
    with pytest.raises(CannotUndo):
        acts.undo(db, WHO["intake"], case.number)


def test_the_case_at_any_past_moment_can_be_asked(db: Session, case: Case, do: Do) -> None:
    do("intake", "file")
    between = timing.now(db)
    do("dispatcher", "dispatch", department="Lighting")
    then = acts.as_of(db, WHO["leader"], case.number, between)
    assert (then["status"], then["department"]) == ("filed", None)
    assert acts.as_of(db, WHO["leader"], case.number, timing.now(db))["department"] == "Lighting"
    with pytest.raises(NotFound):
        acts.as_of(db, WHO["leader"], case.number, case.reported_at - timedelta(days=1))


def test_what_is_blocked_says_why(db: Session, case: Case, do: Do) -> None:
    filed(db, case, do, needs_check=True)
    do("department", "done")
    found = {one.act.name: one for one in acts.choices(db, WHO["chief"], case.number)}
    blocked = found["close"].why_not
    assert blocked is not None
    assert blocked.code == "cases.evidence_missing"
    assert found["rework"].why_not is None


def test_moves_are_added_and_never_changed(db: Session, case: Case) -> None:
    with pytest.raises(Exception, match=r"never changed|append|sealed|refuse"), db.begin_nested():
        db.execute(update(CaseMove).values(note="other"))
    assert db.scalar(select(func.count()).select_from(CaseMove)) == 1
