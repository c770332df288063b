"""What a case's moves come to, one row a case: what is counted and evaluated without reading every move again.

The database keeps the row with each move, in the same transaction (`keep_case_facts`); `rebuild` makes all rows anew
from the moves and gives the same ones. Moves that were taken back count for nothing but `undone_n`. As of a moment the
rows follow from the moves recorded until then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ARRAY, BigInteger, FromClause, Select, Table, func, select, text, union_all
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseFacts
from app.cases.visible import visible
from grid.reach import Viewer

BATCH = 20_000


def facts_as_of(as_of: datetime | None) -> FromClause:
    """The rows as they are, or as they were known at a moment: only cases that moved since are worked out again."""
    table = cast("Table", CaseFacts.__table__)
    if as_of is None:
        return table
    moved_since = select(table.c.case_id).where(table.c.recorded_at > as_of)
    ids = func.array(moved_since.scalar_subquery(), type_=ARRAY(BigInteger))
    then = func.case_facts_of(ids, as_of).table_valued(*table.c)
    kept = select(*table.c).where(table.c.recorded_at <= as_of)
    return union_all(kept, select(*then.c)).subquery("case_facts_then")


def visible_ids(viewer: Viewer) -> Select[Any]:
    """The ids of the cases that a viewer sees now."""
    return select(Case.id).where(visible(viewer))


def rebuild(db: Session) -> int:
    """Make every row anew from the moves; gives how many there are."""
    db.execute(text("DELETE FROM case_facts"))
    last, made = 0, 0
    while ids := list(db.scalars(select(Case.id).where(Case.id > last).order_by(Case.id).limit(BATCH))):
        done = db.execute(
            text("INSERT INTO case_facts SELECT * FROM case_facts_of(CAST(:ids AS bigint[]), 'infinity')"), {"ids": ids}
        )
        made += done.rowcount  # type: ignore[attr-defined]  # a cursor result: SQLAlchemy types it as any result
        last = ids[-1]
    return made
