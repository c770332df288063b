"""The table of moves: who may do what, what it needs, and that history keeps it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.cases import moves
from app.cases.models import OPEN_STATUSES, CaseMove, CaseStatus
from app.cases.words import act_words
from app.launch.cluster import Cluster
from gis import db as database
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from tests import make, make_cases
from tests.conftest import copy_database

S = CaseStatus
WHO = {role: make_cases.viewer(role) for role in ("inspector", "intake", "dispatcher", "department")}


def walk(db: Session, number: str, *steps: tuple[str, CaseStatus]) -> CaseStatus:
    for role, to in steps:
        case = moves.move(db, WHO[role], number, to, note="because", department="Lighting")
    return case.status


def test_a_case_goes_from_report_to_close_and_keeps_each_step(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    walk(
        db, case.number, ("intake", S.VERIFYING), ("inspector", S.REPORTED), ("intake", S.FILED),
        ("dispatcher", S.HANDLING), ("department", S.CHECKING), ("inspector", S.HANDLING),
        ("department", S.CHECKING), ("intake", S.CLOSED),
    )  # fmt: skip
    assert case.status == S.CLOSED
    assert case.closed_at is not None
    assert case.department == "Lighting"
    kept = db.scalars(select(CaseMove.to_status).where(CaseMove.case_id == case.id).order_by(CaseMove.id)).all()
    assert [one.value for one in kept] == [
        "reported", "verifying", "reported", "filed", "handling", "checking", "handling", "checking", "closed",
    ]  # fmt: skip


def test_who_repairs_does_not_judge(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    walk(db, case.number, ("intake", S.FILED), ("dispatcher", S.HANDLING), ("department", S.CHECKING))
    with pytest.raises(Forbidden):
        moves.move(db, WHO["department"], case.number, S.CLOSED)


def test_a_step_that_is_not_in_the_table_is_refused(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    with pytest.raises(moves.MoveNotAllowed):
        moves.move(db, WHO["dispatcher"], case.number, S.HANDLING)


def test_a_suspended_case_goes_back_to_where_it_was_only(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    walk(db, case.number, ("intake", S.FILED), ("dispatcher", S.SUSPENDED))
    assert [one.to for one in moves.allowed(case.status, WHO["dispatcher"], moves.came_from(db, case.id))] == [S.FILED]
    with pytest.raises(moves.MoveNotAllowed):
        moves.move(db, WHO["dispatcher"], case.number, S.HANDLING, department="Lighting")
    assert walk(db, case.number, ("dispatcher", S.FILED)) == S.FILED


@pytest.mark.parametrize(
    ("to", "role", "field"),
    [(S.REFUSED, "intake", "note"), (S.VOID, "intake", "note"), (S.CLOSED, "inspector", "note")],
)
def test_a_step_that_needs_a_reason_is_refused_without_one(db: Session, to: S, role: str, field: str) -> None:
    make.city(db)
    case = make_cases.case(db)
    with pytest.raises(InvalidInput) as refused:
        moves.move(db, WHO[role], case.number, to, note="   ")
    assert refused.value.field == field


def test_dispatch_needs_a_department(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    walk(db, case.number, ("intake", S.FILED))
    with pytest.raises(InvalidInput) as refused:
        moves.move(db, WHO["dispatcher"], case.number, S.HANDLING)
    assert refused.value.field == "department"


def test_a_case_out_of_reach_can_not_be_moved(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db, at=make_cases.NORTH)
    with pytest.raises(NotFound):
        moves.move(db, make_cases.viewer("intake", make_cases.SOUTH_AREA), case.number, S.FILED)
    with pytest.raises(Forbidden):
        moves.move(db, Viewer(None, "x", "intake", ("",)), case.number, S.FILED)


def test_moving_on_from_a_status_that_somebody_changed_is_refused(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    walk(db, case.number, ("intake", S.VERIFYING))
    with pytest.raises(moves.StaleCase):
        moves.move(db, WHO["inspector"], case.number, S.REPORTED, note="x", expected=S.REPORTED)


def test_of_two_who_move_at_once_one_is_told_so(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_case_moves"))
    try:
        with Session(engine) as db, db.begin():
            make.city(db)
            number = make_cases.case(db).number

        def file(_: int) -> bool:
            try:
                with Session(engine) as db, db.begin():
                    moves.move(db, WHO["intake"], number, S.FILED, expected=S.REPORTED)
            except moves.StaleCase:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(file, range(4))) == [False, False, False, True]
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM case_moves")).scalar() == 2
    finally:
        engine.dispose()


def test_closing_after_the_limit_is_not_on_time(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db, reported_at=make_cases.noon())
    db.execute(text("UPDATE cases SET due_at = reported_at + interval '1 hour'"))
    db.expire(case)
    walk(db, case.number, ("inspector", S.CLOSED))
    assert case.is_on_time is False


def test_every_status_but_the_ends_leads_somewhere_and_every_move_has_words() -> None:
    assert {one.start for one in moves.MOVES} == {*OPEN_STATUSES, S.CLOSED}
    for one in moves.MOVES:
        assert act_words(one.start.value, one.to.value) is not None
