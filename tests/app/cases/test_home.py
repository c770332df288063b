"""What of cases stands on the first screen of each role."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_openapi3 import OpenAPI
from shapely.geometry import box
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.rights import rights_of
from app.cases import home, queries
from app.cases.filters import CaseFilter
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, Case, CaseStatus
from grid.models import GridVersion
from grid.reach import Viewer
from tests import make, make_cases

NOW = datetime.now(UTC)


def viewer(role: str, *prefixes: str) -> Viewer:
    return Viewer(None, role, role, prefixes or ("",), rights=rights_of(Role(role)))


def case_at(
    db: Session, status: CaseStatus, due_in_h: float | None = None, given_h: float = 10, **given: object
) -> Case:
    """A case at a status, with a limit of some hours that ends in (or ended before) some hours."""
    made = make_cases.case(db, **given)  # type: ignore[arg-type]
    made.status = status
    if due_in_h is not None:
        made.due_at = NOW + timedelta(hours=due_in_h)
        made.reported_at = made.due_at - timedelta(hours=10)
        made.yellow_at = made.due_at - timedelta(hours=2)
    db.flush()
    return made


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        ("intake", {"reported", "checking"}),  # files and closes
        ("dispatcher", {"filed"}),  # what is being handled waits for the department
        ("department", {"handling"}),
        ("inspector", {"verifying", "checking"}),  # what they are sent out to look at
    ],
)
def test_a_case_waits_for_the_role_whose_step_is_next_and_for_no_other(
    app: OpenAPI, db: Session, role: str, statuses: set[str]
) -> None:
    make.city(db)
    for status in CaseStatus:
        case_at(db, status)
    with app.test_request_context("/"):
        card = home.waiting_card(db, viewer(role))
    assert card is not None
    assert card.count == len(card.rows) == len(statuses)
    assert set(card.url.removeprefix("/cases?status=").partition("&")[0].split(",")) == statuses
    assert set(KIND.turns(role)) == statuses


def test_every_open_status_but_the_suspended_and_transferred_waits_for_someone_who_may_lead_on() -> None:
    turns = {name: state.turn for name, state in KIND.states.items() if state.turn}
    assert set(turns) == set(OPEN_STATUSES) - {CaseStatus.SUSPENDED, CaseStatus.TRANSFERRED}
    for status, roles in turns.items():
        for role in roles:
            assert any(KIND.starts(act, status) and role in act.roles for act in KIND.acts), (status, role)


def test_who_waits_sees_first_what_falls_due_first(app: OpenAPI, db: Session) -> None:
    make.city(db)
    late, never, soon = (
        case_at(db, CaseStatus.FILED, 9),
        case_at(db, CaseStatus.FILED),
        case_at(db, CaseStatus.FILED, 1),
    )
    with app.test_request_context("/"):
        card = home.waiting_card(db, viewer("dispatcher"))
    assert card is not None
    assert [row.url for row in card.rows] == [f"/cases/{one.number}" for one in (soon, late, never)]


def test_due_soon_and_overdue_are_counted_apart_and_their_links_lead_to_as_many(app: OpenAPI, db: Session) -> None:
    make.city(db)
    case_at(db, CaseStatus.FILED, 9)
    soon = case_at(db, CaseStatus.HANDLING, 1)
    over = case_at(db, CaseStatus.CHECKING, -1)
    case_at(db, CaseStatus.CLOSED, -1)
    with app.test_request_context("/"):
        cards = [make_card(db, viewer("dispatcher")) for make_card in (home.next_card, home.overdue_card)]
    assert [(card.count, [row.url for row in card.rows]) for card in cards if card] == [
        (1, [f"/cases/{soon.number}"]),
        (1, [f"/cases/{over.number}"]),
    ]
    for clock, expected in (("due_soon", 1), ("overdue", 1)):
        asked = CaseFilter(statuses=OPEN_STATUSES, clock=clock)
        assert queries.matched(db, viewer("leader"), asked, now=NOW) == expected


def test_leaders_see_where_most_is_overdue_and_inside_one_area_the_cases_themselves(app: OpenAPI, db: Session) -> None:
    make.city(db)
    aside = box(make.WEST - make.SIDE, make.SOUTH, make.WEST, make.SOUTH + make.SIDE)
    make.area(db, "310199002", aside, level="street", parent="310199")
    make.area(db, "310199002001", aside, parent="310199002")
    make.cell(db, "310199002001001", "310199002001", aside, db.scalars(select(GridVersion)).one())
    here = [case_at(db, CaseStatus.HANDLING, -1) for _ in range(2)]
    case_at(db, CaseStatus.HANDLING, -2, at=(make.WEST - 0.001, make.SOUTH + 0.001))
    with app.test_request_context("/?lang=en"):
        card = home.overdue_card(db, viewer("leader"))
        narrow = home.overdue_card(db, viewer("leader", "310199001"))
    assert card is not None
    assert narrow is not None
    assert [(row.url.split("area=")[1], row.clock_text) for row in card.rows] == [
        ("310199001", "2 cases"),
        ("310199002", "1 case"),
    ]
    assert {row.url for row in narrow.rows} == {f"/cases/{one.number}" for one in here}


def test_who_moves_no_case_sees_at_which_step_the_open_ones_stand(app: OpenAPI, db: Session) -> None:
    make.city(db)
    for status in (CaseStatus.FILED, CaseStatus.HANDLING, CaseStatus.HANDLING, CaseStatus.CLOSED):
        case_at(db, status)
    with app.test_request_context("/?lang=en"):
        card = home.open_card(db, viewer("leader"))
        assert home.open_card(db, viewer("dispatcher")) is None
    assert card is not None
    assert (card.count, [(str(row.title), row.clock_text) for row in card.rows]) == (
        3, [("Filed", "1"), ("Being handled", "2")],
    )  # fmt: skip
