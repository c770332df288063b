"""The invented city while it is being written: how much, its frame in metres, what later steps build on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.cities.invented import buildings, fabric
from app.cities.profile import Invented, Profile
from gis.datum import from_wgs84, to_wgs84
from grid.index import ADDRESS_M, CellIndex


@dataclass(frozen=True)
class Amount:
    """How much is invented, from which seed, and the moment that counts as now."""

    residents: int
    cases: int
    seed: int
    until: datetime


class Metres:
    """The way between degrees (EPSG:4326, lon/lat) and metres of the city's projected CRS."""

    def __init__(self, crs_epsg: int) -> None:
        self.datum = f"EPSG:{crs_epsg}"

    def of(self, lon: float, lat: float) -> tuple[float, float]:
        """x, y in metres."""
        x, y = from_wgs84(lon, lat, self.datum)
        return float(x), float(y)

    def shapes(self, degrees: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes in metres."""
        return np.asarray(
            shapely.transform(degrees, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], self.datum)))
        )

    def back(self, metres: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes in degrees."""
        return np.asarray(
            shapely.transform(metres, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], self.datum)))
        )

    def degrees(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitudes and latitudes of points in metres."""
        lon, lat = to_wgs84(x, y, self.datum)
        return np.asarray(lon), np.asarray(lat)


@dataclass(frozen=True)
class Town:
    """What the later steps build on."""

    profile: Profile
    invented: Invented
    amount: Amount
    metres: Metres
    woven: fabric.Fabric
    water: BaseGeometry
    built: buildings.Buildings
    names: dict[int, tuple[str, str]]
    cells: CellIndex


class Nearest:
    """Things at points with their ids: the nearest to each of many places. All coordinates are metres."""

    def __init__(self, ids: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        self.ids, self.x, self.y = ids, x, y
        self.tree = shapely.STRtree(np.asarray(shapely.points(x, y), dtype=object))

    def index(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        """For each place the row of the nearest thing."""
        return np.asarray(self.tree.nearest(np.asarray(shapely.points(x, y), dtype=object)), dtype=np.int64)

    def ids_near(
        self, x: NDArray[np.float64], y: NDArray[np.float64], within_m: float = ADDRESS_M
    ) -> NDArray[np.object_]:
        """For each place the id of the nearest thing, None where it is farther than `within_m`."""
        at = self.index(x, y)
        near = np.hypot(self.x[at] - x, self.y[at] - y) <= within_m
        found = np.full(len(x), None, dtype=object)
        found[near] = self.ids[at[near]]
        return found


def lonlat(points: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x and y of points."""
    xy = shapely.get_coordinates(points)
    return xy[:, 0], xy[:, 1]
