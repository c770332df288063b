"""Looking at the map: list, map and count agree; the address says it all; keys, phone, night, words when it fails."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.town import S, W

pytestmark = pytest.mark.browser

TARGET_PX = 44
VIEW = """(() => {
  const map = document.querySelector(".stage").map;
  return [map.getCenter().lng, map.getZoom()];
})()"""
GROUND = """document.querySelector(".stage").map.getStyle()?.layers
  .find((one) => one.type === "background").paint["background-color"]"""


def all_four(page: Page) -> tuple[int, int, int, int]:
    """The count over the list, the rows of the list, the rows on the map, the legend's total."""
    shown = desk.count(page)
    rows = page.locator(".map-rows > li[data-id]").count()
    on_map = len(desk.rendered(page, "cases"))
    page.click("#tab-layers")
    legend = page.locator("#legend-cases")
    expect(legend).to_have_attribute("data-total", str(shown))
    page.click("#tab-list")
    return shown, rows, on_map, int(legend.get_attribute("data-total") or -1)


def test_filters_keep_list_count_map_and_legend_equal(open_as: OpenPage) -> None:
    page = open_as("dispatcher")
    desk.idle(page)
    everything = all_four(page)
    assert len(set(everything)) == 1
    page.click("[data-chip=f-status]")
    page.get_by_role("checkbox", name="Closed").check()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"f\.status=closed"))
    closed = all_four(page)
    assert len(set(closed)) == 1
    assert 0 < closed[0] < everything[0]
    assert closed[0] == desk.ask(page, "/api/v1/layers/cases/features?f.status=closed")["matched"]
    page.click("[data-chip=time]")
    page.get_by_role("button", name="Last 24 hours").click()
    page.wait_for_url(re.compile("when=24h"))
    assert len(set(all_four(page))) == 1


def test_words_find_the_rows_that_hold_them_on_map_and_list_alike(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?layer=cases")
    desk.idle(page)
    page.click("[data-chip=words]")
    page.fill(".menu-words input", "Test case 17")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"q=Test\+case\+17"))
    found = all_four(page)
    assert len(set(found)) == 1
    assert found[0] == desk.ask(page, "/api/v1/layers/cases/features?q=Test+case+17")["matched"]
    assert 0 < found[0] < desk.ask(page, "/api/v1/layers/cases/features")["matched"]
    expect(page.locator("[data-chip=words]")).to_contain_text("Test case 17")


def test_filtered_to_nothing_says_so_and_offers_the_way_back(open_as: OpenPage) -> None:
    page = open_as("dispatcher", "/map?f.status=suspended")
    expect(page.locator(".list-message")).to_contain_text("Nothing fits these filters")
    page.locator(".list-message button").click()
    expect(page.locator(".map-rows > li[data-id]").first).to_be_visible()
    assert "f.status" not in page.url


def test_the_address_restores_everything_and_back_goes_back(open_as: OpenPage) -> None:
    page = open_as("commander")
    desk.idle(page)
    page.click("#tab-layers")
    page.locator("#layer-areas").check(force=True)
    page.click("#tab-list")
    page.locator(".map-rows > li").nth(1).locator("a").click()
    expect(page.locator("#map-drawer .drawer-title")).to_be_visible()
    title = page.locator("#map-drawer .drawer-title").inner_text()
    desk.idle(page)
    address = page.url
    view = page.evaluate(
        "(() => { const m = document.querySelector('.stage').map; return [m.getCenter().lng, m.getZoom()]; })()"
    )
    again = open_as("commander", address)
    desk.idle(again)
    expect(again.locator("#map-drawer .drawer-title")).to_have_text(title)
    expect(again.locator("#layer-areas")).to_be_checked()
    same = again.evaluate(
        "(() => { const m = document.querySelector('.stage').map; return [m.getCenter().lng, m.getZoom()]; })()"
    )
    assert same == pytest.approx(view, abs=0.01)
    page.go_back()
    expect(page.locator("#map-drawer")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#map-drawer .drawer-title")).to_have_text(title)


def test_a_search_flies_to_the_address_and_marks_it(open_as: OpenPage) -> None:
    page = open_as("inspector")
    desk.idle(page)
    page.keyboard.press("/")
    page.keyboard.type("16 Test Road")
    page.locator("#search-found [role=option]", has_text="16 Test Road").first.click()
    expect(page.locator(".spot")).to_be_visible()
    expect(page.locator("#map-drawer .place-text")).to_contain_text("16 Test Road")
    desk.idle(page)
    assert "/map?" in page.url
    lon = page.evaluate("document.querySelector('.stage').map.getCenter().lng")
    assert lon == pytest.approx(W + 0.002 + 0.0003 + 0.0008 + 0.0002, abs=0.0006)


def test_clicking_a_place_tells_it_in_peoples_words_with_cell_and_areas(open_as: OpenPage) -> None:
    page = open_as("inspector")
    desk.click_at(page, W + 0.0009, S + 0.0009)
    expect(page.locator("#map-drawer .place-text")).to_contain_text("Test Road")
    expect(page.locator("#map-drawer .place-areas")).to_contain_text("Area 310199001001")
    expect(page.locator("#map-drawer .place")).to_contain_text("310199001001001")


def test_several_things_under_a_click_are_offered_as_a_choice(open_as: OpenPage) -> None:
    page = open_as("commander")
    desk.idle(page)
    inside = W + 0.00025 + 3 * 0.0006, S + 0.00022 + 2 * 0.001  # a case inside the event's zone
    desk.click_at(page, *inside)
    choice = page.locator(".choice button")
    expect(choice).to_have_count(2)
    page.locator(".choice button", has_text="Gas smell").click()
    expect(page.locator("#map-drawer .drawer-title")).to_have_text("Gas smell at the crossing")


def test_everything_can_be_done_with_the_keys_alone(open_as: OpenPage) -> None:
    page = open_as("inspector")
    desk.idle(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#map-drawer .drawer-title")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#map-drawer")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#map-help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("#map-drawer h2")).to_be_focused()
    tab_to(page, "case-address")
    page.keyboard.type("9 Test Road")
    options = page.locator("#case-found [role=option] > span:first-child")
    options.first.wait_for()
    for _ in range(options.all_inner_texts().index("9 Test Road") + 1):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#map-drawer .place-text")).to_contain_text("9 Test Road")
    page.keyboard.press("Tab")
    page.keyboard.type("Street lamp")
    page.locator(".class-leaf").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".class-chosen")).to_contain_text("Street lamp")
    tab_to(page, "case-description")
    page.keyboard.type("By keys")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#map-drawer .drawer-title")).to_have_text("Street lamp")
    expect(page.locator("#map-drawer .facts")).to_contain_text("By keys")


def tab_to(page: Page, element: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == element:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {element}")


def test_the_crosshair_picks_what_lies_under_it(open_as: OpenPage) -> None:
    page = open_as("inspector", f"/map?c={W + 0.0009},{S + 0.0009}&z=18")
    desk.idle(page)
    page.focus(".maplibregl-canvas")
    page.keyboard.press("Enter")
    expect(page.locator("#map-drawer .place-text")).to_contain_text("Test Road")


def test_on_a_phone_the_list_is_a_sheet_and_targets_are_large(open_as: OpenPage) -> None:
    page = open_as("inspector", viewport=PHONE, has_touch=True, is_mobile=True)
    desk.idle(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    panel = page.locator("#map-panel").bounding_box()
    assert panel is not None
    assert panel["y"] > PHONE["height"] / 2
    page.click("#map-panel [data-part=handle]")
    expect(page.locator("#map-panel")).to_have_attribute("data-sheet", "half")
    small = page.evaluate(
        """(least) => [...document.querySelectorAll(".stage button, .panel button, .panel summary, .panel a, .rail a")]
        .filter((one) => one.checkVisibility({ contentVisibilityAuto: true }) && !one.matches("[data-part=handle]"))
        .map((one) => [one.textContent.trim() || one.ariaLabel, one.getBoundingClientRect()])
        .filter(([, box]) => box.height < least || box.width < least).map(([words]) => words)""",
        TARGET_PX,
    )
    assert small == [], small
    page.locator(".map-rows a").first.click()
    expect(page.locator("#map-drawer .drawer-title")).to_be_visible()


def test_names_of_one_layer_are_never_under_the_marks_of_another(open_as: OpenPage) -> None:
    page = open_as("clerk", "/map?on=areas,residents,facilities,cases")
    desk.idle(page)
    ids = page.evaluate("document.querySelector('.stage').map.getStyle().layers.map((one) => one.id)")
    names = [at for at, one in enumerate(ids) if one in ("areas-label", "residents-number", "facilities-label")]
    marks = [
        at for at, one in enumerate(ids) if one in ("areas-fill", "residents-fill", "facilities-shape", "cases-circle")
    ]
    assert (len(names), len(marks)) == (3, 4)
    assert max(marks) < min(names)
    assert marks == sorted(marks)


def test_at_night_the_base_map_is_dark_and_follows_the_switch(open_as: OpenPage) -> None:
    page = open_as("inspector", color_scheme="dark")
    desk.idle(page)
    dark = page.evaluate(GROUND)
    cases = desk.rendered(page, "cases")
    page.locator("button.theme[data-module='core/theme-switch']").click()
    page.wait_for_function(f"(dark) => ({GROUND} ?? dark) !== dark", arg=dark)
    assert sorted(desk.rendered(page, "cases")) == sorted(cases)


def test_labels_and_words_are_chinese_for_who_reads_chinese(open_as: OpenPage) -> None:
    page = open_as("zhang")
    desk.idle(page)
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    expect(page.locator(".map-rows")).to_contain_text("路灯")
    told = page.locator(".panel").inner_text() + page.locator(".stage").inner_text()
    assert not re.search(r"[A-Za-z]{4,}", told), re.findall(r"[A-Za-z]{4,}", told)


def test_when_the_rows_fail_the_list_says_so_and_tries_again(open_as: OpenPage) -> None:
    page = open_as("inspector", "/")
    failing = True

    def answer(route: Route) -> None:
        if failing:
            route.fulfill(status=503, json={"status": 503, "code": "unavailable", "detail": "The database rests."})
        else:
            route.fallback()

    page.route("**/api/v1/layers/cases/features?*", answer)
    page.goto("/map")
    expect(page.locator(".list-message")).to_contain_text("The database rests.")
    failing = False
    page.locator(".list-message button").click()
    expect(page.locator(".map-rows > li[data-id]").first).to_be_visible()


def test_offline_says_from_when_the_picture_is(open_as: OpenPage) -> None:
    page = open_as("inspector")
    desk.idle(page)
    page.context.set_offline(True)
    expect(page.locator(".map-banner")).to_contain_text("offline")
    expect(page.locator(".map-rows > li[data-id]").first).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".map-banner")).to_be_hidden()


@pytest.mark.parametrize(
    "path", ["/map", "/map?tab=layers&on=cases,events,areas", "/map?act=new-case", "/map?act=new-event", "/"]
)
def test_axe_finds_no_violation_by_day_and_by_night(open_as: OpenPage, path: str) -> None:
    page = open_as("commander", path)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.reload()
        if path.startswith("/map"):
            desk.idle(page)
        desk.check_access(page)


def test_axe_finds_no_violation_at_the_login_and_on_a_phone(open_as: OpenPage) -> None:
    desk.check_access(open_as(None, "/login"))
    page = open_as("clerk", f"/map?act=new-resident&c={W + 0.0006},{S + 0.0006}&z=17", viewport=PHONE)
    desk.click_at(page, W + 0.0005, S + 0.0005)
    expect(page.locator(".room").first).to_be_visible()
    desk.check_access(page)
