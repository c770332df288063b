"""What tests do on the map page: wait for it to be idle, ask what it shows, click at degrees."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

# Asked now and then as well: a map that became still between a look and the next "idle" tells of it no more.
IDLE = """() => new Promise((done, fail) => {
  const map = document.querySelector(".stage").map;
  const began = performance.now();
  let painted = began;
  const still = () => {
    if (map.loaded() && !map.isMoving()) return done(true);
    if (performance.now() - began > 60000) {
      const open = Object.keys(map.getStyle().sources).filter((one) => !map.isSourceLoaded(one));
      return fail(new Error(`the map is not still: ${open.join(", ") || "style " + map.isStyleLoaded()}`));
    }
    if (performance.now() - painted > 1000) {
      map.triggerRepaint();
      painted = performance.now();
    }
    return setTimeout(still, 100);
  };
  requestAnimationFrame(still);
})"""
RENDERED = """(layer) => {
  const map = document.querySelector(".stage").map;
  const layers = map.getStyle().layers.filter((one) => one.source === layer).map((one) => one.id);
  const found = map.queryRenderedFeatures({ layers });
  return [...new Set(found.filter((one) => one.sourceLayer === layer).map((one) => one.id))];
}"""
PIXEL = """([lon, lat]) => {
  const map = document.querySelector(".stage").map;
  const box = map.getCanvas().getBoundingClientRect();
  const at = map.project([lon, lat]);
  return [box.left + at.x, box.top + at.y];
}"""


def idle(page: Page) -> None:
    """Until the page is put together and the map has drawn all it asked for."""
    page.wait_for_selector(".stage[data-state=ready]")
    page.evaluate(IDLE)


def rendered(page: Page, layer: str) -> list[int]:
    """Ids of the rows of a layer that the map shows now."""
    idle(page)
    found: list[int] = page.evaluate(RENDERED, layer)
    return found


def click_at(page: Page, lon: float, lat: float) -> None:
    """Click the map at a place."""
    idle(page)
    x, y = page.evaluate(PIXEL, [lon, lat])
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def count(page: Page) -> int:
    """The count over the list, once it is there."""
    shown = page.locator("[data-part=count][data-count]")
    expect(shown).to_be_visible()
    return int(shown.get_attribute("data-count") or "-1")


def ask(page: Page, path: str) -> Any:
    """A JSON answer for the person of this page."""
    return page.request.get(path).json()


def choose_class(page: Page, words: str) -> None:
    """Type a part of a class's name and take the first that is found."""
    page.fill("#map-drawer input[type=search][aria-label='Find a class']", words)
    leaf = page.locator(".class-leaf", has_text=words).first
    leaf.click()
    expect(page.locator(".class-chosen")).to_be_visible()


def check_access(page: Page) -> None:
    """axe-core, all its rules."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
