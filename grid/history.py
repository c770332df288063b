"""What held when: areas and cells as of a day, the cell of a place as of a day, and where a record belonged before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session

from grid.models import Area, AreaSuccessor, UnitCell
from grid.reach import Viewer, within

_CELL_AS_OF = text((Path(__file__).parent / "sql" / "cell_as_of.sql").read_text())
_ASSIGNMENTS = text((Path(__file__).parent / "sql" / "assignments.sql").read_text())


@dataclass(frozen=True)
class Assignment:
    """A cell and area that a record belonged to until a moment, and why it left. The present one is in its own row."""

    unit_cell_id: int
    unit_cell_code: str
    area_code: str
    until_at: datetime
    reason: str


def held_on(model: Any, on: date | ColumnElement[date] | None) -> ColumnElement[bool]:
    """The rows that held on a day (valid_from ≤ day < valid_to); with None, those that hold now."""
    if on is None:
        now: ColumnElement[bool] = model.valid_to.is_(None)
        return now
    return and_(model.valid_from <= on, or_(model.valid_to.is_(None), model.valid_to > on))


def areas(
    db: Session, viewer: Viewer, *, level: str | None = None, parent: str | None = None, on: date | None = None
) -> list[Area]:
    """Areas in the viewer's reach, and those that hold them, by code; as of a day if one is given."""
    chosen = select(Area).where(held_on(Area, on), or_(within(viewer, Area.code), _above(viewer)))
    if level is not None:
        chosen = chosen.where(Area.level == level)
    if parent is not None:
        chosen = chosen.where(Area.parent_code == parent) if parent else chosen.where(Area.parent_code.is_(None))
    return list(db.scalars(chosen.order_by(Area.code)))


def _above(viewer: Viewer) -> ColumnElement[bool]:
    """Areas whose code begins one of the viewer's prefixes: what their own areas lie in."""
    return Area.code.in_([prefix[:length] for prefix in viewer.prefixes for length in range(1, len(prefix) + 1)])


def successors(db: Session, area_id: int) -> list[tuple[Area, float]]:
    """The areas that took the ground of one that ended, and which share of it, largest first."""
    chosen = (
        select(Area, AreaSuccessor.share)
        .join(AreaSuccessor, AreaSuccessor.new_id == Area.id)
        .where(AreaSuccessor.old_id == area_id)
        .order_by(AreaSuccessor.share.desc(), Area.code)
    )
    return [(area, share) for area, share in db.execute(chosen)]


def cell_as_of(db: Session, geom: BaseGeometry, on: date) -> UnitCell | None:
    """The unit cell that covered a place (EPSG:4326) on a day, smallest code on a border; None when none did."""
    cell_id = db.execute(_CELL_AS_OF, {"wkb": shapely.to_wkb(shapely.force_2d(geom)), "on": on}).scalar()
    return db.get(UnitCell, cell_id) if cell_id is not None else None


def assignments(db: Session, register: str, record_id: int) -> list[Assignment]:
    """Where a record of a register (its table's name) belonged before each relocation, oldest first."""
    return [Assignment(*row) for row in db.execute(_ASSIGNMENTS, {"register": register, "record_id": record_id})]
