"""Two maps compared: under a divider or side by side, each with its own layers and filters, looking at one place."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.test_map_records import log_a_case
from tests.browser.town import S, W

pytestmark = pytest.mark.browser
SPOT = (W + 0.00095, S + 0.00215)  # a place without a case near enough to be hit
CAMERAS = """() => [...document.querySelectorAll(".map-pane")].map(({ map }) => {
  const { lng, lat } = map.getCenter();
  return [lng, lat, map.getZoom(), map.getBearing(), map.getPitch()];
})"""
LAYERS = """() => [...document.querySelectorAll(".map-pane")].map(({ map }) =>
  [...new Set(map.getStyle().layers.map((one) => one.source).filter(Boolean))])"""
IDLE = """() => [...document.querySelectorAll(".map-pane")]
  .every(({ map }) => map && map.loaded() && !map.isMoving())"""
ROWS = """() => [...document.querySelectorAll(".map-pane")].map(({ map }) => {
  const layers = map.getStyle().layers.filter((one) => one.source === "cases").map((one) => one.id);
  const found = map.queryRenderedFeatures({ layers }).filter((one) => one.sourceLayer === "cases");
  return new Set(found.map((one) => one.id)).size;
})"""
SELECTED = """() => [...document.querySelectorAll(".map-pane")].map(({ map }) =>
  map.querySourceFeatures("own-selected").length > 0)"""

UNDER = """([x, y]) => [...document.querySelectorAll(".map-pane")]
  .indexOf(document.elementFromPoint(x, y).closest(".map-pane"))"""


def still(page: Page) -> None:
    """Until both maps have drawn all they asked for."""
    page.wait_for_selector(".stage[data-state=ready]")
    page.wait_for_function("() => document.querySelectorAll('.map-pane').length === 2")
    page.wait_for_function(IDLE)


def compare(page: Page) -> None:
    page.get_by_role("button", name="Compare two maps").click()
    still(page)


def legend_sum(page: Page, legend: str) -> int:
    """The rows that a map's legend of cases counts."""
    numbers = page.locator(f"{legend} section", has_text="Cases").locator("li .num").all_inner_texts()
    return sum(int(one) for one in numbers)


def same_view(page: Page) -> None:
    first, second = page.evaluate(CAMERAS)
    assert second == pytest.approx(first, abs=1e-6)


def test_each_map_has_layers_filters_and_a_label_of_its_own_and_the_address_keeps_both(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases")
    desk.idle(page)
    everything = desk.count(page)
    compare(page)
    first, second = page.evaluate(ROWS)
    assert first == second == everything
    page.click("[data-chip=f-status]")
    page.get_by_role("checkbox", name="Closed").check()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"b\.f\.status=closed"))
    assert not re.search(r"[?&]f\.status", page.url)
    page.click("#tab-layers")
    page.locator("#layer-events").check(force=True)
    page.wait_for_url(re.compile(r"b\.on=cases%2Cevents|b\.on=cases,events|b\.on=events,cases"))
    page.wait_for_function("() => document.querySelectorAll('.map-pane')[1].map.getSource('events')")
    still(page)
    closed = desk.ask(page, "/api/v1/layers/cases/features?f.status=closed")["matched"]
    page.wait_for_function(f"() => ({ROWS})()[1] === {closed}")
    assert page.evaluate(ROWS)[0] == everything
    shown = page.evaluate(LAYERS)
    assert "events" not in shown[0]
    assert "events" in shown[1]
    labels = page.locator(".pane-button")
    expect(labels.nth(0)).to_contain_text("Map A")
    expect(labels.nth(1)).to_contain_text("1 filter")
    assert [legend_sum(page, name) for name in ("#map-legend", "#second-legend")] == [everything, closed]
    desk.check_access(page)

    again = open_as("dispatcher", page.url)
    still(again)
    again.wait_for_function(f"() => ({ROWS})()[1] === {closed}")
    assert again.evaluate(ROWS)[0] == everything
    expect(again.locator("input[name=compare-side][value=b]")).to_be_checked()


def test_the_panel_steers_the_chosen_map(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&cmp=beside&b.on=cases&b.f.status=closed")
    still(page)
    everything = desk.count(page)
    page.locator(".pane-button").nth(1).click()
    expect(page.locator(".pane-button").nth(1)).to_have_attribute("aria-pressed", "true")
    closed = desk.ask(page, "/api/v1/layers/cases/features?f.status=closed")["matched"]
    expect(page.locator("[data-part=count]")).to_have_attribute("data-count", str(closed))
    expect(page.locator("[data-chip=f-status]")).to_contain_text("Closed")
    page.click("#tab-layers")
    expect(page.locator("#legend-cases")).to_have_attribute("data-total", str(closed))
    page.locator(".panel-sides label", has_text="Map A").click()
    expect(page.locator("#legend-cases")).to_have_attribute("data-total", str(everything))
    page.click("#tab-list")
    expect(page.locator("[data-part=count]")).to_have_attribute("data-count", str(everything))


def test_both_maps_look_at_the_same_place_whichever_is_moved(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&cmp=beside&b.on=cases")
    still(page)
    same_view(page)
    for at in (0, 1):
        page.evaluate(
            "(at) => document.querySelectorAll('.map-pane')[at].map.jumpTo({zoom: 16 - at, bearing: 20 + at})", at
        )
        still(page)
        same_view(page)
        assert page.evaluate(CAMERAS)[0][2:4] == pytest.approx([16 - at, 20 + at])
    page.wait_for_url(re.compile(r"z=15&b=21"))
    box = page.locator(".map-pane").nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 260, steps=5)
    page.mouse.up()
    still(page)
    same_view(page)


def test_the_divider_is_moved_by_keys_and_by_hand_and_esc_leaves(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases")
    desk.idle(page)
    compare(page)
    divider = page.get_by_role("separator", name="Divider between the two maps")
    divider.focus()
    for key in ("ArrowLeft", "ArrowLeft", "PageDown"):
        page.keyboard.press(key)
    expect(divider).to_have_attribute("aria-valuenow", "56")
    page.wait_for_url(re.compile("cut=56"))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    page.keyboard.press("PageUp")
    expect(divider).to_have_attribute("aria-valuenow", "90")
    stage = page.locator(".map-panes").bounding_box()
    grip = divider.bounding_box()
    assert stage is not None
    assert grip is not None
    page.mouse.move(grip["x"] + 12, stage["y"] + 300)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * 0.25, stage["y"] + 300, steps=4)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "25")
    page.wait_for_url(re.compile("cut=25"))
    left, right = ([stage["x"] + stage["width"] * share, stage["y"] + 200] for share in (0.2, 0.3))
    page.wait_for_function(f"(at) => ({UNDER})(at) === 0", arg=left, timeout=10_000)  # the first map, and right of
    page.wait_for_function(f"(at) => ({UNDER})(at) === 1", arg=right, timeout=10_000)  # the divider the second
    page.keyboard.press("Escape")
    expect(page.locator(".map-pane")).to_have_count(1)
    expect(page.locator(".compare-bar")).to_be_hidden()
    assert "cmp=" not in page.url
    assert "b.on" not in page.url


def test_what_is_selected_on_one_map_is_marked_on_the_other(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&cmp=beside&b.on=cases")
    still(page)
    page.locator(".map-rows > li").nth(1).locator("a").click()
    expect(page.locator("#map-drawer .drawer-title")).to_be_visible()
    page.wait_for_function(f"() => ({SELECTED})().every(Boolean)")
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => ({SELECTED})().every((one) => !one)")
    expect(page.locator(".map-pane")).to_have_count(2)


def test_the_second_map_takes_the_classes_of_the_first_until_it_is_told_not_to(open_as: OpenPage) -> None:
    page = open_as("planner", "/map?on=cases")
    desk.idle(page)
    declared = {"kind": "graduated", "over": "cell", "rate": "count", "classes": 3}
    made = page.evaluate(
        """async (declared) => (await import("http")).postJSON("/api/v1/styles",
        { layer: "cases", title: "By cell", declared })""",
        declared,
    )
    style = f"st.cases={made['id']}"
    page.goto(f"/map?on=cases&{style}&cmp=beside&b.on=cases&b.{style}&b.f.status=closed")
    still(page)
    own = desk.ask(page, f"/api/v1/layers/cases/legend?style={made['id']}&f.status=closed")
    first = desk.ask(page, f"/api/v1/layers/cases/legend?style={made['id']}")
    assert own["breaks"] != first["breaks"]
    given = ",".join(f"{one:g}" for one in first["breaks"])
    locked = desk.ask(page, f"/api/v1/layers/cases/legend?style={made['id']}&f.status=closed&breaks={given}")
    assert locked["breaks"] == first["breaks"]
    last = page.locator("#second-legend .legend-label")
    expect(last.first).to_have_text(locked["items"][0]["label"])
    page.get_by_label("Same classes on both").uncheck()
    expect(last.first).to_have_text(own["items"][0]["label"])
    page.wait_for_url(re.compile("same=0"))
    page.get_by_label("Same classes on both").check()
    expect(last.first).to_have_text(locked["items"][0]["label"])
    expect(page.locator(".pane-button").nth(1)).to_contain_text("By cell")
    bad = page.request.get(f"/api/v1/layers/cases/legend?style={made['id']}&breaks=5,x")
    assert bad.status == 422
    page.evaluate("async (id) => (await import('http')).sendJSON('DELETE', `/api/v1/styles/${id}`)", made["id"])


def test_on_a_phone_the_two_maps_stand_one_above_the_other(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&cmp=beside&b.on=cases", viewport=PHONE, has_touch=True, is_mobile=True)
    still(page)
    upper, lower = (page.locator(".map-pane").nth(at).bounding_box() for at in (0, 1))
    assert upper is not None
    assert lower is not None
    assert upper["x"] == lower["x"]
    assert lower["y"] >= upper["y"] + upper["height"]
    assert upper["height"] == pytest.approx(lower["height"], abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    same_view(page)
    desk.check_access(page)


def test_what_others_write_appears_on_both_maps_and_not_in_the_past(open_as: OpenPage) -> None:
    page, writer = open_as("dispatcher", "/map?on=cases&cmp=beside"), open_as("inspector")
    still(page)
    page.evaluate("(at) => document.querySelector('.stage').map.jumpTo({ center: at, zoom: 17 })", list(SPOT))
    still(page)
    both = page.evaluate(ROWS)
    assert both[0] == both[1] > 0
    log_a_case(writer, SPOT, "Lamp out, seen on two maps")
    page.wait_for_function(f"(n) => ({ROWS})().every((one) => one === n)", arg=both[0] + 1, timeout=10_000)

    at = page.evaluate("new Date(Date.now() - 86400000 * 300).toISOString()")
    page.goto(f"/map?on=cases&cmp=beside&b.on=cases&b.datetime={at}&b.past=12m")
    still(page)
    first, second = page.evaluate(ROWS)
    assert first > 0
    assert second == 0
    expect(page.locator(".pane-button").nth(1)).to_contain_text(at[:4])
