"""Escalation (升级): after how many overdue hours a case is taken to which level above; by class and department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.cases.models import CaseClass, CaseLadder
from app.cases.superiors import LEVELS_MAX
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

RIGHT = "notices.edit"
DEFAULT = (1.0, 4.0, 24.0)  # hours; seen in practice, and in force where the city says nothing else
LONGEST_H = 24.0 * 90


class NoSuchLadder(NotFound):
    """There is no such rule of escalation."""

    code = "cases.no_such_ladder"


@dataclass(frozen=True)
class Ladders:
    """All rules, read once; `majors` gives each class's major."""

    rules: dict[tuple[int | None, str | None], tuple[float, ...]]
    majors: dict[int, int | None]

    def hours(self, class_id: int, department: str | None) -> tuple[float, ...]:
        """The levels' hours for a case: its class before its major before all, there its department before all."""
        for key in (class_id, self.majors.get(class_id), None):
            for whose in (department, None):
                found = self.rules.get((key, whose))
                if found is not None:
                    return found
        return DEFAULT

    @property
    def distinct(self) -> list[float]:
        """Every number of hours at which some case reaches a level."""
        return sorted({one for hours in (DEFAULT, *self.rules.values()) for one in hours})


def read(db: Session) -> Ladders:
    """The rules in force; two queries."""
    rules = {(one.class_id, one.department): tuple(one.hours) for one in db.scalars(select(CaseLadder))}
    with_class = [class_id for class_id, _ in rules if class_id is not None]
    majors: dict[int, int | None] = {}
    if with_class:
        majors = {row.id: row.parent_id for row in db.execute(select(CaseClass.id, CaseClass.parent_id))}
    return Ladders(rules, majors)


def list_of(db: Session, viewer: Viewer) -> list[tuple[CaseLadder, CaseClass | None]]:
    """The city's rules with their classes, the widest first."""
    viewer.require(RIGHT)
    order = (CaseClass.code.asc().nulls_first(), CaseLadder.department.asc().nulls_first())
    found = select(CaseLadder, CaseClass).outerjoin(CaseClass, CaseClass.id == CaseLadder.class_id).order_by(*order)
    return [(ladder, chosen) for ladder, chosen in db.execute(found)]


def parse(given: str) -> list[float]:
    """Hours as typed (``1, 4, 24``): rising, one for each level; none at all: never. InvalidInput."""
    words = [one for one in given.replace("，", ",").replace("、", ",").replace(" ", ",").split(",") if one]
    try:
        hours = [float(one) for one in words]
    except ValueError as error:
        raise InvalidInput("Give hours, for example 1, 4, 24.", field="hours") from error
    return check(hours)


def check(hours: Sequence[float]) -> list[float]:
    """Hours of at most three levels, each later than the one before. InvalidInput."""
    if len(hours) > LEVELS_MAX:
        raise InvalidInput("There are {count} levels at most.", field="hours", count=LEVELS_MAX)
    if any(not 0 < one <= LONGEST_H for one in hours) or list(hours) != sorted(set(hours)):
        raise InvalidInput("Each level comes later than the one before, within 90 days.", field="hours")
    return list(hours)


def put(db: Session, viewer: Viewer, *, class_id: int | None, department: str | None, hours: Sequence[float]) -> None:
    """Set the rule of a class, a department, both, or of all. Raises Forbidden, InvalidInput."""
    viewer.require(RIGHT)
    kept, department = check(hours), (department or "").strip() or None
    if class_id is not None and db.get(CaseClass, class_id) is None:
        raise InvalidInput("There is no such class.", field="class_id")
    same = (CaseLadder.class_id.is_not_distinct_from(class_id), CaseLadder.department.is_not_distinct_from(department))
    db.execute(delete(CaseLadder).where(*same))
    db.add(CaseLadder(class_id=class_id, department=department, hours=kept, made_by=viewer.name))
    db.flush()
    detail = {"department": department, "hours": kept}
    record(db, viewer, act="cases.ladder", subject="ladder", subject_id=class_id or "all", detail=detail)


def remove(db: Session, viewer: Viewer, ladder_id: int) -> None:
    """Take a rule away: the wider one holds again. Raises Forbidden, NoSuchLadder."""
    viewer.require(RIGHT)
    found = db.get(CaseLadder, ladder_id)
    if found is None:
        raise NoSuchLadder("There is no such rule.")
    record(db, viewer, act="cases.ladder", subject="ladder", subject_id=found.class_id or "all",
           detail={"department": found.department, "removed": True})  # fmt: skip
    db.delete(found)
    db.flush()
