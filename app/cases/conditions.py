"""Filing conditions: which a class offers, the limit that one sets, and what closing under it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import get_locale
from sqlalchemy import DateTime, func, or_, select
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseClass, FilingCondition
from app.clocks.limits import Limit, parse_limit
from app.clocks.words import limit_words
from gis.errors import InvalidInput
from grid.models import UnitCell

OTHERS = ""  # the limit of all area profiles that have none of their own


class ConditionMissing(InvalidInput):
    """The class has filing conditions, and none was chosen."""

    code = "cases.condition_missing"


class ConditionWrong(InvalidInput):
    """The condition is another class's, or no longer in force."""

    code = "cases.condition_wrong"


def offered(db: Session, class_id: int) -> list[FilingCondition]:
    """The conditions in force for a class, in the order of their codes; those of its major where it has none."""
    now = func.clock_timestamp()
    major = select(CaseClass.parent_id).where(CaseClass.id == class_id).scalar_subquery()
    held = select(FilingCondition).where(
        or_(FilingCondition.class_id == class_id, FilingCondition.class_id == major),
        FilingCondition.valid_from_at <= now,
        or_(FilingCondition.valid_to_at.is_(None), FilingCondition.valid_to_at > now),
    )
    found = list(db.scalars(held.order_by(FilingCondition.code)))
    return [one for one in found if one.class_id == class_id] or found


def chosen(db: Session, class_id: int, condition_id: int | None) -> FilingCondition | None:
    """The condition that a case of a class is filed under; None where the class has none to choose from.

    Raises ConditionMissing, ConditionWrong.
    """
    known = {one.id: one for one in offered(db, class_id)}
    if not known:
        if condition_id is not None:
            raise ConditionWrong("This class has no such filing condition.", field="condition_id")
        return None
    if condition_id is None:
        raise ConditionMissing("Choose the filing condition: it sets the limit.", field="condition_id")
    if condition_id not in known:
        raise ConditionWrong("This class has no such filing condition.", field="condition_id")
    return known[condition_id]


def in_force(db: Session, class_id: int | None) -> list[FilingCondition]:
    """The conditions that a class itself has now, in the order of their codes."""
    now = func.clock_timestamp()
    held = select(FilingCondition).where(
        FilingCondition.class_id == class_id, FilingCondition.valid_from_at <= now,
        or_(FilingCondition.valid_to_at.is_(None), FilingCondition.valid_to_at > now),
    )  # fmt: skip
    return list(db.scalars(held.order_by(FilingCondition.code)))


def put(
    db: Session, class_id: int, code: str, facts: Mapping[str, Any], *, from_at: datetime | None = None, but: str = ""
) -> bool:
    """Let a condition hold from now or a later moment on; the one that held under its code ends then.

    Gives False where nothing changes (`but`: a fact that doesn't count for that). A change that waited for its moment
    is replaced. Raises app.clocks.limits.BadLimit for a limit that can't be read.
    """
    for limit in facts.get("limits", {}).values():
        parse_limit(limit)
    now = db.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()
    starts = from_at or now
    versions = select(FilingCondition).where(FilingCondition.class_id == class_id, FilingCondition.code == code)
    waiting = db.scalars(versions.where(FilingCondition.valid_from_at > now).with_for_update()).all()
    held = next((one for one in in_force(db, class_id) if one.code == code), None)
    same = held is not None and all(getattr(held, name) == value for name, value in facts.items() if name != but)
    if same and not waiting:
        return False
    for one in waiting:
        one.valid_to_at = one.valid_from_at
    if held is not None:
        held.valid_to_at = None if same else starts
    db.flush()
    if not same:
        db.add(FilingCondition(class_id=class_id, code=code, **facts, valid_from_at=starts))
        db.flush()
    return True


def end(db: Session, held: FilingCondition) -> None:
    """No new case is filed under it from now on."""
    held.valid_to_at = db.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()
    db.flush()


def limit_text(limit: str) -> str:
    """A limit as it is kept ("4 work_hour"), from any wording that can be read; BadLimit."""
    return str(parse_limit(limit))


def put_examples(db: Session, class_id: int, limits: Sequence[str]) -> None:
    """Conditions from one city's example limits: numbered, since no words come with them."""
    for n, limit in enumerate(limits, start=1):
        words = {"text_zh": f"示例条件 {n}", "text_en": f"Example condition {n}"}
        put(db, class_id, str(n), words | {"limits": {OTHERS: limit}, "source": "example"})


def limit_of(db: Session, condition: FilingCondition, case: Case) -> tuple[Limit | None, str]:
    """The limit of a condition at a case's place, and the area profile that it was taken from."""
    profile = db.scalar(select(UnitCell.management_level).where(UnitCell.id == case.unit_cell_id)) or OTHERS
    found: Any = condition.limits.get(profile)
    if found is None:
        profile, found = OTHERS, condition.limits.get(OTHERS)
    return (parse_limit(found) if found else None), profile


def words(db: Session, condition: FilingCondition, case: Case) -> str:
    """A condition in the reader's language, with the limit that it sets at the case's place."""
    said = told(db, condition.id)
    limit, _profile = limit_of(db, condition, case)
    return f"{said} · {limit_words(limit)}" if limit else said


def told(db: Session, condition_id: int | None) -> str:
    """A condition by id in the reader's language, in force or not; empty for none."""
    one = db.get(FilingCondition, condition_id) if condition_id is not None else None
    locale = get_locale()
    return "" if one is None else one.text_zh if locale is not None and locale.language == "zh" else one.text_en


def of_case(db: Session, case: Case) -> FilingCondition | None:
    """The condition that a case was filed under, in force or not."""
    return db.get(FilingCondition, case.condition_id) if case.condition_id is not None else None
