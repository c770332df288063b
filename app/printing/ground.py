"""The base map of a sheet: the city's own ground in the colours of the screen's, as lines and areas, with its names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from sqlalchemy import func
from sqlalchemy.orm import Session

from app.printing.frame import Frame
from app.printing.names import Names
from app.printing.pen import Pen
from app.printing.reading import Rows, rows_in
from grid.reach import Viewer
from layers.basemap import GROUNDS, MAJOR, MIDDLE, ORDER, RAIL, SMALL
from layers.filters import NOTHING
from layers.layer import Layer

MOST = 60_000  # shapes of one kind; more of them are a grey mass, and the sheet says that they are left out
SMALL_TO, OTHER_TO, BUILDINGS_TO = 12_500, 100_000, 25_000  # scales up to which they are drawn
NAMES_TO = 30_000
BORDER = {0: 0.55, 1: 0.4, 2: 0.22}
DASH = (2.2, 1.1)
# Width on the ground in metres, and what it is at least on the paper in millimetres.
ROADS = {"major": (16.0, 0.6), "middle": (11.0, 0.42), "other": (7.0, 0.24), "small": (2.5, 0.14)}
GROUND = GROUNDS["light"]


@dataclass
class Drawn:
    """What the base map tells the sheet: titles of layers that are left out, and sources."""

    left_out: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


def draw_ground(db: Session, viewer: Viewer, layers: Sequence[Layer], frame: Frame, pen: Pen, names: Names) -> Drawn:
    """Everything under the thematic layers; names are noted, and written last."""
    told = Drawn()
    pen.fill([shapely.box(0, 0, frame.width, frame.height)], GROUND.land)
    base = {one.id: one for one in layers if one.theme == "base"}
    order = [*(one for one in base if one not in ORDER), *(one for one in ORDER if one in base)]
    for one in order:
        if not _is_too_far(one, frame):
            _draw(db, viewer, base[one], frame, pen, names, told)
    return told


def _is_too_far(layer_id: str, frame: Frame) -> bool:
    return layer_id == "buildings" and frame.scale > BUILDINGS_TO


def _draw(db: Session, viewer: Viewer, layer: Layer, frame: Frame, pen: Pen, names: Names, told: Drawn) -> None:
    known = [one.name for one in layer.fields]
    wanted = [name for name in ("road_class", "name_zh", "name_en") if name in known]
    where = _roads_for(frame) if "road_class" in wanted else None
    rows = rows_in(db, layer, viewer, NOTHING, frame, wanted, MOST, where)
    if rows.is_cut:
        told.left_out.append(str(layer.title))
        return
    if len(rows.shapes) and str(layer.attribution):
        told.sources.append(str(layer.attribution))
    if layer.id == "roads":
        _draw_roads(rows, frame, pen)
        if frame.scale <= NAMES_TO:
            names.roads(rows)
    else:
        _draw_areas(layer, rows, pen)


def _roads_for(frame: Frame) -> Any:
    def seen(columns: Any) -> Any:
        kind = func.coalesce(columns.road_class, "")
        if frame.scale > OTHER_TO:
            return kind.in_([*MAJOR, *MIDDLE, *RAIL])
        return kind.not_in(SMALL) if frame.scale > SMALL_TO else kind.is_not(None)

    return seen


def _draw_areas(layer: Layer, rows: Rows, pen: Pen) -> None:
    plain = {"water": GROUND.water, "green": GROUND.green, "blocks": GROUND.block, "buildings": GROUND.building}
    colour = plain.get(layer.id, layer.style.colour)
    flat = shapely.get_dimensions(rows.shapes)
    pen.fill(rows.shapes[flat == 2], colour, 1.0 if layer.id in plain else layer.style.opacity)
    pen.stroke(rows.shapes[flat == 1], colour, 0.5)
    if layer.id == "buildings":
        pen.stroke(rows.shapes[flat == 2], GROUND.building_edge, 0.08)


def kind_of(road_class: str | None) -> str:
    """Rail, or how wide a road of a class is drawn."""
    for kind, classes in (("rail", RAIL), ("major", MAJOR), ("middle", MIDDLE), ("small", SMALL)):
        if road_class in classes:
            return kind
    return "other"


def _draw_roads(rows: Rows, frame: Frame, pen: Pen) -> None:
    """Casings under fills, so that crossings join."""
    kinds = np.array([kind_of(one.get("road_class")) for one in rows.properties])
    order = ("small", "other", "middle", "major")
    widths = {one: max(ROADS[one][1], ROADS[one][0] * 1000 / frame.scale) for one in order}
    for one in order:
        pen.stroke(rows.shapes[kinds == one] if len(kinds) else [], GROUND.road_casing, widths[one] + 0.22)
    for one in order:
        shade = GROUND.road_major if one == "major" else GROUND.road_casing if one == "small" else GROUND.road
        pen.stroke(rows.shapes[kinds == one] if len(kinds) else [], shade, widths[one])
    pen.stroke(rows.shapes[kinds == "rail"] if len(kinds) else [], GROUND.rail, 0.3, dash=(1.6, 0.8))


def draw_borders(db: Session, viewer: Viewer, areas: Layer | None, frame: Frame, pen: Pen, names: Names) -> None:
    """Area borders over everything coloured, one level deeper the larger the scale; and the areas' names."""
    if areas is None:
        return
    deepest = 0 if frame.scale > 100_000 else 1 if frame.scale > 30_000 else 2
    named = 0 if frame.scale > 60_000 else 1 if frame.scale > 12_500 else 2

    def near(columns: Any) -> Any:
        return func.coalesce(columns.depth, 0) <= deepest

    rows = rows_in(db, areas, viewer, NOTHING, frame, ["depth", "name_zh", "name_en"], MOST, near)
    depths = np.array([int(one["depth"] or 0) for one in rows.properties])
    for depth in (2, 1, 0):
        if len(depths):
            edges = shapely.boundary(rows.shapes[depths == depth])
            once = shapely.line_merge(shapely.union_all(edges, grid_size=0.01))  # neighbours share a border
            pen.stroke([once], GROUND.border, BORDER[depth], dash=DASH, opacity=0.75)
    names.areas(Rows(rows.shapes, rows.properties), depths, named)
