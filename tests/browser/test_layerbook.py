"""The catalogue of layers and the table of rights: found, starred, described, set in seconds, explained."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.test_pages import SMALL, TARGET_PX

pytestmark = pytest.mark.browser
PAGES = ["/layers", "/layers?q=nothing-like-it", "/layers?favourites=1", "/layers/cases", "/admin/layers",
         "/admin/layers?account=planner&layer=cases"]  # fmt: skip
PUT = """async (items) => {
  const csrf = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrf };
  await fetch("/api/v1/layer-rules", { method: "PUT", headers, body: JSON.stringify({ items }) });
}"""


@pytest.fixture
def rules(open_as: OpenPage) -> Iterator[Page]:
    """The administrator's table of rights; what is set there is taken away after the test."""
    page = open_as("administrator", "/admin/layers")
    expect(page.locator(".matrix-table")).to_be_visible()
    yield page
    left = desk.ask(page, "/api/v1/layer-rules")["items"]
    if left:
        page.evaluate(PUT, [one | {"says": None} for one in left])


def cell(page: Page, row: str, role: str) -> str:
    """The accessible name of a cell says what holds there."""
    return str(page.get_by_role("button", name=re.compile(f"^{row}, {role}: ")).get_attribute("aria-label"))


def test_a_layer_is_found_by_a_word_and_kept_at_hand_here_and_on_the_map(open_as: OpenPage) -> None:
    page = open_as("planner", "/layers")
    expect(page.locator(".layer-line")).to_have_count(int(page.locator(".page-head .count").inner_text()))
    page.fill("#layer-q", "deadline")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".layer-line h3")).to_have_text(["Cases"])  # by its description
    expect(page.locator(".layer-line [data-part=rows]")).to_have_text(re.compile(r"^\d+ points$"))
    star = page.get_by_role("button", name="Keep Cases at hand")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.goto("/layers?favourites=1")
    expect(page.locator(".layer-line h3")).to_have_text(["Cases"])
    assert desk.ask(page, "/api/v1/favourites")["items"] == ["cases"]
    page.get_by_role("button", name="Keep Cases at hand").click()
    expect(page.get_by_role("button", name="Keep Cases at hand")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("link", name="Map", exact=True).last.click()
    desk.idle(page)
    assert "on=cases" in page.url


def test_what_is_said_of_a_layer_is_changed_on_its_page_and_told_on_the_map(open_as: OpenPage) -> None:
    page = open_as("administrator", "/layers/cases")
    page.fill("#said-source", "Service desk of the test city")
    page.fill("#said-title_en", "Faults")
    page.locator(".layer-form").get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Faults")
    expect(page.locator(".facts")).to_contain_text("Service desk of the test city")
    found = {one["id"]: one for one in desk.ask(page, "/api/v1/layers")["items"]}
    assert (found["cases"]["title"], found["cases"]["attribution"]) == ("Faults", "Service desk of the test city")
    page.fill("#said-source", "")
    page.fill("#said-title_en", "")
    page.locator(".layer-form").get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Cases")


def test_a_rule_is_set_by_mouse_within_seconds_and_taken_back(rules: Page, open_as: OpenPage) -> None:
    page = rules
    began = time.monotonic()
    page.get_by_role("button", name=re.compile("^Cases, Planner: ")).click()
    page.locator("[data-part=put]").click()
    expect(page.locator(".toast")).to_contain_text("1 rule holds")
    assert time.monotonic() - began < 10
    assert desk.ask(page, "/api/v1/layer-rules")["items"] == [
        {"target": "layer:cases", "field": "", "who": "role:planner", "says": "hidden"}
    ]
    planner = open_as("planner", "/layers")
    expect(planner.locator("#layer-cases")).to_have_count(0)
    expect(planner.locator("#layer-areas")).to_have_count(1)
    page.locator(".toast button").click()
    expect(page.locator(".matrix-cell.is-own")).to_have_count(0)
    assert desk.ask(page, "/api/v1/layer-rules")["items"] == []


def test_the_table_is_set_with_the_keyboard_alone(rules: Page) -> None:
    page = rules
    page.locator('.matrix-cell[tabindex="0"]').focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "2", "ArrowRight", "1"):
        page.keyboard.press(key)
    first = page.locator(".matrix-table tbody tr:not([hidden])").nth(1)
    expect(first.locator(".matrix-cell").nth(2)).to_have_attribute("aria-label", re.compile(": seen$"))
    expect(first.locator(".matrix-cell").nth(3)).to_have_attribute("aria-label", re.compile(": hidden$"))
    expect(page.locator("[data-part=count]")).to_have_text("2 rules to save")
    page.keyboard.press("4")  # no rule: as it was
    expect(page.locator("[data-part=count]")).to_have_text("1 rule to save")
    page.keyboard.press("Control+s")
    expect(page.locator(".toast")).to_contain_text("1 rule holds")
    [kept] = desk.ask(page, "/api/v1/layer-rules")["items"]
    assert (kept["who"], kept["says"]) == ("role:dispatcher", "seen")


def test_a_whole_theme_and_a_field_are_set_and_shine_through(rules: Page) -> None:
    page = rules
    page.fill("[data-part=find]", "cases")
    page.locator(".matrix-theme .matrix-row", has_text="Cases").click()  # the row's head: all roles at once
    expect(page.locator("[data-part=count]")).to_have_text("12 rules to save")
    assert cell(page, "Cases", "Registry clerk") == "Cases, Registry clerk: hidden, without a rule of its own"
    page.locator("[data-part=discard]").click()
    page.locator("#row-cases .matrix-fields").click()
    page.get_by_role("button", name=re.compile("^Cases, Status, Planner: ")).click()
    page.locator("[data-part=put]").click()
    expect(page.locator("#row-cases .matrix-fields")).to_contain_text("1 of ")
    found = {one["id"]: one for one in desk.ask(page, "/api/v1/layers")["items"]}
    assert "status" in {one["name"] for one in found["cases"]["fields"]}  # the administrator is no planner
    page.goto("/admin/layers?account=planner&layer=cases")
    expect(page.locator(".verdict")).to_contain_text("Test planner (Planner) sees “Cases”.")
    expect(page.locator(".verdict")).to_contain_text("Hidden fields: Status (Planner)")


def test_an_exception_for_an_account_goes_before_its_role_and_a_wrong_name_keeps_what_was_typed(rules: Page) -> None:
    page = rules
    page.fill("#ex-account", "nobody-here")
    page.select_option("#ex-target", "layer:cases")
    page.locator("#accounts").get_by_role("button", name="Set").click()
    expect(page.locator(".alert")).to_contain_text("nobody-here")
    expect(page.locator("#ex-account")).to_have_value("nobody-here")
    expect(page.locator("#ex-target")).to_have_value("layer:cases")
    page.fill("#ex-account", "planner")
    page.locator("#accounts").get_by_role("button", name="Set").click()
    expect(page.locator(".exceptions li")).to_contain_text("Test planner")
    page.goto("/admin/layers?account=planner&layer=cases")
    expect(page.locator(".verdict")).to_contain_text("does not see")
    page.locator(".exceptions").get_by_role("button", name=re.compile("^End")).click()
    expect(page.locator(".exceptions li")).to_have_count(0)


def test_axe_finds_no_violation_by_day_and_by_night(rules: Page) -> None:
    for path in PAGES:
        for scheme in ("light", "dark"):
            rules.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            rules.goto(path)
            desk.check_access(rules)


def test_on_a_phone_nothing_is_wider_than_it_and_no_target_is_small(open_as: OpenPage) -> None:
    page = open_as("administrator", "/", viewport=PHONE, has_touch=True, is_mobile=True)
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
        assert page.evaluate(SMALL, TARGET_PX) == [], path
