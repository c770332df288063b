"""A declared style worked out over the rows that a viewer sees: one layer that every map and legend is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from flask_babel import gettext as _
from sqlalchemy import Float, Text, cast, func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import String

from grid.reach import Viewer
from layers.classing import cell_of, classify, locked
from layers.counts import Counts
from layers.declared import AREA, Declared, check
from layers.filters import NOTHING, Filter, rows_of
from layers.hexagons import hexagons
from layers.layer import Classes, Layer, Style
from layers.ramps import KINDS, OTHERS, ramp, square
from layers.ranges import rate_words
from layers.residents_rate import are_few, rated
from layers.sized import SIZE, with_size
from layers.units import read_division

SIDES = 3  # classes of each of two numbers shown at once
BARS = 24
POOR_FIT = 0.7  # of 1: below it the classes hide more than they show
Values = list[float | None]
HEAT_COLOURS = 6
EDGE = "#7c848b"  # around classed areas: neighbours of one class stay two


@dataclass(frozen=True)
class Resolved:
    """The layer in its style, the declaration with breaks and colours filled in, and what the editor tells of it.

    `bars` are (from, to, number of values); `warnings` are codes: ``count_as_area``, ``poor_fit``, ``above_locked``,
    ``few_residents``.
    """

    layer: Layer
    declared: Declared
    bars: tuple[tuple[float, float, int], ...] = ()
    warnings: tuple[str, ...] = ()
    dividers: tuple[str, ...] = field(default=())


def resolve(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter = NOTHING) -> Resolved:
    """Work a style out; InvalidInput where the layer can't be drawn so."""
    check(layer, given)
    style = Style(
        colour=given.colour, size_px=given.size_px, width_px=given.width_px, opacity=given.opacity, label=given.label,
        label_zoom=given.label_zoom, shape=layer.style.shape,
        line=EDGE if given.kind in ("graduated", "bivariate") else None,
    )  # fmt: skip
    made = {
        "single": _single, "category": _category, "graduated": _graduated, "bivariate": _bivariate, "heat": _heat,
        "cluster": _cluster, "hexagons": _hexagons,
    }[given.kind]  # fmt: skip
    return made(db, layer, viewer, given, chosen, style)


def _single(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    return Resolved(replace(layer, style=style), given)


def _cluster(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    return Resolved(replace(layer, style=replace(style, draw="counts")), given)


def _heat(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    colours = ramp(given.ramp, HEAT_COLOURS)
    return Resolved(
        replace(layer, style=replace(style, draw="heat", ramp=colours, side_m=given.side_m, label=None)), given
    )


def _category(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    """A colour for each named value; where none is named, for the most frequent ones."""
    name = given.field or ""
    colours = given.colours or dict(zip(_frequent(db, layer, viewer, chosen, name), KINDS, strict=False))
    if set(colours) == set(layer.style.colours) and layer.style.by == name and not given.colours:
        colours = dict(layer.style.colours)
    style = replace(
        style, colour=OTHERS, by=name, colours=colours,
        shapes=layer.style.shapes if layer.style.by == name else {},
    )  # fmt: skip
    return Resolved(replace(layer, style=style), given.model_copy(update={"colours": colours}))


def _frequent(db: Session, layer: Layer, viewer: Viewer, chosen: Filter, name: str) -> list[str]:
    rows = rows_of(layer, viewer, chosen)
    column = rows.c[name]
    value = type_coerce(column, Text) if isinstance(column.type, String) else cast(column, Text)
    found = select(value).where(column.is_not(None)).group_by(value).order_by(func.count().desc(), value)
    return [str(one) for one in db.scalars(found.limit(len(KINDS)))]


def _graduated(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    if given.over != "rows":
        return _units(db, layer, viewer, given, chosen, style)
    drawn = with_size(layer) if given.per == AREA else layer
    [values] = values_of(db, drawn, viewer, [(given.field or "", _per(given.per))], chosen)
    made = _classes(drawn, given.field or "", given.per, given, values)
    warnings = [*_said(made, values)]
    if layer.geometry == "POLYGON" and given.per is None and _look_like_counts(drawn, given.field or "", values):
        warnings.append("count_as_area")
    numbers = [one.name for one in layer.fields if one.kind == "number" and one.in_tile and one.name != given.field]
    dividers = (*([AREA] if layer.geometry == "POLYGON" else []), *numbers)
    return Resolved(
        replace(drawn, style=replace(style, classes=made)), _filled(given, made), bars_of(values), tuple(warnings),
        dividers,
    )  # fmt: skip


def _units(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    """Areas or cells by the rate of rows in them; the numbers are those that `counts` publishes."""
    division = read_division(db, given.over, given.level if given.over == "area" else None)
    found = rated(db, layer, viewer, division, chosen, given.rate)
    values = unit_values(found, given.rate)
    title = rate_words(given.rate)
    made = classes_of(values, given, given.rate, None, title, None)
    warnings = [*_said(made, values), *(["count_as_area"] if given.rate == "count" else [])]
    warnings += ["few_residents"] if are_few(found) else []
    style = replace(
        style, classes=made, draw="areas" if given.over == "area" else "cells", level=division.level, rate=given.rate,
        label=None,
    )  # fmt: skip
    return Resolved(replace(layer, style=style), _filled(given, made), bars_of(values), tuple(warnings), ("per_km2",))


def unit_values(found: Counts, rate: str) -> Values:
    """The numbers of units as the API tells them, in the units' order."""
    return [one.told(rate) for one in found.items]


def _hexagons(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    values: Values = [float(one.count) for one in hexagons(db, layer, viewer, given.side_m, chosen)]
    made = classes_of(values, given, "count", None, _("Number of rows"), None)
    style = replace(style, classes=made, draw="hexagons", side_m=given.side_m, label=None)
    return Resolved(replace(layer, style=style), _filled(given, made), bars_of(values), tuple(_said(made, values)))


def _bivariate(db: Session, layer: Layer, viewer: Viewer, given: Declared, chosen: Filter, style: Style) -> Resolved:
    drawn = with_size(layer) if AREA in (given.per, given.second_per) else layer
    wanted = [(given.field or "", _per(given.per)), (given.second or "", _per(given.second_per))]
    first, second = values_of(db, drawn, viewer, wanted, chosen)
    plain = given.model_copy(update={"classes": SIDES, "ramp": "Greens"})
    one = _classes(drawn, given.field or "", given.per, plain, first)
    other = _classes(
        drawn, given.second or "", given.second_per, plain.model_copy(update={"breaks": given.second_breaks}), second
    )
    told = [0] * 10
    for a, b in zip(first, second, strict=True):
        told[cell_of(one.classing, other.classing, a, b)] += 1
    style = replace(style, classes=one, second=other, mixed=square(given.ramp), mixed_counts=tuple(told))
    update = {"breaks": one.classing.breaks, "second_breaks": other.classing.breaks}
    return Resolved(replace(drawn, style=style), given.model_copy(update=update), bars_of(first))


def _per(per: str | None) -> str | None:
    return SIZE.name if per == AREA else per


def values_of(
    db: Session, layer: Layer, viewer: Viewer, wanted: Sequence[tuple[str, str | None]], chosen: Filter = NOTHING
) -> list[Values]:
    """The numbers of all rows, in one order: for each (field, divided by) a list; None where there is none."""
    rows = rows_of(layer, viewer, chosen)
    columns: list[Any] = []
    for at, (name, per) in enumerate(wanted):
        value: Any = cast(rows.c[name], Float(53))
        value = value if per is None else value / func.nullif(cast(rows.c[per], Float(53)), 0.0)
        columns.append(value.label(f"number_{at}"))
    found = db.execute(select(*columns).order_by(rows.c.id)).all()
    return [[row[at] for row in found] for at in range(len(columns))]


def _classes(layer: Layer, name: str, per: str | None, given: Declared, values: Values) -> Classes:
    field_ = layer.get_field(name)
    divisor = layer.get_field(_per(per) or "") if per else None
    title = str(field_.title) if divisor is None else f"{field_.title} / {divisor.title}"
    unit = field_.unit if divisor is None else f"{field_.unit or ''}/{divisor.unit or divisor.title}".lstrip()
    return classes_of(values, given, name, _per(per), title, unit)


def classes_of(values: Values, given: Declared, name: str, per: str | None, title: str, unit: str | None) -> Classes:
    """Classes with their colours; locked breaks stay as they are."""
    is_locked = given.is_locked and bool(given.breaks)
    if is_locked:
        classing = locked(values, given.breaks, given.scheme)
    elif given.scheme == "user_defined" and not given.breaks:
        classing = classify(values, "fisher_jenks", given.classes)
    else:
        classing = classify(values, given.scheme, given.classes, breaks=given.breaks)
    colours = ramp(given.ramp, max(1, len(classing.breaks)))
    is_whole = all(value is None or value == int(value) for value in values)
    return Classes(name, per, classing, colours, title, unit, is_locked, is_whole)


def _filled(given: Declared, made: Classes) -> Declared:
    return given.model_copy(update={"breaks": made.classing.breaks})


def _said(made: Classes, values: Values) -> list[str]:
    classing, found = made.classing, []
    if len(classing.breaks) > 1 and classing.gvf < POOR_FIT:
        found.append("poor_fit")
    if made.is_locked and any(value is not None and value > classing.breaks[-1] for value in values):
        found.append("above_locked")
    return found


def _look_like_counts(layer: Layer, name: str, values: Values) -> bool:
    """Whole numbers without a unit: more of them in a larger area says little."""
    known = [value for value in values if value is not None]
    return layer.get_field(name).unit is None and bool(known) and all(v >= 0 and v == int(v) for v in known)


def bars_of(values: Values) -> tuple[tuple[float, float, int], ...]:
    """A histogram of the known values in bars of equal width."""
    known = [value for value in values if value is not None]
    if not known:
        return ()
    numbers, edges = np.histogram(known, bins=BARS)
    return tuple((float(a), float(b), int(n)) for a, b, n in zip(edges, edges[1:], numbers, strict=False))
