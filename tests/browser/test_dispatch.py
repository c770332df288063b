"""The dispatch board in a browser: a case is sent, stops are ordered, rows leave by themselves; work on a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseStatus
from app.launch.cluster import Cluster
from gis import db as database
from tests import make, make_accounts, make_organisation
from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage

pytestmark = pytest.mark.browser

READY = ".board[data-state=ready]"


def base(cluster: Cluster) -> str:
    """The database behind the server."""
    return cluster.url(f"city_browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")


@pytest.fixture(scope="module")
def crews(server: object, cluster: Cluster) -> Iterator[None]:
    """Two crews of a department of their own, and its account."""
    assert server
    engine = database.make_engine(base(cluster))
    with Session(engine) as db, db.begin():
        make_organisation.department(db, "board", name_zh="照明", name_en="Board lighting")
        make_organisation.team(db, "first", of="board", name_zh="一班", name_en="First crew")
        make_organisation.team(db, "second", of="board", name_zh="二班", name_en="Second crew")
        make_accounts.account(db, role="department", name="board", department="board", language="en")
    yield
    engine.dispose()


def tell(page: Page, code: str, lon: float, lat: float) -> None:
    """A position by the API, as a phone of the department sends it."""
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    answer = page.request.post(
        f"/api/v1/teams/{code}/position", data={"lon": lon, "lat": lat}, headers={"X-CSRFToken": token}
    )  # fmt: skip
    assert answer.ok, answer.text()


def test_a_case_is_sent_from_the_board_and_stops_are_ordered(open_as: OpenPage, crews: None) -> None:
    tell(open_as("board", "/work"), "first", make.WEST + 0.001, make.SOUTH + 0.001)
    other = open_as("chief", "/dispatch")
    other.wait_for_selector(READY)
    page = open_as("dispatcher", "/dispatch")
    page.wait_for_selector(READY)
    first = page.locator("li[data-number]").first
    number = first.get_attribute("data-number")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/dispatch?case={number}")
    page.wait_for_selector(READY)
    desk.check_access(page)
    page.locator("a[data-team=first]").click()
    expect(page.locator("#dispatch-team")).to_have_value("first")
    expect(page.locator("#dispatch-department")).to_have_value("board")
    page.locator("[data-part=form] button.primary").click()
    page.wait_for_url("**/dispatch")
    expect(page.locator(f"li[data-number='{number}']")).to_have_count(0)
    expect(other.locator(f"li[data-number='{number}']")).to_have_count(0)  # by itself
    expect(other.locator("[data-part=news]")).to_be_visible()

    page.wait_for_selector(READY)
    page.locator("li[data-number] input").first.check()
    page.locator("#board-team").select_option("first")
    page.get_by_role("button", name="Order the stops").click()
    page.wait_for_selector("[data-module='dispatch/way'][data-state=ready]")
    expect(page.locator("#route-h")).to_contain_text("Shortest way")
    desk.check_access(page)
    page.get_by_role("button", name="Make it the team's list").click()
    expect(page.locator("#kept-h")).to_be_visible()


def test_the_work_list_is_used_on_a_phone(open_as: OpenPage, crews: None, cluster: Cluster) -> None:
    page = open_as("board", "/work", viewport=PHONE, has_touch=True)
    desk.check_access(page)
    card = page.locator(".work-list > li").first
    number = card.get_attribute("data-number")
    for button in page.locator(".work-list .steps > form > button, .work-list .step > summary").all():
        box = button.bounding_box()
        assert box is None or box["height"] >= 44
    card.get_by_role("button", name="Accept").click()
    page.wait_for_load_state()
    engine = database.make_engine(base(cluster))
    with Session(engine) as db:
        assert db.scalar(select(Case.status).where(Case.number == number)) == CaseStatus.HANDLING
    engine.dispose()
    page.goto("/work?tab=accepted")
    expect(page.locator(f"li[data-number='{number}']")).to_be_visible()
