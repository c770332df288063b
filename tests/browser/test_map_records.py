"""Making records on the map: a case, an event, a resident; others see them at once."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from layers.mercator import MARGIN, Tile
from tests import make_cases, make_people
from tests.browser import desk
from tests.browser.conftest import OpenPage, Server
from tests.browser.town import S, W

pytestmark = pytest.mark.browser

SEEN_WITHIN_S = 2.0  # a second is the aim on a quiet machine; two cores shared with other work get another
FREE = (W + 0.00135, S + 0.00045)  # a place without a case near enough to be hit


def log_a_case(page: Page, at: tuple[float, float], words: str) -> str:
    """Log a street lamp by a click; gives the address of the page afterwards."""
    desk.idle(page)
    page.click("[data-part=new] > summary")
    page.click("[data-act=new-case]")
    desk.click_at(page, *at)
    expect(page.locator("#map-drawer .place-text")).not_to_be_empty()
    desk.choose_class(page, "Street lamp")
    page.fill("#case-description", words)
    page.click("#map-drawer [data-part=save]")
    expect(page.locator("#map-drawer .drawer-title")).to_have_text("Street lamp")
    return page.url


def test_a_case_logged_by_click_stands_in_list_and_tile_and_another_person_sees_it_at_once(open_as: OpenPage) -> None:
    mine, other = open_as("inspector"), open_as("dispatcher")
    desk.idle(mine)
    desk.idle(other)
    before = desk.count(other)
    log_a_case(mine, FREE, "Lamp out at the corner")
    first = other.locator(".map-rows > li").first
    saved_at = time.monotonic()
    expect(other.locator("[data-part=count]")).to_have_attribute("data-count", str(before + 1))
    assert time.monotonic() - saved_at < SEEN_WITHIN_S
    expect(first).to_contain_text("Street lamp")
    row = int(first.get_attribute("data-id") or 0)
    other.wait_for_function(f"(id) => ({desk.RENDERED})('cases').includes(id)", arg=row, timeout=5000)
    assert row in desk.rendered(mine, "cases")
    assert desk.count(mine) == before + 1
    assert f"sel=cases:{row}" in mine.url


def test_a_watching_browser_fetches_only_the_touched_tiles_again(open_as: OpenPage) -> None:
    mine, other = open_as("inspector"), open_as("dispatcher")
    desk.idle(other)
    asked: list[Tile] = []
    other.on("request", lambda one: asked.extend(cases_tile(one.url)))
    other.evaluate("(at) => document.querySelector('.stage').map.jumpTo({ center: at, zoom: 18 })", list(FREE))
    desk.idle(other)
    seen, z = set(asked), max(at.z for at in asked)
    asked.clear()
    log_a_case(mine, FREE, "Lamp out, and nobody else is asked")
    row = int(mine.url.partition("sel=cases:")[2].partition("&")[0])
    other.wait_for_function(f"(id) => ({desk.RENDERED})('cases').includes(id)", arg=row, timeout=5000)
    desk.idle(other)
    touched = {at for at in seen if at.z == z and holds(at, *FREE)}
    assert 0 < len(touched) < len(seen)
    assert {at for at in asked if at.z == z} == touched


def cases_tile(url: str) -> list[Tile]:
    found = re.search(r"/tiles/cases/(\d+)/(\d+)/(\d+)\.mvt", url)
    return [Tile(*map(int, found.groups()))] if found else []


def holds(at: Tile, lon: float, lat: float) -> bool:
    west, south, east, north = at.bounds(MARGIN)
    return west <= lon <= east and south <= lat <= north


def test_a_case_is_logged_where_one_stands_with_a_class_chosen_in_two_steps(open_as: OpenPage) -> None:
    here = (W + 0.00305, S + 0.00065)
    fix = {"longitude": here[0], "latitude": here[1], "accuracy": 9}
    page = open_as("inspector", "/map?act=new-case", geolocation=fix, permissions=["geolocation"])
    desk.idle(page)
    page.click("[data-part=gps]")
    expect(page.locator("#map-drawer .place-words .num").last).to_contain_text("give or take 9 m")
    kinds = page.locator(".class-kind")
    expect(kinds).to_have_text(["Component faults", "Happenings"])  # their major classes have the same codes
    major = page.locator(".class-major", has_text="Public utilities").first
    major.locator("summary").click()
    major.locator(".class-leaf", has_text="Street lamp").first.click()
    expect(page.locator(".class-chosen")).to_contain_text("Public utilities")
    page.click("[data-part=save]")
    expect(page.locator("#map-drawer .drawer-title")).to_have_text("Street lamp")
    case = desk.ask(page, f"/api/v1/cases/{page.locator('#map-drawer .facts dd').first.inner_text()}")
    assert (case["lon"], case["lat"]) == (pytest.approx(here[0], abs=1e-6), pytest.approx(here[1], abs=1e-6))
    assert (case["located_by"], case["accuracy_m"], case["source"]) == ("gnss", 9.0, "inspector")


def test_a_form_opened_with_a_place_shows_it_close_by(open_as: OpenPage) -> None:
    page = open_as("inspector", f"/map?act=new-case&at={W + 0.0009},{S + 0.0009}")
    desk.idle(page)
    expect(page.locator("#map-drawer .place-text")).to_contain_text("Test Road")
    lon, zoom = page.evaluate("(m => [m.getCenter().lng, m.getZoom()])(document.querySelector('.stage').map)")
    assert lon == pytest.approx(W + 0.0009, abs=1e-4)
    assert zoom >= 16


def test_open_cases_of_the_same_kind_are_shown_before_saving(open_as: OpenPage) -> None:
    page = open_as("inspector", "/map?act=new-case")
    desk.click_at(page, W + 0.0003, S + 0.0003)
    desk.choose_class(page, "Street lamp")
    near = page.locator(".near-list > li")
    expect(near.first).to_contain_text(" m")
    told = [float(one.split()[-2].replace(",", "")) for one in near.all_inner_texts()]
    assert told[0] == min(told)  # the likeliest double: the same class, and nearest
    assert all(metres <= 200 for metres in told)


def test_a_case_outside_the_city_is_refused_beside_the_place_and_nothing_typed_is_lost(open_as: OpenPage) -> None:
    page = open_as("inspector", f"/map?act=new-case&c={W - 0.001},{S + 0.002}&z=17")
    desk.click_at(page, W - 0.001, S + 0.002)
    desk.choose_class(page, "Street lamp")
    page.fill("#case-description", "Far out")
    page.click("[data-part=save]")
    expect(page.locator("[data-error=place]")).to_be_visible()
    assert page.input_value("#case-description") == "Far out"
    page.reload()
    desk.idle(page)
    expect(page.locator("#case-description")).to_have_value("Far out")
    expect(page.locator(".class-chosen")).to_contain_text("Street lamp")


def test_a_photo_offers_its_place_and_goes_with_the_case(open_as: OpenPage, server: Server) -> None:
    spot = (W + 0.0022, S + 0.0024)
    page = open_as("inspector", "/map?act=new-case")
    desk.idle(page)
    photo = {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": make_cases.jpeg(size=(640, 480), gps=spot)}
    page.set_input_files("#case-photo", photo)
    expect(page.locator(".photo img")).to_be_visible()
    page.click("[data-part=photo-place] button")
    expect(page.locator("#map-drawer .place-words .num").last).to_contain_text(f"{spot[0]:.4f}")
    desk.choose_class(page, "Street lamp")
    page.click("[data-part=save]")
    expect(page.locator("#map-drawer .drawer-title")).to_have_text("Street lamp")
    number = page.locator("#map-drawer .facts dd").first.inner_text()
    case = desk.ask(page, f"/api/v1/cases/{number}")
    assert len(case["photos"]) == 1
    assert case["lon"] == pytest.approx(spot[0], abs=1e-5)


def test_what_is_no_photo_is_refused_beside_the_field(open_as: OpenPage) -> None:
    page = open_as("inspector", "/map?act=new-case")
    desk.idle(page)
    page.set_input_files("#case-photo", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    expect(page.locator("[data-error=photo_keys]")).to_contain_text("a.jpg")


def test_an_event_is_drawn_as_an_area(open_as: OpenPage) -> None:
    page = open_as("commander", "/map?act=new-event&layer=events")
    desk.idle(page)
    page.locator("[name=shape][value=polygon]").check(force=True)
    corners = [(W + 0.0006, S + 0.0023), (W + 0.0013, S + 0.0023), (W + 0.0013, S + 0.0027), (W + 0.0006, S + 0.0027)]
    for corner in [*corners, corners[0]]:
        desk.click_at(page, *corner)
        page.wait_for_timeout(350)  # two clicks in quick succession would be a double click
    expect(page.locator("[data-part=redraw]")).to_be_visible()
    desk.choose_class(page, "ire")
    page.fill("#event-title", "Smoke over the yard")
    page.click("[data-part=save]")
    expect(page.locator("#map-drawer .drawer-title")).to_have_text("Smoke over the yard")
    row = page.url.split("sel=events:")[1].split("&")[0]
    kept = desk.ask(page, f"/api/v1/layers/events/features/{row}")
    assert kept["geometry"]["type"] == "Polygon"
    west, south = (min(one[axis] for one in kept["geometry"]["coordinates"][0]) for axis in (0, 1))
    assert (west, south) == (pytest.approx(corners[0][0], abs=3e-5), pytest.approx(corners[0][1], abs=3e-5))
    assert int(row) in desk.rendered(page, "events")


def test_an_event_is_marked_as_a_point_by_one_click(open_as: OpenPage) -> None:
    page = open_as("commander", "/map?act=new-event")
    at = (W + 0.00285, S + 0.00145)
    desk.click_at(page, *at)
    desk.choose_class(page, "Waterlogging")
    page.fill("#event-title", "Water at the kerb")
    page.click("[data-part=save]")
    expect(page.locator("#map-drawer .drawer-title")).to_have_text("Water at the kerb")
    row = page.url.split("sel=events:")[1].split("&")[0]
    kept = desk.ask(page, f"/api/v1/layers/events/features/{row}")["geometry"]
    assert kept["type"] == "Point"
    assert kept["coordinates"] == [pytest.approx(at[0], abs=3e-5), pytest.approx(at[1], abs=3e-5)]


def test_an_event_is_typed_as_a_line_and_esc_leaves(open_as: OpenPage) -> None:
    page = open_as("commander", "/map?act=new-event")
    desk.idle(page)
    page.locator("[name=shape][value=linestring]").check(force=True)
    page.click(".typed > summary")
    page.fill("#event-coordinates", f"{W + 0.0005}, {S + 0.001}\n{W + 0.0015}, {S + 0.001}")
    page.click("[data-part=draw-typed]")
    expect(page.locator("[data-part=how]")).to_contain_text("about 95")  # 0.001° of longitude at 31.23° north: 95.3 m
    page.fill("#event-coordinates", "up the hill")
    page.click("[data-part=draw-typed]")
    expect(page.locator("[data-error=geometry]")).to_contain_text("up the hill")
    page.keyboard.press("Escape")
    expect(page.locator("#map-drawer")).to_be_hidden()
    assert "act=" not in page.url


def test_a_resident_is_registered_by_picking_the_dwelling(open_as: OpenPage) -> None:
    page = open_as("clerk", "/map?act=new-resident")
    desk.click_at(page, W + 0.0005, S + 0.0005)
    expect(page.locator(".building-words")).to_contain_text("1 Test Road")
    page.locator(".room", has_text="201").locator("input").check(force=True)
    page.fill("#person-name", "王小明")
    page.fill("#person-number", make_people.number(3))
    page.click("[data-part=save]")
    expect(page.locator("#map-drawer")).to_be_hidden()
    building = desk.ask(page, "/api/v1/layers/buildings/features?limit=1")["features"][0]["id"]
    dwellings = desk.ask(page, f"/api/v1/buildings/{building}/dwellings")["items"]
    assert {one["room"]: one["residents"] for one in dwellings}["201"] == 1


def test_a_wrong_citizen_number_is_refused_beside_the_field_and_kept_out_of_storage(open_as: OpenPage) -> None:
    page = open_as("clerk", "/map?act=new-resident")
    desk.click_at(page, W + 0.0005, S + 0.0005)
    page.locator(".room", has_text="101").locator("input").check(force=True)
    page.fill("#person-name", "李四")
    wrong = make_people.number(5)[:-1] + ("0" if make_people.number(5)[-1] != "0" else "1")
    page.fill("#person-number", wrong)
    page.click("[data-part=save]")
    expect(page.locator("[data-error=number]")).to_be_visible()
    assert wrong not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert wrong not in page.url
