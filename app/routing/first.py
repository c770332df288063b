"""The rules that a new city begins with: from the classes to the departments that handle them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import DateTime, func, select
from sqlalchemy.orm import Session

from app.routing.models import RuleRow, RuleSet, RuleSetStatus
from app.routing.rules import Rule


def fill(db: Session, lines: Sequence[tuple[str, str]]) -> RuleSet | None:
    """One rule a department with all its classes (key of the class, department), in force at once.

    Nothing is made where a version exists or there is no line.
    """
    if not lines or db.scalar(select(func.count()).select_from(RuleSet)):
        return None
    classes: dict[str, list[str]] = {}
    for key, department in lines:
        if key not in classes.setdefault(department, []):
            classes[department].append(key)
    now = db.scalars(select(func.now(type_=DateTime(timezone=True)))).one()
    made = RuleSet(
        version=1, status=RuleSetStatus.ACTIVE, actor="system", activated_at=now, activated_by="system",
    )  # fmt: skip
    db.add(made)
    db.flush()
    for position, (department, keys) in enumerate(classes.items(), 1):
        rule = Rule(classes=keys, department=department)
        facts = rule.model_dump(mode="json", exclude_defaults=True)
        db.add(RuleRow(set_id=made.id, position=position, facts=facts))
    db.flush()
    return made
