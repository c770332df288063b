"""Styles made in the drawer: seen at once, kept, shared, taken away; layers found by name and kept at hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage

pytestmark = pytest.mark.browser
COLOURS = """(layer) => {
  const map = document.querySelector(".stage").map;
  return JSON.stringify(map.getStyle().layers.filter((one) => one.id.startsWith(layer)).map((one) => one.paint));
}"""


def tried(page: Page) -> None:
    """Until the server has worked the draft out."""
    expect(page.locator(".style-result .legend-items, .style-result .legend-square").first).to_be_visible()
    desk.idle(page)


def open_editor(page: Page, layer: str) -> None:
    page.click("#tab-layers")
    page.locator(f"[data-layer={layer}] summary").click()
    page.locator(f"button[data-edit={layer}]").click()
    tried(page)


def test_areas_by_cases_per_km2_are_seen_kept_shared_and_taken_away(open_as: OpenPage) -> None:
    page = open_as("planner", "/map")
    desk.idle(page)
    open_editor(page, "cases")
    before = page.evaluate(COLOURS, "cases")
    page.locator("input[name=style-kind][value=graduated]").check(force=True)
    expect(page.locator(".histogram")).to_be_visible()
    tried(page)
    assert page.evaluate(COLOURS, "cases") != before
    page.locator("#style-rate").select_option("count")
    expect(page.locator("[data-warning=count_as_area]")).to_be_visible()
    page.get_by_role("button", name="Divide by the size in km²").click()
    expect(page.locator("[data-warning=count_as_area]")).to_have_count(0)
    expect(page.locator("#style-rate")).to_have_value("per_km2")
    tried(page)
    desk.check_access(page)

    page.get_by_role("button", name="Keep the style").click()
    expect(page.locator(".style-form .alert")).to_have_text("The style needs a name.")
    page.fill("#style-title", "Density")
    page.locator("#style-shared").check()
    page.get_by_role("button", name="Keep the style").click()
    page.wait_for_url(re.compile(r"st\.cases=\d+"))
    expect(page.locator("#map-drawer")).to_be_hidden()
    kept = desk.ask(page, "/api/v1/styles?layer=cases")["items"]
    assert [(one["title"], one["shared"]) for one in kept] == [("Density", True)]
    page.reload()
    desk.idle(page)
    assert "#" in page.evaluate(COLOURS, "cases")

    other = open_as("dispatcher", f"/map?tab=layers&st.cases={kept[0]['id']}")
    desk.idle(other)
    other.locator("[data-layer=cases] summary").click()
    expect(other.locator("#style-of-cases")).to_have_value(str(kept[0]["id"]))
    assert other.evaluate(COLOURS, "cases") == page.evaluate(COLOURS, "cases")

    page.on("dialog", lambda asked: asked.accept())
    open_editor(page, "cases")
    page.get_by_role("button", name="Take away").click()
    expect(page.locator("#map-drawer")).to_be_hidden()
    assert desk.ask(page, "/api/v1/styles?layer=cases")["items"] == []
    other.reload()
    expect(other.locator("[data-part=banner]")).to_contain_text("This is the usual one.")


def test_esc_lets_the_draft_go_and_the_map_is_as_before(open_as: OpenPage) -> None:
    page = open_as("planner", "/map")
    desk.idle(page)
    before = page.evaluate(COLOURS, "cases")
    open_editor(page, "cases")
    page.locator("input[name=style-kind][value=single]").check(force=True)
    tried(page)
    desk.idle(page)
    page.keyboard.press("Escape")
    expect(page.locator("#map-drawer")).to_be_hidden()
    page.wait_for_function(f"(before) => ({COLOURS})('cases') === before", arg=before)


def test_layers_are_found_by_name_and_kept_at_hand(open_as: OpenPage) -> None:
    page = open_as("inspector", "/map?tab=layers")
    desk.idle(page)
    page.locator(".tree-tools input").fill("emerg")
    expect(page.locator(".tree-layer")).to_have_count(1)
    page.locator(".star").click()
    page.locator(".tree-tools input").fill("")
    expect(page.locator(".tree-theme h2").first).to_have_text("At hand")
    page.reload()
    desk.idle(page)
    expect(page.locator(".tree-theme h2").first).to_have_text("At hand")
    page.locator(".star[aria-pressed=true]").click()
    expect(page.locator(".tree-theme h2").first).not_to_have_text("At hand")
    page.locator(".tree-tools input").fill("no such layer")
    expect(page.locator(".tree-none")).to_have_text("No layer is called so.")


def test_on_a_phone_the_editor_is_a_sheet(open_as: OpenPage) -> None:
    page = open_as("planner", "/map?edit=cases", viewport=PHONE, has_touch=True, is_mobile=True)
    desk.idle(page)
    tried(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    desk.check_access(page)
