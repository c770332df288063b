"""Shared builders: a small invented city, with only what matters spelled out.

The city is a square of 2 × 2 unit cells around (121.45, 31.23), one community each, cells of 0.002° a side.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon, Polygon, box
from sqlalchemy.orm import Session

from grid.models import Area, City, GridVersion, UnitCell

WEST, SOUTH, SIDE = 121.45, 31.23, 0.002
OPENED_ON = date(2020, 1, 1)


def area(db: Session, code: str, shape: Polygon, *, level: str = "community", parent: str | None = None) -> Area:
    """An area of one polygon; its size is a rough figure, not measured."""
    made = Area(
        code=code, level=level, depth={"district": 0, "street": 1, "community": 2}.get(level, 0), parent_code=parent,
        name_zh=f"区{code}", name_en=f"Area {code}", geom=from_shape(MultiPolygon([shape]), srid=4326),
        area_m2=1.0, valid_from=OPENED_ON,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def cell(db: Session, code: str, area_code: str, shape: Polygon, version: GridVersion) -> UnitCell:
    """One unit cell."""
    made = UnitCell(
        code=code, area_code=area_code, geom=from_shape(shape, srid=4326), area_m2=1.0,
        version_id=version.id, valid_from=OPENED_ON,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def city(db: Session, **given: Any) -> dict[str, UnitCell]:
    """District 310199 with street 001, communities 001 and 002, two cells each (west–east rows, south row = 001)."""
    whole = box(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE)
    facts: dict[str, Any] = {
        "profile": "test", "name_zh": "试验城", "name_en": "Testville",
        "boundary": from_shape(MultiPolygon([whole]), srid=4326),
        "crs_epsg": 4549, "time_zone": "Asia/Shanghai", "language": "zh", "levels": ["district", "street", "community"],
        "cell_scheme": "GB/T 30428.1-2013", "cell_target_m2": 10_000.0, "snap_m": 50.0, "is_demo": False,
    }  # fmt: skip
    db.add(City(**(facts | given)))
    version = GridVersion(label="first", method="test")
    db.add(version)
    db.flush()
    area(db, "310199", whole, level="district")
    area(db, "310199001", whole, level="street", parent="310199")
    cells = {}
    for row in (0, 1):
        community = f"31019900100{row + 1}"
        south = SOUTH + row * SIDE
        area(db, community, box(WEST, south, WEST + 2 * SIDE, south + SIDE), parent="310199001")
        for column in (0, 1):
            code = f"{community}00{column + 1}"
            west = WEST + column * SIDE
            cells[code] = cell(db, code, community, box(west, south, west + SIDE, south + SIDE), version)
    return cells
