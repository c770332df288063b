"""Every page beside the map: free of axe's violations by day and night, whole on a phone, large enough to be tapped."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, OpenPage, Server
from tests.browser.desk import check_access

pytestmark = pytest.mark.browser

TARGET_PX = 44
PAGES = {
    "intake": ["/", "/cases", "/cases?q=nothing-like-it", "case"],
    "commander": ["/", "/events", "/events?level=I", "event", "facility"],
    "clerk": ["/residents", "/residents?q=nowhere", "person", "building", "/facilities"],
    "department": ["/components", "component"],
    "planner": ["/shares", "/planning/scenarios", "/planning/recipes", "/planning/recipes/new"],
    "administrator": ["/", "/admin", "/admin/accounts", "/admin/accounts/new", "/admin/audit", "/me", "/nowhere"],
    "inspector": ["/admin"],  # refused, in words
}
SMALL = """(least) => [...document.querySelectorAll("button, summary, select, textarea, input:not([type=hidden]), a")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((one) => !one.matches(".hidden, .skip, .maplibregl-ctrl-attrib *"))
  .map((one) => [one.textContent.trim() || one.ariaLabel || one.name, one.closest("label.check, label.tick") ?? one])
  .map(([words, one]) => [words, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < least || box.height < least))
  .map(([words, box]) => `${words} ${Math.round(box.width)} × ${Math.round(box.height)}`)"""


def paths(server: Server, role: str) -> list[str]:
    return [server.town.pages.get(one, one) for one in PAGES[role]]


@pytest.mark.parametrize("role", PAGES)
def test_axe_finds_no_violation_on_any_page_by_day_and_by_night(open_as: OpenPage, server: Server, role: str) -> None:
    page = open_as(role, "/")
    for path in paths(server, role):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(path)
            check_access(page)


@pytest.mark.parametrize("role", PAGES)
def test_on_a_phone_no_page_is_wider_than_the_phone_and_no_target_is_small(
    open_as: OpenPage, server: Server, role: str
) -> None:
    page = open_as(role, "/", viewport=PHONE, has_touch=True, is_mobile=True)
    for path in paths(server, role):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
        assert page.evaluate(SMALL, TARGET_PX) == [], path


def test_no_table_has_more_than_seven_columns_and_lists_tell_their_count(open_as: OpenPage, server: Server) -> None:
    for role in PAGES:
        page = open_as(role, "/")
        for path in paths(server, role):
            page.goto(path)
            for table in page.locator("table").all():
                assert table.locator("thead th").count() <= 7, path
                expect(page.locator(".page-head .count, h1 .count").first).to_have_text(re.compile("[0-9]"))


def test_an_events_zone_is_drawn_on_its_page(open_as: OpenPage, server: Server) -> None:
    page = open_as("commander", server.town.pages["event"])
    expect(page.locator(".minimap[data-drawn=yes] canvas")).to_be_visible()
    expect(page.get_by_role("button", name="Contained")).to_have_class("primary")


def test_a_page_that_is_not_there_leads_back_to_the_first_screen(open_as: OpenPage) -> None:
    page = open_as("intake", "/nowhere")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page.get_by_role("link", name="To the first page").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_a_search_that_fails_says_so(open_as: OpenPage) -> None:
    page = open_as("intake", "/")
    told = {"status": 503, "code": "unavailable", "detail": "The database rests."}
    page.route("**/api/v1/places/search?*", lambda route: route.fulfill(status=503, json=told))
    page.fill("#search-box", "9 Test Road")
    expect(page.locator(".search-none")).to_contain_text("The database rests.")


def test_addresses_found_tell_their_area(open_as: OpenPage) -> None:
    page = open_as("intake", "/")
    page.fill("#search-box", "9 Test Road")
    found = page.locator("#search-found [role=option]", has_text="9 Test Road").first
    expect(found).to_contain_text("Area 310199001")
