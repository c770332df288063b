"""The bell as one sees it: it tells at once, and what is opened is read."""

from __future__ import annotations

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import text

from app.cases import told
from app.launch.cluster import Cluster
from app.notices.spread import spread
from gis import db as database
from tests.browser.conftest import PHONE, OpenPage


def happen(cluster: Cluster, event: str) -> None:
    """Let something be told of the first case, as the worker tells it."""
    assert told.TOPIC
    engine = database.make_engine(cluster.url(f"city_browser_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"))
    database.bind(engine)
    try:
        with database.transaction() as db:
            values = "SELECT :event, min(id), '{}' FROM cases"
            db.execute(text(f"INSERT INTO notice_events (event, subject_id, facts) {values}"), {"event": event})
            spread(db, sends_mail=False)
    finally:
        database.bind(None)
        engine.dispose()


def test_the_bell_tells_at_once_and_an_opened_notice_is_read(cluster: Cluster, open_as: OpenPage) -> None:
    page = open_as("leader", "/notices", viewport=PHONE)
    expect(page.locator(".empty")).to_contain_text("Nothing yet")
    expect(page.locator(".as-of")).to_contain_text("live", use_inner_text=False)
    happen(cluster, "cases.oversight_answered")
    expect(page.locator(".bell-count")).to_have_text("1")
    expect(page.locator(".bell")).to_have_attribute("aria-label", "1 unread notice")
    expect(page.locator(".notice-list li.is-unread")).to_have_count(1)
    expect(page.locator(".page-head .count")).to_have_text("1 unread")
    assert Axe().run(page).violations_count == 0
    box = page.locator(".bell").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
    small = "els => els.map(e => (e.closest('label') ?? e).getBoundingClientRect().height).filter(h => h && h < 44)"
    assert page.locator("main a, main button").evaluate_all(small) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click(".notice-title")
    page.wait_for_url("**/cases/*")
    expect(page.locator(".bell-count")).to_be_hidden()
