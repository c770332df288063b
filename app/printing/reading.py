"""Rows of a layer that lie in a frame, as shapes in millimetres; or circles that count them where they are many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from geoalchemy2 import Geometry
from geoalchemy2.shape import from_shape
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Float, Integer, cast, func, select, true
from sqlalchemy.orm import Session

from app.printing.frame import Floats, Frame
from grid.reach import Viewer
from layers.filters import Filter, rows_of
from layers.layer import Layer
from layers.rectangle import rectangle, touches

FINE_MM = 0.04  # vertices nearer than this to the line without them are not drawn
BEYOND = 0.15  # of the frame's size: how far outside it shapes are cut off
BIN_MM = 9.0  # of a counting circle's square

NO_SHAPE = '{"type":"Polygon","coordinates":[]}'

Shapes = NDArray[np.object_]


@dataclass(frozen=True)
class Rows:
    """Shapes with the properties of their rows; `is_cut` when there are more than were asked for."""

    shapes: Shapes
    properties: list[dict[str, Any]]
    is_cut: bool = False


def rows_in(
    db: Session, layer: Layer, viewer: Viewer, chosen: Filter, frame: Frame, names: Sequence[str], most: int,
    where: Any = None,
) -> Rows:  # fmt: skip
    """Up to `most` rows that touch the frame; none at all where there are more."""
    rows = rows_of(layer, viewer, chosen)
    near, outline = _near(frame), from_shape(frame.outline(), srid=4326)
    geom = func.ST_Force2D(rows.c.geom, type_=Geometry)
    if layer.geometry != "POINT":
        geom = func.ST_ClipByBox2D(geom, _wide(frame), type_=Geometry)
    drawn = func.ST_AsBinary(func.ST_Transform(geom, frame.epsg))
    asked = select(drawn.label("drawn"), *(rows.c[name] for name in names)).where(
        touches(rows.c.geom, near), func.ST_Intersects(rows.c.geom, outline), true() if where is None else where(rows.c)
    )
    found = db.execute(asked.order_by(rows.c.id).limit(most + 1)).all()
    if len(found) > most:
        return Rows(np.array([], dtype=object), [], is_cut=True)
    kept = [row for row in found if row[0] is not None]
    shapes = to_paper(shapely.from_wkb([bytes(row[0]) for row in kept]), frame)
    return Rows(shapes, [dict(zip(names, row[1:], strict=True)) for row in kept])


def to_paper(shapes: Any, frame: Frame, move: Callable[[Floats], Floats] | None = None) -> Shapes:
    """Shapes in the frame's system (or what `move` takes) → millimetres, without what no eye sees.

    They are cut off a little outside of the map.
    """
    many = np.asarray(shapes, dtype=object).reshape(-1)
    if not len(many):
        return many
    moved: Any = shapely.transform(many, move or frame.to_mm)
    plain = np.where(
        shapely.get_dimensions(moved) > 0, shapely.simplify(moved, FINE_MM, preserve_topology=False), moved
    )
    room = max(frame.width, frame.height) * 0.02
    return np.asarray(shapely.clip_by_rect(plain, -room, -room, frame.width + room, frame.height + room))


def outlines_in(frame: Frame, texts: Sequence[str | None]) -> Shapes:
    """Outlines given as GeoJSON in degrees → millimetres; empty ones for what has none or lies elsewhere."""
    if not texts:
        return np.array([], dtype=object)
    shapes = shapely.from_geojson(np.array([one or NO_SHAPE for one in texts], dtype=object))
    west, south, east, north = frame.outline().bounds
    more = BEYOND * (east - west), BEYOND * (north - south)
    near = shapely.clip_by_rect(shapes, west - more[0], south - more[1], east + more[0], north + more[1])
    return to_paper(near, frame, lambda at: frame.spots(at[:, 0], at[:, 1]))


def count_in(db: Session, layer: Layer, viewer: Viewer, chosen: Filter, frame: Frame) -> int:
    """How many rows touch the frame, exactly."""
    rows = rows_of(layer, viewer, chosen)
    asked = select(func.count()).select_from(rows)
    outline = from_shape(frame.outline(), srid=4326)
    return int(
        db.scalar(asked.where(touches(rows.c.geom, _near(frame)), func.ST_Intersects(rows.c.geom, outline))) or 0
    )


@dataclass(frozen=True)
class Spot:
    """A counting circle: where the middle of its rows lies on the paper, and how many they are."""

    x: float
    y: float
    count: int


def spots_in(db: Session, layer: Layer, viewer: Viewer, chosen: Filter, frame: Frame) -> list[Spot]:
    """Circles that add up to the rows whose middle lies in the frame, each counted once."""
    rows = rows_of(layer, viewer, chosen)
    middle: ColumnElement[Any] = func.ST_Centroid(func.ST_Envelope(rows.c.geom))
    side = BIN_MM / frame.mm
    west, north = frame.x - frame.width / 2 / frame.mm, frame.y + frame.height / 2 / frame.mm
    placed = (
        select(func.ST_Transform(middle, frame.epsg, type_=Geometry).label("at"))
        .where(touches(rows.c.geom, _near(frame)))
        .offset(0)
        .subquery("placed")
    )
    x, y = func.ST_X(placed.c.at), func.ST_Y(placed.c.at)
    across = cast(func.floor((x - west) / side), Integer)
    down = cast(func.floor((north - y) / side), Integer)
    inside = (x >= west) & (x < west + frame.width / frame.mm) & (y <= north) & (y > north - frame.height / frame.mm)
    asked = select(func.count(), func.avg(cast(x, Float)), func.avg(cast(y, Float))).where(inside)
    found = db.execute(asked.group_by(across, down)).all()
    if not found:
        return []
    at = frame.to_mm(np.array([[row[1], row[2]] for row in found], dtype=np.float64))
    return [Spot(float(x), float(y), int(row[0])) for (x, y), row in zip(at, found, strict=True)]


def _near(frame: Frame) -> ColumnElement[Any]:
    return rectangle(*frame.outline().bounds)


def _wide(frame: Frame) -> Any:
    west, south, east, north = frame.outline().bounds
    x, y = BEYOND * (east - west), BEYOND * (north - south)
    return rectangle(west - x, south - y, east + x, north + y)
