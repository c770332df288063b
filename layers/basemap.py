"""The base map, made from the city's own ground: quiet, by day and by night, with nothing from outside.

It knows what the ground is made of by the ids that base layers have (water, green, blocks, roads, buildings) and draws
any other base layer as its style says. Area borders and names come from the layer ``areas``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from layers.layer import Layer
from layers.style import FONTS, Theme, drawing, fragment, name_in, source


@dataclass(frozen=True)
class Ground:
    """The colours of the ground in one theme."""

    land: str
    block: str
    green: str
    water: str
    building: str
    building_edge: str
    road: str
    road_major: str
    road_casing: str
    rail: str
    border: str
    text: str
    text_soft: str
    halo: str


GROUNDS: dict[str, Ground] = {
    "light": Ground("#f5f4f0", "#edebe5", "#deead2", "#c6dae8", "#e0dcd4", "#cdc7bb", "#ffffff", "#fdf3d8", "#d8d3c8",
                    "#bdb8ae", "#7d7f97", "#3a4149", "#6b727a", "#f9f8f5"),
    "dark": Ground("#191c20", "#1f2328", "#1d2a21", "#14232e", "#292e35", "#353c45", "#31373f", "#434b55", "#14171a",
                   "#3f454d", "#7f86a0", "#c9d0d7", "#9aa3ac", "#14171a"),
}  # fmt: skip
MAJOR = ["motorway", "trunk", "primary"]
MIDDLE = ["secondary", "tertiary"]
SMALL = ["footway", "path", "cycleway", "pedestrian", "steps", "service", "track"]
RAIL = ["rail", "subway", "light_rail", "tram"]
ORDER = ("blocks", "green", "water", "buildings", "roads")


def style(layers: list[Layer], theme: Theme, lang: str, name: str) -> dict[str, Any]:
    """The whole style.json from the viewer's layers; without any, an empty ground."""
    ground = GROUNDS[theme]
    base = {layer.id: layer for layer in layers if layer.theme == "base"}
    order = [*(one for one in base if one not in ORDER), *(one for one in ORDER if one in base)]
    sources: dict[str, Any] = {one: source(base[one]) for one in order}
    drawn: list[dict[str, Any]] = [{"id": "land", "type": "background", "paint": {"background-color": ground.land}}]
    for one in order:
        drawn += _quiet(base[one], ground, theme, lang)
    areas = next((layer for layer in layers if layer.id == "areas"), None)
    if areas is not None:
        sources["base-areas"] = source(areas)
        drawn += _borders(areas, ground)
    drawn += _road_names(base["roads"], ground, lang) if "roads" in base else []  # over borders: streets often are one
    if areas is not None:
        drawn += _area_names(areas, ground, lang)
    return {"version": 8, "name": name, "sources": sources, "layers": drawn}


def _quiet(layer: Layer, ground: Ground, theme: Theme, lang: str) -> list[dict[str, Any]]:
    plain = {"water": ground.water, "green": ground.green, "blocks": ground.block}
    if layer.id in plain:
        shade = plain[layer.id]
        polygon = ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]]
        line = ["in", ["geometry-type"], ["literal", ["LineString", "MultiLineString"]]]
        return [
            drawing(layer, "fill", "fill", filter=polygon, paint={"fill-color": shade}),
            drawing(layer, "line", "line", filter=line, paint={"line-color": shade, "line-width": _width(1, 4, 10)}),
        ]
    if layer.id == "buildings":
        paint = {"fill-color": ground.building, "fill-outline-color": ground.building_edge}
        return [drawing(layer, "fill", "fill", paint=paint)]
    if layer.id == "roads":
        return _roads(layer, ground)
    drawn: list[dict[str, Any]] = fragment(layer, theme, lang)["layers"]
    return drawn


def _width(far: float, near: float, close: float) -> list[Any]:
    return ["interpolate", ["exponential", 1.6], ["zoom"], 10, far, 15, near, 19, close]


def _roads(layer: Layer, ground: Ground) -> list[dict[str, Any]]:
    """Casings under fills, so that crossings join; footways thin, rails dashed."""
    kind = ["coalesce", ["get", "road_class"], ""]

    def by_class(major: float, middle: float, small: float, other: float) -> list[Any]:
        return ["match", kind, MAJOR, major, MIDDLE, middle, SMALL, small, other]

    def widths(extra: float) -> list[Any]:
        return ["interpolate", ["exponential", 1.6], ["zoom"], 10, by_class(1.2 + extra, 0.7, 0, 0.2),
                15, by_class(6 + extra, 4 + extra, 0.8, 2.4 + extra),
                19, by_class(40 + extra, 28 + extra, 5, 18 + extra)]  # fmt: skip

    driven = ["!", ["in", kind, ["literal", RAIL]]]
    ends = {"line-cap": "round", "line-join": "round"}
    shade = ["match", kind, MAJOR, ground.road_major, SMALL, ground.road_casing, ground.road]
    return [
        drawing(layer, "casing", "line", filter=driven, layout=ends,
                paint={"line-color": ground.road_casing, "line-width": widths(1.5)}),
        drawing(layer, "fill", "line", filter=driven, layout=ends,
                paint={"line-color": shade, "line-width": widths(0)}),
        drawing(layer, "rail", "line", filter=["in", kind, ["literal", RAIL]],
                paint={"line-color": ground.rail, "line-width": _width(0.8, 1.6, 4), "line-dasharray": [4, 2]}),
    ]  # fmt: skip


def _text(ground: Ground, shade: str) -> dict[str, Any]:
    return {"text-color": shade, "text-halo-color": ground.halo, "text-halo-width": 1.4}


def _road_names(layer: Layer, ground: Ground, lang: str) -> list[dict[str, Any]]:
    layout = {
        "symbol-placement": "line", "text-field": name_in(layer, "name", lang), "text-font": FONTS,
        "text-size": ["interpolate", ["linear"], ["zoom"], 13, 10, 18, 13], "symbol-spacing": 320, "text-padding": 8,
    }  # fmt: skip
    return [drawing(layer, "name", "symbol", layout=layout, paint=_text(ground, ground.text_soft)) | {"minzoom": 14}]


def _borders(areas: Layer, ground: Ground) -> list[dict[str, Any]]:
    depth = ["coalesce", ["get", "depth"], 0]
    width = ["interpolate", ["linear"], ["zoom"], 9, ["match", depth, 0, 1.6, 1, 0.8, 0], 13,
             ["match", depth, 0, 2.4, 1, 1.6, 0.4], 17, ["match", depth, 0, 3, 1, 2.2, 1.2]]  # fmt: skip
    paint = {"line-color": ground.border, "line-width": width, "line-opacity": 0.55, "line-dasharray": [4, 2]}
    return [_over(areas, "border", "line", layout={"line-join": "round"}, paint=paint)]


def _area_names(areas: Layer, ground: Ground, lang: str) -> list[dict[str, Any]]:
    """Names of one level at a time: wide areas far out, fine ones close by."""
    drawn = []
    for depth, first, last, size in ((0, 8, 12, 15), (1, 12, 14.5, 14), (2, 14.5, 17, 12)):
        layout = {
            "text-field": name_in(areas, "name", lang), "text-font": FONTS, "text-size": size, "text-max-width": 8,
            "text-letter-spacing": 0.05, "text-padding": 12,
        }  # fmt: skip
        chosen = ["==", ["coalesce", ["get", "depth"], 0], depth]
        made = _over(areas, f"name-{depth}", "symbol", filter=chosen, layout=layout, paint=_text(ground, ground.text))
        drawn.append(made | {"source-layer": f"{areas.id}_names", "minzoom": first, "maxzoom": last})
    return drawn


def _over(areas: Layer, name: str, kind: str, **parts: Any) -> dict[str, Any]:
    """A drawing of the areas in the base map: a source of its own, as readers may filter the layer's."""
    return drawing(areas, name, kind, **parts) | {"id": f"base-{areas.id}-{name}", "source": "base-areas"}
