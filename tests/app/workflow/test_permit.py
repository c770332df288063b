"""The engine on a matter that is no case: a permit, reviewed by several departments at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, ForeignKey, MetaData, Table, select, true
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.workflow import requests, tasks, timing
from app.workflow.kinds import read_kind
from app.workflow.models import Matter, MoveRow, RequestStatus, WorkflowTask
from app.workflow.moves import ActNotAllowed, CannotUndo, Stale, TooOften, Workflow
from app.workflow.situation import Given, Situation
from app.workflow.waking import wake
from gis.db import Base
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from tests import make


class Own(DeclarativeBase):
    """Tables of this file alone: the platform's schema knows no permits."""

    metadata = MetaData(naming_convention=Base.metadata.naming_convention)
    type_annotation_map = Base.type_annotation_map


Table("accounts", Own.metadata, Column("id", BigInteger, primary_key=True))


class Permit(Own, Matter):
    __tablename__ = "permits"

    number: Mapped[str] = mapped_column(unique=True)
    road: Mapped[str] = mapped_column(server_default="")


class PermitMove(Own, MoveRow):
    __tablename__ = "permit_moves"

    permit_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("permits.id"))


class NotReviewed(Conflict):
    code = "permits.not_reviewed"


def all_reviewed(db: Session, situation: Situation[Any]) -> CityError | None:
    waits = db.scalars(tasks.open_tasks("permit", situation.matter.id, "review")).first()
    return NotReviewed("{department} has not reviewed it yet.", department=waits.department) if waits else None


PERMITS: Workflow[Permit] = Workflow(
    kind=read_kind(Path(__file__).with_name("permit.toml")), matter=Permit, move_row=PermitMove, key=Permit.number,
    link=PermitMove.permit_id, visible=lambda viewer: true(), right="permits.move", facts=("road",),
    guards={"all_reviewed": all_reviewed},
)  # fmt: skip


def viewer(role: str, department: str | None = None, account_id: int | None = None) -> Viewer:
    return Viewer(
        account_id, f"{role} {department or ''}".strip(), role, ("",), department, frozenset({"permits.move"})
    )


WATER, POWER = viewer("department", "Water"), viewer("department", "Power")
PLANNER, LEADER = viewer("planner"), viewer("leader")


@pytest.fixture
def permit(db: Session) -> Permit:
    make.city(db)
    Own.metadata.create_all(db.connection(), tables=[Permit.__table__, PermitMove.__table__])
    made = Permit(number="P1", status="draft", road="Nanjing West Road", revision=0)
    PERMITS.begin(db, WATER, made, at=timing.now(db))
    return made


@pytest.fixture
def do(db: Session, permit: Permit) -> Callable[..., Permit]:
    def done(who: Viewer, act: str, note: str = "", **answers: Any) -> Permit:
        return PERMITS.do(db, who, "P1", act, Given(answers, note))

    return done


def submitted(do: Callable[..., Permit]) -> Permit:
    return do(WATER, "submit", departments=["Water", "Power"])


def test_reviews_run_side_by_side_and_all_are_needed(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    assert permit.status == "reviewing"
    do(POWER, "review", result="yes")
    with pytest.raises(NotReviewed, match="Water"):
        do(PLANNER, "grant")
    do(WATER, "review", result="no", note="the main lies there")
    assert do(PLANNER, "grant").status == "granted"
    answered = db.scalars(select(WorkflowTask).where(WorkflowTask.task == "review").order_by(WorkflowTask.department))
    assert [(one.department, one.result, one.note) for one in answered] == [
        ("Power", "yes", ""), ("Water", "no", "the main lies there"),
    ]  # fmt: skip


def test_nobody_answers_another_departments_task_nor_twice(do: Callable[..., Permit]) -> None:
    submitted(do)
    with pytest.raises(ActNotAllowed, match="no open task"):
        do(viewer("department", "Gas"), "review", result="yes")
    do(POWER, "review", result="yes")
    with pytest.raises(ActNotAllowed, match="no open task"):
        do(POWER, "review", result="no")


def test_a_task_that_stays_outlives_the_state_and_ends_with_the_matter(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    do(PLANNER, "ask_more", note="a drawing")
    left = {one.task for one in db.scalars(tasks.open_tasks("permit", permit.id))}
    assert left == {"watch"}
    do(LEADER, "refuse", note="withdrawn")
    assert db.scalars(tasks.open_tasks("permit", permit.id)).all() == []


def test_an_act_back_leads_to_the_state_before(do: Callable[..., Permit]) -> None:
    submitted(do)
    do(PLANNER, "ask_more", note="a drawing")
    assert do(WATER, "complete").status == "reviewing"
    with pytest.raises(TooOften):
        do(PLANNER, "ask_more", note="another")


def test_the_form_is_asked_for_in_full(do: Callable[..., Permit]) -> None:
    with pytest.raises(InvalidInput) as missing:
        do(WATER, "submit", departments=[" "[:0]])
    assert (missing.value.code, missing.value.field) == ("workflow.answer_missing", "departments")
    submitted(do)
    with pytest.raises(InvalidInput) as wrong:
        do(POWER, "review", result="perhaps")
    assert (wrong.value.code, wrong.value.field) == ("workflow.answer_wrong", "result")
    with pytest.raises(InvalidInput) as unknown:
        do(POWER, "review", result="yes", colour="red")
    assert unknown.value.field == "colour"


def test_who_may_not_do_it_may_not(do: Callable[..., Permit], db: Session) -> None:
    with pytest.raises(Forbidden):
        do(PLANNER, "submit", departments=["Water"])
    with pytest.raises(ActNotAllowed):
        do(PLANNER, "grant")
    with pytest.raises(InvalidInput):
        do(PLANNER, "burn")
    with pytest.raises(NotFound):
        PERMITS.do(db, PLANNER, "P2", "grant")


def test_choices_tell_what_is_blocked_and_why(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    found = {one.act.name: one for one in PERMITS.choices(db, PLANNER, permit, datetime.now(UTC))}
    assert list(found) == ["ask_more", "grant", "refuse"]
    assert found["ask_more"].why_not is None
    assert not found["ask_more"].asks
    assert found["grant"].why_not is not None
    assert found["grant"].why_not.code == "permits.not_reviewed"
    assert found["refuse"].asks


def test_what_one_asks_for_another_grants(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    with pytest.raises(Forbidden):
        do(PLANNER, "refuse", note="no")
    asked = requests.ask(db, PERMITS, PLANNER, "P1", "refuse", Given(note="too many works"))
    with pytest.raises(requests.AlreadyAsked):
        requests.ask(db, PERMITS, PLANNER, "P1", "refuse", Given(note="again"))
    assert [one.id for one in requests.pending(db, "permit", permit.id)] == [asked.id]
    assert requests.grant(db, PERMITS, LEADER, "P1", asked.id).status == "refused"
    last = PERMITS.last_move(db, permit.id)
    assert last is not None
    assert (last.actor, last.asker, last.note) == ("leader", "planner", "too many works")
    with pytest.raises(requests.AlreadyAnswered):
        requests.grant(db, PERMITS, LEADER, "P1", asked.id)


def test_a_refusal_says_why_and_leaves_the_matter_alone(db: Session, do: Callable[..., Permit]) -> None:
    submitted(do)
    asked = requests.ask(db, PERMITS, PLANNER, "P1", "refuse", Given(note="too many works"))
    with pytest.raises(InvalidInput):
        requests.refuse(db, PERMITS, LEADER, "P1", asked.id, "  ")
    assert requests.refuse(db, PERMITS, LEADER, "P1", asked.id, "it is needed").status == "reviewing"
    assert (asked.status, asked.reply, asked.answerer) == (RequestStatus.REFUSED, "it is needed", "leader")
    requests.ask(db, PERMITS, PLANNER, "P1", "refuse", Given(note="once more"))


def test_who_saw_an_older_state_is_told_who_moved_it(db: Session, do: Callable[..., Permit]) -> None:
    seen = submitted(do).revision
    do(POWER, "review", result="yes")
    with pytest.raises(Stale, match="Power"):
        PERMITS.do(db, PLANNER, "P1", "ask_more", Given(note="x"), revision=seen)


def test_every_past_moment_can_be_asked(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    between = timing.now(db)
    permit.road = "Yan'an Road"
    do(PLANNER, "ask_more", note="a drawing")
    then = PERMITS.as_of(db, permit.id, between)
    assert then is not None
    assert (then["status"], then["road"]) == ("reviewing", "Nanjing West Road")
    today = PERMITS.as_of(db, permit.id, timing.now(db))
    assert today is not None
    assert (today["status"], today["road"]) == ("waiting", "Yan'an Road")
    assert PERMITS.as_of(db, permit.id, datetime(2020, 1, 1, tzinfo=UTC)) is None


def test_an_undone_move_leaves_both_rows_and_its_tasks_are_gone(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    PERMITS.undo(db, WATER, permit)
    assert permit.status == "draft"
    kept = [one.act for one in db.scalars(select(PermitMove).order_by(PermitMove.id))]
    assert kept == ["report", "submit", "undo_submit"]
    assert db.scalars(tasks.open_tasks("permit", permit.id)).all() == []
    assert PERMITS.times_done(db, permit.id, "submit") == 0


def test_only_the_newest_step_of_ones_own_is_taken_back(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    do(POWER, "review", result="yes")
    with pytest.raises(CannotUndo):
        PERMITS.undo(db, WATER, permit)


def test_stages_have_limits_and_the_whole_clock_rests_with_the_state(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    assert permit.stage_due_at is not None
    assert permit.stage_due_at > datetime.now(UTC)
    assert permit.due_at is None
    timing.start_clock(db, permit, "2 urgent_hour", timing.now(db) - timedelta(hours=1))
    assert permit.due_at is not None
    due_before = permit.due_at
    do(PLANNER, "ask_more", note="a drawing")
    assert permit.due_at is None
    do(WATER, "complete")
    assert permit.due_at is not None
    assert timedelta(0) < permit.due_at - due_before < timedelta(seconds=30)
    do(LEADER, "refuse", note="no")
    clock = timing.clock_of(db, permit)
    assert clock is not None
    assert clock.was_in_time is True
    assert permit.closed_at is not None


def test_a_matter_wakes_by_itself(db: Session, do: Callable[..., Permit]) -> None:
    permit = submitted(do)
    do(PLANNER, "ask_more", note="a drawing")
    now = timing.now(db)
    permit.wake_at, permit.wake_act = now + timedelta(days=1), "complete"
    db.flush()
    assert wake(db, PERMITS, now) == 0
    assert wake(db, PERMITS, now + timedelta(days=2)) == 1
    last = PERMITS.last_move(db, permit.id)
    assert permit.status == "reviewing"
    assert permit.wake_at is None
    assert last is not None
    assert last.role == "system"
