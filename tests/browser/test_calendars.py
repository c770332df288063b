"""The calendar page as an administrator uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, OpenPage

PAGE = "/admin/calendars/default?year=2026"


def test_days_are_clicked_saved_marked_and_taken_back(open_as: OpenPage) -> None:
    page = open_as("administrator", PAGE)
    page.click("[data-day='2026-06-03']")
    page.click("[data-day='2026-06-04']", modifiers=["Shift"])
    assert (page.input_value("#from"), page.input_value("#to")) == ("2026-06-03", "2026-06-04")
    expect(page.locator(".is-picked")).to_have_count(2)
    page.fill("#name", "Founding day")
    page.click("#days-form button.primary")
    expect(page.locator("[data-day='2026-06-04'] .day-mark")).to_have_text("H")
    expect(page.locator("[data-day='2026-06-04']")).to_have_attribute("title", "Holiday: Founding day")
    expect(page.locator(".note.done")).to_contain_text("Saved as version")
    page.click(".note.done button")
    expect(page.locator("[data-day='2026-06-04'] .day-mark")).to_have_count(0)


def test_the_form_alone_does_by_keyboard_what_clicking_does(open_as: OpenPage) -> None:
    page = open_as("administrator", PAGE)
    page.focus("#from")
    page.fill("#from", "2026-07-01")
    expect(page.locator(".is-picked")).to_have_attribute("data-day", "2026-07-01")
    page.select_option("#kind", "make_up_working_day")
    page.focus("#name")
    page.keyboard.press("Enter")
    expect(page.locator("[data-day='2026-07-01'] .day-mark")).to_have_text("W")
    page.click(".note.done button")


def test_a_limit_is_tried_and_the_answer_is_in_sight(open_as: OpenPage) -> None:
    page = open_as("administrator", "/admin/calendars/default?year=2025")
    page.fill("#start", "2025-09-30T17:59")
    page.fill("#limit", "1小时")
    page.click("#try button")
    expect(page.locator("#tried")).to_contain_text("Thursday, October 9, 2025 08:59")
    expect(page.locator("#tried")).to_be_in_viewport()


@pytest.mark.parametrize("path", [PAGE, "/admin/calendars/default?year=2040", "/admin/calendars/new"])
def test_axe_finds_no_violation_by_day_and_by_night(open_as: OpenPage, path: str) -> None:
    page = open_as("administrator", path)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.reload()
        for details in page.locator("main details").all():
            details.evaluate("element => { element.open = true; }")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()


def test_an_exported_year_is_what_the_import_takes(open_as: OpenPage, tmp_path: Path) -> None:
    page = open_as("administrator", PAGE)
    with page.expect_download() as waiting:
        page.click("a[download][href$='2026.xlsx']")
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    page.set_input_files("#file", file)
    page.click("form[action$='/import'] button")
    expect(page.locator(".note[role=status]")).to_contain_text("Nothing changed")


def test_on_a_phone_the_year_fits_the_screen(open_as: OpenPage) -> None:
    page = open_as("administrator", PAGE, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.locator(".month").nth(11)).to_be_visible()
