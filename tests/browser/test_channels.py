"""The phone desk and the public page in a browser: found while typing, clicked on the map, followed by a code."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage

pytestmark = pytest.mark.browser
SPOT = (make.WEST + 0.0011, make.SOUTH + 0.0011)
STILL = """async () => {
  const map = document.querySelector("[data-part=map]").map;
  await new Promise((done) => { const look = () => (map.loaded() ? done(1) : setTimeout(look, 100)); look(); });
}"""
TO = """([lon, lat]) => {
  const map = document.querySelector("[data-part=map]").map;
  map.jumpTo({ center: [lon, lat], zoom: 17 });
}"""


def ready(page: Page) -> None:
    page.wait_for_selector("[data-module][data-mounted=yes] [data-part=map]")
    page.evaluate(STILL)


def click_place(page: Page, lon: float, lat: float) -> None:
    """Click the middle of the form's map at a place."""
    ready(page)
    page.evaluate(TO, [lon, lat])
    page.evaluate(STILL)
    page.locator("[data-part=map]").click()


def choose_class(page: Page) -> str:
    """Take the first class by a word of it."""
    words = (page.locator(".choice[data-find]").first.get_attribute("data-find") or "").split(" ")[0]
    page.locator("#class-find").fill(words)
    page.locator(".choice[data-find]:visible").first.click()
    return words


def test_a_call_is_taken_down_beside_what_the_number_reported_before(open_as: OpenPage) -> None:
    page = open_as("intake", "/intake")
    ready(page)
    desk.check_access(page)
    page.locator("#phone").fill("138 0000 4321")
    page.locator("#name").fill("Wang")
    page.locator("[name=wants_reply]").check()
    page.locator("#description").fill("It is dark")
    click_place(page, *SPOT)
    choose_class(page)
    page.locator("button[value=file]").click()
    page.wait_for_url("**/intake?done=*")
    number = re.findall(r"done=(\d+)", page.url)[0]
    page.locator("#phone").fill("+86 138-0000-4321")
    page.locator("#phone").press("Tab")
    expect(page.locator(f"[data-part=found] a[href='/cases/{number}']")).to_be_visible()
    page.locator(f"button[name=into][value='{number}']").first.click()
    page.wait_for_url(f"**/intake?done={number}&joined=1")
    page.goto(page.url.split("/intake")[0] + f"/cases/{number}")
    expect(page.locator(".reporters li")).to_have_count(2)
    expect(page.get_by_text("138****4321").first).to_be_visible()


def test_a_report_is_sent_from_a_phone_and_followed_by_its_code(open_as: OpenPage) -> None:
    page = open_as(None, "/report", viewport=PHONE, has_touch=True)
    desk.check_access(page)
    click_place(page, *SPOT)
    expect(page.locator("[data-part=chosen]")).not_to_be_empty()
    choose_class(page)
    page.locator("#description").fill("Broken glass")
    page.locator("button[value=send]").click()
    page.wait_for_url("**/report/done")
    desk.check_access(page)
    code = page.locator("[data-part=code]").inner_text()
    number = page.locator(".told dd").first.inner_text()
    other = open_as(None, "/report/follow", viewport=PHONE, has_touch=True)
    other.locator("#number").fill(number)
    other.locator("#code").fill(code.lower())
    other.locator("form[action='/report/follow'] button.primary").click()
    other.wait_for_url(f"**/report/cases/{number}")
    expect(other.get_by_text("Broken glass")).to_be_visible()
    desk.check_access(other)
    narrow = other.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert narrow
