"""Shapes of the city for pages and printed reports: in metres of the city's own CRS, fitted to a sheet, y downwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.models import Area, City, UnitCell
from grid.reach import Viewer, within

WIDTH = 1000.0
MAX_HEIGHT = 1000.0
CELLS_MAX = 4000
FINE = 800  # details below 1/800 of the sheet are not drawn

Ring = list[tuple[float, float]]


class TooMany(InvalidInput):
    """More shapes than a sheet can show."""

    code = "evaluation.too_many_shapes"


@dataclass(frozen=True)
class Shape:
    """One object's rings on the sheet (the outer ones and the holes alike: filled by the even-odd rule).

    A label stands at `spot`, inside, and has `room` units of width there.
    """

    key: str
    rings: list[Ring]
    spot: tuple[float, float] = (0.0, 0.0)
    room: float = 0.0

    @property
    def path(self) -> str:
        """The rings as an SVG path."""
        return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring[:-1]) + "Z" for ring in self.rings)


@dataclass(frozen=True)
class Drawing:
    """Shapes on a sheet of `width` × `height` units; a unit is `metres` wide on the ground."""

    shapes: list[Shape]
    width: float
    height: float
    metres: float

    @property
    def bar_m(self) -> float:
        """A round length near a fifth of the sheet, for the scale bar."""
        target = self.width * self.metres / 5
        size = 10.0 ** len(str(int(target))) / 10 if target >= 1 else 1.0
        return max((size * step for step in (1, 2, 5) if size * step <= target), default=size)


def metric_crs(db: Session) -> int:
    """The EPSG code of the city's own CRS, in metres."""
    return int(db.scalar(select(City.crs_epsg)) or 3857)


def areas(db: Session, viewer: Viewer, level: str, inside: str = "") -> dict[str, BaseGeometry]:
    """Areas of a level in reach, by code, in the city's CRS."""
    crs = metric_crs(db)
    chosen = select(Area.code, func.ST_AsBinary(func.ST_Transform(Area.geom, crs))).where(
        Area.level == level, Area.valid_to.is_(None), within(viewer, Area.code)
    )
    if inside:
        chosen = chosen.where(Area.code.startswith(inside, autoescape=True))
    return {code: shapely.from_wkb(bytes(geom)) for code, geom in db.execute(chosen.order_by(Area.code))}


def cells(db: Session, viewer: Viewer, inside: str = "") -> dict[str, BaseGeometry]:
    """Unit cells in reach, by code, in the city's CRS; TooMany where they would be specks."""
    crs = metric_crs(db)
    chosen = select(UnitCell.code, func.ST_AsBinary(func.ST_Transform(UnitCell.geom, crs))).where(
        UnitCell.valid_to.is_(None), within(viewer, UnitCell.area_code)
    )
    if inside:
        chosen = chosen.where(UnitCell.area_code.startswith(inside, autoescape=True))
    rows = db.execute(chosen.order_by(UnitCell.code).limit(CELLS_MAX + 1)).all()
    if len(rows) > CELLS_MAX:
        raise TooMany(
            "More than {most} unit cells: choose an area that they lie in, so that they can be told apart.",
            most=CELLS_MAX, field="area",
        )  # fmt: skip
    return {code: shapely.from_wkb(bytes(geom)) for code, geom in rows}


def draw(shapes: dict[str, BaseGeometry]) -> Drawing:
    """Fit shapes (metres) to a sheet."""
    known = {key: shape for key, shape in shapes.items() if not shape.is_empty}
    if not known:
        return Drawing([], WIDTH, WIDTH / 2, 1.0)
    west, south, east, north = shapely.total_bounds(list(known.values()))
    metres = max((east - west) / WIDTH, (north - south) / MAX_HEIGHT, 1e-6)
    made = []
    for key, shape in known.items():
        (x, y), room = _label(shape)
        spot = ((x - west) / metres, (north - y) / metres)
        made.append(Shape(key, list(_rings(shape, west, north, metres)), spot, room / metres))
    return Drawing(made, (east - west) / metres, (north - south) / metres, metres)


def _label(shape: BaseGeometry) -> tuple[tuple[float, float], float]:
    """Where a label stands in a shape (metres), and how wide the shape is there."""
    largest = max(_polygons([shape]), key=lambda one: one.area, default=None)
    if largest is None:
        return (shape.centroid.x, shape.centroid.y), 0.0
    spot = shapely.point_on_surface(largest)
    west, _south, east, _north = largest.bounds
    across = shapely.intersection(largest, shapely.LineString([(west, spot.y), (east, spot.y)]))
    here = [part for part in shapely.get_parts(across) if part.distance(spot) < 1e-6 * max(east - west, 1.0)]
    return (spot.x, spot.y), max((part.length for part in here), default=0.0)


def _rings(shape: BaseGeometry, west: float, north: float, metres: float) -> Iterator[Ring]:
    simple = shapely.simplify(shape, metres * WIDTH / FINE / 2, preserve_topology=True)
    for part in _polygons([simple]):
        for ring in (part.exterior, *part.interiors):
            yield [((x - west) / metres, (north - y) / metres) for x, y in ring.coords]


def _polygons(shapes: Iterable[BaseGeometry]) -> Iterator[shapely.Polygon]:
    for one in shapes:
        if isinstance(one, shapely.Polygon):
            yield one
        elif hasattr(one, "geoms"):
            yield from _polygons(one.geoms)
