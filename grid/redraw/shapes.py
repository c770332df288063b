"""Fitting new shapes onto the ground of those that they replace: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from grid.areas import GAP_M, clean_areas
from grid.build.plane import Geometries, Plane, polygons_of
from grid.redraw.errors import refusal

DUST_M2 = 1e-6  # what arithmetic leaves along a border


@dataclass(frozen=True)
class Fit:
    """New shapes on old ground: `replaced` are indices of the old shapes; `kept[i]` is the one that is i, or -1."""

    geoms: list[MultiPolygon]
    replaced: list[int]
    kept: list[int]


def overlapping(these: Geometries, those: Geometries) -> list[tuple[int, int]]:
    """Pairs of indices of shapes that meet."""
    if not len(these) or not len(those):
        return []
    return list(
        zip(*(rows.tolist() for rows in shapely.STRtree(those).query(these, predicate="intersects")), strict=True)
    )


def array(shapes: Sequence[BaseGeometry]) -> Geometries:
    """Shapes as an array of objects."""
    out = np.empty(len(shapes), np.object_)
    out[:] = shapes
    return out


def wide(plane: Plane, geom: BaseGeometry) -> BaseGeometry:
    """The parts of a geometry (EPSG:4326) that are somewhere wider than `GAP_M` metres; narrower ones are no ground."""
    parts = polygons_of(np.array([geom], np.object_))[0]
    if not len(parts):
        return MultiPolygon()
    broad = ~shapely.is_empty(shapely.buffer(plane.to(parts), -GAP_M / 2))
    return MultiPolygon(parts[broad].tolist())


def size_m2(plane: Plane, geom: BaseGeometry) -> float:
    """Square metres in the plane: for comparing, not for keeping."""
    return float(shapely.area(plane.to(np.array([geom], np.object_)))[0])


def many(geom: BaseGeometry) -> MultiPolygon:
    """The polygons of a geometry as one; lines and points fall out."""
    return MultiPolygon(polygons_of(np.array([geom], np.object_))[0].tolist())


def fit(plane: Plane, codes: Sequence[str], new: Geometries, old_codes: Sequence[str], old: Geometries) -> Fit:
    """Fit n new shapes into the old ones that they overlap or share a code with. All EPSG:4326.

    Raises RedrawRefused when new shapes overlap, leave ground of the replaced ones to no one or take ground beyond
    them, by more than `GAP_M` metres of width. Narrower differences are drawing: borders snap to what stands.
    """
    _refuse_overlaps(plane, codes, new)
    cleaned = clean_areas(new)
    replaced = _replaced(plane, codes, cleaned, old_codes, old)
    held = np.array(replaced, np.int64)
    ground = shapely.union_all(old[held])
    _refuse_gaps(
        plane, ground, shapely.union_all(cleaned), (codes, cleaned), ([old_codes[row] for row in replaced], old[held])
    )
    kept = _kept(plane, cleaned, old, held)
    left = [row for row in replaced if row not in kept]
    drawn = [row for row in range(len(new)) if kept[row] < 0]
    pieces = _share_out(plane, shapely.union_all(old[np.array(left, np.int64)]), cleaned[drawn])
    geoms = [many(old[row]) if row >= 0 else MultiPolygon() for row in kept]
    for row, piece in zip(drawn, pieces, strict=True):
        geoms[row] = piece
    return Fit(geoms, replaced, kept)


def _refuse_overlaps(plane: Plane, codes: Sequence[str], new: Geometries) -> None:
    for one, other in overlapping(new, new):
        if one < other:
            doubled = wide(plane, shapely.intersection(new[one], new[other]))
            if not doubled.is_empty:
                m2 = round(size_m2(plane, doubled))
                raise refusal("areas.overlap", area=codes[one], other=codes[other], m2=m2)


def _replaced(
    plane: Plane, codes: Sequence[str], new: Geometries, old_codes: Sequence[str], old: Geometries
) -> list[int]:
    """The old shapes that share a code or some ground with new ones."""
    named = set(codes)
    found = {row for row, code in enumerate(old_codes) if code in named}
    for one, row in overlapping(new, old):
        if row not in found and not wide(plane, shapely.intersection(new[one], old[row])).is_empty:
            found.add(row)
    return sorted(found)


def _refuse_gaps(
    plane: Plane,
    ground: BaseGeometry,
    covered: BaseGeometry,
    new: tuple[Sequence[str], Geometries],
    old: tuple[Sequence[str], Geometries],
) -> None:
    """Refuse ground of old areas that no new one takes, and ground of new ones that no old one held."""
    for reason, rest, (codes, shapes) in (
        ("areas.gap", ground.difference(covered), old),
        ("areas.outside", covered.difference(ground), new),
    ):
        broad = wide(plane, rest)
        if not broad.is_empty:
            shares = [size_m2(plane, shapely.intersection(shape, broad)) for shape in shapes]
            worst = int(np.argmax(shares))
            raise refusal(reason, area=str(codes[worst]), m2=round(shares[worst]))


def _kept(plane: Plane, new: Geometries, old: Geometries, replaced: NDArray[np.int64]) -> list[int]:
    """For each new shape the old one that it equals, or -1."""
    kept = [-1] * len(new)
    for one, row in overlapping(new, old[replaced]):
        if wide(plane, shapely.symmetric_difference(new[one], old[replaced[row]])).is_empty:
            kept[one] = int(replaced[row])
    return kept


def _share_out(plane: Plane, ground: BaseGeometry, shapes: Geometries) -> list[MultiPolygon]:
    """The ground divided by shapes that nearly fill it: slivers go to the neighbour with the longest common border."""
    if not len(shapes):
        return []
    pieces = [many(one) for one in shapely.intersection(shapes, ground)]
    rest = polygons_of(np.array([shapely.difference(ground, shapely.union_all(pieces))], np.object_))[0]
    slivers: list[list[BaseGeometry]] = [[] for _ in pieces]
    for sliver in rest[shapely.area(plane.to(rest)) > DUST_M2] if len(rest) else []:
        metres = shapely.length(shapely.intersection(shapely.boundary(sliver), np.array(pieces, np.object_)))
        away = shapely.distance(sliver, np.array(pieces, np.object_))
        slivers[int(np.argmax(metres) if metres.any() else np.argmin(away))].append(sliver)
    return [
        many(shapely.union_all([piece, *more])) if more else piece for piece, more in zip(pieces, slivers, strict=True)
    ]
