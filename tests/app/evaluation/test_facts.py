"""What a case's moves come to is kept with each move, and is what the moves say."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases import acts, facts
from app.cases.models import Case, CaseFacts
from app.workflow.situation import Given
from tests import make, make_accounts, make_cases


def rows(db: Session) -> dict[int, dict[str, object]]:
    """All rows of the facts by case."""
    return {row["case_id"]: dict(row) for row in db.execute(text("SELECT * FROM case_facts")).mappings()}


def kept(db: Session, case: Case) -> CaseFacts:
    db.expire_all()
    found = db.get(CaseFacts, case.id)
    assert found is not None
    return found


@pytest.fixture
def doer(db: Session):  # type: ignore[no-untyped-def]
    """Does an act in a role's name."""
    make.city(db)
    people = {role: make_accounts.viewer(db, role=role) for role in ("inspector", "intake", "chief", "dispatcher")}
    people["department"] = make_accounts.viewer(db, role="department", department="lamps")

    def do(case: Case, role: str, act: str, note: str = "", **answers: object) -> None:
        given = Given({"note": note, **answers} if note else dict(answers))
        acts.act(db, people[role], case.number, act, given)

    do.people = people  # type: ignore[attr-defined]
    return do


def lived(db: Session, do) -> Case:  # type: ignore[no-untyped-def]
    """A case that was filed, dispatched, sent back, dispatched again, reworked once and closed."""
    made = make_cases.case_class(db)
    condition = make_cases.condition(db, made.id)
    case = make_cases.case(db, class_id=made.id, by=do.people["inspector"])
    do(case, "intake", "file", condition_id=condition.id)
    do(case, "dispatcher", "dispatch", department="gullies")
    do(case, "dispatcher", "send_back", note="not ours")
    do(case, "dispatcher", "dispatch", department="lamps")
    do(case, "department", "done", note="mended")
    do(case, "chief", "rework", note="still dark")
    do(case, "department", "done", note="mended again")
    do(case, "chief", "close")
    return case


def test_facts_are_kept_with_each_move(db: Session, doer) -> None:  # type: ignore[no-untyped-def]
    one = kept(db, lived(db, doer))
    assert (one.status, one.rework_n, one.sent_back_n, one.reopened_n) == ("closed", 1, 1, 0)
    assert (one.sent_to, one.sent_back_by) == (["gullies", "lamps"], ["gullies"])
    assert one.department == "lamps"
    assert one.reported_by == doer.people["inspector"].account_id
    times = [one.reported_at, one.filed_at, one.dispatched_at, one.handled_at, one.closed_at]
    assert all(times)
    assert times == sorted(times)  # type: ignore[type-var]
    assert one.due_at is not None
    assert one.closed_at is not None
    assert one.closed_at < one.due_at


def test_a_rebuild_gives_the_rows_that_were_kept(db: Session, doer) -> None:  # type: ignore[no-untyped-def]
    lived(db, doer)
    make_cases.case(db)
    before = rows(db)
    assert len(before) == 2
    assert facts.rebuild(db) == 2
    assert rows(db) == before


def test_a_step_taken_back_counts_for_nothing_but_the_taking_back(db: Session, doer) -> None:  # type: ignore[no-untyped-def]
    made = make_cases.case_class(db)
    case = make_cases.case(db, class_id=made.id)
    condition = make_cases.condition(db, made.id)
    doer(case, "intake", "file", condition_id=condition.id)
    assert kept(db, case).filed_at is not None
    acts.undo(db, doer.people["intake"], case.number)
    one = kept(db, case)
    assert (one.status, one.filed_at, one.due_at, one.undone_n) == ("reported", None, None, 1)
    assert facts.rebuild(db) == 1
    assert kept(db, case).undone_n == 1


def test_tasks_to_verify_and_oversight_are_told_with_who_did_them(db: Session, doer) -> None:  # type: ignore[no-untyped-def]
    case = make_cases.case(db)
    doer(case, "intake", "verify")
    one = kept(db, case)
    assert one.verify_due_at is not None
    assert one.verify_done_at is None
    doer(case, "inspector", "verified", result="true")
    one = kept(db, case)
    assert one.verify_done_at is not None
    assert one.verify_by == doer.people["inspector"].account_id
    doer(case, "chief", "oversee", note="why so long?")
    assert kept(db, case).oversight_due_at is not None
    doer(case, "dispatcher", "overseen", note="on its way")
    assert kept(db, case).oversight_done_at is not None


def test_as_of_a_moment_the_rows_say_what_was_recorded_until_then(db: Session, doer) -> None:  # type: ignore[no-untyped-def]
    case = lived(db, doer)
    moves = db.execute(text("SELECT act, recorded_at FROM case_moves ORDER BY id")).all()
    moment: datetime = next(at for act, at in moves if act == "dispatch")
    then = db.execute(facts.facts_as_of(moment).select()).mappings().one()
    assert (then["status"], then["closed_at"], then["sent_back_n"]) == ("handling", None, 0)
    assert then["case_id"] == case.id
    assert db.execute(facts.facts_as_of(moves[-1].recorded_at).select()).mappings().one()["status"] == "closed"
    before = moves[0].recorded_at.replace(year=2000)
    assert db.execute(facts.facts_as_of(before).select()).all() == []


def test_a_redraw_moves_the_facts_with_the_case(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    cell = db.execute(text("SELECT id, area_code, ST_X(ST_Centroid(geom)) x, ST_Y(ST_Centroid(geom)) y FROM unit_cells "
                           "WHERE area_code = :a LIMIT 1"), {"a": make_cases.NORTH_AREA}).one()  # fmt: skip
    db.execute(text("UPDATE cases SET unit_cell_id = :c, area_code = :a, geom = ST_Point(:x, :y, 4326)"),
               {"c": cell.id, "a": cell.area_code, "x": cell.x, "y": cell.y})  # fmt: skip
    assert kept(db, case).area_code == make_cases.NORTH_AREA
