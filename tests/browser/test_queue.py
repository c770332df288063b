"""The queue in a browser: list and map linked, keys, choosing several, acts in the map's drawer, places restored."""

from __future__ import annotations

import re
from math import dist

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.conftest import OpenPage, Server
from tests.browser.town import CASES

pytestmark = pytest.mark.browser

MARKS = """() => document.querySelector(".queue-map").map.queryRenderedFeatures({ layers: ["own-pins"] })
  .map((one) => one.properties)"""
STILL = """() => new Promise((done) => {
  const map = document.querySelector(".queue-map").map;
  const look = () => (map.loaded() && !map.isMoving() ? done(true) : setTimeout(look, 100));
  look();
})"""
PIXEL = """(number) => {
  const map = document.querySelector(".queue-map").map;
  const found = map.querySourceFeatures("own-pins").find((one) => one.properties.number === number);
  const box = map.getCanvas().getBoundingClientRect();
  const at = map.project(found.geometry.coordinates);
  return [box.left + at.x, box.top + at.y];
}"""


def ready(page: Page) -> None:
    page.wait_for_selector(".queue-map[data-state=ready]")
    page.evaluate(STILL)


def marks(page: Page) -> dict[str, dict[str, object]]:
    ready(page)
    return {one["number"]: one for one in page.evaluate(MARKS)}


def rows(page: Page) -> list[str]:
    return [str(one.get_attribute("data-number")) for one in page.locator("tr[data-number]").all()]


def standing_alone(page: Page) -> str:
    """The number of a case whose mark no other one covers: other files of tests log cases in the same city."""
    spots = {
        str(one.get_attribute("data-number")): [
            float(one.get_attribute(f"data-{axis}") or 0) for axis in ("lon", "lat")
        ]
        for one in page.locator("tr[data-number]").all()
    }
    return max(spots, key=lambda one: min(dist(spots[one], spots[other]) for other in spots if other != one))


def test_list_and_map_show_the_same_cases_and_point_at_each_other(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/cases?status=all")
    assert set(marks(page)) == set(rows(page))
    assert len(rows(page)) >= CASES
    page.locator("tr[data-number]").nth(2).hover()
    third = rows(page)[2]
    page.wait_for_function(f"() => ({MARKS})().some((one) => one.hovered && one.number === '{third}')")
    number = standing_alone(page)
    x, y = page.evaluate(PIXEL, number)
    page.mouse.click(x, y)
    expect(page.locator("tr.is-here")).to_have_attribute("data-number", number)
    page.locator(".pin-card button").first.click()
    expect(page.locator("[data-part=chosen]")).to_have_text("1 case chosen")
    page.goto("/cases?status=filed")  # wrong marks after a change of filter
    assert set(marks(page)) == set(rows(page))
    assert len(rows(page)) < CASES


def test_keys_move_choose_open_and_going_back_restores_place_and_row(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/cases?status=all")
    ready(page)
    for key in ("j", "j", "x", "?"):
        page.keyboard.press(key)
    expect(page.locator("#queue-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("[data-part=chosen]")).to_have_text("1 case chosen")
    here = rows(page)[1]
    page.evaluate("() => document.querySelector('.queue-map').map.jumpTo({ zoom: 16 })")
    page.wait_for_url(re.compile(r"z=16"))
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/cases/{here}"))
    page.go_back()
    ready(page)
    expect(page.locator("tr.is-here")).to_have_attribute("data-number", here)
    assert page.evaluate("() => document.querySelector('.queue-map').map.getZoom()") == pytest.approx(16)
    desk.check_access(page)


def test_the_slider_shows_how_the_clocks_will_stand(open_as: OpenPage, server: Server) -> None:
    page = open_as("chief", "/cases?status=open")
    ready(page)
    page.locator("[data-part=slider]").fill("16")
    expect(page.locator("[data-part=at]")).to_have_text(re.compile(r"\d\d:\d\d"))
    assert {one["clock"] for one in marks(page).values()} == {"none"}  # no case of the town has a limit yet


def test_a_lasso_chooses_what_lies_in_it_and_the_act_says_first_what_it_will_do(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/cases?status=filed")
    ready(page)
    page.click("[data-part=lasso]")
    box = page.locator("[data-part=map]").bounding_box()
    assert box is not None
    w, h = box["width"], box["height"]
    for x, y in ((6, 6), (w - 6, 6), (w - 6, h - 40), (6, h - 40), (6, 6)):
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(350)
    expect(page.locator("[data-part=chosen]")).to_have_text(re.compile(rf"{len(rows(page))} cases chosen"))
    page.select_option("#bulk-act", "dispatch")
    page.click("#bulk button.primary")
    expect(page.locator(".bulk-told")).to_contain_text("cases go through")
    desk.check_access(page)


def test_a_case_is_moved_on_in_the_drawer_of_the_map_and_the_map_stays(open_as: OpenPage) -> None:
    page = open_as("intake", "/map?layer=cases&f.status=reported")
    desk.idle(page)
    before = desk.count(page)
    page.locator(".map-rows .row").first.click()
    steps = page.locator("#map-drawer .drawer-steps")
    expect(steps).to_contain_text("File the case")
    steps.locator("summary", has_text="Don't file the case").click()
    steps.locator(".step[open] button.primary").click()
    expect(steps.locator(".step[open] [role=alert]")).to_contain_text("Reason")
    steps.locator(".step[open] textarea").fill("seen twice")
    steps.locator(".step[open] button.primary").click()
    expect(page.locator("#map-drawer .drawer-state")).to_contain_text("Not filed")
    expect(page.locator("[data-part=count]")).to_have_attribute("data-count", str(before - 1))
    assert "f.status=reported" in page.url
    assert "sel=cases:" in page.url
