"""How doubles of a class are looked for: data of the city, a class's own or that of the class above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.catalogue import get_class
from app.cases.catalogue_models import DoubleRule
from app.cases.models import CaseClass
from gis.errors import InvalidInput
from grid.reach import Viewer

RIGHT = "catalogue.edit"
RADIUS_MAX_M, HOURS_MAX = 1000.0, 24.0 * 365
NOTE_MAX = 500
WEIGHTS: dict[str, float] = {"distance": 30, "class": 30, "time": 15, "component": 15, "words": 10}
WEIGHT_MAX = 100.0


@dataclass(frozen=True)
class Rule:
    """A likely double lies within `radius_m` metres and `hours`; `weights` say what counts how much for the order.

    `of` is the class whose rule it is: None for the city's default, or the platform's (50 m, 24 h) without one.
    """

    radius_m: float = 50.0
    hours: float = 24.0
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    of: int | None = None


def rule_of(db: Session, class_id: int | None) -> Rule:
    """The rule in force for a class: its own, that of the class above it, the city's default, the platform's."""
    lineage: list[int | None] = []
    here = class_id
    while here is not None and here not in lineage:
        lineage.append(here)
        here = db.scalar(select(CaseClass.parent_id).where(CaseClass.id == here))
    for one in (*lineage, None):
        own = own_rule(db, one)
        if own is not None:
            return own
    return Rule()


def own_rule(db: Session, class_id: int | None) -> Rule | None:
    """The rule that a class has of its own; None where it follows the class above it."""
    row = next(iter(history(db, class_id, limit=1)), None)
    if row is None or row.radius_m is None or row.hours is None:
        return None
    return Rule(row.radius_m, row.hours, WEIGHTS | {str(name): float(w) for name, w in row.weights.items()}, class_id)


def history(db: Session, class_id: int | None, limit: int = 20) -> list[DoubleRule]:
    """The rules that a class had, newest first."""
    same = DoubleRule.class_id.is_(None) if class_id is None else DoubleRule.class_id == class_id
    return list(db.scalars(select(DoubleRule).where(same).order_by(DoubleRule.id.desc()).limit(limit)))


def set_rule(db: Session, viewer: Viewer, class_id: int | None, rule: Rule | None, note: str = "") -> None:
    """Give a class (None: the city) a rule of its own; without one it follows what is above it.

    Raises Forbidden, NoSuchClass, InvalidInput.
    """
    viewer.require(RIGHT)
    if class_id is not None:
        get_class(db, class_id)
    if rule is not None:
        _check(rule)
    db.add(DoubleRule(
        class_id=class_id, radius_m=rule.radius_m if rule else None, hours=rule.hours if rule else None,
        weights=dict(rule.weights) if rule else {}, note=note.strip()[:NOTE_MAX],
        account_id=viewer.account_id, actor=viewer.name,
    ))  # fmt: skip
    db.flush()


def _check(rule: Rule) -> None:
    if not 0 < rule.radius_m <= RADIUS_MAX_M:
        raise InvalidInput("The radius lies above 0 and at most at {most} m.", field="radius_m", most=RADIUS_MAX_M)
    if not 0 < rule.hours <= HOURS_MAX:
        raise InvalidInput("The time lies above 0 and at most at {most} hours.", field="hours", most=HOURS_MAX)
    if rule.weights.keys() - WEIGHTS.keys() or not all(0 <= one <= WEIGHT_MAX for one in rule.weights.values()):
        raise InvalidInput("A weight lies between 0 and {most}.", field="weights", most=WEIGHT_MAX)
    if not sum((WEIGHTS | dict(rule.weights)).values()):
        raise InvalidInput("At least one weight is above 0.", field="weights")
