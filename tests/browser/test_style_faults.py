"""What the style editor keeps and offers, and what a coloured area says when it is clicked."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.conftest import OpenPage
from tests.browser.test_styles import open_editor, tried
from tests.browser.town import S, W

pytestmark = pytest.mark.browser


def kind(page: Page, name: str) -> None:
    page.locator(".style-kinds label", has=page.locator(f"[value={name}]")).click()


def test_what_was_typed_stays_when_kind_and_field_change(open_as: OpenPage) -> None:
    page = open_as("planner", "/map")
    desk.idle(page)
    open_editor(page, "cases")
    page.fill("#style-title", "My density")
    page.locator("#style-shared").check()
    kind(page, "graduated")
    tried(page)
    expect(page.locator("#style-title")).to_have_value("My density")
    page.locator("#style-rate").select_option("count")
    expect(page.locator("#style-title")).to_have_value("My density")
    expect(page.locator("#style-shared")).to_be_checked()


def test_another_field_has_colours_of_its_own_and_hidden_fields_are_not_offered(open_as: OpenPage) -> None:
    page = open_as("planner", "/map?on=events")
    desk.idle(page)
    open_editor(page, "events")
    kind(page, "category")
    tried(page)
    fields = desk.ask(page, "/api/v1/layers")["items"]
    events = next(one for one in fields if one["id"] == "events")
    shown = {one["name"] for one in events["fields"] if one["in_tile"] and one["in_list"] and one["kind"] != "time"}
    offered = set(page.locator("#style-field option").evaluate_all("(all) => all.map((one) => one.value)"))
    assert offered == shown | {events["style"]["by"]}
    page.locator("#style-field").select_option("status")
    words = next(one["choices"] for one in events["fields"] if one["name"] == "status").values()
    expect(page.locator(".style-value span").first).to_be_visible()
    expect(page.locator(".style-value", has_text="III")).to_have_count(0)
    assert set(page.locator(".style-value span").all_inner_texts()) <= set(words)


def test_a_click_on_a_coloured_cell_tells_number_class_rows_and_residents(open_as: OpenPage) -> None:
    page = open_as("planner", "/map?on=cases")
    desk.idle(page)
    open_editor(page, "cases")
    kind(page, "graduated")
    tried(page)
    page.locator("#style-over").select_option("cell")
    page.locator("#style-rate").select_option("per_1000")
    expect(page.locator("[data-field=rate] select")).to_have_value("per_1000")
    expect(page.locator(".style-result")).to_contain_text("Rows per 1,000 residents")
    page.fill("#style-title", "By residents")
    page.get_by_role("button", name="Keep the style").click()
    expect(page.locator("#map-drawer")).to_be_hidden()
    spot = (W + 0.0036, S + 0.0011)  # beside the legend, on no house
    code = desk.ask(page, f"/api/v1/places/reverse?lon={spot[0]}&lat={spot[1]}")["unit_cell"]["code"]
    units = desk.ask(page, "/api/v1/layers/cases/counts?by=cell&people=1")["items"]
    unit = next(one for one in units if one["code"] == code)
    desk.click_at(page, *spot)
    card = page.locator(".unit-card")
    expect(card).to_contain_text(code)
    expect(card).to_contain_text(f"{unit['count']} case")
    if unit.get("people"):
        expect(card).to_contain_text(f"{unit['people']} residents")
        expect(card).to_contain_text(f"{unit['per_1000']:,.4g}")
    else:
        expect(card).to_contain_text("residents held back or none")
        expect(card).to_contain_text("held back or not known")
        expect(page.locator("#map-legend .symbol-hatch").first).to_be_visible()
        page.wait_for_function("() => document.querySelector('.stage').map.hasImage('hatch-6f777d')")
    desk.check_access(page)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    for one in desk.ask(page, "/api/v1/styles?layer=cases")["items"]:
        page.evaluate("async (id) => (await import('http')).sendJSON('DELETE', `/api/v1/styles/${id}`)", one["id"])
