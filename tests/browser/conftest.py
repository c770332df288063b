"""A real server on a database of its own, and a real Chromium with the network outside closed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from app.launch import vendor
from app.launch.cluster import Cluster
from app.settings import PROJECT
from gis import db as database
from tests import make_people
from tests.browser import town
from tests.conftest import copy_database
from tests.ports import free_port

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-gpu-rasterization",
    "--lang=en",
]
START_S = 120  # two processes start beside other tests' browsers
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# Chromium says this of any answer of 400 and above, and of what it asks while offline: tests ask for both.
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of [45]\d\d")


@dataclass(frozen=True)
class Server:
    """A running city."""

    url: str
    town: town.Town
    environ: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def server(cluster: Cluster, template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The city of `town` behind gunicorn with gevent workers, as `./city up` serves it."""
    assert template_url
    vendor.install()
    url = copy_database(cluster, f"city_browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")
    home = tmp_path_factory.mktemp("browser-home")
    built = _build(url, home)
    port = free_port()
    environ = os.environ | {"CITY_HOME": str(home), "CITY_PORT": str(port), "DATABASE_URL": url}
    log = (home / "web.log").open("wb")
    command = [sys.executable, "-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"]
    process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(process, port, home / "web.log")
        yield Server(f"http://127.0.0.1:{port}", built, environ)
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _build(url: str, home: Path) -> town.Town:
    engine = database.make_engine(url)
    database.bind(engine)
    try:
        with make_people.keys(home), database.transaction() as db:
            return town.build(db)
    finally:
        database.bind(None)
        engine.dispose()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"the server did not come up:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Stopped after each file: its event loop runs in this thread, where other tests start loops of their own."""
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    made = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield made
    made.close()


@dataclass
class Watched:
    """What pages of a test asked for and said: nothing may go elsewhere, nothing may go wrong unseen."""

    server: str
    elsewhere: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("console", lambda one: self.said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: self.said.append(str(one)))

    def route(self, route: Route) -> None:
        if route.request.url.startswith((self.server, "data:", "blob:")):
            route.fallback()
        else:
            self.elsewhere.append(route.request.url)
            route.abort()


OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def logins() -> dict[str, Any]:
    """Cookies by name: each account logs in once."""
    return {}


@pytest.fixture
def watched(server: Server) -> Iterator[Watched]:
    """Fails the test when a page asked another host for anything or wrote an error to its console."""
    made = Watched(server.url)
    yield made
    assert made.elsewhere == []
    assert [one for one in made.said if not ANSWERED.search(one)] == []


@pytest.fixture
def open_as(server: Server, browser: Browser, watched: Watched, logins: dict[str, Any]) -> Iterator[OpenPage]:
    """``open_as("inspector", "/map")``: a logged-in page in a context of its own."""
    contexts: list[BrowserContext] = []

    def opened(name: str | None, path: str = "/map", **options: object) -> Page:
        chosen = {"viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce"} | options
        context = browser.new_context(base_url=server.url, storage_state=logins.get(name or ""), **chosen)
        contexts.append(context)
        context.route("**/*", watched.route)
        page = context.new_page()
        page.set_default_timeout(20_000)
        watched.follow(page)
        if name is not None and name not in logins:
            log_in(page, name, server.town.password)
            logins[name] = context.storage_state()
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()


def log_in(page: Page, name: str, password: str) -> None:
    """By the login form, as people do."""
    page.goto("/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.click("form [type=submit], form button.primary")
    page.wait_for_url(lambda url: "/login" not in url)
