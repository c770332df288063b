"""The work list of a department: tabs, steps, paging, constant statements; the pages without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.cases import acts, board
from app.cases.models import Case
from app.workflow.situation import Given
from grid.reach import Viewer
from tests import make_accounts, make_cases
from tests.app.dispatch.test_board import at, clocked, filed, sent, stands, town

__all__ = ["town"]


@contextmanager
def statements(db: Session) -> Iterator[list[str]]:
    """What is sent to the database while it is open."""
    sent_now: list[str] = []

    def note(_c: object, _k: object, text: str, *_rest: object) -> None:
        sent_now.append(text)

    bind = db.get_bind()
    event.listen(bind, "before_cursor_execute", note)
    try:
        yield sent_now
    finally:
        event.remove(bind, "before_cursor_execute", note)


@pytest.fixture
def power(db: Session, town: None) -> Viewer:
    return make_accounts.viewer(db, role="department", department="power")


def client(app: OpenAPI, db: Session, role: str = "department") -> FlaskClient:
    given = {"department": "power"} if role == "department" else {}
    return make_accounts.client_as(app, make_accounts.account(db, role=role, **given))


def tabs(db: Session, viewer: Viewer) -> dict[str, list[str]]:
    now = datetime.now(UTC)
    db.expire_all()
    found = {
        name: [row.number for row in board.tab_page(db, viewer, name, now=now, limit=50)] for name in board.TABS
    }  # fmt: skip
    assert board.tab_counts(db, viewer, now) == {name: len(rows) for name, rows in found.items()}
    return found


def test_each_case_stands_under_what_is_to_be_done_with_it(db: Session, power: Viewer) -> None:
    new, accepted, late, done, asked, back = sent(db, *[at(1, 1)] * 6)
    for one in (accepted, done):
        acts.act(db, power, one.number, "accept")
    clocked(db, late, due_h=-1, yellow_h=-2)
    acts.act(db, power, done.number, "done", Given(note="lamp changed"))
    acts.act(db, power, asked.number, "send_back", Given(note="not ours"))
    acts.act(db, make_cases.viewer("dispatcher"), back.number, "send_back", Given(note="wrong"))
    found = tabs(db, power)
    assert set(found["new"]) == {new.number, late.number}
    assert found["accepted"] == [accepted.number]
    assert found["due_soon"] == [late.number]
    assert found["checking"] == [done.number]
    assert set(found["handed_back"]) == {asked.number, back.number}


def test_another_departments_cases_are_under_no_tab(db: Session, power: Viewer) -> None:
    sent(db, at(1, 1))
    water = make_accounts.viewer(db, role="department", department="water")
    assert all(rows == [] for rows in tabs(db, water).values())


def test_pages_follow_each_other_without_gap_or_double(db: Session, power: Viewer) -> None:
    cases = sent(db, *[at(1, 1)] * 5)
    for hours, one in enumerate(cases[:3], 1):
        clocked(db, one, due_h=hours, yellow_h=0.5)
    now, after, seen = datetime.now(UTC), (), []
    for _ in range(3):
        rows = board.tab_page(db, power, "new", now=now, limit=2, after=after)
        seen += [row.number for row in rows]
        after = [rows[-1].due_at, rows[-1].id]
    assert seen == [one.number for one in cases]


def test_the_list_asks_the_same_number_of_statements_however_long_it_is(app: OpenAPI, db: Session, town: None) -> None:
    web = client(app, db)
    counts = []
    for more in (1, 8):
        sent(db, *[at(1, 1)] * more)
        web.get("/work")
        with statements(db) as told:
            assert web.get("/work").status_code == 200
        counts.append(len(told))
    assert counts[0] == counts[1]


def test_a_step_is_done_from_the_list_and_a_refusal_keeps_what_was_typed(
    app: OpenAPI, db: Session, power: Viewer
) -> None:
    (one,) = sent(db, at(1, 1))
    web = client(app, db)
    assert "/work/" + one.number in web.get("/work").text
    refused = web.post(f"/work/{one.number}/moves", data={"act": "done", "note": ""})
    assert refused.status_code == 422
    assert one.number in refused.text
    assert web.post(f"/work/{one.number}/moves", data={"act": "accept", "tab": "new"}).status_code == 303
    given = {"act": "give_team", "team": "crew", "tab": "accepted"}
    assert web.post(f"/work/{one.number}/moves", data=given).status_code == 303
    db.expire_all()
    case = db.get(Case, one.id)
    assert case is not None
    assert case.team_id is not None
    done = {"act": "done", "note": "changed", "tab": "accepted"}
    assert web.post(f"/work/{one.number}/moves", data=done).status_code == 303
    assert tabs(db, power)["checking"] == [one.number]


def test_the_board_sends_a_case_and_tells_the_one_who_comes_second(app: OpenAPI, db: Session, town: None) -> None:
    (one,) = filed(db, at(1, 1))
    stands(db, "crew", 1.5, 1)
    web = client(app, db, "dispatcher")
    page = web.get(f"/dispatch?case={one.number}").text
    assert "First crew" in page or "一班" in page
    given = {"department": "power", "team": "crew", "revision": str(one.revision)}
    assert web.post(f"/dispatch/cases/{one.number}", data=given).status_code == 303
    second = client(app, db, "dispatcher").post(f"/dispatch/cases/{one.number}", data=given)
    assert second.status_code == 409
    assert 'role="alert"' in second.text


def test_a_teams_page_suggests_an_order_and_keeps_it(app: OpenAPI, db: Session, town: None) -> None:
    one, other = sent(db, at(1, 1), at(2, 1), team="crew")
    web = client(app, db, "chief")
    page = web.get("/dispatch/teams/crew?suggest=shortest").text
    assert page.index(one.number) < page.index(other.number)
    data = {"order": "due", "number": [one.number, other.number]}
    assert web.post("/dispatch/teams/crew/route", data=data).status_code == 303
    order = {"team": "crew", "number": [one.number]}
    assert "/dispatch/teams/crew?suggest=shortest" in web.post("/dispatch/order", data=order).location


PAGES = [("dispatcher", 200, 403), ("chief", 200, 403), ("department", 403, 200), ("inspector", 403, 403)]


@pytest.mark.parametrize(("role", "board_page", "work"), PAGES)
def test_who_opens_which_page(app: OpenAPI, db: Session, town: None, role: str, board_page: int, work: int) -> None:
    web = client(app, db, role)
    assert (web.get("/dispatch").status_code, web.get("/work").status_code) == (board_page, work)
