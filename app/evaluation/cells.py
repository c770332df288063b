"""Unit cells as objects of the evaluation, and the posts that cover them: areas and posts are sums of their cells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.organisation import service as organisation
from grid.models import DutyCell, DutyCellUnit, UnitCell

MANY = 10_000  # ids of one statement


def places(db: Session, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Code and area code of unit cells by id."""
    wanted = sorted(set(ids))
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(wanted), MANY):
        few = select(UnitCell.id, UnitCell.code, UnitCell.area_code).where(
            UnitCell.id.in_(wanted[start : start + MANY])
        )
        found |= {cell: (code, area) for cell, code, area in db.execute(few)}
    return found


def posts(db: Session, at: datetime) -> dict[int, list[str]]:
    """Codes of the posts that cover a unit cell at a moment, by its id."""
    units: dict[str, list[int]] = {}
    for duty_cell, unit in db.execute(_units()):
        units.setdefault(duty_cell, []).append(unit)
    found: dict[int, list[str]] = {}
    for duty_cell, post in organisation.posted_cells(db, at):
        for unit in units.get(duty_cell, ()):
            found.setdefault(unit, []).append(post)
    return found


def _units() -> Select[Any]:
    """Codes of the present duty cells with the ids of their unit cells."""
    columns: list[Any] = [DutyCell.code, DutyCellUnit.unit_cell_id]
    held = select(*columns).join(DutyCellUnit, DutyCellUnit.duty_cell_id == DutyCell.id)
    return held.where(DutyCell.valid_to.is_(None), DutyCellUnit.valid_to.is_(None)).distinct()


def of_post(db: Session, post: str, at: datetime) -> Select[Any]:
    """Ids of the unit cells that a post covers at a moment."""
    covered = [duty_cell for duty_cell, code in organisation.posted_cells(db, at) if code == post]
    held = _units().subquery("held")
    return select(held.c.unit_cell_id).where(held.c.code.in_(covered))


def of_code(code: str) -> Select[Any]:
    """Id of the present unit cell of a code."""
    return select(UnitCell.id).where(UnitCell.code == code, UnitCell.valid_to.is_(None))
