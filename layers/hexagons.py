"""Rows counted in hexagons of equal size, over the whole of what a viewer sees.

The hexagons are regular on the Web Mercator map; their side is in metres on the ground at the whole degree of latitude
nearest to the middle of the rows (within 2 % of it up to 60°), so that all hexagons of one answer hold the same ground.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float, Integer, case, cast, func, literal, select
from sqlalchemy.orm import Session

from gis.errors import Forbidden, InvalidInput
from grid.reach import Viewer
from layers.filters import NOTHING, Filter, rows_of
from layers.layer import Layer
from layers.mercator import HALF_WORLD_M

ROOT3 = 3.0**0.5
HEXAGONS_MAX = 20_000
SIDE_MIN_M, SIDE_MAX_M = 50, 5_000


@dataclass(frozen=True)
class Hexagon:
    """A hexagon with its rows; `ring` is seven corners, longitude and latitude in degrees."""

    count: int
    ring: tuple[tuple[float, float], ...]


def hexagons(db: Session, layer: Layer, viewer: Viewer, side_m: int, chosen: Filter = NOTHING) -> list[Hexagon]:
    """The hexagons that hold rows (a line or area counts where the middle of its bounding box lies).

    Forbidden for a layer of people; InvalidInput for a side out of range or more than `HEXAGONS_MAX` hexagons.
    """
    if layer.floor is not None:
        raise Forbidden("{layer} is shown as counts by cell or area only.", layer=layer.title)
    if not SIDE_MIN_M <= side_m <= SIDE_MAX_M:
        raise InvalidInput(
            "A hexagon's side is {least} to {most} metres.", field="side_m", least=SIDE_MIN_M, most=SIDE_MAX_M
        )
    rows = rows_of(layer, viewer, chosen)
    middle = db.scalar(select(func.avg((func.ST_YMin(rows.c.geom) + func.ST_YMax(rows.c.geom)) / 2)))
    if middle is None:
        return []
    side = side_m / max(math.cos(math.radians(round(float(middle)))), 0.01)  # whole degrees: months share a grid
    found = db.execute(_counted(rows, side).limit(HEXAGONS_MAX + 1)).all()
    if len(found) > HEXAGONS_MAX:
        raise InvalidInput("More than {most} hexagons: choose a longer side.", field="side_m", most=HEXAGONS_MAX)
    return [Hexagon(count, _ring(q, r, side)) for q, r, count in found]


def _counted(rows: Any, side: float) -> Any:
    """Axial place (pointy top) and number of rows; a place is rounded in cube coordinates, whose sum is zero."""
    centre = func.ST_Transform(
        func.ST_SetSRID(
            func.ST_MakePoint(
                (func.ST_XMin(rows.c.geom) + func.ST_XMax(rows.c.geom)) / 2,
                func.greatest(func.least((func.ST_YMin(rows.c.geom) + func.ST_YMax(rows.c.geom)) / 2, 85.0), -85.0),
            ),
            4326,
        ),
        3857,
    )
    spots = select(func.ST_X(centre).label("x"), func.ST_Y(centre).label("y")).offset(0).subquery("spots")
    q = (spots.c.x * (ROOT3 / 3) - spots.c.y / 3) / literal(side, Float)
    r = spots.c.y * (2 / 3) / literal(side, Float)
    cube = select(q.label("q"), r.label("r"), (-q - r).label("s")).offset(0).subquery("cube")
    near = {name: func.round(cube.c[name]) for name in "qrs"}
    off = {name: func.abs(near[name] - cube.c[name]) for name in "qrs"}
    worst = select(
        *(near[name].label(name) for name in "qrs"), *(off[name].label(f"off_{name}") for name in "qrs")
    ).subquery("near")
    is_q = (worst.c.off_q > worst.c.off_r) & (worst.c.off_q > worst.c.off_s)
    is_r = ~is_q & (worst.c.off_r > worst.c.off_s)
    across = cast(case((is_q, -worst.c.r - worst.c.s), else_=worst.c.q), Integer).label("across")
    up = cast(case((is_r, -worst.c.q - worst.c.s), else_=worst.c.r), Integer).label("up")
    placed = select(across, up).subquery("placed")
    return select(placed.c.across, placed.c.up, func.count()).group_by(placed.c.across, placed.c.up)


def _ring(q: int, r: int, side: float) -> tuple[tuple[float, float], ...]:
    x, y = side * ROOT3 * (q + r / 2), side * 1.5 * r
    corners = []
    for turn in range(7):
        angle = math.radians(30 + 60 * (turn % 6))
        across, up = x + side * math.cos(angle), y + side * math.sin(angle)
        corners.append((round(across / HALF_WORLD_M * 180, 7), round(_lat(up), 7)))
    return tuple(corners)


def _lat(up: float) -> float:
    return math.degrees(math.atan(math.sinh(up / HALF_WORLD_M * math.pi)))
