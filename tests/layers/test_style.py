"""Styles are judged by MapLibre's own validator, run in the node that Playwright brings along."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable

from app.settings import PROJECT
from gis.errors import InvalidInput
from layers import basemap
from layers.layer import Field, Layer, Style
from layers.style import FONTS, fragment, read_theme, readable_on, seen_by
from tests.layers.things import LAMPS, LODGERS, PLOTS, plot_rows

VALIDATE = """
import { validateStyleMin } from "./node_modules/@maplibre/maplibre-gl-style-spec/dist/index.mjs";
let text = ""; for await (const part of process.stdin) text += part;
console.log(JSON.stringify(validateStyleMin(JSON.parse(text)).map((one) => one.message)));
"""
NAMES = (Field("name_zh", "Name"), Field("name_en", "Name"), Field("road_class", "Class"), Field("depth", "Depth"))


def ground(layer_id: str, geometry: str, theme: str = "base") -> Layer:
    return Layer(layer_id, layer_id, theme, geometry, plot_rows, fields=NAMES, zooms=range(8, 23))  # type: ignore[arg-type]


GROUND = [
    ground("roads", "LINESTRING"), ground("water", "GEOMETRY"), ground("green", "POLYGON"), ground("blocks", "POLYGON"),
    ground("buildings", "POLYGON"), ground("parkings", "POLYGON"), ground("areas", "POLYGON", "grid"), PLOTS,
]  # fmt: skip
EVENTS = replace(
    LAMPS, id="events", geometry="GEOMETRY",
    style=Style(by="kind", colours={"door": "#aa0000"}, opacity=0.2, dashed=True, label="number",
                shapes={"door": "diamond", "poi": "circle"}),
)  # fmt: skip
SQUARES = replace(LAMPS, id="squares", style=Style(shape="square", label="name"))
QUIET = replace(
    EVENTS, id="quiet", geometry="POINT", style=replace(EVENTS.style, quiet=("poi",)),
)  # fmt: skip


def complaints(style: dict[str, Any]) -> list[str]:
    node = compute_driver_executable()[0]
    done = subprocess.run(
        [node, "--input-type=module", "-e", VALIDATE], input=json.dumps(style), capture_output=True, text=True,
        check=True, cwd=PROJECT,
    )  # fmt: skip
    return list(json.loads(done.stdout))


def test_the_validator_finds_faults() -> None:
    assert complaints({"version": 8, "sources": {}, "layers": [{"id": "x", "type": "paint"}]})


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("layer", [LAMPS, PLOTS, LODGERS, EVENTS, SQUARES, QUIET], ids=lambda layer: layer.id)
def test_every_kind_of_layer_is_a_valid_style(layer: Layer, theme: str) -> None:
    for lang in ("zh", "en"):
        assert complaints({"version": 8, **fragment(layer, read_theme(theme), lang)}) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_base_map_is_a_valid_style_with_the_citys_ground_under_its_borders_and_names(theme: str) -> None:
    made = basemap.style(GROUND, read_theme(theme), "zh", "试验城")
    assert complaints(made) == []
    ids = [one["id"] for one in made["layers"]]
    assert ids[0] == "land"
    assert "plots" not in made["sources"]
    assert (
        ids.index("parkings-fill") < ids.index("water-fill") < ids.index("roads-fill") < ids.index("base-areas-border")
    )
    assert set(made["sources"]) == {"roads", "water", "green", "blocks", "buildings", "parkings", "base-areas"}


def test_a_base_map_without_ground_is_valid_too() -> None:
    assert complaints(basemap.style([], "light", "en", "")) == []


def test_ids_begin_with_the_layers_own_and_texts_name_local_fonts() -> None:
    for layer in (LAMPS, PLOTS, LODGERS, EVENTS):
        for one in fragment(layer, "light", "zh")["layers"]:
            assert one["id"].startswith(f"{layer.id}-")
            assert one.get("layout", {}).get("text-font", FONTS) == FONTS
            assert not one.get("layout", {}).get("icon-image")


def test_labels_are_in_the_readers_language_before_the_other() -> None:
    named = replace(LAMPS, style=Style(label="name"))
    fields = {lang: fragment(named, "light", lang)["layers"][-3]["layout"]["text-field"] for lang in ("zh", "en")}
    assert fields["zh"] == ["coalesce", ["get", "name_zh"], ["get", "name_en"], ""]
    assert fields["en"] == ["coalesce", ["get", "name_en"], ["get", "name_zh"], ""]


def test_numbers_stand_out_on_their_circle() -> None:
    assert readable_on("#ffffff") == "#14171a"
    assert readable_on("#000000") == "#ffffff"
    assert readable_on("#c62828") == "#ffffff"
    assert readable_on("#fecc5c") == "#14171a"


def test_another_theme_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read_theme("neon")


@pytest.mark.parametrize(
    ("shade", "by_night"),
    [
        ("#000000", "#737373"),  # 45 % white; 40 % (#666666) is 2.98 : 1 to #191c20
        ("#1b4f9c", "#3d69ab"),  # 15 % white is 3.09 : 1, 10 % is 2.73 : 1
        ("#9aa0a6", "#9aa0a6"),
        ("#ffffff", "#ffffff"),
    ],
)
def test_dark_colours_are_lightened_by_night_until_they_are_seen_and_no_further(shade: str, by_night: str) -> None:
    assert seen_by("light", shade) == shade
    assert seen_by("dark", shade) == by_night


def test_what_is_quiet_is_smaller_and_by_night_no_lighter_than_it_must_be_to_be_seen() -> None:
    assert seen_by("light", "#9aa0a6", recedes=True) == "#9aa0a6"
    assert seen_by("dark", "#9aa0a6", recedes=True) == "#666b70"  # 3.02 : 1 to #191c20; as it is declared 6.47 : 1
    assert seen_by("dark", "#000000", recedes=True) == "#737373"  # nothing to take away: lightened as any other
    style = Style(by="kind", colours={"door": "#aa0000", "poi": "#9aa0a6"}, quiet=("poi",), size_px=8)
    circle = fragment(replace(LAMPS, style=style), "light", "zh")["layers"][0]
    assert circle["paint"]["circle-radius"][-1] == ["match", ["to-string", ["get", "kind"]], ["poi"], 6.0, 8.0]
    plain = fragment(replace(LAMPS, style=replace(style, quiet=())), "light", "zh")["layers"][0]
    assert plain["paint"]["circle-radius"][-1] == 8.0


def test_road_names_are_written_over_the_borders_that_run_along_the_roads() -> None:
    ids = [one["id"] for one in basemap.style(GROUND, "light", "zh", "")["layers"]]
    assert ids.index("base-areas-border") < ids.index("roads-name") < ids.index("base-areas-name-0")
