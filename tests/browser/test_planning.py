"""The planning desk: a file with exchanged axes and GCJ-02 is dropped, mended, seen on the map, and the mend undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gis.datum import from_wgs84
from tests import make
from tests.app.datasets import files
from tests.browser import desk
from tests.browser.conftest import PHONE, OpenPage

pytestmark = pytest.mark.browser

W, S, SIDE = make.WEST, make.SOUTH, make.SIDE
# Along the two streets that cross in the middle of the town.
LAMPS = [(W + SIDE, S + 0.0002 * n) for n in range(1, 18)] + [(W + 0.0002 * n, S + SIDE) for n in range(1, 18)]
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  for (const kind of ["dragover", "drop"])
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
DRAWN = """(stage) => document.querySelector(".stage").map
  .querySourceFeatures(`own-${stage}`).map((one) => one.geometry.coordinates)"""


def shifted() -> str:
    """The lamps in GCJ-02 with the latitude first."""
    return files.points([from_wgs84(*at, "gcj02")[::-1] for at in LAMPS]).decode()


def dropped(page: Page, name: str, text: str) -> None:
    desk.idle(page)
    page.evaluate(DROP, [name, text])
    page.wait_for_selector(".report-form")
    desk.idle(page)


def near(found: list[Any], places: list[tuple[float, float]], by: float) -> bool:
    """Whether each that is drawn lies on one of the places."""
    close: Callable[[Any], bool] = lambda at: any(abs(at[0] - x) < by and abs(at[1] - y) < by for x, y in places)  # noqa: E731
    return bool(found) and all(close(at) for at in found)


def test_a_file_is_dropped_mended_seen_and_the_mend_undone(open_as: OpenPage) -> None:
    page = open_as("planner", "/planning")
    dropped(page, "lamps.geojson", shifted())
    titles = page.locator(".finding-title strong")
    expect(titles).to_have_text(
        ["The places are shifted: they are in GCJ-02 (Amap, Tencent)", "Longitude and latitude are exchanged"]
    )
    desk.check_access(page)
    assert near(page.evaluate(DRAWN, "after"), LAMPS, 2e-5)
    assert page.evaluate(DRAWN, "before") == []
    page.locator("[data-key=swap] input").uncheck()
    expect(page.locator("[data-part=lost]")).to_contain_text("34 stay out")
    page.locator("[data-key=swap] input").check()
    expect(page.locator("[data-part=lost]")).to_have_text("")

    page.get_by_label("Title").fill("Lamps")
    page.get_by_role("button", name="Make the layer").click()
    page.wait_for_selector("#layer-title")
    assert page.url.endswith("/planning?layer=lamps")
    assert len(desk.rendered(page, "lamps")) == len(LAMPS)
    desk.check_access(page)
    features = desk.ask(page, "/api/v1/layers/lamps/features")["features"]
    assert near([one["geometry"]["coordinates"] for one in features], LAMPS, 1e-6)

    page.locator("[data-key=crs] input").uncheck()
    expect(page.locator("#toasts")).to_contain_text("Undone")
    features = desk.ask(page, "/api/v1/layers/lamps/features")["features"]
    assert not near([one["geometry"]["coordinates"] for one in features], LAMPS, 1e-3)
    page.reload()
    desk.idle(page)
    expect(page.locator("[data-key=crs] input")).not_to_be_checked()
    expect(page.locator("[data-key=swap] input")).to_be_checked()

    page.get_by_label("Source", exact=True).fill("Street lighting office")
    page.get_by_label("Colleagues").check(force=True)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".planning-list .row-second")).to_contain_text("for colleagues")
    other = open_as("inspector", "/planning?layer=lamps")
    desk.idle(other)
    expect(other.locator("#map-drawer")).to_contain_text("Street lighting office")
    expect(other.locator("#planning-file")).to_have_count(0)
    expect(other.locator("#layer-title")).to_have_count(0)

    page.get_by_role("button", name="Delete the layer").click()
    page.locator("dialog button[value=yes]").click()
    expect(page.locator(".planning-list li[data-id=lamps]")).to_have_count(0)


def test_a_bad_file_is_said_beside_where_it_was_dropped(open_as: OpenPage) -> None:
    page = open_as("evaluator", "/planning")
    desk.idle(page)
    page.evaluate(DROP, ["roads.gpkg", "this is no package"])
    expect(page.locator(".drop .alert")).to_have_text(
        "roads.gpkg The name ends in .gpkg, but the content is not of that kind."
    )
    desk.check_access(page)


def test_an_open_report_survives_a_reload_and_esc_leaves_it(open_as: OpenPage) -> None:
    page = open_as("planner", "/planning")
    dropped(page, "plan.geojson", files.geojson([files.square(W, S), files.bow(W + 0.001, S)]).decode())
    page.reload()
    page.wait_for_selector(".report-form")
    expect(page.locator(".finding-title strong")).to_have_text(["Outlines cross themselves"])
    page.keyboard.press("Escape")
    expect(page.locator("#map-drawer")).to_be_hidden()
    assert page.url.endswith("/planning")
    page.go_back()
    page.wait_for_selector(".report-form")
    page.goto("/planning")
    draft = page.locator(".planning-draft", has_text="plan.geojson")
    expect(draft).to_contain_text("examined, not a layer yet")
    draft.locator("button").click()
    page.get_by_role("button", name="Forget the file").click()
    expect(draft).to_have_count(0)


def test_a_file_is_read_in_another_system_when_the_doctor_is_told_so(open_as: OpenPage) -> None:
    page = open_as("planner", "/planning")
    dropped(page, "plain.geojson", files.points(LAMPS).decode())
    expect(page.locator(".report-well")).to_have_text("✓ Nothing is wrong with it.")
    page.get_by_text("Read it in another way").click()
    page.get_by_label("Coordinate system").select_option("gcj02")
    expect(page.locator(".report-facts")).to_contain_text("GCJ-02")
    page.get_by_text("Read it in another way").click()
    page.get_by_label("Coordinate system").select_option("other")
    page.get_by_label("Another system").fill("EPSG:1")
    page.get_by_label("Another system").press("Enter")
    expect(page.locator("[data-part=misread]")).to_contain_text("EPSG:1")


def test_on_a_phone_the_report_is_a_sheet(open_as: OpenPage) -> None:
    page = open_as("planner", "/planning", viewport=PHONE, has_touch=True, is_mobile=True)
    desk.idle(page)
    body = files.geojson([files.square(W, S), files.bow(W + 0.001, S)])
    page.set_input_files("#planning-file", {"name": "phone.geojson", "mimeType": "application/json", "buffer": body})
    page.wait_for_selector(".report-form")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    desk.check_access(page)
