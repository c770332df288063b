"""Geometry checks: what is wrong, where, and the mended geometry where it can be mended.

All geometry is EPSG:4326, lon/lat. A finding has a stable code; `REASONS` holds its English text, which is also the key
of its translations. Order matters: what can't be a place at all is found first, then the axes, then the shape.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.prepared import prep

from gis import mending
from gis.errors import InvalidInput

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]  # west, south, east, north

REASONS = {
    "geometry.missing": "There is no geometry.",
    "geometry.unreadable": "The geometry can't be read.",
    "geometry.empty": "The geometry is empty.",
    "geometry.not_finite": "A coordinate is not a finite number.",
    "geometry.not_degrees": "The coordinates are not a longitude and a latitude in degrees.",
    "geometry.wrong_kind": "The geometry is of another kind than is asked here.",
    "geometry.too_few_points": "The outline encloses nothing, or the line has no length.",
    "geometry.outside_city": "The place lies outside the city.",
    "geometry.swapped_axes": "Longitude and latitude were exchanged.",
    "geometry.open_ring": "A ring was not closed.",
    "geometry.duplicate_points": "A vertex was given twice in a row.",
    "geometry.spike": "The outline or line ran out to a spike and back.",
    "geometry.self_crossing": "The outline crossed itself.",
    "geometry.orientation": "A ring ran in the wrong direction.",
}
MENDABLE = (
    "geometry.swapped_axes",
    "geometry.open_ring",
    "geometry.duplicate_points",
    "geometry.spike",
    "geometry.self_crossing",
    "geometry.orientation",
)


class BadGeometry(InvalidInput):
    """A geometry that can't be taken; `code` is that of its first unmended finding."""

    code = "geometry.invalid"

    def __init__(self, finding: Finding) -> None:
        super().__init__(REASONS[finding.code], field="geometry")
        self.code = finding.code
        self.finding = finding


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a geometry: its code, where (lon, lat; None if nowhere), and whether it was mended."""

    code: str
    at: tuple[float, float] | None
    mended: bool

    @property
    def reason(self) -> str:
        """The English text, a key of translations."""
        return REASONS[self.code]


@dataclass(frozen=True)
class Checked:
    """A geometry after its checks: mended where it could be, None where it can't be taken."""

    geom: BaseGeometry | None
    findings: tuple[Finding, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether there is a geometry to take, mended or not."""
        return self.geom is not None

    def require(self) -> BaseGeometry:
        """The geometry, or BadGeometry with the first finding that could not be mended."""
        if self.geom is None:
            raise BadGeometry(next(one for one in self.findings if not one.mended))
        return self.geom


@dataclass(frozen=True)
class City:
    """What a place is compared with: the bounds, and the outline if it shall be exact."""

    bounds: Bounds
    outline: BaseGeometry | None = None

    def holds(self, geom: BaseGeometry) -> bool:
        """Whether some part of a geometry lies in the city."""
        west, south, east, north = self.bounds
        left, bottom, right, top = geom.bounds
        if right < west or left > east or top < south or bottom > north:
            return False
        return self.outline is None or bool(prep(self.outline).intersects(geom))


def read(given: Mapping[str, Any] | str | bytes) -> Checked:
    """A geometry from GeoJSON, WKT or (hex) WKB, with its open rings closed."""
    try:
        if isinstance(given, str) and given.lstrip().startswith("{"):
            given = json.loads(given)
        if isinstance(given, Mapping):
            data: dict[str, Any] = dict(given)
            closed, at = mending.closed_rings(data)
            return Checked(shape(closed), (Finding("geometry.open_ring", at, True),) if at else ())
        return _read_text(given)
    except (GEOSException, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return Checked(None, (Finding("geometry.unreadable", None, False),))


def _read_text(given: str | bytes) -> Checked:
    """A geometry from (E)WKT or (E)WKB; an open ring is closed."""
    strict: BaseGeometry | None
    if isinstance(given, bytes) or is_hex(given):
        strict = shapely.from_wkb(given, on_invalid="ignore")
        geom = shapely.from_wkb(given, on_invalid="fix") if strict is None else strict
    else:
        given = without_srid(given)
        strict = shapely.from_wkt(given, on_invalid="ignore")
        geom = shapely.from_wkt(given, on_invalid="fix") if strict is None else strict
    if geom is None:
        return Checked(None, (Finding("geometry.unreadable", None, False),))
    opened = (Finding("geometry.open_ring", mending.first_place(geom), True),) if strict is None else ()
    return Checked(shapely.force_2d(geom), opened)


def is_hex(text: str) -> bool:
    """Whether a text is hexadecimal WKB, and not WKT."""
    return text[:2] in ("00", "01") and " " not in text


def without_srid(text: str) -> str:
    """WKT without the ``SRID=4326;`` of EWKT before it: what it names is the file's matter."""
    return text.partition(";")[2] if text[:5].upper() == "SRID=" else text


def check(
    given: BaseGeometry | Mapping[str, Any] | str | bytes | None, *, kind: str = "GEOMETRY", city: City | None = None,
    leave: frozenset[str] = frozenset(),
) -> Checked:  # fmt: skip
    """Check one geometry, mend what can be mended, and say everything that was found.

    Parameters
    ----------
    given
        A shapely geometry in EPSG:4326, or GeoJSON, WKT, WKB. Heights are dropped.
    kind : str
        The kind that is asked: POINT, LINESTRING, POLYGON, their MULTI forms, or GEOMETRY for any.
    city : City, optional
        Without it, exchanged axes and places outside the city are not looked for.
    leave : set of str
        Codes of `MENDABLE` that are not to be mended: the geometry stays as it is where that is valid, else it is
        not taken.
    """
    if given is None:
        return Checked(None, (Finding("geometry.missing", None, False),))
    found: list[Finding] = []
    geom: BaseGeometry | None
    if isinstance(given, BaseGeometry):
        geom = given
    else:
        first = read(given)
        found += first.findings
        geom = first.geom
    if geom is None:
        return Checked(None, tuple(found))
    geom = _place(shapely.force_2d(geom), city, found)
    if geom is not None:
        geom = _shape(geom, found, leave)
    if geom is not None and city is not None and not city.holds(geom):  # only a spike reached into it
        found.append(Finding("geometry.outside_city", mending.first_place(geom), False))
        geom = None
    if geom is not None:
        fitting = mending.of_kind(geom, kind)
        if fitting is None:
            found.append(Finding("geometry.wrong_kind", mending.first_place(geom), False))
        geom = fitting
    return Checked(geom, tuple(found))


def _place(geom: BaseGeometry, city: City | None, found: list[Finding]) -> BaseGeometry | None:
    """Whether the geometry is a place, in the city; axes put right."""
    at = shapely.get_coordinates(geom)
    if geom.is_empty or not len(at):
        found.append(Finding("geometry.empty", None, False))
        return None
    if not np.isfinite(at).all():
        found.append(Finding("geometry.not_finite", mending.first_place(geom), False))
        return None
    if city is not None and not city.holds(geom):
        other = mending.swapped(geom)
        if not city.holds(other):
            code = "geometry.outside_city" if _in_degrees(at) else "geometry.not_degrees"
            found.append(Finding(code, mending.first_place(geom), False))
            return None
        found.append(Finding("geometry.swapped_axes", mending.first_place(geom), True))
        geom = other
    elif not _in_degrees(at):
        found.append(Finding("geometry.not_degrees", mending.first_place(geom), False))
        return None
    return geom


def _in_degrees(at: Floats) -> bool:
    return bool((np.abs(at[:, 0]) <= 180).all() and (np.abs(at[:, 1]) <= 90).all())


def _shape(geom: BaseGeometry, found: list[Finding], leave: frozenset[str]) -> BaseGeometry | None:
    """The outline put right: doubled points, spikes, crossings, direction."""
    start = mending.first_place(geom)
    if geom.geom_type == "Point":
        return geom
    smooth = _smooth(geom, found, leave)
    if smooth is None:
        return None
    geom = smooth
    if shapely.get_dimensions(geom) == 2 and not geom.is_valid:
        whole = mending.crossing(geom)
        code = "geometry.too_few_points" if whole is None else "geometry.self_crossing"
        is_mended = whole is not None and code not in leave
        found.append(Finding(code, mending.invalid_place(geom), is_mended))
        if whole is None or not is_mended:
            return None
        geom = whole
    elif not geom.is_valid or (shapely.get_dimensions(geom) == 1 and geom.length == 0):
        found.append(Finding("geometry.too_few_points", start, False))
        return None
    is_turned = shapely.get_dimensions(geom) == 2 and not mending.same_direction(geom)
    if is_turned and "geometry.orientation" not in leave:
        found.append(Finding("geometry.orientation", start, True))
        geom = shapely.orient_polygons(geom)
    return geom


def _smooth(geom: BaseGeometry, found: list[Finding], leave: frozenset[str]) -> BaseGeometry | None:
    """Without doubled points and spikes; None where nothing else was there."""
    start = mending.first_place(geom)
    fewer = mending.without_doubles(geom)
    if fewer is None:
        found.append(Finding("geometry.too_few_points", start, False))
        return None
    has_doubles = shapely.get_num_coordinates(fewer) < shapely.get_num_coordinates(geom)
    if has_doubles and "geometry.duplicate_points" not in leave:
        found.append(Finding("geometry.duplicate_points", doubled_place(geom), True))
        geom = fewer
    if "geometry.spike" in leave or not _has_spike(geom):
        return geom
    cut = mending.without_spikes(geom)
    found.append(Finding("geometry.spike", start, cut is not None))
    return cut


def _has_spike(geom: BaseGeometry) -> bool:
    if shapely.get_dimensions(geom) == 2:
        return any(
            mending.sharp_turns(shapely.get_coordinates(ring), closed=True).size for ring in shapely.get_rings(geom)
        )
    lines = (part for part in shapely.get_parts(geom) if part.geom_type == "LineString")
    return any(mending.sharp_turns(shapely.get_coordinates(line), closed=False).size for line in lines)


def doubled_place(geom: BaseGeometry) -> tuple[float, float] | None:
    """The first vertex that is given twice in a row."""
    at = shapely.get_coordinates(geom)
    same = np.nonzero((at[1:] == at[:-1]).all(axis=1))[0]
    return (float(at[same[0], 0]), float(at[same[0], 1])) if same.size else mending.first_place(geom)
