"""Every group of cases gets its reason: times and flags are set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.evaluation.agreement import compare
from gis.errors import Forbidden
from tests import make, make_accounts, make_cases

DUE = datetime(2025, 6, 10, 12, tzinfo=UTC)
AFTER = timedelta(days=2)


@pytest.mark.parametrize(("due", "closed", "flag", "reason"), [
    (DUE, DUE, True, "agrees_on_time"),
    (DUE, DUE + AFTER, False, "agrees_late"),
    (None, DUE, True, "no_limit"),
    (DUE, DUE, None, "no_flag_closed"),
    (DUE, None, None, "no_flag_open"),
    (DUE, None, False, "agrees_open"),
    (DUE, DUE + timedelta(seconds=59), True, "differs_by_seconds"),
    (DUE, DUE + timedelta(hours=1), True, "differs_by_an_hour"),
    (DUE, DUE + AFTER, True, "differs_late_yet_on_time"),
    (DUE, DUE - timedelta(hours=3), False, "differs_in_time_yet_overdue"),
    (DUE, DUE - timedelta(days=300), False, "differs_closed_before_reported"),
])  # fmt: skip
def test_each_group_has_its_reason(
    db: Session, due: datetime | None, closed: datetime | None, flag: bool | None, reason: str
) -> None:
    make.city(db)
    case = make_cases.case(db, reported_at=DUE - timedelta(days=3))
    given = {"due_at": due, "yellow_at": due, "closed_at": closed, "is_on_time": flag, "external_system": "x",
             "external_id": "1"}  # fmt: skip
    db.execute(update(Case).where(Case.id == case.id).values(**given))
    found = compare(db, make_accounts.viewer(db, role="evaluator"))
    assert dict(found.whole.counts) == {reason: 1}
    assert [dict(one.counts) for one in found.classes] == [{reason: 1}]


def test_open_cases_that_no_one_moment_explains_are_told(db: Session) -> None:
    make.city(db)
    first = make_cases.case(db, reported_at=DUE)
    second = make_cases.case(db, class_id=first.class_id, reported_at=DUE)
    for case, days, flag in ((first, 5, False), (second, 1, True)):
        due = DUE + timedelta(days=days)
        db.execute(update(Case).where(Case.id == case.id).values(
            due_at=due, yellow_at=due, is_on_time=flag, external_system="x", external_id=case.number))  # fmt: skip
    found = compare(db, make_accounts.viewer(db, role="evaluator"))
    assert found.whole.counts == {"agrees_open": 1, "differs_open": 1}


def test_only_who_evaluates_sees_it(db: Session) -> None:
    make.city(db)
    with pytest.raises(Forbidden):
        compare(db, make_accounts.viewer(db, role="inspector"))
