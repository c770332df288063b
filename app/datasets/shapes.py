"""Geometries of a file's batch: read, shifted to EPSG:4326, checked and mended, wherever on earth they lie."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis import datum
from gis.checks import Bounds
from gis.checks_many import CheckedMany, check_many, in_bounds, read_many
from gis.files.batch import Batch
from gis.files.guess import Guess

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]

ROUNDING_DEG = 1e-9  # a tenth of a millimetre


@dataclass(frozen=True)
class Where:
    """Where a file keeps its geometries: a column of its own, WKT, or x and y; and the datum they are in."""

    datum: str
    x: str | None = None
    y: str | None = None
    wkt: str | None = None

    @classmethod
    def of(cls, guess: Guess, datum_name: str) -> Where:
        """As the file was read."""
        if guess.has_geometry:
            return cls(datum_name)
        return cls(datum_name, guess.x, guess.y, None if guess.x else guess.wkt)

    @property
    def columns(self) -> set[str]:
        """The columns that hold the place, and are no properties."""
        return {name for name in (self.x, self.y, self.wkt) if name is not None}


@dataclass(frozen=True)
class Ground:
    """Where the city is, as files are compared with it: wider bounds, and the outline (None: no city is loaded)."""

    bounds: Bounds | None = None
    outline: BaseGeometry | None = None

    @classmethod
    def of(cls, outline: BaseGeometry) -> Ground:
        """Of the city's outline; the bounds are wider by a tenth and two kilometres, for what lies at its edge."""
        west, south, east, north = outline.bounds
        wide, high = 0.1 * (east - west) + 0.02, 0.1 * (north - south) + 0.02
        shapely.prepare(outline)
        return cls((west - wide, south - high, east + wide, north + high), outline)

    def near(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Which WGS 84 points lie in or about the city; all false where no city is known."""
        if self.bounds is None:
            return np.zeros(lon.shape, dtype=bool)
        return in_bounds(lon, lat, self.bounds)

    def holds(self, geoms: Geometries) -> NDArray[np.bool_]:
        """Which geometries touch the city; all true where no city is known."""
        if self.outline is None:
            return np.ones(geoms.shape, dtype=bool)
        return np.asarray(shapely.intersects(self.outline, geoms), dtype=bool)


@dataclass(frozen=True)
class Plan:
    """Which mends are taken while a file's rows become a table's.

    `swap` exchanges the axes of rows that lie in the city only so; `leave` are codes of geometry that are not mended;
    `inside` leaves out what lies outside the city, `once` rows that stand there word for word before; `number` is the
    column whose repeated ids get a number; `numbers` are texts that become numbers of an SQL type; `only` takes one
    kind of geometry (POINT, LINESTRING, POLYGON).
    """

    swap: bool = False
    leave: frozenset[str] = frozenset()
    inside: bool = False
    once: bool = False
    number: str | None = None
    numbers: dict[str, str] = field(default_factory=dict)
    only: str | None = None


AS_IT_IS = Plan()


def read_shapes(batch: Batch, where: Where, plan: Plan = AS_IT_IS, ground: Ground | None = None) -> CheckedMany:
    """The geometries of a batch, two-dimensional, in EPSG:4326; `refused` says why one was not taken."""
    return mended(given(batch, where), where.datum, plan, ground or Ground())


def mended(read: CheckedMany, datum_name: str, plan: Plan, ground: Ground) -> CheckedMany:
    """Geometries as a file has them, put into EPSG:4326, checked, and mended as planned."""
    flat = np.asarray(shapely.force_2d(read.geoms), dtype=object)
    if "geometry.open_ring" in plan.leave and read.at["geometry.open_ring"]:
        flat[read.at["geometry.open_ring"]] = None
    turned = swapped_rows(flat, datum_name, ground) if plan.swap else np.zeros(flat.shape, dtype=bool)
    if turned.any():
        flat = flat.copy()
        flat[turned] = shapely.transform(flat[turned], lambda at: at[:, ::-1])
    checked = check_many(turn_rings(_trimmed(shifted(flat, datum_name))), leave=plan.leave)
    refused = np.where(read.refused != None, read.refused, checked.refused)  # noqa: E711 - an array of objects
    out = CheckedMany(checked.geoms, refused, read.mended + checked.mended)
    for code, rows in (
        *read.at.items(),
        *checked.at.items(),
        ("geometry.swapped_axes", np.nonzero(turned)[0].tolist()),
    ):
        if len(rows):
            out.at[code].extend(rows)
    if turned.any():
        out.mended["geometry.swapped_axes"] += int(turned.sum())
    return out


def turn_rings(geoms: Geometries) -> Geometries:
    """Rings in the direction of RFC 7946: half of all files have the other, it is no fault."""
    areas = np.isin(shapely.get_type_id(geoms), (3, 6))
    if areas.any():
        geoms = geoms.copy()
        geoms[areas] = shapely.orient_polygons(geoms[areas])
    return geoms


def swapped_rows(flat: Geometries, datum_name: str, ground: Ground) -> NDArray[np.bool_]:
    """Which geometries, as a file has them, lie in the city only with their axes exchanged."""
    west, south, east, north = shapely.bounds(flat).T.reshape(4, -1)
    x, y = (west + east) / 2, (south + north) / 2
    known = np.isfinite(x) & np.isfinite(y)
    out = np.zeros(flat.shape, dtype=bool)
    here = ground.near(*datum.shift_many(x[known], y[known], datum_name))
    there = ground.near(*datum.shift_many(y[known], x[known], datum_name))
    out[known] = ~here & there
    return out


def given(batch: Batch, where: Where) -> CheckedMany:
    """The geometries of a batch as the file has them; `refused` where there is none, or none that can be read."""
    if where.x is not None and where.y is not None:
        x, y = (_numbers(batch.table.column(name)) for name in (where.x, where.y))
        known = np.isfinite(x) & np.isfinite(y)
        geoms = np.full(len(x), None, dtype=object)
        geoms[known] = shapely.points(x[known], y[known])
        refused = np.full(len(x), None, dtype=object)
        refused[~known] = "geometry.missing"
        return CheckedMany(geoms, refused)
    if batch.wkb is not None:
        return read_many(np.array(batch.wkb.to_pylist(), dtype=object))
    texts = batch.table.column(where.wkt).to_pylist() if where.wkt else [None] * len(batch.table)
    return read_many(np.array([one or None for one in texts], dtype=object))


def shifted(geoms: Geometries, datum_name: str) -> Geometries:
    """Geometries of a datum in EPSG:4326."""
    if datum_name in ("wgs84", "cgcs2000"):
        return geoms
    shift = lambda at: np.column_stack(datum.shift_many(at[:, 0], at[:, 1], datum_name))  # noqa: E731
    return np.asarray(shapely.transform(geoms, shift), dtype=object)


def _trimmed(geoms: Geometries) -> Geometries:
    """What lies beyond the antimeridian or a pole by no more than rounding lies on it (Russia in Natural Earth)."""
    edges = np.abs(shapely.bounds(geoms)) - (180.0, 90.0, 180.0, 90.0)
    with np.errstate(invalid="ignore"):
        rounded = ((edges > 0).any(axis=1)) & ((edges <= ROUNDING_DEG).all(axis=1))
    if rounded.any():
        trim = lambda at: np.clip(at, (-180.0, -90.0), (180.0, 90.0))  # noqa: E731
        geoms[rounded] = shapely.transform(geoms[rounded], trim)
    return geoms


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Coordinates as float64, NaN where there is none or no number."""
    if pa.types.is_string(column.type):
        good = pc.fill_null(pc.match_substring_regex(column, r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"), False)
        column = pc.if_else(good, pc.utf8_trim_whitespace(column), None)
    cast = pc.fill_null(column.cast(pa.float64()), float("nan"))
    return np.asarray(cast.to_numpy(zero_copy_only=False) if isinstance(cast, pa.Array) else cast.to_numpy())


def column_type(kinds: set[str]) -> str:
    """The narrowest column type for geometries of these kinds (``POINT``, ``MULTIPOLYGON`` …)."""
    if len(kinds) == 1:
        return next(iter(kinds))
    single = {kind.removeprefix("MULTI") for kind in kinds}
    return f"MULTI{single.pop()}" if len(single) == 1 else "GEOMETRY"
