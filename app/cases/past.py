"""Cases as they stood at a moment: each by its last move until then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, cast, func, inspect, literal_column, not_, select, true
from sqlalchemy.orm import aliased

from app.cases.models import Case, CaseMove, CaseStatus
from layers.past import bound

OVER = (CaseStatus.CLOSED, CaseStatus.REFUSED, CaseStatus.VOID)


def cases_at(at: datetime) -> Any:
    """`Case` with the status, class, department and clock of a moment; those reported later are left out.

    Where a case lies, and whose area that is, are today's: a case is never moved, and who may see it is asked now.
    A case that was over by then is as it is now, and none of its moves is read. Imported moves hold no facts: then
    what does not change with a status is today's.
    """
    moment = bound(at)
    settled = and_(Case.status.in_(OVER), Case.closed_at.is_not(None), Case.closed_at <= moment)
    last = (
        select(CaseMove.to_status, CaseMove.facts)
        .where(CaseMove.case_id == Case.id, CaseMove.at <= moment, not_(settled))
        .order_by(CaseMove.at.desc(), CaseMove.id.desc())
        .limit(1)
        .lateral("last")
    )

    def fact(name: str) -> ColumnElement[Any]:
        now = getattr(Case, name)
        then = cast(last.c.facts.op("->>")(literal_column(f"'{name}'")), now.type)
        return case((last.c.facts.has_key(name), then), else_=now).label(name)

    status = case((settled, Case.status), else_=func.coalesce(last.c.to_status, CaseStatus.REPORTED.value))
    closed_at = case((Case.closed_at <= moment, Case.closed_at))
    then = {
        "status": status.label("status"), "closed_at": closed_at.label("closed_at"),
        **{name: fact(name) for name in ("class_id", "department", "due_at", "yellow_at")},
    }  # fmt: skip
    columns = [then.get(one.key, getattr(Case, one.key)) for one in inspect(Case).column_attrs]
    stood = select(*columns).outerjoin(last, true()).where(Case.reported_at <= moment)
    return aliased(Case, stood.subquery("stood"), adapt_on_names=True)
