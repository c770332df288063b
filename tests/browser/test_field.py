"""The phone page in a real browser with the network cut: nothing is lost, nothing counts twice."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, expect

from tests import make, make_cases
from tests.browser import desk
from tests.browser.conftest import ARGS, CHROMIUM, PHONE, Server, log_in

PLACE = {"longitude": make.WEST + 0.0007, "latitude": make.SOUTH + 0.0009, "accuracy": 8}
API = "**/api/v1/field/"
FORGOTTEN = "async () => !(await (await import('/static/js/field/store.js')).kept('snapshot:1'))"
ITEMS = """async () => {
  const store = await import("/static/js/field/store.js");
  return store.allItems();
}"""

PATROLS = """async () => {
  const store = await import("/static/js/field/store.js");
  const session = await import("/static/js/field/session.js");
  return (await store.patrols(session.me().account_id)).length;
}"""


def context_of(playwright: Playwright, server: Server, home: Path) -> BrowserContext:
    """A phone whose storage lies in a folder, so that its browser may be killed and started again."""
    return playwright.chromium.launch_persistent_context(
        str(home), executable_path=CHROMIUM, args=ARGS, base_url=server.url, viewport=PHONE, locale="en-GB",
        has_touch=True, geolocation=PLACE, permissions=["geolocation"], reduced_motion="reduce",
    )  # fmt: skip


@pytest.fixture
def phone(playwright: Playwright, server: Server, tmp_path: Path) -> Iterator[BrowserContext]:
    made = context_of(playwright, server, tmp_path / "phone")
    yield made
    made.close()


def opened(context: BrowserContext, server: Server, name: str = "inspector") -> Page:
    """The page, logged in, with its worker in charge and what it takes along on the phone."""
    page = context.new_page()
    page.set_default_timeout(20_000)
    log_in(page, name, server.town.password)
    page.goto("/field")
    ready(page)
    page.evaluate("() => navigator.serviceWorker.ready")
    expect(page.locator("[data-part=class] .chip").first).to_be_visible()
    return page


def ready(page: Page) -> None:
    page.wait_for_selector("[data-module='field/page'][data-mounted=yes]")


def fill_in(page: Page, note: str, *, photo: bool = True) -> None:
    """Class and photo; the place comes by itself."""
    page.locator("[data-part=class] .chip").first.click()
    if photo:
        page.set_input_files("[data-door=log] input[type=file]", [{
            "name": "a.jpg", "mimeType": "image/jpeg", "buffer": make_cases.jpeg(),
        }])  # fmt: skip
        expect(page.locator("[data-door=log] .field-photos img")).to_have_count(1)
    page.fill("#field-note", note)
    expect(page.locator(".place-words")).to_contain_text("±8")


def send(page: Page) -> None:
    page.click("[data-door=log] [data-part=send]")


def items(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(ITEMS)
    return found


def states(page: Page, note: str) -> list[str]:
    return [one["state"] for one in items(page) if one["label"]["note"] == note]


def until(page: Page, claim: Callable[[], bool], what: str) -> None:
    """Until something holds of what the phone keeps: a promise is no answer to `wait_for_function`."""
    end = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < end, f"{what}: {items(page)}"
        page.wait_for_timeout(50)


def wait_for(page: Page, note: str, state: str) -> None:
    until(page, lambda: states(page, note) == [state], f"{note} is not {state}")


def kept(page: Page, note: str) -> dict[str, Any]:
    """The one item of a note."""
    [found] = [one for one in items(page) if one["label"]["note"] == note]
    return found


def tried(page: Page, note: str, before: int) -> bool:
    """Whether it was tried once more, and waits again."""
    try_now(page)
    found = kept(page, note)
    return found["state"] == "waiting" and found["tries"] > before


def cases_called(page: Page, note: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"/api/v1/cases?q={note}").json()["items"]
    return found


def try_now(page: Page) -> None:
    page.evaluate("async () => (await import('/static/js/field/page.js')).send()")


def test_a_report_made_without_a_network_survives_the_browser_and_is_a_case_once(
    playwright: Playwright, server: Server, tmp_path: Path
) -> None:
    context = context_of(playwright, server, tmp_path / "phone")
    page = opened(context, server)
    context.set_offline(True)
    fill_in(page, "offlineone")
    send(page)
    wait_for(page, "offlineone", "waiting")
    expect(page.locator(".sync-words")).to_contain_text("1 waiting")
    page.reload()  # the page itself comes from the phone
    ready(page)
    expect(page.locator(".sync-words")).to_contain_text("Offline")
    context.close()

    context = context_of(playwright, server, tmp_path / "phone")
    page = context.new_page()
    page.goto("/field")
    ready(page)
    wait_for(page, "offlineone", "sent")
    [case] = cases_called(page, "offlineone")
    assert case["thumbnail_url"]
    assert case["located_by"] == "gnss"
    assert page.request.get(f"/api/v1/cases/{case['number']}").json()["seen_at"] < case["reported_at"]
    expect(page.locator(".sync-words")).to_contain_text(re.compile(r"last sent \d\d:\d\d"))
    context.close()


ANSWERS: dict[str, Any] = {
    "400": {"status": 400, "content_type": "text/html", "body": "<h1>Bad request</h1>"},
    "403": {"status": 403, "content_type": "text/html", "body": "<h1>Forbidden by the gateway</h1>"},
    "413": {"status": 413, "content_type": "text/html", "body": "<h1>Too large</h1>"},
    "429": {"status": 429, "content_type": "application/problem+json", "body": '{"code": "too_many"}'},
    "500": {"status": 500, "content_type": "application/problem+json", "body": '{"code": "internal", "detail": "x"}'},
    "502": {"status": 502, "content_type": "text/html", "body": "<h1>Bad gateway</h1>"},
    "portal": {"status": 200, "content_type": "text/html", "body": "<h1>Welcome to the hotel</h1>"},
    "not ours": {"status": 200, "content_type": "application/json", "body": "{}"},
}  # fmt: skip


def test_no_answer_of_a_server_or_of_what_stands_before_it_takes_a_report_from_the_phone(
    phone: BrowserContext, server: Server
) -> None:
    page = opened(phone, server)
    answer: dict[str, Any] = {}

    def told(route: Route) -> None:
        if answer.get("reset"):
            route.abort("connectionreset")
        elif answer.get("lost"):  # the server did it, the answer never came
            route.fetch()
            route.abort("connectionreset")
        else:
            route.fulfill(**answer)

    for door in ("reports", "photos"):
        page.route(API + door, told)
    answer.update(ANSWERS["500"])
    fill_in(page, "everyerror")
    send(page)
    wait_for(page, "everyerror", "waiting")
    for one in [*ANSWERS.values(), {"reset": True}, {"lost": True}]:
        answer.clear()
        answer.update(one)
        before = kept(page, "everyerror")["tries"]
        until(page, lambda: tried(page, "everyerror", before), f"{one} was not tried")  # noqa: B023  # used at once
        assert len(kept(page, "everyerror")["photos"]) == 1
    page.unroute(API + "reports")
    page.unroute(API + "photos")
    try_now(page)
    wait_for(page, "everyerror", "sent")
    assert len(cases_called(page, "everyerror")) == 1


def test_a_login_that_ended_keeps_the_queue_asks_for_a_new_one_and_goes_on(
    phone: BrowserContext, server: Server
) -> None:
    page = opened(phone, server)
    phone.clear_cookies()
    fill_in(page, "loggedout", photo=False)
    send(page)
    wait_for(page, "loggedout", "waiting")
    expect(page.locator(".sync [data-part=login]")).to_be_visible()
    expect(page.locator(".sync-words")).to_contain_text("1 waiting")
    log_in(page, "zhang", server.town.password)  # somebody else on this phone sends nothing of the first
    page.goto("/field")
    ready(page)
    expect(page.locator(".sync-words")).to_contain_text("1")
    assert states(page, "loggedout") == ["waiting"]
    page.wait_for_function(FORGOTTEN, timeout=10_000)
    phone.clear_cookies()
    log_in(page, "inspector", server.town.password)
    page.goto("/field")
    ready(page)
    wait_for(page, "loggedout", "sent")
    [case] = cases_called(page, "loggedout")
    assert case["number"]


def test_a_double_tap_and_two_tabs_make_one_case(phone: BrowserContext, server: Server) -> None:
    page = opened(phone, server)
    other = phone.new_page()
    other.goto("/field")
    ready(other)
    fill_in(page, "doubletap", photo=False)
    page.evaluate("() => { const b = document.querySelector('[data-part=send]'); b.click(); b.click(); b.click(); }")
    for one in (page, other):
        one.evaluate("() => { import('/static/js/field/page.js').then((page) => page.send()); }")
    wait_for(page, "doubletap", "sent")
    assert len(states(page, "doubletap")) == 1
    assert len(cases_called(page, "doubletap")) == 1


def act(desk_page: Page, number: str, what: str, **given: Any) -> None:
    """What somebody at a desk does to a case meanwhile."""
    token = desk_page.get_attribute("meta[name=csrf-token]", "content") or ""
    done = desk_page.request.post(
        f"/api/v1/cases/{number}/moves", data={"act": what} | given, headers={"X-CSRFToken": token}
    )
    assert done.ok, done.text()


@pytest.fixture
def intake(playwright: Playwright, server: Server) -> Iterator[Page]:
    """An intake officer at a desk."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    page = browser.new_context(base_url=server.url).new_page()
    log_in(page, "intake", server.town.password)
    yield page
    browser.close()


def begun(page: Page, intake: Page, note: str) -> str:
    """A reported case with a task to verify it, taken along by the phone; its number."""
    fill_in(page, note, photo=False)
    send(page)
    wait_for(page, note, "sent")
    [case] = cases_called(page, note)
    act(intake, case["number"], "verify", note="look")
    page.reload()
    ready(page)
    page.click(".doors [data-to=tasks]")
    expect(page.locator("article.field-card", has_text=case["number"])).to_be_visible()  # what it takes along is here
    return str(case["number"])


def answer(page: Page, number: str, note: str) -> None:
    card = page.locator("article.field-card", has_text=number)
    card.get_by_role("button", name="Give the result").click()
    card.get_by_role("button", name="It is so").click()
    card.locator("textarea").fill(note)
    card.get_by_role("button", name="Send").click()


def test_a_task_is_answered_without_a_network_and_a_conflict_is_shown_side_by_side(
    phone: BrowserContext, server: Server, intake: Page
) -> None:
    page = opened(phone, server)
    number = begun(page, intake, "twoatonce")
    expect(page.locator("article.field-card", has_text=number)).to_be_visible()
    phone.set_offline(True)
    answer(page, number, "mineseen")
    wait_for(page, "mineseen", "waiting")
    expect(page.locator("article.field-card", has_text=number)).to_have_count(0)
    act(intake, number, "take_back", note="not needed")
    act(intake, number, "verify", note="after all")
    phone.set_offline(False)
    try_now(page)
    wait_for(page, "mineseen", "conflict")
    expect(page.locator(".sync-words")).to_contain_text("1 needs you")
    page.click(".doors [data-to=me]")
    page.get_by_role("button", name="Look at it").click()
    table = page.locator(".versus")
    expect(table.locator("tr", has_text="Note").locator("td")).to_have_text(["mineseen", "after all"])
    expect(table.locator("tr", has_text="By").locator("td")).to_have_text(["me", "intake"])
    page.get_by_role("button", name="Keep mine, as a new step").click()
    wait_for(page, "mineseen", "sent")
    history = page.request.get(f"/api/v1/cases/{number}/history").json()["items"]
    assert [one["act"] for one in history] == ["report", "verify", "take_back", "verify", "verified"]


def test_a_step_that_is_no_longer_possible_is_dropped_by_hand_with_a_reason_that_is_kept(
    phone: BrowserContext, server: Server, intake: Page
) -> None:
    page = opened(phone, server)
    number = begun(page, intake, "toolate")
    phone.set_offline(True)
    answer(page, number, "minelate")
    wait_for(page, "minelate", "waiting")
    act(intake, number, "take_back", note="closed otherwise")
    phone.set_offline(False)
    try_now(page)
    wait_for(page, "minelate", "conflict")
    page.click(".doors [data-to=me]")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("button", name="Keep mine, as a new step")).to_be_disabled()
    page.get_by_role("button", name="Drop it").click()
    assert states(page, "minelate") == ["conflict"]  # not without a reason
    page.get_by_label("Drop mine, because").fill("somebody was faster")
    page.get_by_role("button", name="Drop it").click()
    until(page, lambda: states(page, "minelate") == [], "it was not dropped")
    page.get_by_text("Dropped by hand").click()
    expect(page.locator("[data-part=dropped]")).to_contain_text("somebody was faster")


def test_a_patrol_is_recorded_with_consent_without_a_network_and_arrives(
    phone: BrowserContext, server: Server, playwright: Playwright
) -> None:
    page = opened(phone, server)
    page.click(".doors [data-to=me]")
    page.get_by_role("button", name="I agree to be recorded").click()
    page.get_by_role("button", name="Start a patrol").click()
    phone.set_offline(True)
    for step in range(4):
        phone.set_geolocation(PLACE | {"latitude": PLACE["latitude"] + (step + 1) * 2e-4})
        expect(page.locator("[data-part=patrol]")).to_contain_text(f"{step + 1} point")
    page.get_by_role("button", name="End the patrol").click()
    phone.set_offline(False)
    try_now(page)
    until(page, lambda: page.evaluate(PATROLS) == 0, "the patrol did not arrive")
    chief = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    desk_page = chief.new_page(base_url=server.url)
    log_in(desk_page, "chief", server.town.password)
    desk_page.goto("/patrols")
    row = desk_page.locator("tr", has_text="Test inspector")
    expect(row.locator("[data-label=Points]")).to_have_text("4")
    expect(row.locator("[data-label='Left out']")).to_have_text("0")
    row.get_by_role("link", name="See the track").click()
    expect(desk_page.locator("[data-module='field/track'][data-drawn=yes]")).to_be_visible()
    desk.check_access(desk_page)
    chief.close()


def test_each_door_of_the_phone_is_clear_to_eye_finger_and_screen_reader(phone: BrowserContext, server: Server) -> None:
    page = opened(phone, server)
    for door in ("log", "tasks", "near", "me"):
        page.click(f".doors [data-to={door}]")
        desk.check_access(page)
        small = page.evaluate(
            """() => [...document.querySelectorAll("button, a.button, label.button, summary, input:not(.hidden)")]
              .filter((one) => one.offsetParent && !one.closest(".maplibregl-map, .hidden"))
              .filter((one) => one.getBoundingClientRect().height < 44 || one.getBoundingClientRect().width < 44)
              .map((one) => one.outerHTML.slice(0, 120))"""
        )
        assert small == [], door
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], door


def test_the_page_is_installable_and_its_worker_keeps_nobodys_data(phone: BrowserContext, server: Server) -> None:
    page = opened(phone, server)
    manifest = page.request.get("/field/manifest.webmanifest").json()
    assert {one["sizes"] for one in manifest["icons"]} == {"192x192", "512x512"}
    assert all(page.request.get(one["src"]).ok for one in manifest["icons"])
    held = page.evaluate(
        """async () => {
          const names = await caches.keys();
          const lists = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
          const found = lists.flat().map((one) => new URL(one.url).pathname);
          return found;
        }"""
    )
    allowed = re.compile(r"^/(static/|field$|i18n/|tiles/(blocks|green|water|roads|buildings)/|api/v1/map/style\.json)")
    assert [one for one in held if not allowed.match(one)] == []
    assert "/field" in held
