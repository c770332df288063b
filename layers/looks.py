"""What the values of a layer look like: the one table behind map style and legend."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from layers.layer import Layer
from layers.ramps import ramp

SHAPES = ("circle", "square", "triangle", "diamond")
HIDDEN_COLOUR = "#9aa0a6"
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
    """A look for each value that the style names, in the declared order, and one for whatever else there may be."""
    style = layer.style
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


def shape_of(layer: Layer, value: str | None) -> str:
    """The symbol of a value; lines and areas have none of their own."""
    if layer.geometry == "LINESTRING":
        return "line"
    if layer.geometry == "POLYGON":
        return "fill"
    return layer.style.shapes.get(value, layer.style.shape) if value is not None else layer.style.shape


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
