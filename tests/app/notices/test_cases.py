"""Whom a case's life is told to: every assignment, what waits for an answer, and nothing beyond one's reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.service import viewer_of
from app.cases import acts
from app.cases.kind import KIND
from app.cases.models import Case
from app.notices.models import Notice, NoticeDelivery, NoticeEvent
from app.notices.spread import spread
from app.notices.topics import all_events
from app.workflow.situation import Given
from tests import make, make_accounts, make_cases

Told = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def people(db: Session) -> dict[str, Account]:
    make.city(db, options={"departments": {"Lighting": ["照明所", "Lighting"]}})
    roles = ("inspector", "intake", "dispatcher", "chief", "leader", "administrator")
    made = {role: make_accounts.account(db, role=role, name=role) for role in roles}
    for name in ("Lighting", "Water"):
        made[name] = make_accounts.account(db, role="department", department=name, name=name)
    return made


@pytest.fixture
def told(db: Session) -> Told:
    """Who has been told what since the last question, by login name."""
    seen = 0

    def ask(**given: Any) -> list[tuple[str, str]]:
        nonlocal seen
        while spread(db, sends_mail=False, **given):
            pass
        new = select(Notice.event, Account.name, Notice.id).join(Account).where(Notice.id > seen)
        rows = db.execute(new.order_by(Notice.event, Account.name)).all()
        seen = max((row.id for row in rows), default=seen)
        return [(row.event.removeprefix("cases."), row.name) for row in rows]

    return ask


@pytest.fixture
def do(db: Session, people: dict[str, Account]) -> Callable[..., Case]:
    def done(who: str, case: Case, name: str, **answers: Any) -> Case:
        act = KIND.act(name)
        note = "because" if act and act.field("note") else ""
        return acts.act(db, viewer_of(people[who]), case.number, name, Given(answers, note)).case

    return done


def test_each_step_of_a_life_is_told_to_whom_it_falls(
    db: Session, people: dict[str, Account], told: Told, do: Callable[..., Case]
) -> None:
    case = make_cases.case(db, by=viewer_of(people["inspector"]))
    assert told() == [("reported", "intake")]
    do("intake", case, "verify")
    assert told() == [("verify_asked", "inspector")]
    do("inspector", case, "verified", result="true")
    assert told() == [("verified", "intake")]
    do("intake", case, "file")
    assert told() == [("filed", "dispatcher")]
    do("dispatcher", case, "dispatch", department="Lighting")
    assert told() == [("dispatched", "Lighting")]
    do("Lighting", case, "done")
    assert told() == [("check_asked", "inspector")]
    do("inspector", case, "checked", result="failed")
    assert told() == [("checked", "chief"), ("checked", "intake")]
    do("intake", case, "rework")
    assert told() == [("rework", "Lighting")]
    do("chief", case, "oversee")
    assert told() == [("overseen", "Lighting"), ("overseen", "dispatcher")]
    do("dispatcher", case, "overseen")
    assert told() == [("oversight_answered", "chief"), ("oversight_answered", "leader")]
    do("Lighting", case, "done")
    do("intake", case, "close")
    assert told() == [("check_asked", "inspector"), ("closed", "inspector")]
    do("chief", case, "reopen")
    assert told() == [("reopened", "Lighting")]


def test_what_is_asked_for_is_told_to_who_may_grant_it_and_the_answer_to_who_asked(
    db: Session, people: dict[str, Account], told: Told, do: Callable[..., Case]
) -> None:
    case = make_cases.case(db, by=viewer_of(people["inspector"]))
    do("intake", case, "file")
    do("dispatcher", case, "dispatch", department="Lighting")
    told()
    do("Lighting", case, "suspend", until="2027-03-01")
    assert told() == [("asked", "chief")]
    [one] = acts.waiting(db, viewer_of(people["chief"]), case)
    acts.answer(db, viewer_of(people["chief"]), case.number, one[0].id, "refuse", "not now")
    assert told() == [("not_granted", "Lighting")]
    do("Lighting", case, "send_back")
    assert told() == [("asked", "dispatcher")]
    [one] = acts.waiting(db, viewer_of(people["dispatcher"]), case)
    acts.answer(db, viewer_of(people["dispatcher"]), case.number, one[0].id, "grant")
    assert told() == [("granted", "Lighting")]  # the dispatcher did it: nobody is told of what one did oneself


def test_no_assignment_goes_without_notice_and_if_nobody_is_there_that_is_told(
    db: Session, people: dict[str, Account], told: Told, do: Callable[..., Case]
) -> None:
    """DIGIT#904: staff were given cases and not told."""
    case = make_cases.case(db, by=viewer_of(people["inspector"]))
    do("intake", case, "file")
    told()
    do("dispatcher", case, "dispatch", department="Parks")  # no account is of that department
    assert told() == [("nobody_told", "administrator"), ("nobody_told", "chief")]
    assigning = {act.name for act in KIND.acts if act.opens or act.to == "handling"} - {"oversee", "split"}
    musts = {act for _topic, kind in all_events().values() if kind.must for act in kind.on}
    assert assigning <= musts  # a split dispatches each of its parts


def test_a_notice_reaches_nobody_who_may_not_see_its_case(
    db: Session, people: dict[str, Account], told: Told, do: Callable[..., Case]
) -> None:
    """Another area's intake, another department, a locked account, and the reporter whose area it is not any more."""
    north = make_accounts.account(db, role="intake", areas=[make_cases.NORTH_AREA], name="north")
    make_accounts.account(db, role="intake", name="locked", is_active=False)
    reporter = make_accounts.account(db, role="inspector", areas=[make_cases.SOUTH_AREA], name="reporter")
    case = make_cases.case(db, by=viewer_of(reporter))
    assert told() == [("reported", "intake")]
    reporter.areas = [make_cases.NORTH_AREA]
    db.flush()
    do("intake", case, "refuse")
    assert told() == []
    make_cases.case(db, at=make_cases.NORTH, by=viewer_of(people["inspector"]))
    assert told() == [("reported", "intake"), ("reported", "north")]
    assert north.id


def test_a_notice_tells_class_and_place_and_nothing_that_somebody_wrote(
    db: Session, people: dict[str, Account], told: Told, do: Callable[..., Case]
) -> None:
    case = make_cases.case(db, by=viewer_of(people["inspector"]), description="Wang Fang, 13800138000, flat 302")
    do("intake", case, "file")
    do("dispatcher", case, "dispatch", department="Lighting")
    told()
    kept = db.scalars(select(Notice).where(Notice.event == "cases.dispatched")).one()
    assert kept.texts["zh"]["title"] == "派给您：路灯"
    assert kept.texts["en"]["title"] == "For you: Street lamp"
    assert "由照明所处置" in kept.texts["zh"]["body"]
    assert "Area 310199001001" in kept.texts["en"]["body"]
    assert kept.link == f"/cases/{case.number}"
    everything = str([one.texts for one in db.scalars(select(Notice))])
    assert "Wang" not in everything
    assert "138" not in everything.replace(case.number, "")


def test_an_event_is_one_row_with_its_transaction_and_is_told_once(db: Session, people: dict[str, Account]) -> None:
    with db.begin_nested() as undone:
        make_cases.case(db)
        undone.rollback()
    assert db.scalars(select(NoticeEvent)).all() == []
    make_cases.case(db)
    db.flush()
    assert len(db.scalars(select(NoticeEvent)).all()) == 1
    assert (spread(db, sends_mail=True), spread(db, sends_mail=True)) == (1, 0)
    assert len(db.scalars(select(Notice)).all()) == 1
    assert db.scalars(select(NoticeDelivery)).all() == []


def test_telling_costs_as_many_queries_for_a_hundred_events_as_for_one(
    db: Session, people: dict[str, Account], statements: Callable[[], list[str]]
) -> None:
    chosen = make_cases.case_class(db).id
    counts = []
    for many in (1, 30):
        for _ in range(many):
            make_cases.case(db, class_id=chosen)
        db.flush()
        before = len(statements())
        assert spread(db, sends_mail=True) == many
        counts.append(len(statements()) - before)
    assert counts[0] == counts[1]
