"""Writing cells: the first drawing of an area's cells, and redrawing, which moves all records and keeps the old row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import NotFound
from grid import duty, relocate
from grid.build import Cells, build_cells

Geometries = NDArray[np.object_]
_SQL = Path(__file__).parent / "sql"
_AREAS = text((_SQL / "finest_areas.sql").read_text())
_LINES = text((_SQL / "lines.sql").read_text())
_BUILDINGS = text((_SQL / "buildings.sql").read_text())
_INSERT = text((_SQL / "insert_cells.sql").read_text())
_END = text("UPDATE unit_cells SET valid_to = :on WHERE valid_to IS NULL AND area_code = ANY(:codes)")
# The lock lets readers through and makes writers of located rows wait until the new cells are there.
_LOCK = text("LOCK TABLE unit_cells IN EXCLUSIVE MODE")
_DRAWN = text("SELECT DISTINCT area_code FROM unit_cells WHERE area_code = ANY(:codes)")
_VERSION = text("INSERT INTO grid_versions (label, method, note) VALUES (:label, :method, :note) RETURNING id")
_FACTS = text("SELECT cell_scheme, cell_target_m2 FROM city")


@dataclass(frozen=True)
class Built:
    """What one act of drawing did, in counts. `relocated` are records by register."""

    version_id: int
    areas: int
    cells: int
    ended: int
    duty_cells: int
    relocated: dict[str, int]
    buildings_cut: int
    buildings_cut_inside: int


def build(
    db: Session,
    *,
    prefix: str = "",
    lines: Geometries | None = None,
    buildings: Geometries | None = None,
    target_m2: float | None = None,
    note: str = "",
    on: date | None = None,
) -> Built:
    """Draw the unit cells of all finest areas whose code begins with `prefix`.

    Without `lines` and `buildings` (EPSG:4326) those in the database are followed. Areas that have cells are redrawn:
    the old ones end on the day `on` (default today), new ones begin, all records in them are located again, and what
    they belonged to before is kept in `relocations`. A first drawing holds since its area does.
    Each area without a duty cell gets one. Raises NotFound when there is no city or no such area.
    """
    areas = db.execute(_AREAS, {"prefix": prefix}).all()
    if not areas:
        raise NotFound("There is no area whose code begins with {prefix}.", prefix=prefix or "…")
    db.execute(_LOCK)
    codes = [area.code for area in areas]
    cells = draw(db, codes, from_wkb([area.wkb for area in areas]), lines, buildings, target_m2)
    since = np.array([area.valid_from for area in areas], dtype=object)
    return write(db, cells, codes, since, note, on or date.today())


def draw(
    db: Session,
    codes: list[str],
    shapes: Geometries,
    lines: Geometries | None = None,
    buildings: Geometries | None = None,
    target_m2: float | None = None,
) -> Cells:
    """The cells of some areas, drawn as `build` does and not yet written. Raises NotFound when there is no city."""
    facts = db.execute(_FACTS).one_or_none()
    if facts is None:
        raise NotFound("No city is loaded yet.")
    reach = {"wkb": shapely.to_wkb(shapely.box(*shapely.total_bounds(shapes)))}
    return build_cells(
        codes,
        shapes,
        from_wkb(db.execute(_LINES, reach).scalars().all()) if lines is None else lines,
        from_wkb(db.execute(_BUILDINGS, reach).scalars().all()) if buildings is None else buildings,
        target_m2=target_m2 or facts.cell_target_m2,
        scheme=facts.cell_scheme,
    )


def write(
    db: Session,
    cells: Cells,
    codes: list[str],
    since: NDArray[np.object_],
    note: str,
    on: date,
    *,
    leaving: Iterable[str] = (),
) -> Built:
    """End what stands in the areas `codes` and `leaving`, add the new cells, carry duty cells and records over.

    `since` are the days from which the areas `codes` hold, in the order given to `build_cells`.
    """
    version_id: int = db.execute(
        _VERSION, {"label": f"{on:%Y-%m-%d}", "method": "lines, merge, split", "note": note}
    ).scalar_one()
    drawn = set(db.execute(_DRAWN, {"codes": codes}).scalars())
    from_days = np.array([on if code in drawn else day for code, day in zip(codes, since, strict=True)], dtype=object)
    ended = db.execute(_END, {"on": on, "codes": [*codes, *leaving]}).rowcount  # type: ignore[attr-defined]  # a cursor result
    db.execute(
        _INSERT,
        {
            "codes": cells.code.tolist(),
            "area_codes": cells.area_code.tolist(),
            "wkb": shapely.to_wkb(cells.geom).tolist(),
            "area_m2": cells.area_m2.tolist(),
            "valid_from": from_days[cells.of_area].tolist(),
            "version_id": version_id,
        },
    )
    db.execute(text("ANALYZE unit_cells"))
    if ended:
        duty.carry_over(db, version_id, on)
        duty.follow_areas(db, on)
    made = duty.make_by_area(db, codes=codes)
    moved = relocate.relocate_all(db, reason=f"grid version {version_id}") if ended else {}
    return Built(
        version_id, len(codes), len(cells.code), ended, made, moved, cells.buildings_cut, cells.buildings_cut_inside
    )


def from_wkb(found: Iterable[bytes]) -> Geometries:
    """Geometries from WKB."""
    return np.asarray(shapely.from_wkb(np.array([bytes(one) for one in found], np.object_)), np.object_)
