"""The time bar: a past moment on the map, in list, legend and drawer; steps, play, and back to now."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage

pytestmark = pytest.mark.browser


def moment(page: Page) -> str:
    return moment_of(page.url)


def moment_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("datetime", [""])[0]


def test_the_map_goes_back_and_every_part_of_the_page_follows(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map")
    desk.idle(page)
    now = desk.count(page)
    page.get_by_role("button", name="The city at a past moment").click()
    bar = page.locator(".time-bar")
    expect(bar).to_be_visible()
    page.wait_for_url(re.compile("past=7d"))
    desk.idle(page)
    bar.get_by_label("Stretch of time").select_option("12m")
    page.locator(".time-slider").fill("0")
    year = page.evaluate("new Date(Date.now() - 350 * 86400000).getFullYear()")
    page.wait_for_url(lambda url: moment_of(url).startswith(str(year)))
    expect(page.locator("[data-part=count]")).to_have_attribute("data-count", "0")
    page.wait_for_function(f"() => ({desk.RENDERED})('cases').length === 0", timeout=20_000)
    assert "Moment" in (page.locator(".time-slider").get_attribute("aria-label") or "")
    desk.check_access(page)

    page.get_by_role("button", name="Back to now").click()
    expect(bar).to_be_hidden()
    expect(page.locator("[data-part=count]")).to_have_attribute("data-count", str(now))
    assert "datetime" not in page.url
    assert len(desk.rendered(page, "cases")) > 0


def test_it_plays_to_the_present_and_stops(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?past=30d")
    desk.idle(page)
    page.get_by_label("Pace").select_option("fast")
    page.locator(".time-slider").fill("56")
    page.wait_for_url(re.compile("datetime="))
    first = moment(page)
    page.get_by_role("button", name="Play the time").click()
    page.wait_for_function(
        "(first) => !location.search.includes(encodeURIComponent(first).replaceAll('%3A', ':'))", arg=first
    )
    expect(page.get_by_role("button", name="Play the time")).to_be_visible(timeout=60_000)
    assert moment(page) == ""
    expect(page.locator(".time-moment")).to_have_text("Now")


def test_a_link_shows_the_moment_and_a_row_says_so_without_steps(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map")
    desk.idle(page)
    row = page.locator(".map-rows > li").first.get_attribute("data-id")
    asked: list[str] = []
    at = page.evaluate("new Date(Date.now() - 60000).toISOString()")
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"/map?datetime={at}&past=24h&sel=cases:{row}")
    desk.idle(page)
    tiles = [one for one in asked if "/tiles/cases/" in one]
    assert tiles
    assert all("datetime=" in one for one in tiles)
    expect(page.locator("#map-drawer [data-part=past]")).to_contain_text("As it stood at")
    expect(page.locator("#map-drawer .drawer-steps")).to_have_count(0)


def test_layers_without_a_past_are_named(open_as: OpenPage) -> None:
    at = "2026-01-01T00:00:00Z"
    page = open_as("planner", f"/map?datetime={at}&past=12m&on=residents,cases")
    desk.idle(page)
    expect(page.locator(".time-note")).to_have_text("Shown as now, for their past is not kept: Residents")


def test_on_a_phone_it_fits(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?past=7d", viewport=PHONE, has_touch=True, is_mobile=True)
    desk.idle(page)
    expect(page.locator(".time-bar")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    desk.check_access(page)
