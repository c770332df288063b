"""How far points lie from what the city knows: streets, buildings, borders of areas. A measure of whether they fit."""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from numpy.typing import NDArray
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from grid.models import Area

Floats = NDArray[np.float64]
Known = Literal["roads", "buildings", "borders"]
KNOWN: tuple[Known, ...] = ("roads", "buildings", "borders")
BORDERS_MAX = 400
METRES_PER_DEGREE = 111_195.0  # of a sphere of 6 371 km: good to half a per cent, which tells datums apart

# The three nearest by degrees, the nearest of them in metres: a degree of longitude is shorter than one of latitude.
_NEAREST = """
    SELECT given.n, (
        SELECT min(ST_Distance(near.geom::geography, given.at::geography)) FROM (
            SELECT known.geom FROM {table} known ORDER BY known.geom <-> given.at LIMIT 3
        ) near
    )
    FROM (
        SELECT n, ST_SetSRID(ST_Point(x, y), 4326) AS at
        FROM unnest(CAST(:lon AS double precision[]), CAST(:lat AS double precision[])) WITH ORDINALITY AS p(x, y, n)
    ) given
    ORDER BY given.n
"""
_SQL = {name: text(_NEAREST.format(table=name)) for name in ("roads", "buildings")}


def nearest_m(db: Session, known: Known, lon: Floats, lat: Floats) -> Floats:
    """Metres from each WGS 84 point to the nearest street, building (0 inside) or border; NaN where none is known."""
    if known == "borders":
        return _to_borders(db, lon, lat)
    rows = db.execute(_SQL[known], {"lon": lon.tolist(), "lat": lat.tolist()})
    return np.array([row[1] for row in rows], dtype=np.float64)


def _to_borders(db: Session, lon: Floats, lat: Floats) -> Floats:
    """By the borders of the finest level of areas that is not invented; flat metres around the points' middle."""
    asked = select(Area.geom).where(Area.valid_to.is_(None), Area.is_generated.is_(False))
    asked = asked.order_by(Area.depth.desc(), Area.id).limit(BORDERS_MAX)
    shapes = [to_shape(one) for one in db.scalars(asked)]
    if not shapes or not len(lon):
        return np.full(len(lon), np.nan)
    wide = np.cos(np.radians(np.nanmedian(lat)))
    rings = shapely.get_parts(shapely.boundary(np.array(shapes, dtype=object)))
    flat = shapely.transform(rings, lambda at: at * (wide, 1.0))
    found = np.full(len(lon), np.nan)
    near = shapely.STRtree(flat).query_nearest(
        shapely.points(lon * wide, lat), return_distance=True, all_matches=False
    )  # fmt: skip
    found[near[0][0]] = near[1] * METRES_PER_DEGREE
    return found
