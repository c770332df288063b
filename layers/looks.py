"""What the values of a layer look like: the one table behind map style and legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from layers.classing import cell_of
from layers.layer import Classes, Layer
from layers.ramps import ramp
from layers.ranges import class_words

SHAPES = ("circle", "square", "triangle", "diamond")
HIDDEN_COLOUR = "#9aa0a6"
ZERO_COLOUR = "#f7f7f5"
MISSING_COLOUR = "#c3c8cc"
PER_HA = (50.0, 100.0, 200.0, 400.0)  # people a hectare; a dense inner-city community has 300 and more
PER_HA_RAMP = "Purples"


@dataclass(frozen=True)
class Look:
    """One value (None: all others) with its words, colour and shape (circle, square, triangle, diamond, line, fill)."""

    value: str | None
    label: str
    colour: str
    shape: str
    is_quiet: bool = False


def looks(layer: Layer) -> list[Look]:
    """A look for each value that the style names, in the declared order, and one for whatever else there may be.

    The value of a class is its number; zero is ``zero``, without a number is None.
    """
    style = layer.style
    if style.mixed and style.classes and style.second:
        return _mixed_looks(layer, style.classes, style.second)
    if style.classes is not None:
        return _class_looks(layer, style.classes)
    if style.by is None:
        return [Look(None, str(layer.title), style.colour, shape_of(layer, None))]
    choices = layer.get_field(style.by).choices or {}
    values = [*choices, *(value for value in style.colours if value not in choices)]
    named = [
        Look(value, str(choices.get(value, value)), style.colours.get(value, style.colour), shape_of(layer, value),
             value in style.quiet)
        for value in values
    ]  # fmt: skip
    return [*named, Look(None, _("Other"), style.colour, shape_of(layer, None))]


def _class_looks(layer: Layer, classes: Classes) -> list[Look]:
    shape = shape_of(layer, None)
    words = class_words(classes.classing, whole=classes.is_whole, is_locked=classes.is_locked)
    found = [
        Look(str(at), text, colour, shape)
        for at, (text, colour) in enumerate(zip(words, classes.colours, strict=False))
    ]
    return [
        *found, Look("zero", _("none"), ZERO_COLOUR, shape),
        Look(None, _("held back or not known"), MISSING_COLOUR, shape),
    ]  # fmt: skip


def _mixed_looks(layer: Layer, first: Classes, second: Classes) -> list[Look]:
    shape, shades = shape_of(layer, None), layer.style.mixed
    one, other = (class_words(of.classing, whole=of.is_whole, is_locked=of.is_locked) for of in (first, second))
    found = [
        Look(str(3 * up + at), f"{first.title} {right} · {second.title} {above}", shades[3 * up + at], shape)
        for up, above in enumerate(other)
        for at, right in enumerate(one)
    ]
    return [*found, Look(None, _("held back or not known"), MISSING_COLOUR, shape)]


def shape_of(layer: Layer, value: str | None) -> str:
    """The symbol of a value; lines and areas have none of their own."""
    if layer.style.draw in ("areas", "cells", "hexagons", "heat"):
        return "fill"
    if layer.geometry == "LINESTRING":
        return "line"
    if layer.geometry == "POLYGON":
        return "fill"
    return layer.style.shapes.get(value, layer.style.shape) if value is not None else layer.style.shape


def look_of(layer: Layer, properties: Mapping[str, Any]) -> str | None:
    """The value of the look (in `looks`) that a row has by its properties."""
    style = layer.style
    if style.classes is None:
        value = properties.get(style.by) if style.by else None
        return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    first = style.classes.value_of(properties)
    if style.mixed and style.second:
        cell = cell_of(style.classes.classing, style.second.classing, first, style.second.value_of(properties))
        return None if cell == 9 else str(cell)
    index = style.classes.classing.class_of(first)
    return None if index is None else "zero" if index < 0 else str(index)


def density_looks() -> list[Look]:
    """The classes of a layer of people, by people a hectare; the value is the class's upper end."""
    colours = ramp(PER_HA_RAMP, len(PER_HA) + 1)
    ends = [0.0, *PER_HA]
    found = [Look(str(high), f"{low:g}–{high:g}", colour, "fill")
             for low, high, colour in zip(ends, ends[1:], colours, strict=False)]  # fmt: skip
    return [*found, Look("", _("over %(number)s", number=f"{PER_HA[-1]:g}"), colours[-1], "fill")]


def density_class(per_ha: float) -> int:
    """The index of a density's class in `density_looks`; a class holds its upper end."""
    return sum(per_ha > end for end in PER_HA)
