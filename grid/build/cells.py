"""Cutting a city's finest areas into unit cells: pure geometry, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.measure import area_m2
from grid.build.linework import GRID_M, NONE, faces_of, owners, shared_borders
from grid.build.merge import dissolve, is_thin, merge_small
from grid.build.plane import Floats, Geometries, Plane, finite, lines_of, polygons_of
from grid.build.split import Ints, split_large
from grid.build.tessellate import tessellate
from grid.codes import cell_scheme, make_cell_code

SMALL_BEFORE = 0.5  # × target: faces between roads below it are merged, before large ones are split
SMALL_AFTER = 0.4  # × target: pieces below it are merged once more
INSET_M = 10.0  # a line counts as known inside an area if it comes this far from the area's border
BUILDING_MAX = 30.0  # × target: what is larger is the outline of a site, not a building
FILL = 0.9  # how much of a scheme's numbers an area may use before its cells are drawn larger


@dataclass(frozen=True)
class Cells:
    """n unit cells in the order of their codes, as arrays.

    `geom` are polygons in EPSG:4326 whose borders are shared vertex by vertex; `area_m2` is geodesic; `of_area` is the
    index of the area given. `buildings_cut` counts buildings that lie in several cells by more than 1 % of their area,
    `buildings_cut_inside` those of them that lie in one area (the others straddle its border).
    """

    code: NDArray[np.str_]
    area_code: NDArray[np.str_]
    of_area: Ints
    geom: Geometries
    area_m2: Floats
    buildings_cut: int
    buildings_cut_inside: int


def build_cells(
    area_codes: Sequence[str],
    areas: Geometries,
    lines: Geometries,
    buildings: Geometries,
    *,
    target_m2: float = 10_000.0,
    scheme: str = "GB/T 30428.1-2013",
) -> Cells:
    """Unit cells of a city's finest areas.

    Parameters
    ----------
    area_codes, areas : n codes and (multi)polygons, EPSG:4326, without overlap (see `grid.areas.clean_areas`)
    lines : roads, rivers, rails (lines or outlines), EPSG:4326; may be empty
    buildings : polygons that no border should cross, EPSG:4326; may be empty. Lines and buildings with coordinates
        that are no numbers are left out, outlines that cross themselves are made valid; what is larger than 30 ×
        target is taken for a site, not a building
    target_m2 : the size wanted; larger where an area would need more numbers than the scheme has
    scheme : a name of `grid.codes.CELL_SCHEMES`; InvalidInput when an area's code does not fit it

    Faces between the lines are merged up and split down towards the target. No cell crosses the border of its area, or
    a building: what a building fills stays one cell, however large. Parts of an area that lie apart have cells of
    their own, however small; an area narrower than a millimetre has none.
    """
    if not len(areas):
        text, index = np.empty(0, np.str_), np.empty(0, np.int64)
        return Cells(text, text, index, np.empty(0, np.object_), np.empty(0), 0, 0)
    order = np.argsort(np.asarray(area_codes), kind="stable")
    codes = np.asarray(area_codes, np.str_)[order]
    plane = Plane.around(areas)
    grounds = plane.to(np.asarray(areas, np.object_)[order])
    ways = lines_of(plane.to(finite(lines)))
    houses = polygons_of(shapely.make_valid(plane.to(finite(buildings))))[0]
    houses = houses[shapely.area(houses) < BUILDING_MAX * target_m2]
    targets = _targets(grounds, target_m2, scheme)
    pieces, of_area = _pieces(grounds, ways, houses, targets)
    cut, inside = _buildings_cut(pieces, of_area, houses)
    number = _numbers(pieces, of_area, targets)
    code = np.array(
        [make_cell_code(codes[area], n, scheme) for area, n in zip(of_area, number.tolist(), strict=True)], np.str_
    )
    sort = np.argsort(code, kind="stable")
    geom = plane.back(pieces[sort])
    return Cells(code[sort], codes[of_area[sort]], order[of_area[sort]], geom, area_m2(geom), cut, inside)


def _targets(areas: Geometries, target_m2: float, scheme: str) -> Floats:
    """The target size in each area: no area needs more numbers than its scheme has."""
    room = FILL * cell_scheme(scheme).capacity
    return np.maximum(shapely.area(areas) / room, target_m2)


def _pieces(areas: Geometries, lines: Geometries, buildings: Geometries, targets: Floats) -> tuple[Geometries, Ints]:
    """The cells in metres and the area that each lies in."""
    borders = lines_of(areas)
    faces, owner = _owned(faces_of(np.concatenate((borders, lines))), areas)
    faces, owner = _strips_in_lengths(faces, owner, borders, targets, areas)
    faces, owner = _merged(faces, owner, targets, SMALL_BEFORE)
    bare = _without_lines(areas, lines) & ~_with_buildings(areas, buildings)
    blank = bare[owner] & (shapely.area(faces) > 2 * targets[owner])
    squares, of_square = tessellate(faces[blank], targets[owner[blank]])
    halves, of_half = split_large(faces[~blank], targets[owner[~blank]], buildings)
    owner = np.concatenate((owner[blank][of_square], owner[~blank][of_half]))
    pieces = np.concatenate((squares, halves))
    # nodes where a cut meets a neighbour: all borders once more on one grid, then each face back to its piece
    faces, piece = _owned(faces_of(lines_of(pieces)), pieces)
    return _without_crumbs(*_merged(faces, owner[piece], targets, SMALL_AFTER, group=piece), areas)


def _strips_in_lengths(
    faces: Geometries, owner: Ints, borders: Geometries, targets: Floats, areas: Geometries
) -> tuple[Geometries, Ints]:
    """Faces with the strips among them cut across, so that each neighbour can take the length beside it.

    Whole, a median of a long road would become the tail of one cell, past all the others.
    """
    side_m = np.sqrt(targets[owner])
    area, perimeter = shapely.area(faces), shapely.length(faces)
    strip = is_thin(area, perimeter) & (perimeter > 4 * side_m)
    if not strip.any():
        return faces, owner
    lengths = np.round(perimeter[strip] / 2 / side_m[strip])
    cut, _ = split_large(faces[strip], area[strip] / lengths, np.empty(0, np.object_), smallest=0)
    return _owned(faces_of(np.concatenate((lines_of(faces[~strip]), lines_of(cut)))), areas)


def _owned(faces: Geometries, polygons: Geometries) -> tuple[Geometries, Ints]:
    """The faces that lie in one of the polygons, and in which."""
    owner = owners(faces, polygons)
    return faces[owner != NONE], owner[owner != NONE]


def _merged(
    faces: Geometries, owner: Ints, targets: Floats, small: float, *, group: Ints | None = None
) -> tuple[Geometries, Ints]:
    """Faces after the merging of small ones; those of one `group` belong together from the start if they touch."""
    if group is not None and len(np.unique(group)) < len(group):
        first = np.unique(group, return_index=True)[1]
        faces, source = polygons_of(dissolve(faces, np.unique(group, return_inverse=True)[1]))
        owner = owner[first][source]
    joined = merge_small(faces, owner, targets[owner], small=small)
    first = np.unique(joined, return_index=True)[1]
    whole, source = polygons_of(dissolve(faces, joined))
    return whole, owner[first][source]


def _without_crumbs(pieces: Geometries, owner: Ints, areas: Geometries) -> tuple[Geometries, Ints]:
    """Cells without what rounding to the grid cut off where an area is narrower than a millimetre.

    Such a crumb has no neighbour in its own area. It goes to the piece with which it shares most border: a fraction of
    the width of the grid along its area's border, within what `grid.check` takes for filled. Real islands stay.
    """
    size, largest = shapely.area(pieces), np.zeros(len(areas))
    np.maximum.at(largest, owner, size)
    crumb = (size < GRID_M * shapely.length(areas)[owner]) & (size < largest[owner])
    if not crumb.any():
        return pieces, owner
    group, longest = np.arange(len(pieces)), np.zeros(len(pieces))
    first, second, border_m = shared_borders(pieces)
    for one, other in ((first, second), (second, first)):
        for this, into, metres in zip(one, other, border_m, strict=True):
            if crumb[this] and not crumb[into] and metres > longest[this]:
                longest[this], group[this] = metres, into
    left = np.unique(group)
    whole, source = polygons_of(dissolve(pieces, np.searchsorted(left, group)))
    return whole, owner[left[source]]


def _without_lines(areas: Geometries, lines: Geometries) -> NDArray[np.bool_]:
    """Areas that no line enters by more than a few metres."""
    empty = np.ones(len(areas), np.bool_)
    if len(lines):
        entered = shapely.STRtree(lines).query(shapely.buffer(areas, -INSET_M), predicate="intersects")[0]
        empty[entered] = False
    return empty


def _with_buildings(areas: Geometries, buildings: Geometries) -> NDArray[np.bool_]:
    """Areas that have buildings."""
    built = np.zeros(len(areas), np.bool_)
    if len(buildings):
        built[shapely.STRtree(buildings).query(areas, predicate="intersects")[0]] = True
    return built


def _numbers(pieces: Geometries, of_area: Ints, targets: Floats) -> Ints:
    """Numbers from 1 in each area: rows from north to south, in a row from west to east. A row is one cell high."""
    middle = shapely.get_coordinates(shapely.centroid(pieces))
    top = np.full(len(targets), -np.inf)
    np.maximum.at(top, of_area, middle[:, 1])
    row = np.floor((top[of_area] - middle[:, 1]) / np.sqrt(targets[of_area]))
    order = np.lexsort((middle[:, 0], row, of_area))
    start = np.searchsorted(of_area[order], of_area[order], side="left")
    number = np.empty(len(pieces), np.int64)
    number[order] = np.arange(len(pieces)) - start + 1
    return number


def _buildings_cut(pieces: Geometries, of_area: Ints, buildings: Geometries) -> tuple[int, int]:
    """How many buildings lie in several cells by more than 1 % of their area; and how many of them in one area."""
    if not len(buildings):
        return 0, 0
    tree = shapely.STRtree(pieces)
    covered = tree.query(buildings, predicate="covered_by")[0]
    rest = np.setdiff1d(np.arange(len(buildings)), covered)
    building, piece = tree.query(buildings[rest], predicate="intersects")
    share = shapely.area(shapely.intersection(buildings[rest][building], pieces[piece])) / np.maximum(
        shapely.area(buildings[rest])[building], 1e-9
    )
    building, area = building[share > 0.01], of_area[piece[share > 0.01]]
    parts = np.bincount(building, minlength=len(rest))
    several = np.unique(np.column_stack((building, area)), axis=0)[:, 0]
    in_areas = np.bincount(several, minlength=len(rest))
    return int((parts > 1).sum()), int(((parts > 1) & (in_areas == 1)).sum())
