"""Which unit cells an account answers for.

The one place that says so: the cells of duty cells within the account's areas. Once accounts are given posts of their
own, only this file changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

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


def assigned_cells(db: Session, prefixes: Sequence[str]) -> list[int]:
    """Ids of the unit cells that an account with these areas answers for."""
    return list(db.scalars(cells_in(Viewer(None, "", "", tuple(prefixes))).order_by(UnitCell.id)))
