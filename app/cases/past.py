"""Cases as they stood at a moment: each by its last move until then, at the place that was known then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, inspect, literal_column, not_, or_, select, true
from sqlalchemy.orm import aliased

from app.cases.models import Case, CaseMove, CasePlace, CaseStatus
from layers.past import bound

OVER = (CaseStatus.CLOSED, CaseStatus.REFUSED, CaseStatus.VOID)
PLACE = ("geom", "unit_cell_id", "area_code", "address_id", "located_by")


def cases_at(at: datetime) -> Any:
    """`Case` with the status, class, department, clock and place of a moment; those reported later are left out.

    A case that was over by then is as it is now, and none of its moves is read. Imported moves hold no facts: then
    what does not change with a status is today's. Cells and areas are those of today's grid, whichever place it was.
    """
    moment = bound(at)
    moved_since = select(literal_column("1")).where(CasePlace.case_id == Case.id, CasePlace.until_at > moment).exists()
    here = _stood(at, {name: getattr(Case, name) for name in PLACE}).where(not_(moved_since))
    held = and_(CasePlace.until_at > moment, or_(CasePlace.from_at.is_(None), CasePlace.from_at <= moment))
    places = {name: cast(getattr(CasePlace, name), getattr(Case, name).type) if name == "located_by" else
              getattr(CasePlace, name) for name in PLACE}  # fmt: skip
    elsewhere = _stood(at, places).join(CasePlace, CasePlace.case_id == Case.id).where(held)
    return aliased(Case, here.union_all(elsewhere).subquery("stood"), adapt_on_names=True)


def _stood(at: datetime, place: Mapping[str, Any]) -> Select[Any]:
    moment = bound(at)
    settled = and_(Case.status.in_(OVER), Case.closed_at.is_not(None), Case.closed_at <= moment)
    last = (
        select(CaseMove.to_status, CaseMove.facts)
        .where(CaseMove.case_id == Case.id, CaseMove.at <= moment, not_(settled))
        .order_by(CaseMove.at.desc(), CaseMove.id.desc())
        .limit(1)
        .correlate(Case)
        .lateral("last")
    )

    def fact(name: str, now: Any) -> ColumnElement[Any]:
        then = cast(last.c.facts.op("->>")(literal_column(f"'{name}'")), getattr(Case, name).type)
        return case((last.c.facts.has_key(name), then), else_=now)

    names = ("class_id", "department", "due_at", "yellow_at")
    then = {
        "status": case((settled, Case.status), else_=func.coalesce(last.c.to_status, CaseStatus.REPORTED.value)),
        "closed_at": fact("closed_at", case((Case.closed_at <= moment, Case.closed_at))),
        **{name: fact(name, getattr(Case, name)) for name in names}, **place,
    }  # fmt: skip
    columns = [
        then[one.key].label(one.key) if one.key in then else getattr(Case, one.key)
        for one in inspect(Case).column_attrs
    ]
    return select(*columns).select_from(Case).outerjoin(last, true()).where(Case.reported_at <= moment)
