"""The thematic map file in a real browser with the network closed: nothing fails, legend and map are there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy.orm import Session

from app.launch import vendor
from app.settings import PROJECT
from layers import folium_map
from layers.folium_map import Order, thematic_map
from layers.layer import Layer
from tests.layers.test_counts import peopled
from tests.layers.things import EVERYBODY, LAMPS, LODGERS

pytestmark = pytest.mark.browser
# The map has been zoomed out this often since it was first asked, and no zoom is still running.
STILL = """(steps) => {
  const map = Object.values(window).find((one) => one instanceof L.Map);
  window.firstZoom ??= map.getZoom();
  return map.getZoom() === window.firstZoom - steps && !document.querySelector(".leaflet-zoom-anim");
}"""
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def written(db: Session, layer: Layer, file: Path, order: Order) -> Path:
    vendor.install()
    web = Flask("thematic")
    Babel(web)
    with web.app_context(), force_locale(order.lang):
        file.write_text(
            thematic_map(
                db, layer, EVERYBODY, order, PROJECT / "static" / "vendor", at=datetime(2026, 3, 1, tzinfo=UTC)
            )
        )
    return file


def opened(browser: Browser, file: Path, size: dict[str, int]) -> tuple[Page, list[str]]:
    """The file in a context that lets nothing out; whatever is asked for or complained of is noted."""
    context = browser.new_context(viewport=size, offline=True)  # type: ignore[arg-type]
    page, trouble = context.new_page(), []

    def closed(route: Route) -> None:
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            trouble.append(route.request.url)
            route.abort()

    context.route("**/*", closed)
    page.on("requestfailed", lambda request: trouble.append(request.url))
    page.on("console", lambda said: trouble.append(said.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(file.as_uri())
    return page, trouble


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_map_file_opens_without_a_network(
    db: Session, browser: Browser, tmp_path: Path, size: dict[str, int]
) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    page, trouble = opened(browser, written(db, LAMPS, tmp_path / "m.html", Order(by="cell", lang="en")), size)
    expect(page.get_by_role("heading", name="Lamps")).to_be_visible()
    if size is PHONE:
        page.locator(".city-legend summary").click()
    expect(page.locator(".city-legend")).to_contain_text("per km²")
    expect(page.locator(".city-legend tbody tr").first).to_be_visible()
    assert page.locator("path.leaflet-interactive").count() >= 4
    page.locator("path.leaflet-interactive").first.hover()
    expect(page.locator(".leaflet-tooltip")).to_contain_text("Rows")
    assert trouble == []
    page.context.close()


def test_circles_add_up_at_every_zoom(
    db: Session, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peopled(db, a1=40, a2=20, b1=5, b2=7)
    monkeypatch.setattr(folium_map, "ROWS_MAX", 10)
    page, trouble = opened(browser, written(db, LAMPS, tmp_path / "m.html", Order(lang="en")), DESK)
    page.locator(".leaflet-control-layers-overlays input").last.check()
    for step in range(4):
        page.wait_for_function(STILL, arg=step)
        numbers = page.locator(".city-number").all_inner_texts()
        assert sum(int(number.replace(",", "")) for number in numbers) == 72
        page.locator(".leaflet-control-zoom-out").click()
    assert trouble == []
    page.context.close()


def test_what_is_held_back_is_hatched(db: Session, browser: Browser, tmp_path: Path) -> None:
    peopled(db, a1=3, a2=30, b1=10, b2=12)
    page, trouble = opened(browser, written(db, LODGERS, tmp_path / "m.html", Order(by="cell", lang="zh")), DESK)
    assert page.locator('path[fill="url(#hatch)"]').count() == 2
    assert page.locator(".city-number").count() == 0
    assert trouble == []
    page.context.close()
