"""One declared style gives map, legend and file the same colours and the same counts."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel, force_locale
from pyproj import Geod
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.launch import vendor
from app.settings import PROJECT
from gis.errors import Forbidden, InvalidInput
from grid.models import UnitCell
from layers import features
from layers.counts import counts
from layers.declared import Declared, read_declared
from layers.folium_map import Order
from layers.folium_styled import styled_map
from layers.hexagons import hexagons
from layers.layer import Layer
from layers.legend import legend
from layers.mercator import tile_at
from layers.ramps import KINDS, ramp, square
from layers.resolve import Resolved, resolve
from layers.sized import with_size
from layers.style import fragment
from layers.tiles import tile
from layers.units import read_division
from tests import make
from tests.layers.expressions import painted
from tests.layers.test_counts import A1, peopled
from tests.layers.test_style import complaints
from tests.layers.things import EVERYBODY, LAMPS, LODGERS, NORTH_STREET, PLOTS, decoded, lamps, plot

AT = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
VENDOR = PROJECT / "static" / "vendor"
FLOORS = [1, 1, 2, 2, 3, 5, 8, 13, 21, 34, 0, None]
WEST, SOUTH, SIDE = 121.4502, 31.2302, 0.0001


@pytest.fixture(scope="module", autouse=True)
def _libraries() -> None:
    vendor.install()


@pytest.fixture(autouse=True)
def _words() -> Iterator[None]:
    web = Flask("styled")
    Babel(web)
    with web.app_context(), force_locale("en"):
        yield


@pytest.fixture
def plots(db: Session) -> Session:
    """Twelve plots, each wider than the one before."""
    cell = make.city(db)[A1]
    for at, floors in enumerate(FLOORS):
        facts = {"floors": floors, "use": "shop" if at % 3 else "home"}
        plot(db, cell, WEST + at * 0.0003, SOUTH, SIDE * (1 + at / 10), **facts)
    return db


def worked_out(db: Session, layer: Layer, **given: Any) -> Resolved:
    return resolve(db, layer, EVERYBODY, Declared(**given))


def rows(db: Session, layer: Layer) -> list[dict[str, Any]]:
    return [json.loads(one)["properties"] for one in features.page(db, layer, EVERYBODY, limit=1000).features]


def fill_of(made: Resolved, theme: str = "light") -> Any:
    [fill] = [
        one["paint"]
        for one in fragment(made.layer, theme, "en")["layers"]  # type: ignore[arg-type]
        if one["id"].endswith(("-fill", "-circle"))
    ]
    return fill.get("fill-color") or fill.get("circle-color")


def told(db: Session, layer: Layer) -> dict[str, int | None]:
    """The legend's colours with their counts, empty ones left out."""
    return {one.colour: one.count for one in legend(db, layer, EVERYBODY).items if one.count}


def file_of(db: Session, layer: Layer) -> str:
    return styled_map(db, layer, EVERYBODY, Order(lang="en"), VENDOR, at=AT)


def in_file(page: str) -> tuple[Counter[str], dict[str, int]]:
    """The colours that features of a file have, and those of its legend with their counts."""
    drawn = Counter(re.findall(r'"_colour": "(#[0-9a-f]{6})"', page))
    lines = re.findall(r'<rect x=".5"[^>]*fill="(#[0-9a-f]{6})".*?</td><td>[^<]*</td><td>([\d,]*)</td>', page, re.S)
    return drawn, {shade: int(count.replace(",", "")) for shade, count in lines if count not in ("", "0")}


STYLES = {
    "quantiles": {"kind": "graduated", "field": "floors", "scheme": "quantiles", "classes": 4, "ramp": "YlGnBu"},
    "fisher": {"kind": "graduated", "field": "floors", "ramp": "matter"},
    "head/tail": {"kind": "graduated", "field": "floors", "scheme": "head_tail_breaks"},
    "box": {"kind": "graduated", "field": "floors", "scheme": "box_plot", "ramp": "deep"},
    "equal": {"kind": "graduated", "field": "floors", "scheme": "equal_interval", "classes": 3, "ramp": "Greens"},
    "own": {"kind": "graduated", "field": "floors", "scheme": "user_defined", "breaks": (2, 10, 40)},
    "locked": {"kind": "graduated", "field": "floors", "breaks": (1, 3, 5), "is_locked": True, "ramp": "Blues"},
    "by size": {"kind": "graduated", "field": "floors", "per": "area", "ramp": "haline"},
    "two": {"kind": "bivariate", "field": "floors", "second": "floors", "second_per": "area", "ramp": "BluePink"},
    "category": {"kind": "category", "field": "use"},
    "named": {"kind": "category", "field": "use", "colours": {"shop": "#123456"}},
    "single": {"kind": "single", "colour": "#aa3311"},
}


@pytest.mark.parametrize("given", STYLES.values(), ids=STYLES)
def test_map_legend_and_file_have_the_same_colours_and_counts(plots: Session, given: dict[str, Any]) -> None:
    made = worked_out(plots, PLOTS, **given)
    expression = fill_of(made)
    on_map = Counter(painted(expression, one) for one in rows(plots, made.layer))
    assert sum(on_map.values()) == len(FLOORS)
    drawn, lines = in_file(file_of(plots, made.layer))
    assert on_map == told(plots, made.layer) == drawn == lines


@pytest.mark.parametrize("given", STYLES.values(), ids=STYLES)
def test_every_style_is_valid_by_day_and_night(plots: Session, given: dict[str, Any]) -> None:
    made = worked_out(plots, PLOTS, **given, label="floors", opacity=0.5)
    for theme in ("light", "dark"):
        assert complaints({"version": 8, **fragment(made.layer, theme, "zh")}) == []  # type: ignore[arg-type]


def test_colours_of_classes_are_those_of_the_ramp_by_day_and_night(plots: Session) -> None:
    made = worked_out(plots, PLOTS, kind="graduated", field="floors", scheme="user_defined", breaks=(2, 10, 40))
    assert list(told(plots, made.layer))[:3] == list(ramp("YlOrRd", 3))
    assert fill_of(made) == fill_of(made, "dark")


@pytest.mark.parametrize(
    ("by", "given"),
    [("area", {"over": "area", "level": "community"}), ("cell", {"over": "cell", "rate": "count"})],
)
def test_units_have_the_colours_of_their_published_numbers(db: Session, by: str, given: dict[str, Any]) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    made = worked_out(db, LAMPS, kind="graduated", classes=3, **given)
    found = counts(db, LAMPS, EVERYBODY, read_division(db, by, given.get("level")))
    rate = given.get("rate", "per_km2")
    on_map = Counter(painted(fill_of(made), {rate: one.told(rate)}) for one in found.items)
    _, lines = in_file(file_of(db, made.layer))
    assert on_map == told(db, made.layer) == lines


def test_people_are_coloured_by_area_only_and_what_is_held_back_stays_so(db: Session) -> None:
    peopled(db, a1=9, a2=7, b1=2, b2=12)
    made = worked_out(db, LODGERS, kind="graduated", over="cell", classes=2)
    hidden = [one for one in counts(db, LODGERS, EVERYBODY, read_division(db, "cell", None)).items if one.is_suppressed]
    assert legend(db, made.layer, EVERYBODY).items[-1].count == len(hidden) > 0
    for kind in ("single", "heat", "cluster", "hexagons"):
        with pytest.raises(InvalidInput):
            worked_out(db, LODGERS, kind=kind)
    with pytest.raises(InvalidInput):
        worked_out(db, LODGERS, kind="category", field="kind")
    with pytest.raises(Forbidden):
        hexagons(db, LODGERS, EVERYBODY, 250)


def test_hexagons_hold_every_row_once_and_are_of_the_asked_size(db: Session) -> None:
    places = [(121.45 + at * 0.0007, 31.23 + (at * 37 % 50) * 0.0002) for at in range(60)]
    lamps(db, make.city(db)[A1], places)
    found = hexagons(db, LAMPS, EVERYBODY, 200)
    assert sum(one.count for one in found) == 60
    for one in found:
        area, _ = Geod(ellps="WGS84").polygon_area_perimeter(*zip(*one.ring, strict=True))
        assert abs(area) == pytest.approx(3 * math.sqrt(3) / 2 * 200**2, rel=0.02)
    made = worked_out(db, LAMPS, kind="hexagons", side_m=200, classes=3, scheme="quantiles")
    on_map = Counter(painted(fill_of(made), {"count": one.count}) for one in found)
    drawn, lines = in_file(file_of(db, made.layer))
    assert on_map == told(db, made.layer) == drawn == lines
    source = fragment(made.layer, "light", "en")["sources"]["lamps"]
    assert source == {"type": "geojson", "data": "/api/v1/layers/lamps/hexagons?side_m=200"}


def test_points_lie_in_the_hexagon_that_counts_them(db: Session) -> None:
    lamps(db, make.city(db)[A1], [(121.4512, 31.2312)] * 3)
    [one] = hexagons(db, LAMPS, EVERYBODY, 100)
    xs, ys = zip(*one.ring, strict=True)
    assert one.count == 3
    assert min(xs) < 121.4512 < max(xs)
    assert min(ys) < 31.2312 < max(ys)
    assert hexagons(db, LAMPS, NORTH_STREET, 100) == []
    with pytest.raises(InvalidInput):
        hexagons(db, LAMPS, EVERYBODY, 10)


@pytest.mark.parametrize("kind", ["heat", "cluster", "hexagons"])
def test_heat_circles_and_hexagons_are_valid_and_have_a_file(db: Session, kind: str) -> None:
    lamps(db, make.city(db)[A1], [(121.45 + at * 0.0007, 31.23) for at in range(20)])
    made = worked_out(db, LAMPS, kind=kind, ramp="matter", colour="#8a4f9e")
    assert complaints({"version": 8, **fragment(made.layer, "dark", "zh")}) == []
    found = legend(db, made.layer, EVERYBODY)
    page = file_of(db, made.layer)
    shades = [one.colour for one in found.items]
    if kind == "heat":
        assert shades == list(ramp("matter", 6))
        assert set(in_file(page)[0]) <= set(shades)
        assert found.total == 20
    elif kind == "cluster":
        assert shades == ["#8a4f9e"]
        assert "#8a4f9e" in page
        [source] = fragment(made.layer, "light", "en")["sources"].values()
        assert source["tiles"] == ["/tiles/lamps/{z}/{x}/{y}.mvt?as=counts"]


def test_few_rows_are_counted_where_circles_are_asked_for(db: Session) -> None:
    lamps(db, make.city(db)[A1], [(121.4512, 31.2312)] * 3)
    parts = decoded(tile(db, LAMPS, EVERYBODY, tile_at(121.4512, 31.2312, 14), only_counts=True))
    assert [one["properties"]["count"] for one in parts["lamps_counts"]] == [3]


def test_a_tile_tells_the_size_of_areas_where_it_is_asked_for(plots: Session) -> None:
    parts = decoded(tile(plots, with_size(PLOTS), EVERYBODY, tile_at(WEST, SOUTH, 16)))
    lons, lats = [WEST, WEST + SIDE, WEST + SIDE, WEST], [SOUTH, SOUTH, SOUTH + SIDE, SOUTH + SIDE]
    area_m2, _ = Geod(ellps="WGS84").polygon_area_perimeter(lons, lats)
    first = min(parts["plots"], key=lambda one: one["id"])
    assert first["properties"]["size_km2"] == pytest.approx(area_m2 / 1e6, rel=1e-6)
    assert with_size(PLOTS) is with_size(PLOTS)


def test_locked_breaks_stay_while_the_rows_change(plots: Session) -> None:
    before = worked_out(plots, PLOTS, kind="graduated", field="floors", classes=4)
    kept = before.declared.model_copy(update={"is_locked": True})
    plot(plots, plots.scalars(select(UnitCell)).first(), 121.46, 31.231, 0.0001, floors=500)  # type: ignore[arg-type]
    after = resolve(plots, PLOTS, EVERYBODY, kept)
    loose = resolve(plots, PLOTS, EVERYBODY, before.declared)
    assert after.declared.breaks == before.declared.breaks != loose.declared.breaks
    assert "above_locked" in after.warnings
    last = next(one for one in legend(plots, after.layer, EVERYBODY).items if one.value == "3")
    assert last.label == f"over {before.declared.breaks[2]:g}"
    assert painted(fill_of(after), {"floors": 500}) == last.colour


def test_counts_drawn_as_areas_are_warned_of_until_they_are_divided(plots: Session) -> None:
    plain = worked_out(plots, PLOTS, kind="graduated", field="floors")
    assert "count_as_area" in plain.warnings
    assert plain.dividers == ("area",)
    assert "count_as_area" not in worked_out(plots, PLOTS, kind="graduated", field="floors", per="area").warnings
    assert sum(count for *_, count in plain.bars) == 11


def test_counts_by_cell_are_warned_of_and_rates_are_not(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    counted = worked_out(db, LAMPS, kind="graduated", over="cell", rate="count")
    assert "count_as_area" in counted.warnings
    assert counted.dividers == ("per_km2",)
    assert "count_as_area" not in worked_out(db, LAMPS, kind="graduated", over="cell").warnings


def test_a_category_without_colours_takes_the_frequent_values_first(plots: Session) -> None:
    made = worked_out(plots, PLOTS, kind="category", field="use")
    assert made.declared.colours == {"shop": KINDS[0], "home": KINDS[1]}


def test_two_numbers_are_nine_colours_that_count_every_row(plots: Session) -> None:
    made = worked_out(plots, PLOTS, kind="bivariate", field="floors", second="floors", ramp="BlueGold")
    found = legend(plots, made.layer, EVERYBODY)
    assert [one.colour for one in found.items[:9]] == list(square("BlueGold"))
    assert found.total == len(FLOORS)
    assert [one.count for one in found.items if one.value in ("1", "2", "3", "5", "6", "7")] == [
        0
    ] * 6  # a field with itself


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "graduated", "field": "use"},
        {"kind": "graduated", "field": "nowhere"},
        {"kind": "graduated", "field": "floors", "per": "use"},
        {"kind": "graduated", "field": "floors", "ramp": "Rainbow"},
        {"kind": "graduated", "field": "floors", "scheme": "by taste"},
        {"kind": "graduated", "field": "floors", "scheme": "user_defined", "breaks": (3, 2)},
        {"kind": "graduated", "over": "area", "level": "galaxy"},
        {"kind": "bivariate", "field": "floors", "second": "floors", "ramp": "YlOrRd"},
        {"kind": "single", "label": "nowhere"},
        {"kind": "category"},
    ],
)
def test_what_a_layer_cannot_be_drawn_by_is_refused(plots: Session, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        worked_out(plots, PLOTS, **given)


@pytest.mark.parametrize(
    "given",
    [{}, {"kind": "paint"}, {"kind": "single", "colour": "red"}, {"kind": "single", "size_px": 900},
     {"kind": "single", "url": "x"}, {"kind": "category", "colours": {"a": "url(x)"}}, []],
)  # fmt: skip
def test_a_broken_declaration_names_the_part(given: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_declared(given)
    assert caught.value.field
