"""What the map's modules work out by themselves, held against other programs' figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pyproj import Geod

from layers.mercator import tile_at
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

Call = Callable[..., Any]
SPHERE = 0.006  # the sphere's length is within 0.56 % of the ellipsoid's, an area within twice that
CALL = "async ([module, name, given]) => (await import(`city/map/${module}.js`))[name](...given)"
WGS84 = Geod(ellps="WGS84")


@pytest.fixture
def call(open_as: OpenPage) -> Call:
    """``call("measure", "length", line)``: a function of a module of ours, in the browser."""
    page = open_as("planner", "/map")
    page.wait_for_selector(".stage[data-state=ready]")

    def called(module: str, name: str, *given: Any) -> Any:
        return page.evaluate(CALL, [module, name, list(given)])

    return called


def test_lengths_and_areas_are_those_of_the_ellipsoid_within_the_spheres_error(call: Call) -> None:
    line = [(121.45, 31.23), (121.46, 31.23), (121.47, 31.25)]
    ring = [(-71.06, 42.35), (-71.05, 42.35), (-71.05, 42.36), (-71.06, 42.36)]
    lons, lats = zip(*line, strict=True)
    assert call("measure", "length", line) == pytest.approx(WGS84.line_length(lons, lats), rel=SPHERE)
    expected = abs(WGS84.polygon_area_perimeter(*zip(*ring, strict=True))[0])
    assert call("measure", "area", ring) == pytest.approx(expected, rel=2 * SPHERE)
    assert call("measure", "area", [*ring, ring[0]]) == pytest.approx(expected, rel=2 * SPHERE)
    assert call("measure", "length", []) == 0


def test_the_tiles_over_a_point_are_those_the_server_makes(call: Call) -> None:
    for lon, lat in [(121.4737, 31.2304), (-71.0589, 42.3601), (-179.9999, -66.5), (0.0, 0.0)]:
        found = {(one["z"], one["x"], one["y"]) for one in call("tiles", "tilesOver", [lon, lat, lon, lat], 14.6)}
        for z in (11, 12, 13, 14, 15):
            at = tile_at(lon, lat, z)
            assert (at.z, at.x, at.y) in found
        assert len(found) <= 4 * 5  # at most four a zoom, where the point lies beside a corner


def test_a_state_goes_into_the_address_and_comes_back_whole(open_as: OpenPage) -> None:
    page = open_as("planner", "/map")
    query = (
        "c=121.47370,31.23040&z=15.25&b=30&on=cases,areas&off=roads&o.cases=0.5&layer=events&f.level=I,II"
        "&f.cases.status=filed&when=7d&area=310106&q=gas&view=1&sel=events:17&tab=layers"
    )
    script = (
        "async (query) => { const m = await import('city/map/state.js');"
        " return m.serialise(m.parse(new URLSearchParams(query))); }"
    )
    assert page.evaluate(script, query) == query
    for senseless in ("c=900,1", "z=-3", "sel=", "o.cases=7", "bbox=4,3,2,1", "when=soon", "at=x"):
        assert page.evaluate(script, senseless) == ""


def test_days_begin_when_they_begin_in_the_city(call: Call) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for day in ("2026-03-01", "2026-12-31", "2024-02-29"):
        expected = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
        assert datetime.fromisoformat(call("time_picker", "dayStart", day)) == expected
        assert call("time_picker", "dayOf", expected.isoformat()) == day
    assert call("time_picker", "dayStart", "") == ""
    assert call("time_picker", "momentOf", "2026-03-01T08:30") == "2026-03-01T00:30:00.000Z"


def test_opacity_is_multiplied_into_numbers_and_ramps_but_a_ramp_over_the_zoom_stays_outermost(call: Call) -> None:
    assert call("thematic", "faded", 0.8, 0.5) == pytest.approx(0.4)
    assert call("thematic", "faded", None, 0.5) == 0.5
    ramp = ["interpolate", ["linear"], ["zoom"], 10, 0.2, 14, 1]
    assert call("thematic", "faded", ramp, 0.5) == ["interpolate", ["linear"], ["zoom"], 10, 0.1, 14, 0.5]
    assert call("thematic", "faded", ["step", ["zoom"], 0, 12, 0.6], 0.5) == ["step", ["zoom"], 0, 12, 0.3]
    assert call("thematic", "faded", ["get", "share"], 0.5) == ["*", 0.5, ["get", "share"]]
    assert call("thematic", "faded", 0.8, 1) == 0.8
