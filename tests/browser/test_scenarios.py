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
