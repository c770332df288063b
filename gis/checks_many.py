"""The same checks for many geometries at once, for files: what is well needs no look at it one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.checks import Bounds, Checked, City, check, is_hex, read, without_srid
from gis.mending import SPIKE_DEG

Floats = NDArray[np.float64]
Geometries = NDArray[np.object_]
KINDS = (
    "POINT",
    "LINESTRING",
    "LINEARRING",
    "POLYGON",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
)  # in the order of GEOS's type ids
LINESTRING, POLYGON, MULTI, COLLECTION = 1, 3, 4, 7
SHARP = np.cos(np.radians(SPIKE_DEG + 0.01))  # a little wider: `check` decides


@dataclass
class CheckedMany:
    """Geometries after their checks: `geoms` mended, `refused` codes (None: taken), `mended` counts by code.

    `at` names the rows of each code, mended or not.
    """

    geoms: Geometries
    refused: NDArray[np.object_]
    mended: Counter[str] = field(default_factory=Counter)
    at: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def note(self, index: int, checked: Checked) -> None:
        """Take down what was found at one geometry."""
        self.geoms[index] = checked.geom
        self.mended.update(one.code for one in checked.findings if one.mended)
        for code in {one.code for one in checked.findings}:
            self.at[code].append(index)
        if checked.geom is None:
            self.refused[index] = next(one.code for one in checked.findings if not one.mended)


@dataclass
class CheckedPoints:
    """Points after their checks: `lon`, `lat` put right, `refused` the code for each (None: taken)."""

    lon: Floats
    lat: Floats
    refused: NDArray[np.object_]
    mended: Counter[str] = field(default_factory=Counter)


def in_bounds(lon: Floats, lat: Floats, bounds: Bounds) -> NDArray[np.bool_]:
    """Which points lie in west, south, east, north; NaN does not."""
    west, south, east, north = bounds
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def check_points(lon: Floats, lat: Floats, bounds: Bounds | None = None) -> CheckedPoints:
    """Check points given as arrays of degrees: finite, in degrees, in the bounds, axes exchanged where that helps."""
    out = CheckedPoints(lon.copy(), lat.copy(), np.full(lon.shape, None, dtype=object))
    finite = np.isfinite(lon) & np.isfinite(lat)
    if bounds is not None:
        away = finite & ~in_bounds(lon, lat, bounds)
        turned = away & in_bounds(lat, lon, bounds)
        out.lon[turned], out.lat[turned] = lat[turned], lon[turned]
        out.refused[away & ~turned] = "geometry.outside_city"
        if turned.any():
            out.mended["geometry.swapped_axes"] = int(turned.sum())
    wild = finite & ((np.abs(out.lon) > 180) | (np.abs(out.lat) > 90))
    out.refused[wild] = "geometry.not_degrees"
    out.refused[~finite] = np.where(np.isnan(lon) & np.isnan(lat), "geometry.missing", "geometry.not_finite")[~finite]
    return out


def check_many(
    geoms: Geometries, *, kind: str = "GEOMETRY", city: City | None = None, leave: frozenset[str] = frozenset()
) -> CheckedMany:
    """`gis.checks.check` for an array: rows that are surely well pass vectorised, the others are looked at alone.

    Parameters
    ----------
    geoms : array of shapely geometries or None
            EPSG:4326, lon/lat.
    """
    out = CheckedMany(geoms.copy(), np.full(geoms.shape, None, dtype=object))
    for index in np.nonzero(~_surely_well(geoms, kind, city))[0]:
        out.note(int(index), check(geoms[index], kind=kind, city=city, leave=leave))
    return out


def _surely_well(geoms: Geometries, kind: str, city: City | None) -> NDArray[np.bool_]:
    """Which geometries need no closer look: right kind, flat, valid, in the bounds, no doubled point, no sharp turn."""
    well: NDArray[np.bool_] = ~shapely.is_missing(geoms) & ~shapely.is_empty(geoms) & ~shapely.has_z(geoms)
    kinds = shapely.get_type_id(geoms)
    well &= (kinds != COLLECTION) if kind == "GEOMETRY" else (kinds == KINDS.index(kind))
    if kind == "GEOMETRY":
        well &= (kinds < MULTI) | (shapely.get_num_geometries(geoms) > 1)
    west, south, east, north = shapely.bounds(geoms).T.reshape(4, -1)
    with np.errstate(invalid="ignore"):
        well &= _finite(geoms)
        well &= (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
        if city is not None:
            left, bottom, right, top = city.bounds
            well &= (west >= left) & (east <= right) & (south >= bottom) & (north <= top)
    if city is not None and city.outline is not None:
        shapely.prepare(city.outline)
        well[well] = shapely.intersects(city.outline, geoms[well])
    well[well] = shapely.is_valid(geoms[well])
    well[well] = _plain_paths(geoms[well])
    return well


def _finite(geoms: Geometries) -> NDArray[np.bool_]:
    at, owner = shapely.get_coordinates(geoms, return_index=True)
    broken = np.bincount(owner[~np.isfinite(at).all(axis=1)], minlength=geoms.size)
    return np.equal(broken, 0)


def _plain_paths(geoms: Geometries) -> NDArray[np.bool_]:
    """Which geometries have no doubled vertex, no sharp turn, and rings in the right direction; points always."""
    parts, owner = shapely.get_parts(geoms, return_index=True)
    kinds = shapely.get_type_id(parts)
    areas, lines = kinds == POLYGON, kinds == LINESTRING
    rings, of_area = shapely.get_rings(parts[areas], return_index=True)
    shell = np.append(True, of_area[1:] != of_area[:-1])[: len(rings)]
    paths = np.concatenate([rings, parts[lines]])
    path_owner = np.concatenate([owner[areas][of_area], owner[lines]])
    rough = _turns_or_doubles(paths, np.arange(len(paths)) < len(rings))
    rough[: len(rings)] |= shapely.is_ccw(rings) != shell
    plain = np.ones(geoms.size, dtype=bool)
    plain[path_owner[rough]] = False
    return plain


def _turns_or_doubles(paths: Geometries, closed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which paths have a vertex twice in a row, or a turn sharper than `SPIKE_DEG`."""
    rough = np.zeros(len(paths), dtype=bool)
    at, path = shapely.get_coordinates(paths, return_index=True)
    if len(at) < 2:
        return rough
    joined = path[1:] == path[:-1]
    step = np.diff(at, axis=0) * np.column_stack([np.cos(np.radians(at[1:, 1])), np.ones(len(at) - 1)])
    rough[path[1:][joined & (step == 0).all(axis=1)]] = True
    first = np.searchsorted(path, np.arange(len(paths)), side="left")[closed]
    last = np.searchsorted(path, np.arange(len(paths)), side="right")[closed] - 1
    pairs = [(np.nonzero(joined[1:] & joined[:-1])[0], np.nonzero(joined[1:] & joined[:-1])[0] + 1), (last - 1, first)]
    for before, after in pairs:
        u, v = -step[before], step[after]
        lengths = np.hypot(u[:, 0], u[:, 1]) * np.hypot(v[:, 0], v[:, 1])
        cosine = np.divide((u * v).sum(axis=1), lengths, out=np.full(len(u), -1.0), where=lengths > 0)
        rough[path[after][cosine > SHARP]] = True
    return rough


def read_many(given: NDArray[np.object_]) -> CheckedMany:
    """Geometries from (E)WKT texts and (E)WKB, in bytes or hexadecimal; None for None.

    Open rings are closed, what can't be read is refused.
    """
    missing = np.array([one is None for one in given], dtype=bool)
    out = CheckedMany(np.full(given.shape, None, dtype=object), np.full(given.shape, None, dtype=object))
    out.refused[missing] = "geometry.missing"
    there = np.nonzero(~missing)[0]
    if not there.size:
        return out
    first, texts = given[there[0]], given[there]
    parse = shapely.from_wkb if isinstance(first, bytes) or is_hex(first) else shapely.from_wkt
    if parse is shapely.from_wkt:
        texts = np.array([without_srid(one) for one in texts], dtype=object)
    try:
        out.geoms[there] = parse(texts, on_invalid="ignore")
    except (TypeError, ValueError):
        out.geoms[there] = None
    for index in there[shapely.is_missing(out.geoms[there])]:
        out.note(int(index), read(given[index]))
    return out
