"""From coordinates as a file has them to located rows: shifted, checked, put right, and given their cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.imports.cast import NUMBER, as_text
from app.imports.columns import Columns
from app.imports.refusal import Faults, geometry_reason
from app.imports.words import gettext as _
from gis import bulk, datum
from gis.checks import City
from gis.checks_many import check_many, in_bounds, read_many
from gis.files.batch import Batch
from grid.locate import CellIndex
from grid.reach import Viewer
from layers.layer import GeometryKind

Floats = NDArray[np.float64]
MARGIN_DEG = 0.01  # more than the widest snapping distance (300 m)
POINT = 0
CITY = text("SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM (SELECT boundary::box3d AS b FROM city) c")


@dataclass
class Placer:
    """Locates batches for one register and one viewer; counts what it put right."""

    index: CellIndex
    city: City
    datum: str
    kind: GeometryKind
    viewer: Viewer
    is_degrees: bool = True
    mended: Counter[str] = field(default_factory=Counter)
    snapped: int = 0

    @classmethod
    def load(cls, db: Session, datum_name: str, kind: GeometryKind, viewer: Viewer) -> Placer:
        """With the cells and bounds of the city as they are now."""
        west, south, east, north = db.execute(CITY).one()
        bounds = (west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG)
        return cls(CellIndex.load(db), City(bounds), datum_name, kind, viewer, datum.is_degrees(datum_name))

    def place(self, batch: Batch, mapping: Columns, faults: Faults) -> dict[str, pa.Array]:
        """The columns geom, unit_cell_id, area_code and datum_given of a batch; misplaced rows go to `faults`."""
        rows = len(batch.table)
        if mapping.x is not None and mapping.y is not None:
            x, y = (numbers(batch.table.column(name), name, faults) for name in (mapping.x, mapping.y))
            lon, lat, geom = *self._points(x, y, faults), None
        else:
            shapes = self._read(batch, mapping, faults)
            if (shapely.get_type_id(shapes) == POINT)[~shapely.is_missing(shapes)].all() and self.kind in (
                "POINT",
                "GEOMETRY",
            ):
                lon, lat, geom = *self._points(shapely.get_x(shapes), shapely.get_y(shapes), faults), None
            else:
                geom = self._shapes(shapes, faults)
                anchors = shapely.point_on_surface(geom)
                lon, lat = shapely.get_x(anchors), shapely.get_y(anchors)
        cell_id, area_code = self._locate(lon, lat, faults)
        return {
            "geom": bulk.hex_points(lon, lat) if geom is None else bulk.hex_shapes(geom),
            "unit_cell_id": pa.array(cell_id, mask=cell_id < 0),
            "area_code": pa.array(area_code, pa.string()),
            "datum_given": pa.repeat(self.datum, rows),
        }

    def _points(self, x: Floats, y: Floats, faults: Faults) -> tuple[Floats, Floats]:
        """Degrees of points, exchanged axes put right; a point in the city is never touched twice."""
        lon, lat = datum.shift_many(x, y, self.datum)
        away = ~in_bounds(lon, lat, self.city.bounds) & np.isfinite(x) & np.isfinite(y) & ~faults.is_bad
        if away.any():
            turned_lon, turned_lat = datum.shift_many(y[away], x[away], self.datum)
            home = in_bounds(turned_lon, turned_lat, self.city.bounds)
            where = np.nonzero(away)[0][home]
            lon[where], lat[where] = turned_lon[home], turned_lat[home]
            if home.any():
                self.mended["geometry.swapped_axes"] += int(home.sum())
        broken = ~(np.isfinite(x) & np.isfinite(y)) & ~faults.is_bad
        _refuse(faults, broken & np.isnan(x) & np.isnan(y), "geometry.missing")
        _refuse(faults, broken & ~faults.is_bad, "geometry.not_finite")
        unshifted = (np.isnan(lon) | np.isnan(lat)) & ~faults.is_bad
        faults.add_many(unshifted, "gis.crs_refused", "", _("No published transformation covers this place."))
        return lon, lat

    def _read(self, batch: Batch, mapping: Columns, faults: Faults) -> NDArray[np.object_]:
        """The geometries of a batch; None where there is none or it can't be read."""
        if batch.wkb is None and mapping.wkt is None:
            given = np.full(len(batch.table), None, dtype=object)
        elif batch.wkb is not None:
            given = np.array(batch.wkb.to_pylist(), dtype=object)
        else:
            given = np.array(as_text(batch.table.column(mapping.wkt)).to_pylist(), dtype=object)
        read = read_many(given)
        self.mended.update(read.mended)
        for code in {code for code in read.refused if code is not None}:
            _refuse(faults, read.refused == code, code)
        return read.geoms

    def _shapes(self, shapes: NDArray[np.object_], faults: Faults) -> NDArray[np.object_]:
        """Shifted, checked and mended geometries of the register's kind; None where refused."""
        given = shapes.copy()
        given[faults.is_bad] = None
        shapes = self._shifted(given)
        if not self.is_degrees:  # in degrees `check_many` puts exchanged axes right
            away = np.nonzero(~shapely.is_missing(given) & ~self._in_city(shapes))[0]
            turned = self._shifted(shapely.transform(given[away], lambda at: at[:, ::-1]))
            home = self._in_city(turned)
            shapes[away[home]] = turned[home]
            if home.any():
                self.mended["geometry.swapped_axes"] += int(home.sum())
        checked = check_many(shapes, kind=self.kind, city=self.city)
        self.mended.update(checked.mended)
        for code in {code for code in checked.refused if code is not None}:
            _refuse(faults, (checked.refused == code) & ~faults.is_bad, code)
        return checked.geoms

    def _shifted(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """The shapes in EPSG:4326; a vertex that can't be shifted becomes NaN."""
        if self.datum in ("wgs84", "cgcs2000"):
            return shapes
        return np.asarray(
            shapely.transform(shapes, lambda at: np.column_stack(datum.shift_many(at[:, 0], at[:, 1], self.datum))),
            dtype=object,
        )

    def _in_city(self, shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which shapes have their bounds in the city's; those with NaN have not."""
        west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
        return in_bounds(west, south, self.city.bounds) & in_bounds(east, north, self.city.bounds)

    def _locate(self, lon: Floats, lat: Floats, faults: Faults) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
        """Cell and area of each point; outside the city or out of the viewer's reach is refused."""
        lon, lat = np.where(faults.is_bad, np.nan, lon), np.where(faults.is_bad, np.nan, lat)
        found = self.index.locate_many(lon, lat)
        outside = (found.unit_cell_id < 0) & ~faults.is_bad
        faults.add_many(outside, "grid.outside_city", "", geometry_reason("geometry.outside_city"))
        self.snapped += int((found.snapped_m > 0).sum())
        codes = np.asarray(found.area_code, dtype=object)
        if "" not in self.viewer.prefixes:
            unreached = [code for code in np.unique(found.area_code) if not self.viewer.reaches(str(code))]
            beyond = np.isin(found.area_code, unreached) & ~faults.is_bad
            faults.add_many(beyond, "imports.out_of_reach", "", _("The place lies outside your areas."))
        return found.unit_cell_id, codes


def _refuse(faults: Faults, bad: NDArray[np.bool_], code: str) -> None:
    if bad.any():
        city_code = "grid.outside_city" if code == "geometry.outside_city" else code
        faults.add_many(bad, city_code, "", geometry_reason(code))


def numbers(column: pa.ChunkedArray, name: str, faults: Faults) -> Floats:
    """A coordinate column as float64, NaN where it is empty; what is no number is refused."""
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return np.asarray(pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy(), dtype=np.float64)
    texts = as_text(column).combine_chunks()
    good = pc.match_substring_regex(texts, NUMBER)
    odd = pc.fill_null(pc.invert(good), False).to_numpy(zero_copy_only=False)
    for row in np.nonzero(odd)[0]:
        faults.add(int(row), "imports.invalid", name, texts[int(row)].as_py(), _("Not a number."))
    values = pc.if_else(good, texts, None).cast(pa.float64())
    return np.array(pc.fill_null(values, float("nan")).to_numpy(zero_copy_only=False), dtype=np.float64)
