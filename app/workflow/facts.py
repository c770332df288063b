"""A matter's facts as a move keeps them, and back: what makes any past moment one row."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, DateTime, Enum, inspect

from app.workflow.models import Matter

ENGINE_FACTS = (
    "status", "entered_at", "clock", "due_at", "yellow_at", "stage_due_at", "wake_at", "wake_act", "closed_at"
)  # fmt: skip


def facts_of(matter: Matter, names: Iterable[str]) -> dict[str, Any]:
    """The named columns as JSON holds them."""
    return {name: _dumped(getattr(matter, name)) for name in names}


def put_back(matter: Matter, facts: Mapping[str, Any]) -> None:
    """Set the columns that a move kept; columns that it didn't know stay."""
    columns = inspect(type(matter)).columns
    for name, value in facts.items():
        if name in columns:
            setattr(matter, name, _loaded(columns[name].type, value))


def _dumped(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return value


def _loaded(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return kind.enum_class(value)
    return value
