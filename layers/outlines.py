"""How lines and areas are drawn in a tile: as few points as one can see, and neighbours that still touch.

Each area for itself loses points where it likes, and gaps open between neighbours. So below `SIMPLIFY_BELOW` the points
of areas are moved onto one grid that lies over the whole world, half a pixel wide: the same point of two neighbours
goes to the same place, in every tile. Then points on a straight line go, which moves no border.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Double, bindparam, case, func, literal_column

from layers.layer import Layer
from layers.mercator import BUFFER, EXTENT, Tile, metres_a_pixel
from layers.rectangle import any_frame, any_rectangle

SIMPLIFY_BELOW = 14  # from this zoom on, half a pixel is under a metre and a half: outlines are sent as they are
HUGE = 1_000  # points; an outline of more is cut to the tile before anything else is done with it
BAND = 1e-6  # degrees: how high the band is in which a huge area's label is looked for


def grid_m(at: Tile) -> float:
    """Half a pixel in metres of EPSG:3857: the tile's own border lies on this grid."""
    return metres_a_pixel(at.z) / 2


def outline(layer: Layer, geom: ColumnElement[Any], *, far: bool) -> ColumnElement[Any]:
    """A line or an area (EPSG:4326) in tile units; NULL where nothing of it lies in the tile.

    From afar (bind ``half_px_m``) what would vanish becomes a point.
    """
    frame = any_frame()
    flat = func.ST_Transform(_cut(geom), literal_column("3857"))
    if not far:
        return func.ST_AsMVTGeom(flat, frame, EXTENT, BUFFER)
    width = bindparam("half_px_m", type_=Double)
    if layer.geometry == "LINESTRING":
        coarse = func.ST_Simplify(flat, width, literal_column("true"))
    else:
        coarse = func.ST_Simplify(func.ST_SnapToGrid(flat, width), literal_column("0.0"))
    return func.coalesce(
        func.ST_AsMVTGeom(coarse, frame, EXTENT, BUFFER),
        func.ST_AsMVTGeom(func.ST_PointOnSurface(flat), frame, EXTENT, BUFFER),
    )


def label_place(geom: ColumnElement[Any]) -> ColumnElement[Any]:
    """A point in an area, the same whichever tile asks (EPSG:4326).

    ST_PointOnSurface looks along the line through the middle of the bounding box; of a huge area only a thin band
    around that line is given to it.
    """
    middle = (func.ST_YMin(geom) + func.ST_YMax(geom)) / 2
    band = func.ST_MakeEnvelope(
        func.ST_XMin(geom), middle - BAND, func.ST_XMax(geom), middle + BAND, literal_column("4326")
    )
    inside = func.ST_PointOnSurface(geom)
    return case(
        (func.ST_NPoints(geom) > HUGE, func.coalesce(_not_empty(func.ST_PointOnSurface(_clip(geom, band))), inside)),
        else_=inside,
    )


def _cut(geom: ColumnElement[Any]) -> ColumnElement[Any]:
    """A huge outline loses what lies outside of the tile and its margin (the statement's rectangle)."""
    return case((func.ST_NPoints(geom) > HUGE, _clip(geom, any_rectangle())), else_=geom)


def _clip(geom: ColumnElement[Any], box: ColumnElement[Any]) -> ColumnElement[Any]:
    made: ColumnElement[Any] = func.ST_ClipByBox2D(geom, box)
    return made


def _not_empty(geom: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((func.ST_IsEmpty(geom), None), else_=geom)
