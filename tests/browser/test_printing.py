"""Printing and sharing in a real browser: the dialog and its frame, the worker's file, maps on another site."""

from __future__ import annotations

import http.server
import io
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from app.settings import PROJECT
from tests.browser.conftest import PHONE, OpenPage, Server
from tests.browser.desk import ask, check_access, idle
from tests.browser.test_pages import SMALL, TARGET_PX

pytestmark = pytest.mark.browser
MADE_MS = 90_000
FRAME = """() => {
  const source = document.querySelector(".stage").map.getSource("own-print-frame");
  return source ? source.serialize().data : null;
}"""


@pytest.fixture
def worker(server: Server, tmp_path: Path) -> Iterator[None]:
    """The worker of the browser town, while a test needs it."""
    with (tmp_path / "worker.log").open("wb") as log:
        made = subprocess.Popen(
            [sys.executable, "-m", "app.jobs"], cwd=PROJECT, env=server.environ, stdout=log, stderr=subprocess.STDOUT
        )
        yield
        made.terminate()
        made.wait(30)


def menu(page: Page, words: str) -> None:
    page.locator(".share-menu summary").click()
    page.locator(".share-menu").get_by_text(words).click()


def test_a_map_is_printed_with_its_frame_shown_and_the_file_had(
    open_as: OpenPage, server: Server, worker: None, tmp_path: Path
) -> None:
    page = open_as("planner", "/map?on=cases")
    idle(page)
    menu(page, "Print or atlas (PDF)")
    dialog = page.locator(".print-dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("status").first).to_contain_text("all that the map shows")
    assert page.evaluate(FRAME)["type"] == "Polygon"
    check_access(page)
    dialog.get_by_label("Title").fill("Cases, printed")
    dialog.get_by_label("Scale").select_option("5000")
    expect(dialog.get_by_role("status").first).to_contain_text("1 : 5,000")
    frame = page.evaluate(FRAME)["coordinates"][0]
    told = ask(page, "/api/v1/prints/frame?scale=5000&center=" + ",".join(
        str(one) for one in page.evaluate("Object.values(document.querySelector('.stage').map.getCenter())")
    ))  # fmt: skip
    assert frame[0] == pytest.approx(told["outline"]["coordinates"][0][0], abs=1e-6)
    dialog.get_by_role("button", name="Make the PDF").click()
    link = dialog.get_by_role("link", name="Download the PDF")
    expect(link).to_be_visible(timeout=MADE_MS)
    check_access(page)
    with page.expect_download() as had:
        link.click()
    file = tmp_path / "sheet.pdf"
    had.value.save_as(file)
    words = PdfReader(file).pages[0].extract_text().replace("\x00", "")
    assert "Cases, printed" in words
    assert "1 : 5,000" in words
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert not page.evaluate(FRAME).get("coordinates")
    code = re.search(r"/v/([a-z0-9]{10})", words)
    assert code is not None
    page.goto(f"/v/{code[1]}")
    idle(page)
    assert "on=cases" in page.url


def test_an_atlas_is_made_with_its_pages_told(open_as: OpenPage, server: Server, worker: None) -> None:
    page = open_as("leader", "/map?on=cases")
    idle(page)
    menu(page, "Print or atlas (PDF)")
    dialog = page.locator(".print-dialog")
    dialog.get_by_label("What").select_option("cell")
    expect(dialog.get_by_role("status").first).to_contain_text("4 pages")
    dialog.get_by_role("button", name="Make the PDF").click()
    link = dialog.get_by_role("link", name="Download the PDF")
    expect(link).to_be_visible(timeout=MADE_MS)
    body = page.request.get(str(link.get_attribute("href"))).body()
    assert len(PdfReader(io.BytesIO(body)).pages) == 6
    page.goto("/shares")
    expect(page.get_by_text("Done: 6 pages.")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto("/shares")
        expect(page.get_by_text("Done: 6 pages.")).to_be_visible()
        check_access(page)
    page.get_by_role("button", name=re.compile("Take away")).first.click()
    expect(page.get_by_text("Done: 6 pages.")).to_have_count(0)


def test_what_cant_be_printed_is_said_in_the_dialog(open_as: OpenPage) -> None:
    page = open_as("planner", "/map?on=cases&c=121.45,31.23&z=3")
    idle(page)
    menu(page, "Print or atlas (PDF)")
    expect(page.locator(".print-dialog").get_by_role("alert")).to_contain_text("more than fits a sheet")


def test_on_a_phone_the_dialog_leaves_the_map_in_sight_and_targets_are_large(open_as: OpenPage) -> None:
    page = open_as("planner", "/map?on=cases", viewport=PHONE, has_touch=True, is_mobile=True)
    idle(page)
    menu(page, "Print or atlas (PDF)")
    box = page.locator(".print-dialog").bounding_box()
    assert box is not None
    assert box["y"] > 844 * 0.35
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert [one for one in page.evaluate(SMALL, TARGET_PX) if "Make the PDF" in one or "Close" in one] == []
    page.goto("/shares")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate(SMALL, TARGET_PX) == []


def test_the_short_address_and_the_map_file_are_of_what_is_shown(open_as: OpenPage) -> None:
    page = open_as("planner", "/map?on=cases&f.kind=event")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    idle(page)
    menu(page, "Copy a short address")
    expect(page.locator(".toast")).to_contain_text("/v/")
    short = page.evaluate("navigator.clipboard.readText()")
    page.locator(".share-menu summary").click()
    link = page.locator(".share-menu a[href*='/map.html']")
    assert "f.kind=event" in str(link.get_attribute("href"))
    check_access(page)
    page.goto(short)
    idle(page)
    assert "f.kind=event" in page.url


def share(page: Page, origin: str) -> str:
    """Make a map for another site by the dialog; the address in its code."""
    menu(page, "Show on another site")
    dialog = page.locator(".embed-dialog")
    check_access(page)
    dialog.get_by_label("Title").fill("Cases for all")
    dialog.get_by_label("Sites that may show it").fill(origin)
    dialog.get_by_role("button", name="Make the address").click()
    code = dialog.get_by_label("Code for the other site").input_value()
    found = re.search(r'src="([^"]+)"', code)
    assert found is not None
    return re.sub(r"^https?://[^/]+", "", found[1])


@dataclass
class Site:
    """A page of another origin that frames an address."""

    origin: str
    inner: str = "about:blank"


@contextmanager
def other_site() -> Iterator[Site]:
    """Another site, on a port of its own."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            frame = f'<iframe title="map" src="{site.inner}" width="900" height="600"></iframe>'
            self.wfile.write(
                f'<!doctype html><html lang="en"><title>Site</title><main><h1>Site</h1>{frame}</main>'.encode()
            )

        def log_message(self, *_args: Any) -> None:
            """Nothing."""

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    site = Site(f"http://localhost:{made.server_port}")
    threading.Thread(target=made.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        made.shutdown()
        made.server_close()


def test_only_the_allowed_site_frames_the_map_and_only_until_it_is_withdrawn(
    open_as: OpenPage, server: Server, browser: Browser
) -> None:
    page = open_as("planner", "/map?on=cases")
    idle(page)
    with other_site() as allowed, other_site() as wrong:
        allowed.inner = wrong.inner = server.url + share(page, allowed.origin)
        stranger = browser.new_context(viewport={"width": 1000, "height": 700})
        outside, asked, said = stranger.new_page(), [], []
        outside.on("request", lambda one: asked.append(one.url))
        outside.on("console", lambda one: said.append(one.text))
        outside.goto(allowed.origin)
        frame = outside.frame_locator("iframe")
        expect(frame.locator(".embed-frame[data-state=ready]")).to_be_visible(timeout=60_000)
        expect(frame.get_by_role("heading", name="Cases for all")).to_be_visible()
        expect(frame.locator(".embed-legend")).to_contain_text("Cases")
        paths = {one.removeprefix(server.url) for one in asked if one.startswith(server.url)}
        assert paths
        assert all(one.startswith(("/embed/", "/static/", "/i18n/")) for one in paths), paths
        assert stranger.cookies() == []
        assert said == []
        check_access(outside)
        outside.goto(wrong.origin)
        outside.wait_for_timeout(1_500)
        assert any("frame-ancestors" in one for one in said)
        assert frame.locator(".embed-frame").count() == 0
        withdraw(page)
        outside.goto(allowed.origin)
        expect(frame.get_by_text("withdrawn by who shared it")).to_be_visible()
        stranger.close()


def withdraw(page: Page) -> None:
    """The newest shared map, on the page of shared maps."""
    page.goto("/shares")
    check_access(page)
    page.get_by_role("button", name=re.compile("^Withdraw")).first.click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("withdrawn").first).to_be_visible()


def test_every_layers_map_file_is_light_and_opens_at_once(open_as: OpenPage, browser: Browser, tmp_path: Path) -> None:
    page = open_as("administrator", "/")
    layers = [one["id"] for one in ask(page, "/api/v1/layers")["items"]]
    assert len(layers) > 8
    slow: dict[str, float] = {}
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    for layer in layers:
        answer = page.request.get(f"/layers/{layer}/map.html?lang=en")
        assert answer.status == 200, (layer, answer.text()[:300])
        file = tmp_path / f"{layer}.html"
        file.write_bytes(answer.body())
        assert file.stat().st_size <= 5_000_000, layer
        opened = context.new_page()
        began = time.monotonic()
        opened.goto(file.as_uri())
        opened.wait_for_selector(
            "path.leaflet-interactive, canvas.leaflet-zoom-animated, .city-number", state="attached"
        )
        expect(opened.locator(".city-legend")).to_be_visible()
        slow[layer] = time.monotonic() - began
        opened.close()
    context.close()
    assert {layer: took for layer, took in slow.items() if took > 3} == {}
