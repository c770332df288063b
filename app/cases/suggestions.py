"""The department that routing suggests for a case, in words and as the move keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.errors import words_of
from app.routing import service as routing
from app.routing.errors import RuleWrong
from app.routing.words import reason_of, verdict


def as_json(db: Session, case_id: int) -> dict[str, Any]:
    """Department, team, reason in words; `problem` where a rule can't be read or its answer is no longer there."""
    try:
        found = routing.suggest(db, case_id)
    except RuleWrong as error:
        return {"department": None, "team": None, "by": "none", "reason": "", "problem": words_of(error)}
    return {
        "department": found.department, "team": found.team, "by": found.by, "position": found.position,
        "version": found.version, "reason": verdict(found),
        "problem": words_of(found.problem) if found.problem else None,
    }  # fmt: skip


def kept(db: Session, case_id: int, now: datetime, chosen: str | None) -> dict[str, Any]:
    """What the move of a dispatch keeps of the suggestion."""
    try:
        return routing.suggest(db, case_id, now).kept(chosen)
    except RuleWrong as error:
        return {"by": "none", "suggested": None, "overridden": False, "problem": words_of(error)}


def told(answers: dict[str, Any], names: Any) -> str:
    """What a dispatch kept, in words; empty where it kept nothing."""
    routed = answers.get("routing")
    return reason_of(routed, names) if routed else ""
