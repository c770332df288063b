"""A layer's rows counted for a chart: by the values of a field, in bars of a number, by day, by area or by unit cell.

The rows are those of list and map: the viewer's, under the same filter. Of people only areas and cells are told, with
the numbers that `counts` publishes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import Date, Double, Select, Text, cast, func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import String

from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from layers.counts import Counted, counts
from layers.filters import NOTHING, Filter, rows_of
from layers.layer import Field, Layer
from layers.rectangle import rectangle, touches
from layers.residents_rate import rated
from layers.units import read_division

VALUES_MAX = 30  # bars of a text: the rest is told as one number
FOUND_MAX = 200  # values looked at: rare ones of a text with more are in the rest
UNITS_MAX = 60
ORDERED_MAX = 12  # values that keep their declared order, those without rows among them
BARS = 20  # of a number, about
DAYS_MAX, WEEKS_MAX = 92, 104  # longer spans are told by week, and by month
FIELD, AREA, CELL, DAY = "field", "area", "cell", "day"
Bbox = tuple[float, float, float, float]
Kind = Literal["values", "numbers", "days", "weeks", "months", "units"]


@dataclass(frozen=True)
class Bar:
    """One bar. `count` is None where it is held back; `least` and `most` are the ends of the numbers in it.

    `key` is the field's value, the code of the unit, or the first day (ISO); `until` the last day. `colour` is that of
    the layer's style, None where the style says nothing of it.
    """

    key: str
    label: str
    count: int | None
    colour: str | None = None
    least: float | None = None
    most: float | None = None
    until: str | None = None
    label_en: str | None = None


@dataclass(frozen=True)
class Tally:
    """The bars, the rows that are in none of them (`rest` of further values, `missing` without one), and the sum.

    Of units, `rest_units` further ones hold the rest. `total` is the number of the list; of people, of what is shown.
    """

    kind: Kind
    bars: tuple[Bar, ...]
    rest: int
    rest_units: int
    missing: int
    total: int
    held_back: int = 0


def tally(
    db: Session,
    layer: Layer,
    viewer: Viewer,
    by: str,
    chosen: Filter = NOTHING,
    *,
    bbox: Bbox | None = None,
    zone: ZoneInfo,
) -> Tally:
    """Count for a chart.

    Parameters
    ----------
    by
        ``field:<name>``, ``day`` (of the layer's time, on the clocks of `zone`), ``area:<level>``, ``area``, ``cell``.
    bbox
        West, south, east, north (EPSG:4326): only rows whose bounding boxes touch it. Of people it chooses units.

    Raises
    ------
    InvalidInput
        For another `by`, a field that the layer lacks or that can't be charted, or a level that the city lacks.
    Forbidden
        For a layer of people by anything but areas and cells.
    """
    kind, _colon, name = by.partition(":")
    if layer.floor is not None and kind not in (AREA, CELL):
        raise Forbidden("{layer} is shown as counts by cell or area only.", layer=layer.title)
    if kind in (AREA, CELL):
        return _units(db, layer, viewer, kind, name or None, chosen, bbox)
    shown = layer if bbox is None else _within(layer, bbox)
    if kind == DAY and layer.time_field is not None:
        return _days(db, shown, viewer, layer.time_field, chosen, zone)
    if kind != FIELD:
        raise InvalidInput("Rows can't be counted by {by}.", field="by", by=by[:80])
    field = _charted(layer, name)
    if field.kind == "number" and field.choices is None:
        return _numbers(db, shown, viewer, field, chosen)
    return _values(db, shown, viewer, field, chosen)


def _charted(layer: Layer, name: str) -> Field:
    """A field that readers see or filter by."""
    try:
        field = layer.get_field(name)
    except NotFound as error:
        raise InvalidInput("The layer {layer} has no field {name}.", field="by", layer=layer.id, name=name) from error
    if field.kind == "time" or not (field.in_list or field.filterable):
        raise InvalidInput("Rows can't be counted by {by}.", field="by", by=field.title)
    return field


def _within(layer: Layer, bbox: Bbox) -> Layer:
    """The layer with the rows in a rectangle only; its kept counts know nothing of that."""

    def rows(viewer: Viewer) -> Select[Any]:
        seen = layer.rows(viewer).subquery("here")
        return select(seen).where(touches(seen.c.geom, rectangle(*bbox)))

    return replace(layer, rows=rows, pyramid=None)


def _values(db: Session, layer: Layer, viewer: Viewer, field: Field, chosen: Filter) -> Tally:
    rows = rows_of(layer, viewer, chosen)
    column = rows.c[field.name]
    value = type_coerce(column, Text) if isinstance(column.type, String) else cast(column, Text)
    asked = select(value, func.count()).where(column.is_not(None)).group_by(value)
    asked = asked.order_by(func.count().desc(), value).limit(FOUND_MAX)
    found: dict[str, int] = {row[0]: row[1] for row in db.execute(asked)}
    total, known = db.execute(select(func.count(), func.count(column)).select_from(rows)).one()
    words: Mapping[str, Any] = {} if field.choices is None else {str(key): one for key, one in field.choices.items()}
    if field.kind == "flag":
        words = {"true": _("yes"), "false": _("no")} | dict(words)
    keys = list(found)
    if 0 < len(words) <= ORDERED_MAX:
        keys = [*words, *(key for key in keys if key not in words)]
    shown = keys[:VALUES_MAX]
    colours = layer.style.colours if layer.style.by == field.name else {}
    default = layer.style.colour if layer.style.by == field.name else None
    bars = tuple(Bar(key, str(words.get(key, key)), found.get(key, 0), colours.get(key, default)) for key in shown)
    rest = known - sum(one.count or 0 for one in bars)
    return Tally("values", bars, rest, 0, total - known, total)


def _numbers(db: Session, layer: Layer, viewer: Viewer, field: Field, chosen: Filter) -> Tally:
    """Bars of equal, round width: each holds ``low <= number < low + width``."""
    rows = rows_of(layer, viewer, chosen)
    number = cast(rows.c[field.name], Double)
    edge = select(
        func.min(number),
        func.max(number),
        func.count(number),
        func.count(),
        func.bool_and(number == func.floor(number)),
    )
    low, high, known, total, is_whole = db.execute(edge).one()
    if not known:
        return Tally("numbers", (), 0, 0, total, total)
    width = _round_width(float(low), float(high), is_whole=bool(is_whole))
    at = func.floor(number / width)
    asked = select(at, func.count(), func.min(number), func.max(number)).where(number.is_not(None)).group_by(at)
    found = {int(row[0]): (row[1], row[2], row[3]) for row in db.execute(asked)}
    bars = []
    for index in range(min(found), max(found) + 1):
        count, least, most = found.get(index, (0, None, None))
        start, end = index * width, (index + 1) * width - (1 if is_whole else 0)
        label = f"{start:,.10g}" if start == end else f"{start:,.10g} – {end:,.10g}"
        bars.append(Bar(f"{start:.10g}", label, count, _class_colour(layer, field.name, least, most), least, most))
    return Tally("numbers", tuple(bars), 0, 0, total - known, total)


def _round_width(low: float, high: float, *, is_whole: bool) -> float:
    """The least of 1, 2, 5 times a power of ten that needs `BARS` bars and one at most; whole for whole numbers."""
    rough = (high - low) / BARS or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= rough * (1 - 1e-9))
    return max(width, 1.0) if is_whole else width


def _class_colour(layer: Layer, name: str, least: float | None, most: float | None) -> str | None:
    """The colour of the class that a bar's numbers are in: that of their middle."""
    classes = layer.style.classes
    if classes is None or classes.per is not None or classes.field != name or layer.style.mixed or least is None:
        return None
    index = classes.classing.class_of((least + (least if most is None else most)) / 2)
    return None if index is None or index < 0 else classes.colours[min(index, len(classes.colours) - 1)]


def _days(db: Session, layer: Layer, viewer: Viewer, name: str, chosen: Filter, zone: ZoneInfo) -> Tally:
    """Days on the city's clocks from the first to the last with rows, those without any included."""
    rows = rows_of(layer, viewer, chosen)
    day = cast(func.timezone(zone.key, rows.c[name]), Date)
    found: dict[date | None, int] = {row[0]: row[1] for row in db.execute(select(day, func.count()).group_by(day))}
    missing = found.pop(None, 0)
    known = {key: count for key, count in found.items() if key is not None}
    total = missing + sum(known.values())
    if not known:
        return Tally("days", (), 0, 0, missing, total)
    first, last = min(known), max(known)
    kind, starts = _steps(first, last)
    bars = []
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        end = last if following is None else following - timedelta(days=1)
        count = sum(known.get(start + timedelta(days=one), 0) for one in range((end - start).days + 1))
        label = start.isoformat() if kind != "months" else start.isoformat()[:7]
        bars.append(Bar(start.isoformat(), label, count, until=end.isoformat()))
    return Tally(kind, tuple(bars), 0, 0, missing, total)


def _steps(first: date, last: date) -> tuple[Literal["days", "weeks", "months"], list[date]]:
    """Where bars begin: days, weeks from Monday on, or months."""
    span = (last - first).days + 1
    if span <= DAYS_MAX:
        return "days", [first + timedelta(days=one) for one in range(span)]
    monday = first - timedelta(days=first.weekday())
    weeks = ((last - monday).days // 7) + 1
    if weeks <= WEEKS_MAX:
        return "weeks", [monday + timedelta(weeks=one) for one in range(weeks)]
    months = [
        (first.year * 12 + first.month - 1) + one
        for one in range((last.year - first.year) * 12 + last.month - first.month + 1)
    ]
    return "months", [date(one // 12, one % 12 + 1, 1) for one in months]


def _units(
    db: Session, layer: Layer, viewer: Viewer, by: str, level: str | None, chosen: Filter, bbox: Bbox | None
) -> Tally:
    """The units with the most rows; units without any are left out. Of people, as `counts` publishes them."""
    division = read_division(db, by, level)
    near = None if bbox is None else rectangle(*bbox)
    if layer.floor is not None:
        found = counts(db, layer, viewer, division, chosen, near=near)
        total = found.total
    else:
        shown = layer if bbox is None else _within(layer, bbox)
        found = rated(db, shown, viewer, division, chosen, layer.style.rate)
        total = found.total
    held = sum(one.is_suppressed for one in found.items)
    ordered = sorted((one for one in found.items if one.count), key=lambda one: (-(one.count or 0), one.code))
    bars = tuple(
        Bar(one.code, one.name_zh, one.count, _unit_colour(layer, by, division.level, one), label_en=one.name_en)
        for one in ordered[:UNITS_MAX]
    )
    rest = sum(one.count or 0 for one in ordered[UNITS_MAX:])
    told = sum(one.count or 0 for one in ordered)
    missing = 0 if layer.floor is not None else max(0, total - told)
    return Tally("units", bars, rest, max(0, len(ordered) - UNITS_MAX), missing, total, held)


def _unit_colour(layer: Layer, by: str, level: str, one: Counted) -> str | None:
    """The colour that the style gives the unit, where it colours these very units."""
    style = layer.style
    drawn = {"areas": AREA, "cells": CELL}.get(style.draw)
    if style.classes is None or drawn != by or (drawn == AREA and style.level != level):
        return None
    index = style.classes.classing.class_of(one.told(style.rate))
    return None if index is None or index < 0 else style.classes.colours[min(index, len(style.classes.colours) - 1)]
