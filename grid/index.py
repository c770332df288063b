"""The cells in memory: locating many points at once, by the rule that `grid.locate` states."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from sqlalchemy import text
from sqlalchemy.orm import Session

from grid.raster import UNKNOWN, Raster

SNAP_MAX_M = 300.0  # the guard in the database (grid_may_snap) allows no more
ADDRESS_M = 200.0
OUTSIDE = -1
CROWD = 20_000  # points from which on a raster pays; it is made once and kept
WGS84 = Geod(ellps="WGS84")
DEGREE_M = 110_500.0  # a degree of latitude is never shorter
_CELLS = text((Path(__file__).parent / "sql" / "index.sql").read_text())
_SNAP = text("SELECT snap_m FROM city")
_ADDRESSES = text("SELECT id, ST_X(geom), ST_Y(geom) FROM addresses WHERE valid_to IS NULL ORDER BY id")


@dataclass(frozen=True)
class PlacesMany:
    """Places of n points, arrays of length n.

    `unit_cell_id` is -1 and `area_code` empty outside the city; `duty_cell_id` is -1 where there is none; `snapped_m`
    is metres to the cell taken (0 inside it, nan outside the city). `address_id` is -1 and `address_distance_m` nan
    where no address lies within 200 m, or where addresses were not asked for.
    """

    unit_cell_id: NDArray[np.int64]
    unit_cell_code: NDArray[np.str_]
    area_code: NDArray[np.str_]
    duty_cell_id: NDArray[np.int64]
    snapped_m: NDArray[np.float64]
    address_id: NDArray[np.int64]
    address_distance_m: NDArray[np.float64]

    @property
    def is_inside(self) -> NDArray[np.bool_]:
        """Which of the points lie in the city."""
        return np.asarray(self.unit_cell_id != OUTSIDE)


class CellIndex:
    """All current unit cells in the order of their codes, ready to locate points.

    Parameters
    ----------
    ids, duty_ids : int64 arrays of length n (duty -1: none)
    codes, area_codes : text arrays of length n, ascending by code
    cells : array of n polygons, EPSG:4326
    snap_m : metres, at most `SNAP_MAX_M`
    """

    def __init__(
        self,
        ids: NDArray[np.int64],
        codes: NDArray[np.str_],
        area_codes: NDArray[np.str_],
        duty_ids: NDArray[np.int64],
        cells: NDArray[np.object_],
        snap_m: float,
    ) -> None:
        # one more row stands for "outside": index -1 finds it
        self.ids = np.append(ids, OUTSIDE)
        self.codes = np.append(codes, "")
        self.area_codes = np.append(area_codes, "")
        self.duty_ids = np.append(duty_ids, OUTSIDE)
        self.cells = cells
        self.snap_m = min(snap_m, SNAP_MAX_M)
        self.tree = shapely.STRtree(cells)
        shapely.prepare(cells)
        self.addresses: AddressIndex | None = None
        self.raster: Raster | None = None

    @classmethod
    def load(cls, db: Session, *, addresses: bool = False) -> CellIndex:
        """The index of the city's present cells; with `addresses`, nearest addresses are found too."""
        rows = db.execute(_CELLS).all()
        ids, codes, area_codes, duty_ids, shapes = zip(*rows, strict=True) if rows else ((), (), (), (), ())
        made = cls(
            np.array(ids, np.int64),
            np.array(codes, np.str_),
            np.array(area_codes, np.str_),
            np.array(duty_ids, np.int64),
            np.asarray(shapely.from_wkb(np.array([bytes(shape) for shape in shapes], np.object_)), np.object_),
            db.execute(_SNAP).scalar() or 0.0,
        )
        if addresses:
            found = np.array(db.execute(_ADDRESSES).all(), np.float64).reshape(-1, 3)
            made.addresses = AddressIndex(found[:, 0].astype(np.int64), found[:, 1], found[:, 2])
        return made

    def locate_many(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> PlacesMany:
        """The places of n points, EPSG:4326; a point with nan or infinite coordinates is outside."""
        lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
        row = self._covering(lon, lat)
        snapped_m = np.where(row == OUTSIDE, np.nan, 0.0)
        outside = np.flatnonzero((row == OUTSIDE) & np.isfinite(lon) & np.isfinite(lat))
        if len(outside) and self.snap_m > 0:
            row[outside], snapped_m[outside] = self._nearest(lon[outside], lat[outside])
        none = np.full(len(lon), OUTSIDE, np.int64), np.full(len(lon), np.nan)
        address_id, address_distance_m = self.addresses.nearest(lon, lat) if self.addresses else none
        return PlacesMany(
            self.ids[row], self.codes[row], self.area_codes[row], self.duty_ids[row], snapped_m,
            address_id, address_distance_m,
        )  # fmt: skip

    def _covering(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """The row of the covering cell with the smallest code, or -1."""
        if len(lon) < CROWD or not len(self.cells):
            return self._covering_exactly(lon, lat)
        if self.raster is None:
            self.raster = Raster(self.cells, self._covering_exactly)
        row = self.raster.lookup(lon, lat)
        open_ = np.flatnonzero(row == UNKNOWN)
        row[open_] = self._covering_exactly(lon[open_], lat[open_])
        return row

    def _covering_exactly(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """The same, from the geometry of the cells."""
        row = np.full(len(lon), len(self.cells), np.int64)
        usable = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        point, cell = self.tree.query(shapely.points(lon[usable], lat[usable]))
        point = usable[point]
        hit = shapely.intersects_xy(self.cells[cell], lon[point], lat[point])
        np.minimum.at(row, point[hit], cell[hit])
        row[row == len(self.cells)] = OUTSIDE
        return row

    def _nearest(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """For points in no cell: row and metres of the nearest cell within reach, -1 and nan where there is none.

        The nearest spot of a cell is sought in a plane scaled by cos φ (right to millimetres at 300 m), the
        distance to it is geodesic.
        """
        row, away_m = np.full(len(lon), OUTSIDE, np.int64), np.full(len(lon), np.nan)
        squeeze = np.maximum(np.cos(np.radians(lat)), 0.01)
        reach_y = self.snap_m / DEGREE_M
        reach_x = reach_y / squeeze
        point, cell = self.tree.query(shapely.box(lon - reach_x, lat - reach_y, lon + reach_x, lat + reach_y))
        if not len(point):
            return row, away_m
        metres = distances_m(self.cells[cell], lon[point], lat[point])
        near = metres <= self.snap_m
        point, cell, metres = point[near], cell[near], np.round(metres[near], 3)
        order = np.lexsort((cell, metres, point))
        first, at = np.unique(point[order], return_index=True)
        row[first], away_m[first] = cell[order][at], metres[order][at]
        return row, away_m


class AddressIndex:
    """Address points in memory: the nearest of them, ties to the smallest id."""

    def __init__(self, ids: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
        self.ids, self.lon, self.lat = ids, lon, lat
        self.tree = shapely.STRtree(np.asarray(shapely.points(lon, lat), np.object_))

    def nearest(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64], within_m: float = ADDRESS_M
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Ids and geodesic metres of the nearest addresses, -1 and nan where none lies within `within_m`."""
        ids, away_m = np.full(len(lon), OUTSIDE, np.int64), np.full(len(lon), np.nan)
        usable = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
        reach_y = within_m / DEGREE_M
        reach_x = reach_y / np.maximum(np.cos(np.radians(lat[usable])), 0.01)
        x, y = lon[usable], lat[usable]
        point, address = self.tree.query(shapely.box(x - reach_x, y - reach_y, x + reach_x, y + reach_y))
        point = usable[point]
        metres = WGS84.inv(lon[point], lat[point], self.lon[address], self.lat[address])[2]
        near = metres <= within_m
        point, address, metres = point[near], address[near], metres[near]
        order = np.lexsort((self.ids[address], metres, point))
        first, at = np.unique(point[order], return_index=True)
        ids[first], away_m[first] = self.ids[address[order][at]], metres[order][at]
        return ids, away_m


def distances_m(shapes: NDArray[np.object_], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Geodesic metres from n points to n geometries (EPSG:4326), for distances of up to some kilometres."""
    squeeze = np.maximum(np.cos(np.radians(lat)), 0.01)
    repeats = shapely.get_num_coordinates(shapes)
    xy = shapely.get_coordinates(shapes)
    flat = shapely.set_coordinates(shapes.copy(), np.column_stack((xy[:, 0] * np.repeat(squeeze, repeats), xy[:, 1])))
    ends = shapely.get_coordinates(shapely.shortest_line(flat, shapely.points(lon * squeeze, lat)))[::2]
    return np.asarray(WGS84.inv(lon, lat, ends[:, 0] / squeeze, ends[:, 1])[2], np.float64)
