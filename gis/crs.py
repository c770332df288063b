"""From any coordinate reference system to WGS 84 and back, refusing what PROJ would shift silently by nothing.

PROJ answers 4610→4326 (Xi'an 80) and many others with a "ballpark" operation: no shift, no error, 50 to 150 m wrong.
It also applies regional methods outside their region. Here an operation counts only if it has a known accuracy, and
only for points inside its area of use. Two things are allowed by name: CGCS2000 is taken as WGS 84 (they differ by
under a metre of plate motion), and a system that the operator defines with its own ``+towgs84`` parameters.
Checked against PROJ 9.5.1.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.enums import TransformDirection
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from gis.errors import InvalidInput

Floats = NDArray[np.float64]
WGS84 = CRS.from_epsg(4326)
SAME_AS_WGS84 = ("world geodetic system 1984", "wgs 1984", "wgs 84", "wgs84", "china 2000", "china geodetic coordinate")


class CrsUnknown(InvalidInput):
    """The text names no coordinate reference system."""

    code = "gis.crs_unknown"


class CrsRefused(InvalidInput):
    """The system is known, but there is no honest way from it to WGS 84 here."""

    code = "gis.crs_refused"


@dataclass(frozen=True)
class Operation:
    """One way to WGS 84: accuracy in metres (None: parameters given by the operator) and lon/lat bounds of its area."""

    transformer: Transformer
    description: str
    accuracy_m: float | None
    bounds: tuple[float, float, float, float] | None

    def covers(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        """Which WGS 84 points lie in the operation's area of use."""
        real = np.isfinite(lon) & np.isfinite(lat)
        if self.bounds is None:
            return real
        west, south, east, north = self.bounds
        across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
        return real & across & (lat >= south) & (lat <= north)


@dataclass(frozen=True)
class CrsShift:
    """A reference system with its honest operations, best first. x is east or longitude, always."""

    name: str
    crs: CRS
    operations: tuple[Operation, ...]

    def to_wgs84(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude; NaN for points that no operation covers."""
        lon, lat = np.full(x.shape, np.nan), np.full(y.shape, np.nan)
        for operation in self.operations:
            left = np.isnan(lon)
            if not left.any():
                break
            to_lon, to_lat = operation.transformer.transform(x[left], y[left])
            good = operation.covers(to_lon, to_lat)
            lon[left], lat[left] = np.where(good, to_lon, np.nan), np.where(good, to_lat, np.nan)
        return lon, lat

    def from_wgs84(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Coordinates in this system; NaN for points that no operation covers."""
        x, y = np.full(lon.shape, np.nan), np.full(lat.shape, np.nan)
        for operation in self.operations:
            here = np.isnan(x) & operation.covers(lon, lat)
            if here.any():
                to_x, to_y = operation.transformer.transform(lon[here], lat[here], direction=TransformDirection.INVERSE)
                x[here] = np.where(np.isfinite(to_x), to_x, np.nan)
                y[here] = np.where(np.isfinite(to_y), to_y, np.nan)
        return x, y


def parse(text: str) -> CRS:
    """A horizontal reference system from ``EPSG:n``, a PROJ string or WKT; else CrsUnknown or CrsRefused."""
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise CrsUnknown("{name} is no coordinate reference system that PROJ knows.", name=text[:80]) from error
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_geocentric or not (crs.is_geographic or crs.is_projected):
        raise CrsRefused("{name} is not a system of places on the ground.", name=crs.name)
    return crs


def is_wgs84_like(crs: CRS) -> bool:
    """Whether a system stands on WGS 84 or CGCS2000, which are taken as one."""
    if crs.is_bound:
        return False
    base = crs.geodetic_crs
    if base is None or base.datum is None:
        return False
    name = base.datum.name.lower().replace("_", " ").removeprefix("d ")
    return name.startswith(SAME_AS_WGS84)


@lru_cache(maxsize=64)
def shift(text: str) -> CrsShift:
    """The shift of a reference system; CrsUnknown or CrsRefused with the reason."""
    crs = parse(text)
    label = text if len(text) <= 60 else crs.name
    if is_wgs84_like(crs):
        plain = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        return CrsShift(label, crs, (Operation(plain, "taken as WGS 84", 1.0, None),))
    found = tuple(_honest(crs))
    if not found:
        raise CrsRefused(
            "No published transformation leads from {name} to WGS 84: PROJ would not shift the points at all, which "
            "is 50 to 150 metres wrong. Ask for the 3 or 7 parameters and give the system as a PROJ string with "
            "+towgs84=…",
            name=crs.name if crs.name != "unknown" else label,
        )
    return CrsShift(label, crs, found)


def _honest(crs: CRS) -> list[Operation]:
    """The operations to WGS 84 that shift what has to be shifted, best first."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # "best transformation needs a grid file": the next best is used
        group = TransformerGroup(crs, WGS84, always_xy=True, allow_ballpark=True)
    for transformer in group.transformers:
        if "ballpark" in transformer.description.lower():
            continue
        if transformer.accuracy < 0 and not crs.is_bound:
            continue
        area = transformer.area_of_use
        bounds = None if area is None or crs.is_bound else area.bounds
        accuracy_m = None if crs.is_bound else transformer.accuracy
        found.append(Operation(transformer, transformer.description, accuracy_m, bounds))
    return found


def outside_area(shift_: CrsShift) -> CrsRefused:
    """The refusal of points that no operation of the system covers."""
    areas = "; ".join(
        f"{op.bounds[0]:.1f}…{op.bounds[2]:.1f}°, {op.bounds[1]:.1f}…{op.bounds[3]:.1f}°"
        for op in shift_.operations
        if op.bounds is not None
    )
    return CrsRefused(
        "The point lies outside the regions for which {name} has a published transformation ({areas}). Give the "
        "system as a PROJ string with +towgs84=…",
        name=shift_.crs.name,
        areas=areas or "–",
    )
