"""A plane in metres around a city in which cells are cut; nothing measured in it is ever stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.measure import destination

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """x = (lon - lon0) · metres a degree, y likewise: affine, so that straight lines and shared vertices stay so.

    True to 0.3 % over 30 km, enough to choose where to cut; stored areas are measured on the ellipsoid.
    """

    origin: tuple[float, float]
    metres: tuple[float, float]

    @classmethod
    def around(cls, geoms: Geometries) -> Plane:
        """The plane around the middle of some geometries in EPSG:4326."""
        west, south, east, north = shapely.total_bounds(geoms)
        lon, lat = (west + east) / 2, (south + north) / 2
        step_m = 100.0
        east_deg = destination(lon, lat, 90.0, step_m)[0] - lon
        north_deg = destination(lon, lat, 0.0, step_m)[1] - lat
        return cls((float(lon), float(lat)), (step_m / east_deg, step_m / north_deg))

    def to(self, geoms: Geometries) -> Geometries:
        """EPSG:4326 → the plane."""
        return np.asarray(shapely.transform(geoms, lambda xy: (xy - self.origin) * self.metres), np.object_)

    def back(self, geoms: Geometries) -> Geometries:
        """The plane → EPSG:4326. Equal vertices stay equal to the last bit."""
        return np.asarray(shapely.transform(geoms, lambda xy: xy / self.metres + self.origin), np.object_)


def finite(geoms: Geometries) -> Geometries:
    """Those geometries whose coordinates are numbers; empty and missing ones are left out."""
    geoms = np.asarray(geoms, np.object_)
    at, of = shapely.get_coordinates(geoms, return_index=True)
    real = np.zeros(len(geoms), np.bool_)
    real[of] = True
    real[of[~np.isfinite(at).all(axis=1)]] = False
    return geoms[real]


def polygons_of(geoms: Geometries) -> tuple[Geometries, NDArray[np.int64]]:
    """The single polygons of any geometries, and from which each comes; lines, points and empties fall out."""
    parts, source = shapely.get_parts(np.asarray(geoms, np.object_), return_index=True)
    inner, within = shapely.get_parts(parts, return_index=True)  # a collection can hold multi-polygons
    keep = (shapely.get_type_id(inner) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(inner)
    return inner[keep], np.asarray(source[within][keep], np.int64)


def areal(geoms: Geometries) -> Geometries:
    """Geometries without the lines and points that an overlay leaves where outlines touch."""
    geoms = geoms.copy()
    for at in np.flatnonzero(shapely.get_type_id(geoms) == shapely.GeometryType.GEOMETRYCOLLECTION):
        geoms[at] = shapely.multipolygons(polygons_of(geoms[at : at + 1])[0])
    return geoms


def lines_of(geoms: Geometries) -> Geometries:
    """The single lines of any geometries, outlines of polygons included."""
    if not len(geoms):
        return np.empty(0, np.object_)
    parts = shapely.get_parts(np.asarray(geoms, np.object_))
    areal = shapely.get_dimensions(parts) == 2
    parts = shapely.get_parts(np.concatenate((parts[~areal], shapely.boundary(parts[areal]))))
    keep = (shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)
    return np.asarray(parts[keep], np.object_)
