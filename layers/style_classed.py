"""Styles that people make, as MapLibre layers: by class, by two numbers at once, counting units, heat, hexagons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from layers.layer import Classes, Layer, Style
from layers.looks import MISSING_COLOUR, ZERO_COLOUR
from layers.sized import SIZE
from layers.tilejson import tiles_path, zoom_span

FAINT = 0.35  # opacity of what has no number
HATCH = "hatch-6f777d"  # the map page draws an image of this name: lines in the colour; over what has no number
UNITS = {"city:units": True}  # what is drawn stands for many rows: a click on it picks none
Drawing = Callable[..., dict[str, Any]]


def class_colour(classes: Classes) -> list[Any]:
    """The colour of a row by its class: a class holds its upper end."""
    value, missing = _value(classes)
    steps = _steps(value, classes.classing.breaks, classes.colours)
    if not steps:
        return ["case", missing, MISSING_COLOUR, ZERO_COLOUR]
    return ["case", missing, MISSING_COLOUR, ["==", value, 0], ZERO_COLOUR, *steps]


def mixed_colour(first: Classes, second: Classes, nine: tuple[str, ...]) -> Any:
    """The colour of a row by the classes of two numbers; zero is a number like others."""
    (one, no_one), (other, no_other) = _value(first), _value(second)
    across, up = first.classing.breaks, second.classing.breaks
    if not across or not up:
        return MISSING_COLOUR
    rows = [["case", *_steps(one, across, nine[3 * at : 3 * at + 3])] for at in range(len(up))]
    rows = [row if len(row) > 2 else row[1] for row in rows]
    return ["case", no_one, MISSING_COLOUR, no_other, MISSING_COLOUR, *_steps(other, up, rows)]


def _value(classes: Classes) -> tuple[Any, Any]:
    """The number as an expression, and whether it is missing."""
    get = ["get", classes.field]
    missing = ["!=", ["typeof", get], "number"]
    if classes.per is None:
        return ["number", get], missing
    per = ["get", classes.per]
    none = ["any", missing, ["!=", ["typeof", per], "number"], ["==", ["to-number", per], 0]]
    return ["/", ["number", get], ["number", per]], none


def missing_of(*classes: Classes) -> list[Any]:
    """Whether a row lacks any of the numbers."""
    return ["any", *(_value(one)[1] for one in classes)]


def _steps(value: Any, breaks: tuple[float, ...], shown: Any) -> list[Any]:
    """Conditions and what is shown under them; the last class takes what is above."""
    pairs = list(zip(breaks[:-1], shown, strict=False))
    last = [shown[min(len(breaks), len(shown)) - 1]] if breaks else []
    return [part for edge, one in pairs for part in (["<=", value, edge], one)] + last


def ramp_of(style: Style) -> Any:
    """Colours of a heat map by density, nothing where there is nothing."""
    steps = [part for at, shade in enumerate(style.ramp) for part in ((at + 1) / len(style.ramp), shade)]
    return ["interpolate", ["linear"], ["heatmap-density"], 0, "rgba(255,255,255,0)", *steps]


def source_of(layer: Layer) -> dict[str, Any]:
    """Where what a style draws comes from: tiles (with the size of areas, or always counts), or units as GeoJSON."""
    style = layer.style
    root = f"/api/v1/layers/{layer.id}"
    people = "&people=1" if style.rate == "per_1000" else ""
    if style.draw == "areas":
        return {"type": "geojson", "data": f"{root}/counts?by=area&level={style.level}&geometry=1{people}"}
    if style.draw == "cells":
        return {"type": "geojson", "data": f"{root}/counts?by=cell&geometry=1{people}"}
    if style.draw == "hexagons":
        return {"type": "geojson", "data": f"{root}/hexagons?side_m={style.side_m}"}
    first, last = zoom_span(layer)
    args = {"as": "counts"} if style.draw == "counts" else {}
    args |= {"with": "size"} if SIZE in layer.fields else {}
    return {"type": "vector", "tiles": [tiles_path(layer, args)], "minzoom": first, "maxzoom": last}


def units(layer: Layer, drawing: Drawing, casing: str) -> list[dict[str, Any]]:
    """Areas, cells or hexagons in the colours of their classes."""
    classes = layer.style.classes
    if classes is None:
        return []
    _, missing = _value(classes)
    fill = {"fill-color": class_colour(classes), "fill-opacity": ["case", missing, FAINT, layer.style.opacity]}
    edge = {"line-color": casing, "line-width": 0.6 if layer.style.draw == "hexagons" else 1, "line-opacity": 0.7}
    hatch = {"fill-pattern": HATCH, "fill-opacity": 0.8}
    made = [
        drawing(layer, "fill", "fill", paint=fill), drawing(layer, "missing", "fill", filter=missing, paint=hatch),
        drawing(layer, "edge", "line", paint=edge),
    ]  # fmt: skip
    for one in made:
        del one["source-layer"]
        one.pop("minzoom", None)
        one["metadata"] = UNITS
    return made


def heat(layer: Layer, drawing: Drawing) -> list[dict[str, Any]]:
    """Heat of rows, and where tiles hold counts, of as many rows as they count."""
    reach = ["interpolate", ["linear"], ["zoom"], 8, 8, 12, 16, 16, 34]
    paint = {
        "heatmap-color": ramp_of(layer.style), "heatmap-radius": reach, "heatmap-opacity": layer.style.opacity,
        "heatmap-intensity": ["interpolate", ["linear"], ["zoom"], 8, 0.25, 16, 1],
    }  # fmt: skip
    weighed = paint | {"heatmap-weight": ["get", "count"]}
    made = [
        drawing(layer, "heat", "heatmap", paint=paint),
        drawing(layer, "heat-counts", "heatmap", of="_counts", paint=weighed),
    ]
    return [one | {"metadata": UNITS} for one in made]
