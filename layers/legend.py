"""A layer's legend: what each look means, and how many rows have it for this viewer and filter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import Text, cast, func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import String

from grid.reach import Viewer
from layers.counts import counts, total
from layers.filters import NOTHING, Filter, rows_of
from layers.layer import Classes, Layer
from layers.looks import HIDDEN_COLOUR, density_class, density_looks, looks
from layers.units import city_levels, read_division


@dataclass(frozen=True)
class Item:
    """One line of a legend. `value` is the field's value that it stands for (None: all others).

    A fixed colour is the same by day and by night: one of a ramp, which only says something beside the others.
    """

    label: str
    colour: str
    shape: str
    count: int | None
    value: str | None = None
    is_quiet: bool = False
    is_fixed: bool = False


@dataclass(frozen=True)
class Legend:
    """The lines, what their counts count (`unit`), and the sum; of people, the units counted are areas.

    `heading` names the number that classes are of, `fit` is their goodness of variance fit; `square` names the two
    numbers of nine colours, the first to the right and the second upwards. `breaks` (and `second_breaks`) are the upper
    ends of classes.
    """

    title: str
    unit: str
    items: tuple[Item, ...]
    total: int
    by: str | None = None
    heading: str = ""
    fit: float | None = None
    square: tuple[str, str] | None = None
    breaks: tuple[float, ...] = ()
    second_breaks: tuple[float, ...] = ()


def legend(db: Session, layer: Layer, viewer: Viewer, chosen: Filter = NOTHING) -> Legend:
    """The legend. Counts of a classed layer add up to `total`; lines without rows are kept, "Other" only with rows."""
    if layer.style.classes is not None:
        return _of_classes(layer, layer.style.classes)
    if layer.floor is not None:
        return _of_people(db, layer, viewer, chosen)
    if layer.style.draw == "heat":
        return _of_heat(layer, total(db, layer, viewer, chosen))
    if layer.style.by is None:
        count = total(db, layer, viewer, chosen)
        items = tuple(Item(one.label, one.colour, one.shape, count) for one in looks(layer))
        return Legend(str(layer.title), _("rows"), items, count)
    found = _counts_by_value(db, layer, viewer, chosen, layer.style.by)
    known = {one.value for one in looks(layer)}
    found[None] = sum(count for value, count in found.items() if value is None or value not in known)
    items = tuple(
        Item(one.label, one.colour, one.shape, found[one.value], one.value, one.is_quiet)
        for one in looks(layer)
        if one.value is not None or found[None]
    )
    return Legend(str(layer.title), _("rows"), items, sum(item.count or 0 for item in items), layer.style.by)


def _of_classes(layer: Layer, classes: Classes) -> Legend:
    """Classes as they were worked out, with the numbers of rows, units or hexagons in each."""
    style, classing = layer.style, classes.classing
    told: dict[str | None, int] = {str(at): count for at, count in enumerate(classing.counts)}
    told |= {"zero": classing.zeros, None: classing.missing}
    if style.mixed:
        told = {str(at): count for at, count in enumerate(style.mixed_counts[:9])} | {None: style.mixed_counts[9]}
    items = tuple(
        Item(one.label, one.colour, one.shape, told[one.value], one.value, is_fixed=True)
        for one in looks(layer)
        if told[one.value] or one.value not in (None, "zero")
    )
    counted = {"areas": _("areas"), "cells": _("unit cells"), "hexagons": _("hexagons")}.get(style.draw, _("rows"))
    heading = classes.title if not classes.unit else f"{classes.title} ({classes.unit})"
    return Legend(
        str(layer.title), counted, items, sum(one.count or 0 for one in items), classes.field, str(heading),
        round(classing.gvf, 3) if classing.breaks and not style.mixed else None,
        (str(classes.title), str(style.second.title)) if style.second else None,
        classing.breaks, style.second.classing.breaks if style.second else (),
    )  # fmt: skip


def _of_heat(layer: Layer, count: int) -> Legend:
    """Colours from few to many: heat has no classes, and says how many rows it is made of."""
    shades = layer.style.ramp
    words = {0: _("few close together"), len(shades) - 1: _("many close together")}
    items = tuple(
        Item(words.get(at, ""), shade, "fill", None, str(at), is_fixed=True) for at, shade in enumerate(shades)
    )
    return Legend(str(layer.title), _("rows"), items, count)


def _counts_by_value(db: Session, layer: Layer, viewer: Viewer, chosen: Filter, name: str) -> Counter[str | None]:
    rows = rows_of(layer, viewer, chosen)
    column = rows.c[name]
    value = type_coerce(column, Text) if isinstance(column.type, String) else cast(column, Text)
    return Counter({row[0]: row[1] for row in db.execute(select(value, func.count()).group_by(value))})


def _of_people(db: Session, layer: Layer, viewer: Viewer, chosen: Filter) -> Legend:
    """Classes of people a hectare over the finest areas, and how many areas fall in each; the suppressed ones apart."""
    division = read_division(db, "area" if city_levels(db) else "cell", None)
    found = counts(db, layer, viewer, division, chosen)
    told = Counter(density_class(one.per_km2 / 100) for one in found.items if one.per_km2 is not None)
    items = [Item(one.label, one.colour, one.shape, told[at], one.value) for at, one in enumerate(density_looks())]
    hidden = sum(one.is_suppressed for one in found.items)
    words = _("fewer than %(floor)s, or held back to protect them", floor=layer.floor)
    items.append(Item(words, HIDDEN_COLOUR, "fill", hidden))
    return Legend(str(layer.title), _("people a hectare; areas"), tuple(items), len(found.items))
