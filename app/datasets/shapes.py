"""Geometries of a file's batch: read, shifted to EPSG:4326, checked and mended, wherever on earth they lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis import datum
from gis.checks_many import CheckedMany, check_many, read_many
from gis.files.batch import Batch
from gis.files.guess import Guess

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


def read_shapes(batch: Batch, where: Where) -> CheckedMany:
    """The geometries of a batch, two-dimensional, in EPSG:4326; `refused` says why one was not taken."""
    given = _given(batch, where)
    flat = np.asarray(shapely.force_2d(given.geoms), dtype=object)
    checked = check_many(_trimmed(_shifted(flat, where.datum)))
    refused = np.where(given.refused != None, given.refused, checked.refused)  # noqa: E711 - an array of objects
    return CheckedMany(checked.geoms, refused, given.mended + checked.mended)


def _given(batch: Batch, where: Where) -> CheckedMany:
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


def _shifted(geoms: Geometries, datum_name: str) -> Geometries:
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
