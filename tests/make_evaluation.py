"""Builders for the evaluation: cases with the facts that figures count, written without living through each life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseFacts
from tests import make_cases

JUNE = datetime(2025, 6, 10, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


def many(db: Session, count: int, like: Case | None = None, **given: Any) -> list[int]:
    """So many cases whose facts are set as given: reported on 10 June 2025, and nothing else, unless told otherwise."""
    like = like or make_cases.case(db, reported_at=JUNE)
    columns = {
        name: getattr(like, name)
        for name in (
            "class_id",
            "unit_cell_id",
            "area_code",
            "geom",
            "located_by",
            "source",
            "datum_given",
            "located_at",
        )
    }
    first = (db.query(Case).count() + 1) * 10
    rows = [columns | {"number": f"T{first + n:08}", "status": given.get("status", "reported"),
                       "reported_at": given.get("reported_at", JUNE), "department": given.get("department")}
            for n in range(count)]  # fmt: skip
    ids = list(db.scalars(insert(Case).returning(Case.id), rows))
    blank: dict[str, Any] = {
        "area_code": like.area_code, "unit_cell_id": like.unit_cell_id, "class_id": like.class_id,
        "source": "inspector", "status": "reported", "reported_at": JUNE, "recorded_at": JUNE, "is_deferred": False,
        "is_appealed": False, "is_repeat": False, "is_part": False, "is_self_handled": False,
        "rework_n": 0, "extended_n": 0,
        "sent_back_n": 0, "suspended_n": 0, "corrected_n": 0, "undone_n": 0, "reopened_n": 0, "sent_to": [],
        "sent_back_by": [],
    }  # fmt: skip
    db.execute(insert(CaseFacts), [blank | given | {"case_id": one} for one in ids])
    return ids
