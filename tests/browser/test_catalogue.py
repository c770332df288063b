"""Catalogues, names of steps, and doubles as people use them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, Server


def _into(page: Page, path: str) -> None:
    """Go to a page; `scheme` and `class` are the first of each."""
    if path in ("scheme", "class"):
        page.click("main table a >> nth=0")
    if path == "class":
        page.click(".class-tree summary >> nth=0")
        page.click(".class-tree li li:nth-child(2) a >> nth=0")


@pytest.mark.parametrize("path", ["/admin/catalogue", "scheme", "class", "/admin/labels/grid-case"])
def test_axe_finds_no_violation_in_what_an_administrator_keeps(open_as: OpenPage, path: str) -> None:
    page = open_as("administrator", path if path.startswith("/") else "/admin/catalogue")
    _into(page, path)
    for details in page.locator("main details").all():
        details.evaluate("element => { element.open = true; }")
    assert Axe().run(page).response["violations"] == []
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_double_is_compared_merged_and_parted_again(open_as: OpenPage, server: Server) -> None:
    page = open_as("intake", server.town.pages["case"])
    first = page.url.rsplit("/", 1)[1].split("?")[0]
    for details in page.locator("details:has(.double)").all():
        details.evaluate("element => { element.open = true; }")
    page.click(".double:has-text('Filed') .button >> nth=0")  # the main case is open: the merge can be undone
    expect(page.locator(".merge-side")).to_have_count(2)
    assert Axe().run(page).response["violations"] == []
    page.click("main form .primary")
    expect(page.locator(".record-state .status")).to_have_text("Merged")
    page.click("main > article .note a")
    expect(page.locator("#merged-h")).to_contain_text("1")
    assert Axe().run(page).response["violations"] == []
    page.goto(page.url.rsplit("/", 1)[0] + f"/{first}")
    page.click('summary:has-text("Undo the merge")')
    page.fill(".step[open] textarea", "Two lamps")
    page.click(".step[open] .primary >> nth=-1")
    expect(page.locator(".record-state .status")).not_to_have_text("Merged")
