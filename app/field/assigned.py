"""Which unit cells an account answers for.

The one place that says so: the cells of the account's posts, and for who has none, of duty cells within the areas.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.organisation.service import duty_cells_of, staffed_cells
from grid.models import DutyCell, DutyCellUnit, UnitCell
from grid.reach import Viewer, within


def cells_in(viewer: Viewer) -> Select[int]:
    """Ids of the present unit cells of inspection duty cells inside a viewer's areas."""
    return (
        select(UnitCell.id)
        .join(DutyCellUnit, DutyCellUnit.unit_cell_id == UnitCell.id)
        .join(DutyCell, DutyCell.id == DutyCellUnit.duty_cell_id)
        .where(
            UnitCell.valid_to.is_(None), DutyCellUnit.valid_to.is_(None), DutyCell.valid_to.is_(None),
            DutyCell.kind == "inspection", within(viewer, UnitCell.area_code),
        )
        .distinct()
    )  # fmt: skip


def assigned_to(db: Session, viewer: Viewer, at: datetime) -> dict[int, set[int]]:
    """Ids of the unit cells in a viewer's areas by the account whose post covers them."""
    people: dict[str, set[int]] = {}
    for code, account_id in staffed_cells(db, at):
        people.setdefault(code, set()).add(account_id)
    found: dict[int, set[int]] = {}
    for cell, code in db.execute(cells_in(viewer).add_columns(DutyCell.code)):
        for account_id in people.get(code, ()):
            found.setdefault(account_id, set()).add(cell)
    return found


def assigned_cells(db: Session, viewer: Viewer) -> list[int]:
    """Ids of the unit cells that a person answers for: those of the person's posts, or of the areas without a post."""
    own = duty_cells_of(db, viewer.account_id) if viewer.account_id is not None else []
    found = cells_in(viewer)
    return list(db.scalars((found.where(DutyCell.id.in_(own)) if own else found).order_by(UnitCell.id)))
