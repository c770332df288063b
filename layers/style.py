"""A layer's declared style as MapLibre layers, by day and by night, labels in the reader's language.

Nothing is fetched for it: circles, and symbols and labels set in the reader's own fonts (MapLibre draws them without a
glyph server when the style names none). Shapes are the characters ● ■ ▲ ◆, so that one layer can colour them by value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from gis.errors import InvalidInput
from layers.layer import Layer, Style
from layers.looks import HIDDEN_COLOUR, MISSING_COLOUR, PER_HA, density_looks
from layers.style_classed import HATCH, class_colour, heat, missing_of, mixed_colour, source_of, units
from layers.tiles import is_named

Theme = Literal["light", "dark"]
FONTS = ["Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "system-ui", "sans-serif"]
GLYPHS = {"circle": "●", "square": "■", "triangle": "▲", "diamond": "◆"}
GLYPH_SCALE = 2.6  # a character's ink is smaller than its font size: this makes it as wide as a circle of the same size
NIGHT = "#191c20"  # the ground of the dark base map
SEEN = 3.0  # to one: what a mark needs to be seen
QUIET_SIZE = 0.75  # of the size of what is not quiet
CIRCLE_MAX_PX = 28  # count squares are 64 pixels apart, drawn at most half a square from their middle


@dataclass(frozen=True)
class Inks:
    """The neutral colours of one theme."""

    text: str
    halo: str
    casing: str
    hidden: str


INKS: dict[str, Inks] = {
    "light": Inks("#2b3137", "#ffffff", "#ffffff", HIDDEN_COLOUR),
    "dark": Inks("#e3e7eb", "#14171a", "#14171a", "#6c737a"),
}


def read_theme(given: str | None) -> Theme:
    """Light or dark; InvalidInput for another."""
    if given in (None, "", "light"):
        return "light"
    if given != "dark":
        raise InvalidInput("The theme is light or dark, not {theme}.", field="theme", theme=given)
    return "dark"


def fragment(layer: Layer, theme: Theme, lang: str) -> dict[str, Any]:
    """``sources`` and ``layers`` of a MapLibre style for one layer; ids of layers start with ``<id>-``."""
    ink = INKS[theme]
    layer = replace(layer, style=style_by(theme, layer.style))
    if layer.style.draw in ("areas", "cells", "hexagons"):
        drawn = units(layer, drawing, ink.casing)
    elif layer.floor is not None:
        drawn = _people(layer, ink, lang)
    elif layer.style.draw == "heat":
        drawn = heat(layer, drawing)
    elif layer.style.draw == "counts":
        drawn = _counts(layer, ink)
    else:
        drawn = [*_areas(layer), *_lines(layer), *_points(layer, ink), *_labels(layer, ink, lang), *_counts(layer, ink)]
    return {"sources": {layer.id: source(layer)}, "layers": drawn}


def style_by(theme: Theme, style: Style) -> Style:
    """A declared style in the colours of a theme."""
    colours = {value: seen_by(theme, shade, recedes=value in style.quiet) for value, shade in style.colours.items()}
    line = style.line and seen_by(theme, style.line)
    return replace(style, colour=seen_by(theme, style.colour), line=line, colours=colours)


def source(layer: Layer) -> dict[str, Any]:
    """The vector source; its address has no host, the page's own is meant."""
    made = source_of(layer)
    return made | ({"attribution": str(layer.attribution)} if str(layer.attribution) else {})


def drawing(layer: Layer, name: str, kind: str, *, of: str = "", **parts: Any) -> dict[str, Any]:
    """One MapLibre layer on the layer's tiles; `of` names the part of the tile that it draws."""
    return {"id": f"{layer.id}-{name}", "type": kind, "source": layer.id, "source-layer": layer.id + of} | {
        key.replace("_", "-"): value for key, value in parts.items() if value is not None
    } | ({"minzoom": layer.zooms.start} if layer.zooms.start else {})  # fmt: skip


def colour(layer: Layer) -> Any:
    """The declared colour, or an expression that matches it by value or by class."""
    style = layer.style
    if style.mixed and style.classes and style.second:
        return mixed_colour(style.classes, style.second, style.mixed)
    if style.classes is not None:
        return class_colour(style.classes)
    if style.by is None or not style.colours:
        return style.colour
    pairs = [part for value, shade in style.colours.items() for part in (str(value), shade)]
    return ["match", ["to-string", ["get", style.by]], *pairs, style.colour]


def name_in(layer: Layer, label: str, lang: str) -> Any:
    """A property's text, or where there is one for each language the reader's, else the other."""
    known = {field.name for field in layer.fields}
    both = [f"{label}_{code}" for code in (("zh", "en") if lang == "zh" else ("en", "zh"))]
    if label not in known and known.issuperset(both):
        return ["coalesce", *(["get", name] for name in both), ""]
    return ["to-string", ["get", label]]


def _is(*kinds: str) -> list[Any]:
    return ["in", ["geometry-type"], ["literal", [name for kind in kinds for name in (kind, f"Multi{kind}")]]]


def _areas(layer: Layer) -> list[dict[str, Any]]:
    if layer.geometry not in ("POLYGON", "GEOMETRY"):
        return []
    style = layer.style
    edge: dict[str, Any] = {"line-color": style.line or colour(layer), "line-width": style.width_px}
    if style.dashed:
        edge["line-dasharray"] = [3, 2]
    return [
        drawing(layer, "fill", "fill", filter=_is("Polygon"),
                paint={"fill-color": colour(layer), "fill-opacity": style.opacity}),
        *_unknown(layer),
        drawing(layer, "edge", "line", filter=_is("Polygon"), layout={"line-join": "round"}, paint=edge),
    ]  # fmt: skip


def _unknown(layer: Layer) -> list[dict[str, Any]]:
    """A hatch over areas without the number that others are coloured by."""
    style = layer.style
    if style.classes is None:
        return []
    missing = missing_of(*(one for one in (style.classes, style.second) if one is not None))
    paint = {"fill-pattern": HATCH, "fill-opacity": 0.8}
    return [drawing(layer, "missing", "fill", filter=["all", _is("Polygon"), missing], paint=paint)]


def _lines(layer: Layer) -> list[dict[str, Any]]:
    if layer.geometry not in ("LINESTRING", "GEOMETRY"):
        return []
    style = layer.style
    opacity = style.opacity if layer.geometry == "LINESTRING" else 1
    paint: dict[str, Any] = {"line-color": colour(layer), "line-width": style.width_px, "line-opacity": opacity}
    if style.dashed:
        paint["line-dasharray"] = [3, 2]
    round_ends = {"line-cap": "round", "line-join": "round"}
    return [drawing(layer, "line", "line", filter=_is("LineString"), layout=round_ends, paint=paint)]


def _points(layer: Layer, ink: Inks) -> list[dict[str, Any]]:
    """Circles, and one layer of characters for the values that have another shape."""
    if layer.geometry not in ("POINT", "GEOMETRY"):
        return []
    style = layer.style
    other = {value: shape for value, shape in style.shapes.items() if shape != "circle"} if style.by else {}
    opacity = style.opacity if layer.geometry == "POINT" else 0.95
    if not other and style.shape == "circle":
        return [_circles(layer, ink, opacity, _is("Point"))]
    named = ["match", ["to-string", ["get", style.by]]] if style.by else None
    if named is None:
        return [_characters(layer, ink, opacity, _is("Point"), GLYPHS[style.shape])]
    shapes = [part for value, shape in style.shapes.items() for part in (str(value), GLYPHS[shape])]
    shape: Any = [*named, *shapes, GLYPHS[style.shape]]
    round_ones = ["==", shape, GLYPHS["circle"]]
    return [
        _circles(layer, ink, opacity, ["all", _is("Point"), round_ones]),
        _characters(layer, ink, opacity, ["all", _is("Point"), ["!", round_ones]], shape),
    ]


def _by_zoom(size: float, style: Style | None = None) -> list[Any]:
    """Small from afar, where thousands are a pattern; of full size where one is meant. Quiet values are smaller."""
    steps = ((9, 0.25), (12, 0.4), (14, 0.65), (16, 1.0))
    return ["interpolate", ["linear"], ["zoom"], *(part for z, of in steps for part in (z, _sized(size * of, style)))]


def _sized(size: float, style: Style | None) -> Any:
    if style is None or style.by is None or not style.quiet:
        return round(size, 2)
    value = ["to-string", ["get", style.by]]
    return ["match", value, list(style.quiet), round(size * QUIET_SIZE, 2), round(size, 2)]


def _rank(layer: Layer) -> Any:
    """The value declared first is drawn on top: what waits is not hidden by what is over."""
    values = list(layer.style.colours) if layer.style.by else []
    if not values:
        return None
    ranks = [part for at, value in enumerate(values) for part in (str(value), len(values) - at)]
    return ["match", ["to-string", ["get", layer.style.by]], *ranks, 0]


def _circles(layer: Layer, ink: Inks, opacity: float, chosen: Any) -> dict[str, Any]:
    paint = {
        "circle-color": colour(layer), "circle-radius": _by_zoom(layer.style.size_px, layer.style),
        "circle-opacity": opacity,
        "circle-stroke-color": ink.casing, "circle-stroke-width": _by_zoom(1.25), "circle-stroke-opacity": opacity,
    }  # fmt: skip
    rank = _rank(layer)
    layout = {"circle-sort-key": rank} if rank else None
    return drawing(layer, "circle", "circle", filter=chosen, layout=layout, paint=paint)


def _characters(layer: Layer, ink: Inks, opacity: float, chosen: Any, text: Any) -> dict[str, Any]:
    layout = {
        "text-field": text, "text-font": FONTS,
        "text-size": _by_zoom(round(layer.style.size_px * GLYPH_SCALE, 1), layer.style),
        "text-allow-overlap": True, "text-ignore-placement": True, "text-padding": 0,
    } | ({"symbol-sort-key": rank} if (rank := _rank(layer)) else {})  # fmt: skip
    paint = {
        "text-color": colour(layer), "text-opacity": opacity,
        "text-halo-color": ink.casing, "text-halo-width": _by_zoom(1.25),
    }  # fmt: skip
    return drawing(layer, "shape", "symbol", filter=chosen, layout=layout, paint=paint)


def text_paint(ink: Inks) -> dict[str, Any]:
    """Text that reads on anything."""
    return {"text-color": ink.text, "text-halo-color": ink.halo, "text-halo-width": 1.5}


def _labels(layer: Layer, ink: Inks, lang: str) -> list[dict[str, Any]]:
    style = layer.style
    if style.label is None:
        return []
    layout: dict[str, Any] = {
        "text-field": name_in(layer, style.label, lang), "text-font": FONTS, "text-size": 12, "text-max-width": 9,
        "text-optional": True,
    }  # fmt: skip
    if layer.geometry == "LINESTRING":
        layout |= {"symbol-placement": "line"}
    elif layer.geometry in ("POINT", "GEOMETRY"):  # under the mark, not over it
        layout |= {"text-anchor": "top", "text-offset": [0, round(style.size_px / 12 + 0.2, 2)]}
    of = "_names" if is_named(layer) else ""
    made = drawing(layer, "label", "symbol", of=of, layout=layout, paint=text_paint(ink))
    return [made | {"minzoom": style.label_zoom}]


def _counts(layer: Layer, ink: Inks) -> list[dict[str, Any]]:
    """What stands for rows where there are too many: circles by the root of the count, the number inside."""
    shade = MISSING_COLOUR if layer.style.classes else layer.style.colour  # a number of rows has no class
    radius = ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 9, 10, 13, 100, CIRCLE_MAX_PX]
    circle = {
        "circle-color": shade, "circle-opacity": 0.9, "circle-radius": radius,
        "circle-stroke-color": ink.casing, "circle-stroke-width": 1.25,
    }  # fmt: skip
    number = {
        "text-field": ["number-format", ["get", "count"], {"max-fraction-digits": 0}],
        "text-font": FONTS, "text-size": 11, "text-allow-overlap": True, "text-ignore-placement": True,
    }  # fmt: skip
    on = readable_on(shade)
    return [
        drawing(layer, "counts", "circle", of="_counts", paint=circle),
        drawing(layer, "counts-number", "symbol", of="_counts", layout=number, paint={"text-color": on}),
    ]


def readable_on(shade: str) -> str:
    """Black or white, whichever stands out more on a ``#rrggbb`` colour (WCAG 2 relative luminance)."""
    light = luminance(_parts(shade))
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#14171a"


def _parts(shade: str) -> list[int]:
    return [int(shade[at : at + 2], 16) for at in (1, 3, 5)]


def luminance(parts: Sequence[float]) -> float:
    """WCAG 2 relative luminance of red, green, blue (0 to 255)."""
    shares = [part / 255 for part in parts]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def seen_by(theme: Theme, shade: str, *, recedes: bool = False) -> str:
    """A declared colour as a theme shows it: by night mixed with white until it is 3 : 1 to the ground.

    What recedes is mixed with the ground instead, down to that ratio. The ratio is that of WCAG 2, 1.4.11.
    The legend in the browser does the same steps (`static/js/map/symbols.js`).
    """
    if theme == "light":
        return shade
    steps = range(20, -1, -1) if recedes else range(21)
    for step in steps:
        mixed = _mixed(shade, NIGHT if recedes else "#ffffff", step / 20)
        if _stands_out(mixed, NIGHT) >= SEEN:
            return "#" + "".join(f"{part:02x}" for part in mixed)
    return seen_by(theme, shade)


def _mixed(shade: str, other: str, share: float) -> list[int]:
    pairs = zip(_parts(shade), _parts(other), strict=True)
    return [math.floor(part + (end - part) * share + 0.5) for part, end in pairs]


def _stands_out(parts: Sequence[float], ground: str) -> float:
    """How many to one a colour is lighter than the ground."""
    return (luminance(parts) + 0.05) / (luminance(_parts(ground)) + 0.05)


def _people(layer: Layer, ink: Inks, lang: str) -> list[dict[str, Any]]:
    """Areas or cells by people a hectare; what is not told is grey and says so."""
    shades = [look.colour for look in density_looks()]
    steps = [part for end, shade in zip(PER_HA, shades[1:], strict=True) for part in (end, shade)]
    hidden = ["==", ["get", "suppressed"], True]
    shade = ["case", hidden, ink.hidden, ["step", ["coalesce", ["get", "per_ha"], 0], shades[0], *steps]]
    told = ["number-format", ["get", "count"], {"max-fraction-digits": 0}]
    layout = {
        "text-field": ["case", hidden, f"<{layer.floor}", told], "text-font": FONTS, "text-size": 11,
        "text-padding": 4,
    }  # fmt: skip
    edges = {"line-color": ink.casing, "line-width": 1, "line-opacity": 0.8}
    return [
        drawing(layer, "fill", "fill", paint={"fill-color": shade, "fill-opacity": ["case", hidden, 0.35, 0.72]}),
        drawing(layer, "edge", "line", paint=edges),
        drawing(layer, "number", "symbol", of="_names", layout=layout, paint=text_paint(ink)),
    ]
