"""Builders for departments, teams, posts and routing rules, in the invented city of `tests.make`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.organisation import register
from app.organisation.models import Department, Post, Team
from app.organisation.schemas import DepartmentIn, PostIn, TeamIn
from app.routing import versions
from app.routing.models import RuleSet
from app.routing.rules import read
from grid.models import DutyCell, DutyCellUnit, UnitCell
from grid.reach import Viewer, whole_city
from tests import make

EDITOR = whole_city({"organisation.edit", "routing.edit", "cases.read"})


def department(db: Session, code: str = "power", **given: Any) -> Department:
    """电力照明 (power and lighting), unless told otherwise."""
    names = {"name_zh": "电力照明", "name_en": "Power and lighting"} if code == "power" else {}
    made = register.create(db, EDITOR, "department", DepartmentIn(code=code, **(names | given)))
    assert isinstance(made, Department)
    return made


def team(db: Session, code: str = "crew", of: str = "power", **given: Any) -> Team:
    """A team of a department."""
    made = register.create(db, EDITOR, "team", TeamIn(code=code, department=of, **given))
    assert isinstance(made, Team)
    return made


def post(db: Session, code: str = "beat", *, by: Viewer = EDITOR, **given: Any) -> Post:
    """An inspector's post."""
    made = register.create(db, by, "post", PostIn(code=code, **given))
    assert isinstance(made, Post)
    return made


def duty_cell(db: Session, code: str, *units: UnitCell) -> DutyCell:
    """An inspection duty cell of some unit cells."""
    made = DutyCell(
        code=code, name_zh=code, name_en=code, area_code=units[0].area_code, valid_from=make.OPENED_ON
    )  # fmt: skip
    db.add(made)
    db.flush()
    for unit in units:
        db.add(DutyCellUnit(duty_cell_id=made.id, unit_cell_id=unit.id, valid_from=make.OPENED_ON))
    db.flush()
    return made


def rules(db: Session, *given: dict[str, Any], activate: bool = True) -> RuleSet:
    """A version of these rules, in force."""
    made = versions.save(db, EDITOR, [read(one, at) for at, one in enumerate(given, 1)])
    return versions.activate(db, EDITOR) if activate else made
