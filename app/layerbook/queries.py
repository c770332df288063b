"""Reading the book: rules in force and rules of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.rights import role_name
from app.layerbook.models import LayerRule, LayerWords
from app.layerbook.words import PUBLIC_WORDS
from grid.reach import ANYBODY

HISTORY_MAX = 200


def in_force(db: Session) -> list[dict[str, str]]:
    """All rules that hold."""
    found = db.scalars(select(LayerRule).where(LayerRule.ended_at.is_(None)).order_by(LayerRule.id))
    return [{"target": one.target, "field": one.field, "who": one.who, "says": one.says.value} for one in found]


def history(db: Session, targets: Sequence[str] = (), limit: int = HISTORY_MAX) -> list[dict[str, Any]]:
    """Rules with who set and who ended them, what happened last first; of some targets, or of all."""
    asked = select(LayerRule)
    if targets:
        asked = asked.where(LayerRule.target.in_(targets))
    last = func.coalesce(LayerRule.ended_at, LayerRule.set_at)
    found = list(db.scalars(asked.order_by(last.desc(), LayerRule.id.desc()).limit(limit)))
    people = accounts.by_ids(db, {one for row in found for one in (row.set_by, row.ended_by) if one is not None})
    named = who_words(db, {row.who for row in found})

    def name(account_id: int | None) -> str:
        return people[account_id].words if account_id in people else ""

    return [
        {
            "target": row.target, "field": row.field, "who": row.who, "who_words": named[row.who],
            "says": row.says.value, "set_by": name(row.set_by), "set_at": row.set_at.isoformat(),
            "ended_by": name(row.ended_by), "ended_at": row.ended_at and row.ended_at.isoformat(),
        }
        for row in found
    ]  # fmt: skip


def rule_row(db: Session, target: str, field: str, who: str) -> LayerRule | None:
    """The row of a rule in force, with who set it and when."""
    return db.scalar(select(LayerRule).where(
        LayerRule.target == target, LayerRule.field == field, LayerRule.who == who, LayerRule.ended_at.is_(None)
    ))  # fmt: skip


def who_words(db: Session, whose: set[str]) -> dict[str, str]:
    """Roles and accounts that rules name, in words."""
    ids = {one: int(one.removeprefix("account:")) for one in whose if one.startswith("account:")}
    people = accounts.by_ids(db, set(ids.values()))
    made = {one: people[number].words if number in people else f"№ {number}" for one, number in ids.items()}
    roles = {one: one.removeprefix("role:") for one in whose if one.startswith("role:")}
    return made | {one: str(PUBLIC_WORDS) if role == ANYBODY.role else role_name(role) for one, role in roles.items()}


def changed_words(db: Session, layer_id: str) -> tuple[dict[str, str], datetime | None]:
    """What was changed of what is said of a layer, and when last."""
    row = db.scalar(select(LayerWords).where(LayerWords.layer_id == layer_id))
    return ({}, None) if row is None else (dict(row.said), row.changed_at)
