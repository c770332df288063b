"""The pictures of the guides, taken from a running demo city: see docs/contributor.md.

``python -m tests.browser.pictures URL LOGINS`` writes docs/guide/img; LOGINS is the home's file keys/first-logins.
"""

from __future__ import annotations

import io
import math
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.settings import PROJECT
from tests.browser import desk
from tests.browser.conftest import ARGS, CHROMIUM, log_in

OUT = PROJECT / "docs" / "guide" / "img"
SIZE = {"width": 1280, "height": 800}
COLOURS = 256
SPOT = "121.4299,31.2801"  # a street corner of the demo city, inside the inspector's street
PLACES = {  # picture → who sees it, where
    "home": ("dispatcher", "/"),
    "map": ("commander", "/map?c=121.45900,31.25300&z=14"),
    "cases": ("intake", "/cases"),
    "case": ("department", "{case}"),
    "log-case": ("inspector", f"/map?act=new-case&at={SPOT}"),
    "event": ("commander", "{event}"),
    "residents": ("clerk", "/residents"),
    "admin": ("administrator", "/admin/accounts"),
    "thematic": ("planner", "/layers/cases/map.html?by=area&lang={lang}"),
}


STILL = """() => Promise.all([...document.querySelectorAll(".stage, .minimap, .small-map")].map((one) =>
  new Promise((done) => {
    const look = () => {
      if (!one.map) return setTimeout(look, 50);
      return one.map.loaded() && !one.map.isMoving() ? done(true) : one.map.once("idle", look);
    };
    requestAnimationFrame(look);
  })))"""


def take(page: Page, file: Path) -> None:
    """When everything stands still; with few colours, so that the guides stay small."""
    if page.locator(".stage").count():
        desk.idle(page)
    page.evaluate(STILL)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(palette=_palette(shot), dither=Image.Dither.NONE).save(file, optimize=True)


def _palette(shot: Image.Image) -> Image.Image:
    """The colours kept: by the root of how often they occur, so that a small mark keeps its own."""
    found = shot.getcolors(shot.width * shot.height) or []
    sample = [colour for count, colour in found for _ in range(math.isqrt(count))]
    strip = Image.new("RGB", (len(sample), 1))
    strip.putdata(sample)
    return strip.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2)


def opened(browser: Browser, url: str, name: str, password: str, lang: str) -> BrowserContext:
    """A logged-in context that reads a language."""
    locale = "zh-CN" if lang == "zh" else "en-GB"
    context = browser.new_context(base_url=url, viewport=SIZE, locale=locale, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    log_in(page, name, password)
    page.goto(f"/?lang={lang}")
    page.close()
    return context


def first(context: BrowserContext, path: str) -> str:
    """The page of the first row of a list of the API."""
    address: str = context.request.get(path).json()["items"][0]["number"]
    return address


def main(url: str, logins: Path) -> None:
    """All pictures in both languages."""
    passwords = dict(line.split("\t")[1:3] for line in logins.read_text().splitlines() if line)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for lang in ("en", "zh"):
            for picture, (name, where) in PLACES.items():
                context = opened(browser, url, name, passwords[name].strip(), lang)
                path = where.format(
                    lang=lang,
                    case="/cases/" + first(context, "/api/v1/cases?status=handling&limit=1"),
                    event="/events/" + first(context, "/api/v1/events?status=active&limit=1"),
                )
                page = context.new_page()
                if "map.html" in path:  # sent as a file to keep
                    page.set_content(context.request.get(path).text())
                else:
                    page.goto(path)
                take(page, OUT / f"{picture}.{lang}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
