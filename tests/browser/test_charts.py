"""The chart of the map page: the numbers of the list, linked with the map both ways, by pointer, keys and table."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.town import S, W

pytestmark = pytest.mark.browser


def drawn(page: Page, total: int | None = None) -> None:
    """Until the chart stands, with so many rows in all."""
    page.wait_for_selector(".stage[data-state=ready]")
    expect(page.locator("#panel-charts")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator(".chart svg")).to_be_visible()
    if total is not None:
        expect(page.locator(".chart-says strong")).to_have_attribute("data-total", str(total))


def table(page: Page) -> dict[str, int]:
    """The numbers of the table by name."""
    if page.locator(".chart-table").get_attribute("open") is None:
        page.locator(".chart-table > summary").click()
    rows = page.locator(".chart-table tbody tr")
    return {row.locator("th").inner_text(): int(row.locator("td").inner_text()) for row in rows.all()}


def test_bars_are_the_lists_rows_and_a_chosen_one_narrows_map_and_list(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&layer=cases")
    desk.idle(page)
    assert not page.evaluate("performance.getEntriesByType('resource').some((one) => one.name.includes('echarts'))")
    everything = desk.count(page)
    page.click("#tab-charts")
    page.select_option("#chart-by", "field:status")
    drawn(page, everything)
    told = table(page)
    assert sum(told.values()) == everything
    asked = desk.ask(page, "/api/v1/layers/cases/features?f.status=closed&limit=1")
    assert told["Closed"] == asked["matched"]
    page.get_by_role("button", name="Closed", exact=True).press("Enter")
    page.wait_for_url(re.compile(r"f\.status=closed"))
    expect(page.get_by_role("button", name="Closed", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Closed", exact=True)).to_be_focused()
    drawn(page, everything)
    assert table(page) == told  # all bars stay to choose from
    assert len(desk.rendered(page, "cases")) == told["Closed"]
    desk.check_access(page)
    page.get_by_role("button", name="Closed", exact=True).click()
    page.wait_for_function("() => !location.search.includes('f.status')")


def test_a_click_on_a_bar_chooses_it_and_a_drag_chooses_days(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&layer=cases&tab=charts&by=field:status")
    drawn(page)
    told = table(page)
    names = list(told)
    at = next(index for index, name in enumerate(names) if told[name])
    box = page.locator(".chart").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 120, box["y"] + 4 + (box["height"] - 12) * (at + 0.5) / len(names))
    page.wait_for_url(re.compile(r"f\.status="))
    expect(page.locator(".chart-table .is-chosen th")).to_have_text(names[at])
    page.goto("/map?on=cases&layer=cases&tab=charts&by=day")
    drawn(page)
    days = table(page)
    box = page.locator(".chart").bounding_box()
    assert box is not None
    y = box["y"] + 80
    page.mouse.move(box["x"] + 56, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, y, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=.+&to="))
    expect(page.locator(".chart-table .is-chosen")).to_have_count(len(days))
    expect(page.locator("[data-chip=time]")).to_contain_text(next(iter(days)))


def test_areas_are_chosen_in_the_chart_and_cells_are_outlined_on_the_map(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&layer=cases&tab=charts&by=cell")
    drawn(page)
    counted = desk.ask(page, "/api/v1/layers/cases/counts?by=cell")["items"]
    assert table(page) == {one["code"]: one["count"] for one in counted if one["count"]}
    code = next(one["code"] for one in counted if one["count"])
    page.get_by_role("button", name=code).click()
    page.wait_for_url(re.compile(f"cell={code}"))
    page.wait_for_function("() => document.querySelector('.stage').map.querySourceFeatures('own-cell').length > 0")
    level = desk.ask(page, "/api/v1/city")["levels"][-1]
    page.select_option("#chart-by", f"area:{level}")
    drawn(page)
    areas = table(page)
    assert len(areas) == 2
    page.locator(".chart-table tbody button").first.click()
    page.wait_for_url(re.compile(r"area=\d+"))
    drawn(page)
    assert table(page) == areas
    expect(page.locator(".chart-table .is-chosen")).to_have_count(1)


def test_a_place_chosen_on_the_map_marks_its_bar(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&layer=cases&tab=charts&by=cell")
    drawn(page)
    table(page)
    page.locator(".chart-table tbody tr").first.wait_for()
    page.goto(f"{page.url}&at={W + 0.0005},{S + 0.0005}")
    drawn(page)
    code = desk.ask(page, f"/api/v1/places/reverse?lon={W + 0.0005}&lat={S + 0.0005}")["unit_cell"]["code"]
    table(page)
    expect(page.locator(".chart-table tr[aria-current=true] th")).to_have_text(code)
    page.select_option("#chart-by", "field:status")
    drawn(page)
    feature = desk.ask(page, "/api/v1/layers/cases/features?f.status=closed&limit=1")["features"][0]
    page.goto(f"/map?on=cases&layer=cases&tab=charts&by=field:status&sel=cases:{feature['id']}")
    drawn(page)
    table(page)
    expect(page.locator(".chart-table tr[aria-current=true] th")).to_have_text("Closed")


def test_moving_the_map_updates_a_chart_of_what_is_on_it(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?on=cases&layer=cases&tab=charts&by=field:status")
    desk.idle(page)
    drawn(page)
    everything = sum(table(page).values())
    page.get_by_label("Only what is on the map").check()
    page.wait_for_url(re.compile("view=1"))
    page.evaluate(f"document.querySelector('.stage').map.jumpTo({{center: [{W}, {S}], zoom: 18}})")
    page.wait_for_function(f"() => Number(document.querySelector('.chart-says strong').dataset.total) < {everything}")
    expect(page.locator("[data-part=count]")).to_have_attribute(
        "data-count", page.locator(".chart-says strong").get_attribute("data-total") or ""
    )


def test_of_people_only_units_are_charted_and_small_numbers_are_held_back(open_as: OpenPage) -> None:
    page = open_as("clerk", "/map?layer=residents&tab=charts&by=cell")
    expect(page.locator(".chart-says strong")).to_be_visible()
    options = page.locator("#chart-by option").evaluate_all("(all) => all.map((one) => one.value)")
    assert all(one == "cell" or one.startswith("area:") for one in options)
    published = desk.ask(page, "/api/v1/layers/residents/counts?by=cell")["items"]
    shown = {one["code"]: one["count"] for one in published if one["count"]}
    held = sum(one["suppressed"] for one in published)
    assert held
    assert (table(page) if shown else {}) == shown
    expect(page.locator(".chart-says")).to_contain_text(f"{held} held back to protect people")


def test_a_chart_that_cannot_be_read_says_so_and_can_be_tried_again(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?layer=cases")
    desk.idle(page)
    page.route("**/tallies?*", lambda route: route.fulfill(status=500, body="{}", content_type="application/json"))
    page.click("#tab-charts")
    expect(page.locator(".chart-says")).to_contain_text("The numbers could not be read.")
    page.unroute("**/tallies?*")
    page.locator(".chart-says button").click()
    drawn(page)


def test_on_a_phone_the_chart_fits_the_sheet(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?layer=cases&tab=charts", viewport=PHONE, has_touch=True, is_mobile=True)
    page.locator("#map-panel [data-part=handle]").click()
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    desk.check_access(page)
