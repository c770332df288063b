"""Proof that the cells are a grid: no gap, no overlap, codes right, sizes right, every record in exactly one cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from gis.measure import area_m2, perimeter_m
from grid.build.plane import Floats, Geometries, Plane
from grid.codes import InvalidCode, parse_cell_code
from grid.index import CellIndex
from grid.relocate import located_tables
from grid.store import from_wkb

BORDER_M = 0.002  # how far a cell's border may lie from its area's: twice the grid on which cells are cut
SIZE_SHARE = 1e-6  # by which a recorded area may differ from the geodesic one
NAMED = 20  # how many offenders a finding names
BATCH = 200_000

_FINEST = text((Path(__file__).parent / "sql" / "finest_areas.sql").read_text())
_SIZES = text("SELECT area_m2 FROM unit_cells WHERE valid_to IS NULL ORDER BY code")
_SCHEME = text("SELECT cell_scheme FROM city")
_UNOWNED = text("""
    SELECT d.code FROM duty_cells d
    WHERE d.valid_to IS NULL AND d.kind = 'inspection' AND d.responsible IS NULL AND d.team IS NULL ORDER BY d.code
""")
_ROWS = """
    SELECT r.id, ST_X(a.spot), ST_Y(a.spot), coalesce(r.unit_cell_id, -1), coalesce(r.area_code, '') FROM {table} r
    CROSS JOIN LATERAL (SELECT grid_anchor(r.geom) AS spot) a
    WHERE r.id > :after {current} ORDER BY r.id LIMIT :batch
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `offenders` names up to 20 of `count`. What only informs is never wrong."""

    name: str
    count: int
    offenders: tuple[str, ...] = ()
    detail: str = ""
    informs: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong here."""
        return self.informs or self.count == 0


def check(db: Session) -> Iterator[Finding]:
    """All findings on the present grid, one by one; what is wrong is counted and named."""
    index = CellIndex.load(db)
    codes, cells = index.codes[:-1], index.cells
    scheme = db.execute(_SCHEME).scalar()
    yield Finding("cells", len(cells), informs=True)
    if not len(cells) or scheme is None:
        yield Finding("no cells", 1)
        return
    yield _named("cells that are no valid polygon", codes[~shapely.is_valid(cells) | shapely.is_empty(cells)])
    yield _ill_coded(codes, index.area_codes[:-1], scheme)
    yield _named("codes that stand twice", codes[1:][codes[1:] == codes[:-1]])
    recorded = np.array(db.execute(_SIZES).scalars().all(), np.float64)
    wrong = np.abs(recorded - area_m2(cells)) > SIZE_SHARE * recorded + 0.01
    yield _named("cells whose recorded area is not the geodesic one", codes[wrong])
    yield _overlaps(codes, cells)
    yield from _gaps(db, index)
    yield from _misplaced(db, index)
    yield _named("cells without a duty cell", codes[index.duty_ids[:-1] < 0], informs=True)
    yield _named("duty cells without a person or team", list(db.execute(_UNOWNED).scalars()), informs=True)


def _named(name: str, offenders: NDArray[np.str_] | list[str], *, detail: str = "", informs: bool = False) -> Finding:
    return Finding(name, len(offenders), tuple(str(one) for one in offenders[:NAMED]), detail, informs)


def _ill_coded(codes: NDArray[np.str_], area_codes: NDArray[np.str_], scheme: str) -> Finding:
    """Codes that break the city's scheme, or name another area than the cell's."""
    return _named(
        "codes that don't follow the scheme",
        [code for code, area in zip(codes.tolist(), area_codes.tolist(), strict=True) if not _fits(code, area, scheme)],
        detail=scheme,
    )


def _fits(code: str, area_code: str, scheme: str) -> bool:
    try:
        found = parse_cell_code(code, scheme)
    except (InvalidCode, InvalidInput):
        return False
    return found.code == code and found.area == area_code


def _overlaps(codes: NDArray[np.str_], cells: Geometries) -> Finding:
    """Pairs of cells that overlap by more than the width of the grid along their common border."""
    name = "pairs of cells that overlap"
    if shapely.coverage_is_valid(cells):
        return Finding(name, 0, detail="every shared border is the same vertex by vertex")
    first, second = shapely.STRtree(cells).query(cells, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = np.asarray(shapely.intersection(cells[first], cells[second]), np.object_)
    wrong = _flat_m2(common) > BORDER_M * perimeter_m(common) / 2 + 0.01
    return _named(name, [f"{codes[a]} {codes[b]}" for a, b in zip(first[wrong], second[wrong], strict=True)])


def _flat_m2(slivers: Geometries) -> Floats:
    """The area of what lies between borders that should be one, with straight edges in degrees, as cells have them.

    On the ellipsoid the edges of a sliver are geodesics: between a long edge and the same edge with a vertex on it they
    enclose a lens that is not there (200 m² on 5 km at 31° N).
    """
    if shapely.is_empty(slivers).all():
        return np.zeros(len(slivers))
    return np.asarray(shapely.area(Plane.around(slivers).to(slivers)), np.float64)


def _gaps(db: Session, index: CellIndex) -> Iterator[Finding]:
    """Areas that their cells do not fill, or overflow; and cells of no present area."""
    areas = db.execute(_FINEST, {"prefix": ""}).all()
    shapes = from_wkb([area.wkb for area in areas])
    order = np.argsort(index.area_codes[:-1], kind="stable")
    sorted_codes = index.area_codes[:-1][order]
    wrong, worst_m2 = [], 0.0
    for area, shape in zip(areas, shapes, strict=True):
        start, end = np.searchsorted(sorted_codes, area.code, "left"), np.searchsorted(sorted_codes, area.code, "right")
        filled = shapely.union_all(index.cells[order[start:end]])
        off_m2 = _flat_m2(np.array([filled.symmetric_difference(shape)], np.object_))[0]
        worst_m2 = max(worst_m2, float(off_m2))
        if off_m2 > BORDER_M * perimeter_m(shape) + 0.01:
            wrong.append(f"{area.code} ({off_m2:.1f} m²)")
    tolerance = f"tolerance {BORDER_M * 1000:.0f} mm along the border; largest difference {worst_m2:.3f} m²"
    yield _named("areas that their cells do not fill exactly", wrong, detail=tolerance)
    strangers = index.codes[:-1][~np.isin(index.area_codes[:-1], [area.code for area in areas])]
    yield _named("cells of no present area", strangers)


def _misplaced(db: Session, index: CellIndex) -> Iterator[Finding]:
    """Rows of each register that do not stand in the one cell that locating gives them."""
    for table in located_tables(db):
        total, wrong, shared = 0, [], 0
        for ids, lon, lat, cell_ids, area_codes in _rows(db, table):
            places = index.locate_many(lon, lat)
            bad = (places.unit_cell_id != cell_ids) | (places.area_code != area_codes)
            total += len(ids)
            wrong += ids[bad].tolist()
            shared += int((places.snapped_m > 0).sum())
        detail = f"{total} rows, {shared} of them just outside and given to the nearest cell"
        yield _named(f"rows of {table} not in their cell", [str(one) for one in wrong], detail=detail)


def _rows(
    db: Session, table: str
) -> Iterator[
    tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.object_]]
]:
    """Batches of ids, longitudes, latitudes, cell ids, area codes. Addresses that no longer hold are left out."""
    current = "AND r.valid_to IS NULL" if table == "addresses" else ""
    after = 0
    while True:
        found = db.execute(text(_ROWS.format(table=table, current=current)), {"after": after, "batch": BATCH}).all()
        if not found:
            return
        after = found[-1][0]
        ids, lon, lat, cells, areas = zip(*found, strict=True)
        yield np.array(ids), np.array(lon), np.array(lat), np.array(cells), np.array(areas, np.object_)
