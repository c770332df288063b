"""The chosen layers on a sheet, in the very colours of the screen, and what the sheet has to tell of each.

The colours come from `layers.looks`, as those of the map, the legend and the folium file do. Rows are drawn one by one
while they are few enough to be told apart; past that circles stand for them, which add up to all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.printing.frame import Frame
from app.printing.names import Names
from app.printing.pen import Pen
from app.printing.reading import Rows, count_in, outlines_in, rows_in, spots_in
from grid.reach import Viewer
from layers.counts import counts, total
from layers.filters import Filter
from layers.folium_styled import as_hexagons
from layers.hexagons import hexagons
from layers.layer import Layer
from layers.legend import Legend, legend
from layers.looks import HIDDEN_COLOUR, density_class, density_looks, look_of, looks
from layers.residents_rate import rated
from layers.units import Division, city_levels, read_division

POINTS_MAX, SHAPES_MAX = 5_000, 20_000
PX_MM = 0.2  # a pixel of the screen's style on the paper
QUIET = 0.75
EDGE = "#7c848b"
CIRCLE_MM = 4.2


@dataclass(frozen=True)
class Wanted:
    """A layer as it is styled for the viewer, under its filter, faded to `opacity`."""

    layer: Layer
    chosen: Filter
    opacity: float = 1.0
    style_title: str = ""


@dataclass(frozen=True)
class Told:
    """What stands beside the map of one layer.

    `here` rows lie in the frame of `whole` under the filter; None where numbers of rows are not told (people).
    """

    wanted: Wanted
    legend: Legend
    here: int | None
    whole: int | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """What is being drawn on, for whom."""

    db: Session
    viewer: Viewer
    frame: Frame
    pen: Pen
    names: Names


def told_of(db: Session, viewer: Viewer, wanted: Wanted) -> tuple[Wanted, Legend, int | None]:
    """The layer as it is drawn on paper (heat becomes hexagons), its legend, and how many rows it has.

    The same for every page of an atlas, and worked out once.
    """
    layer = wanted.layer
    if layer.style.draw == "heat":
        layer = as_hexagons(db, layer, viewer, wanted.chosen)
        wanted = Wanted(layer, wanted.chosen, wanted.opacity, wanted.style_title)
    whole = None if layer.floor is not None else total(db, layer, viewer, wanted.chosen)
    return wanted, legend(db, layer, viewer, wanted.chosen), whole


def is_of_points(layer: Layer) -> bool:
    """Whether its marks stand over borders, not under them."""
    return layer.floor is None and layer.geometry == "POINT" and layer.style.draw in ("rows", "counts")


def draw(on: Sheet, wanted: Wanted, known: Legend, whole: int | None) -> Told:
    """Draw one layer; gives what the legend says of it."""
    layer = wanted.layer
    if layer.style.draw in ("areas", "cells"):
        notes = _units(on, wanted)
        here = None if layer.floor is not None else count_in(on.db, layer, on.viewer, wanted.chosen, on.frame)
        return Told(wanted, known, here, whole, notes)
    if layer.floor is not None:
        return Told(wanted, known, None, None, _people(on, wanted))
    if layer.style.draw == "hexagons":
        notes = _hexagons(on, wanted)
        here = count_in(on.db, layer, on.viewer, wanted.chosen, on.frame)
        return Told(wanted, known, here, whole, notes)
    if layer.style.draw == "counts":
        return _circles(on, wanted, known, whole, [])
    return _rows(on, wanted, known, whole)


def _units(on: Sheet, wanted: Wanted) -> list[str]:
    """Areas or cells in the colours of their classes."""
    style = wanted.layer.style
    division = read_division(on.db, "area" if style.draw == "areas" else "cell", style.level)
    found = rated(on.db, wanted.layer, on.viewer, division, wanted.chosen, style.rate, with_geometry=True)
    shades = {one.value: one.colour for one in looks(wanted.layer)}
    classing = style.classes.classing if style.classes else None
    keys: list[str | None] = []
    for one in found.items:
        index = classing.class_of(one.told(style.rate)) if classing else None
        keys.append(None if index is None else "zero" if index < 0 else str(index))
    shapes = outlines_in(on.frame, [one.geometry for one in found.items])
    _fill_by(on, shapes, keys, shades, style.opacity * wanted.opacity, {None})
    on.pen.stroke(shapes, "#ffffff", 0.15, opacity=0.8)
    return [_("rounded to %(number)s", number=found.rounded_to)] if found.rounded_to else []


def _people(on: Sheet, wanted: Wanted) -> list[str]:
    """People a hectare by the finest areas, small numbers held back, as on the screen."""
    division: Division = read_division(on.db, "area" if city_levels(on.db) else "cell", None)
    found = counts(on.db, wanted.layer, on.viewer, division, wanted.chosen, with_geometry=True)
    shades: dict[str | None, str] = {str(at): one.colour for at, one in enumerate(density_looks())}
    keys = [None if one.per_km2 is None else str(density_class(one.per_km2 / 100)) for one in found.items]
    shapes = outlines_in(on.frame, [one.geometry for one in found.items])
    _fill_by(on, shapes, keys, shades | {None: HIDDEN_COLOUR}, 0.7 * wanted.opacity, {None})
    on.pen.stroke(shapes, "#ffffff", 0.15, opacity=0.8)
    return [_("rounded to %(number)s", number=found.rounded_to)] if found.rounded_to else []


def _hexagons(on: Sheet, wanted: Wanted) -> list[str]:
    found = hexagons(on.db, wanted.layer, on.viewer, wanted.layer.style.side_m, wanted.chosen)
    shades = {one.value: one.colour for one in looks(wanted.layer)}
    keys = [look_of(wanted.layer, {"count": one.count}) for one in found]
    west, south, east, north = on.frame.outline().bounds
    near = [at for at, one in enumerate(found) if _touch(one.ring, west, south, east, north)]
    rings: Any = shapely.polygons([shapely.linearrings(found[at].ring) for at in near]) if near else []
    texts = [str(one) for one in shapely.to_geojson(np.asarray(rings, dtype=object))] if near else []
    shapes = outlines_in(on.frame, texts)
    _fill_by(on, shapes, [keys[at] for at in near], shades, wanted.layer.style.opacity * wanted.opacity, set())
    on.pen.stroke(shapes, "#ffffff", 0.1, opacity=0.7)
    return [_("heat is drawn as hexagons on paper")] if wanted.layer.style.ramp else []


def _touch(ring: Any, west: float, south: float, east: float, north: float) -> bool:
    xs, ys = [at[0] for at in ring], [at[1] for at in ring]
    return bool(min(xs) <= east and max(xs) >= west and min(ys) <= north and max(ys) >= south)


def _fill_by(on: Sheet, shapes: Any, keys: list[Any], shades: Any, opacity: float, hatched: set[Any]) -> None:
    """Shapes in the colours of their keys; those of some keys hatched, not filled."""
    for key in dict.fromkeys(keys):
        these = [shape for shape, one in zip(shapes, keys, strict=True) if one == key]
        shade = shades.get(key, shades.get(None, EDGE))
        if key in hatched:
            on.pen.hatch(these, shade)
        else:
            on.pen.fill(these, shade, opacity)


def _fields(layer: Layer) -> list[str]:
    """The properties that colour and label a row."""
    style, known = layer.style, [one.name for one in layer.fields]
    wanted = {style.by, style.label, f"{style.label}_zh", f"{style.label}_en"}
    for one in (style.classes, style.second):
        wanted |= {one.field, one.per} if one else set()
    return [name for name in known if name in wanted]


def _rows(on: Sheet, wanted: Wanted, known: Legend, whole: int | None) -> Told:
    layer = wanted.layer
    most = POINTS_MAX if layer.geometry == "POINT" else SHAPES_MAX
    rows = rows_in(on.db, layer, on.viewer, wanted.chosen, on.frame, _fields(layer), most)
    if rows.is_cut:
        return _circles(on, wanted, known, whole, [_("too many to be drawn one by one")])
    keys = [look_of(layer, one) for one in rows.properties]
    _paint(on, wanted, rows, keys)
    style = layer.style
    if style.label and on.frame.zoom + 0.5 >= style.label_zoom:
        on.names.labels(rows, style.label)
    return Told(wanted, known, len(rows.shapes), whole)


def _paint(on: Sheet, wanted: Wanted, rows: Rows, keys: list[str | None]) -> None:
    """Each row in its look: areas first, then lines, then points."""
    style = wanted.layer.style
    found = {one.value: one for one in looks(wanted.layer)}
    known = [key if key in found else None for key in keys]
    flat = shapely.get_dimensions(rows.shapes) if len(rows.shapes) else np.array([])
    opacity = style.opacity * wanted.opacity
    for key in [*[one for one in found if one is not None], None][::-1]:
        look = found[key]
        these = np.array([one == key for one in known], dtype=bool)
        if not these.any():
            continue
        areas, lines, points = (rows.shapes[these & (flat == dimension)] for dimension in (2, 1, 0))
        dash = (1.6, 1.1) if style.dashed else ()
        on.pen.fill(areas, look.colour, opacity)
        on.pen.stroke(areas, style.line or look.colour, max(style.width_px * PX_MM, 0.1), dash=dash)
        on.pen.stroke(lines, look.colour, max(style.width_px * PX_MM, 0.2), dash=dash, opacity=wanted.opacity)
        at = shapely.get_coordinates(points)
        shape = look.shape if look.shape in ("circle", "square", "triangle", "diamond") else style.shape
        size = style.size_px * PX_MM * (QUIET if look.is_quiet else 1) * 0.75
        on.pen.marks(at, shape, look.colour, size, opacity=min(1.0, opacity + 0.1))


def _circles(on: Sheet, wanted: Wanted, known: Legend, whole: int | None, notes: list[str]) -> Told:
    """Circles that add up to all rows whose middle lies in the frame."""
    spots = spots_in(on.db, wanted.layer, on.viewer, wanted.chosen, on.frame)
    most = max((one.count for one in spots), default=1)
    for one in sorted(spots, key=lambda spot: -spot.count):
        radius = max(1.5, CIRCLE_MM * (one.count / most) ** 0.5)
        on.pen.marks(np.array([[one.x, one.y]]), "circle", wanted.layer.style.colour, radius,
                     opacity=0.85 * wanted.opacity)  # fmt: skip
    on.names.numbers([(one.x, one.y, one.count) for one in spots])
    here = sum(one.count for one in spots)
    return Told(wanted, known, here, whole, [*notes, _("circle: rows nearby, they add up")])
