"""Scenarios and recipes in the browser: changes by click and by keyboard, a run, its table and map; cards of steps."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.models import Account
from app.planning import runs as recipe_runs
from app.planning.models import RecipeRun
from app.scenarios import runs as scenario_runs
from app.scenarios.models import ScenarioRun
from app.settings import Settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis import db as database
from gis.db import transaction
from grid import duty
from grid.models import DutyCell
from tests import make
from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage, Server

pytestmark = pytest.mark.browser

MIDDLE = (make.WEST + make.SIDE, make.SOUTH + make.SIDE)  # where the two streets cross
Work = Callable[[], None]


@pytest.fixture
def work(server: Server, tmp_path: Any) -> Iterator[Work]:
    """Does what the worker would do: works out whatever waits."""
    engine = database.make_engine(server.environ["DATABASE_URL"])
    database.bind(engine)
    registry = cast(Assembly, create_app(Settings(home=tmp_path)).extensions["city"]).layers

    def done() -> None:
        with transaction() as db:
            planner = db.scalars(select(Account).where(Account.name == "planner")).one()
            viewer = accounts.viewer_of(planner)
            scenarios = db.scalars(select(ScenarioRun.id).where(ScenarioRun.state == "waiting")).all()
            recipes = db.scalars(select(RecipeRun.id).where(RecipeRun.state == "waiting")).all()
        for one in scenarios:
            scenario_runs.carry_out(registry, viewer, one)
        for one in recipes:
            recipe_runs.carry_out(registry, viewer, one)

    with transaction() as db:
        if db.scalar(select(DutyCell.id).where(DutyCell.code == "D-WEST")) is None:
            duty.make(db, "D-WEST", ["310199001001001"], name_en="West")
            duty.make(db, "D-EAST", ["310199001001002"], name_en="East")
    yield done
    database.bind(None)
    engine.dispose()


def made(page: Page, title: str) -> None:
    page.get_by_label("Name of the scenario").fill(title)
    page.get_by_label("Reach of which facilities").select_option("school")
    page.get_by_role("spinbutton", name="Within").fill("150")
    page.get_by_role("button", name="Make it").click()
    desk.idle(page)


def cell(page: Page, name: str, column: int) -> str:
    return page.locator(f"[data-part=measures] tr[data-name={name}] td").nth(column).inner_text()


def test_a_school_is_added_by_a_click_worked_out_and_compared(open_as: OpenPage, work: Work) -> None:
    page = open_as("planner", "/planning/scenarios")
    made(page, "A school in the middle")
    expect(page.get_by_text("Nothing is changed yet")).to_be_visible()
    desk.check_access(page)
    desk.click_at(page, *MIDDLE)
    assert float(page.get_by_label("Longitude").input_value()) == pytest.approx(MIDDLE[0], abs=2e-5)
    page.get_by_label("Name of the facility").fill("Middle School")
    page.get_by_role("button", name="Add the change").click()
    expect(page.locator(".scenario-changes li")).to_contain_text(["Add Middle School at"])
    page.get_by_role("button", name="Work it out").click()
    expect(page.locator("[data-part=running]")).to_contain_text("waiting")
    work()
    expect(page.locator("[data-part=measures]")).to_be_visible(timeout=30_000)
    desk.idle(page)
    assert int(cell(page, "addresses_within", 1)) > int(cell(page, "addresses_within", 0))
    expect(page.locator("[data-part=measures] tr[data-name=addresses_within] .better")).to_contain_text("+")
    shown = page.evaluate("document.querySelector('.stage').map.querySourceFeatures('own-scenario').length")
    assert shown > 0
    seen = "document.querySelector('.stage').map.getLayoutProperty('own-scenario-gained', 'visibility')"
    assert page.evaluate(seen) == "visible"
    page.locator("[data-part=views] label", has_text="Before").click()
    assert page.evaluate(seen) == "none"
    expect(page.locator("[data-part=legend] li:visible")).to_have_text(["within reach before"])
    desk.check_access(page)

    page.goto("/planning/scenarios")
    made(page, "As it is")
    page.get_by_role("button", name="Work it out").click()
    work()
    expect(page.locator("[data-part=measures]")).to_be_visible(timeout=30_000)
    page.goto("/planning/scenarios")
    page.get_by_label("Compare A school in the middle").check()
    page.get_by_label("Compare As it is").check()
    page.get_by_role("button", name=re.compile("Compare those ticked")).click()
    page.wait_for_selector(".scenario-maps[data-drawn=yes]")
    expect(page.locator(".scenario-grid canvas")).to_have_count(2)
    expect(page.locator("thead a")).to_have_text([re.compile("A school in the middle|As it is")] * 2)
    page.set_viewport_size(PHONE)
    fits = f"() => document.documentElement.scrollWidth === {PHONE['width']}"
    page.wait_for_function(fits, timeout=10_000)
    desk.check_access(page)


def run(page: Page, work: Work) -> None:
    page.get_by_role("button", name=re.compile("^Work it out")).click()
    expect(page.locator("[data-part=running]")).to_contain_text("waiting")
    work()
    expect(page.locator("[data-part=measures]")).to_be_visible(timeout=30_000)
    desk.idle(page)


def test_a_dragged_facility_and_a_clicked_cell_change_the_scenario_and_its_result(
    open_as: OpenPage, work: Work
) -> None:
    page = open_as("planner", "/planning/scenarios")
    made(page, "Dragged and clicked")
    desk.idle(page)
    handle = page.locator(".scenario-handle").first
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 13, box["y"] + 13)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] - 40, steps=6)
    page.mouse.up()
    expect(page.get_by_label("What is changed")).to_have_value("move")
    lon = float(page.get_by_label("Longitude").input_value())
    page.get_by_role("button", name="Add the change").click()
    expect(page.locator(".scenario-changes li")).to_contain_text([re.compile(f"Move Test School to .*{lon:.5f}")])
    desk.idle(page)
    _open(page, "reassign")
    desk.click_at(page, make.WEST + make.SIDE / 2, make.SOUTH + make.SIDE / 2)
    unit = page.get_by_label("Unit cell: click it, or type its code")
    expect(unit).to_have_value("310199001001001")
    page.get_by_label("Goes to duty cell").select_option("D-EAST")
    code = unit.input_value()
    page.get_by_role("button", name="Add the change").click()
    expect(page.locator(".scenario-changes li").nth(1)).to_contain_text(code)
    run(page, work)
    told = page.evaluate("fetch(document.querySelector('.stage').dataset.url).then((one) => one.json())")
    whats = {(one["properties"]["what"], one["properties"].get("state")) for one in told["features"]}
    assert {("facility", "moved"), ("facility", "was")} <= whats
    assert [one["properties"]["code"] for one in told["features"] if one["properties"]["what"] == "redrawn"] == [code]


def _open(page: Page, doing: str) -> None:
    page.get_by_text("Add a change").click()
    page.get_by_label("What is changed").select_option(doing)


def test_what_is_measured_is_changed_on_the_page_and_faults_keep_what_was_typed(open_as: OpenPage, work: Work) -> None:
    page = open_as("planner", "/planning/scenarios")
    made(page, "Measured otherwise")
    run(page, work)
    near = int(cell(page, "addresses_within", 0))
    page.get_by_text("Measure otherwise").click()
    expect(page.get_by_label("Cases from")).not_to_have_value("")
    page.get_by_label("Cases from").fill("2025-06-10")
    page.get_by_label("Cases to").fill("2025-06-01")
    page.get_by_role("button", name="Measure so").click()
    expect(page.get_by_role("alert")).to_contain_text("The last day lies before the first.")
    expect(page.get_by_label("Cases to")).to_have_value("2025-06-01")
    page.get_by_label("Cases to").fill("2025-06-20")
    page.get_by_role("spinbutton", name="Within").fill("30")
    page.get_by_label("How one goes").select_option("vehicle")
    page.get_by_label("Unit", exact=True).select_option("min")
    page.get_by_role("button", name="Measure so").click()
    expect(page.locator(".scenario-body > .hint").first).to_contain_text(
        "by vehicle · within 30 min · cases 2025-06-10 to"
    )
    expect(page.locator(".scenario-stale")).to_be_visible()
    run(page, work)
    assert int(cell(page, "addresses_within", 0)) >= near
    desk.check_access(page)


def test_before_and_after_lie_under_a_divider(open_as: OpenPage, work: Work) -> None:
    page = open_as("planner", "/planning/scenarios")
    made(page, "Under a divider")
    desk.click_at(page, *MIDDLE)
    page.get_by_label("Name of the facility").fill("Middle School")
    page.get_by_role("button", name="Add the change").click()
    run(page, work)
    page.locator("[data-part=views] label", has_text="Swipe").click()
    page.wait_for_function("() => document.querySelector('[data-part=after]')?.map?.getLayer('own-scenario-after')")
    shown = "(root) => document.querySelector(root).map.getLayoutProperty('own-scenario-{}', 'visibility')"
    seen = [
        [page.evaluate(shown.format(what), root) for what in ("before", "after")]
        for root in (".stage", "[data-part=after]")
    ]
    assert seen == [["visible", "none"], ["none", "visible"]]
    expect(page.locator("[data-part=legend] li:visible").first).to_have_text("within reach before")
    expect(page.locator("[data-part=legend] li:visible").nth(1)).to_have_text("within reach after")
    divider = page.get_by_role("separator", name="Divider between before and after")
    divider.focus()
    page.keyboard.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    page.keyboard.press("PageUp")
    expect(divider).to_have_attribute("aria-valuetext", "90 % of the width shows before")
    page.evaluate("document.querySelector('.stage').map.jumpTo({zoom: 15})")
    page.wait_for_function("() => document.querySelector('[data-part=after]').map.getZoom() === 15")
    desk.check_access(page)
    page.locator("[data-part=views] label", has_text="Difference").click()
    expect(page.locator("[data-part=after]")).to_have_count(0)
    expect(divider).to_be_hidden()
    paper = "(root) => document.querySelector(root).map.getStyle()?.layers[0].paint['background-color']"
    by_day = page.evaluate(paper, ".stage")
    page.locator("button.theme").click()  # the second map is made as the page looks now
    page.wait_for_function(f"(day) => ![day, undefined].includes(({paper})('.stage'))", arg=by_day)
    page.locator("[data-part=views] label", has_text="Swipe").click()
    page.wait_for_function("() => document.querySelector('[data-part=after]')?.map?.getLayer('own-scenario-after')")
    assert page.evaluate(paper, "[data-part=after]") == page.evaluate(paper, ".stage") != by_day


def test_changes_are_made_by_keyboard_and_faults_keep_what_was_typed(open_as: OpenPage) -> None:
    page = open_as("planner", "/planning/scenarios")
    made(page, "By keyboard")
    page.get_by_label("What is changed").select_option("close")
    expect(page.get_by_label("Name of the facility")).to_be_hidden()
    page.get_by_label("Longitude").fill("0")
    page.get_by_label("Latitude").fill("0")
    page.get_by_label("Latitude").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("the place lies outside the city")
    expect(page.get_by_label("Longitude")).to_have_value("0")
    desk.idle(page)
    page.get_by_label("Longitude").fill(str(MIDDLE[0]))
    page.get_by_label("Latitude").fill(str(MIDDLE[1] + 0.0005))
    page.get_by_label("Latitude").press("Enter")
    expect(page.locator(".scenario-changes li")).to_contain_text(["Close the road at"])
    page.get_by_role("button", name="Remove change 1").click()
    expect(page.locator(".scenario-changes li")).to_have_count(0)


def test_on_a_phone_a_scenario_is_a_sheet_over_its_map(open_as: OpenPage) -> None:
    page = open_as("planner", "/planning/scenarios", viewport=PHONE, has_touch=True, is_mobile=True)
    made(page, "On the way")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    desk.check_access(page)


def test_a_recipe_is_filled_checked_run_and_explained(open_as: OpenPage, work: Work) -> None:
    page = open_as("planner", "/planning/recipes/new")
    page.wait_for_selector(".recipe[data-state=ready]")
    page.get_by_label("Short name").fill(f"near-{os.getpid()}")
    page.get_by_label("Title of the recipe").fill("Near schools")
    page.get_by_label("Next step").select_option("buffer")
    page.get_by_role("button", name="Add the step").click()
    page.locator("[data-field=of]").fill("nowhere")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("[data-error=metres]")).to_be_visible()
    page.locator("[data-field=metres]").fill("50")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("[data-error=of]")).to_contain_text("nowhere")
    expect(page.locator("[data-error=metres]")).to_be_hidden()
    page.locator("[data-field=of]").fill("facilities")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("[data-part=cost]")).to_contain_text("step_1")
    page.locator("[data-field=metres]").fill("")
    page.locator("[data-field=metres]").press("Tab")
    expect(page.locator("[data-part=cost]")).to_be_empty()
    page.locator("[data-field=metres]").fill("50")
    page.locator("[data-field=metres]").press("Tab")
    expect(page.locator("[data-part=cost]")).to_contain_text("step_1")  # told without a button
    desk.check_access(page)
    page.get_by_role("button", name="Save and run").click()
    expect(page.locator("[data-part=running]")).to_contain_text("Waiting")
    work()
    expect(page.locator("[data-part=account]")).to_contain_text("✓", timeout=30_000)
    expect(page.locator("[data-part=result] tbody tr")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Why is feature")).click()
    expect(page.locator("[data-part=why]")).to_contain_text("facilities:")
    page.wait_for_selector("[data-part=result] .minimap[data-drawn=yes]")
    desk.check_access(page)
    expect(page.get_by_role("link", name="Open on the map")).to_have_attribute("href", re.compile("/map.layer="))
    page.locator("[data-field=metres]").fill("60")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("Saved")
    page.reload()
    expect(page.locator("[data-part=stale]")).to_contain_text("the steps")
    page.goto("/planning/recipes")
    expect(page.locator("tbody tr", has_text="Near schools")).to_contain_text("stale")


def test_the_rows_of_a_result_come_some_at_a_time_and_all_are_drawn(open_as: OpenPage, work: Work) -> None:
    page = open_as("planner", "/planning/recipes/new")
    page.wait_for_selector(".recipe[data-state=ready]")
    page.get_by_label("Short name").fill(f"many-{os.getpid()}")
    page.get_by_label("Title of the recipe").fill("Squares")
    page.get_by_label("Next step").select_option("grid")
    page.get_by_role("button", name="Add the step").click()
    page.locator("[data-field=of]").fill("addresses")
    page.get_by_text("More fields").click()
    page.locator("[data-field=shape]").select_option(label="squares")
    page.locator("[data-field=side_m]").fill("20")
    page.locator("[data-field=on]").fill("unit_cells")
    page.get_by_role("button", name="Save and run").click()
    expect(page.locator("[data-part=running]")).to_contain_text("Waiting")
    work()
    more = page.get_by_role("button", name="More rows")
    expect(more).to_be_visible(timeout=30_000)
    expect(page.locator("[data-part=result] tbody tr")).to_have_count(20)
    told = re.fullmatch(r"More rows \((\d+) of ([\d,]+) are shown\)", more.inner_text())
    assert told is not None
    rows = int(told[2].replace(",", ""))
    assert (int(told[1]), rows > 40) == (20, True)
    more.click()
    expect(page.locator("[data-part=result] tbody tr")).to_have_count(40)
    ids = page.locator("[data-part=result] tbody tr td:first-child").all_inner_texts()
    assert ids == sorted(set(ids), key=int)
    page.wait_for_selector("[data-part=result] .minimap[data-drawn=yes]")
    drawn = """() => {
        const map = document.querySelector('[data-part=result] .minimap').map;
        const found = map.queryRenderedFeatures({layers: ['own-fill']});
        return map.areTilesLoaded() && new Set(found.map((one) => one.id)).size;
    }"""
    page.wait_for_function(f"(rows) => ({drawn})() === rows", arg=rows, timeout=20_000)
