"""The cases of a filter as marks on a map: each by itself, or counts by area where they are too many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from app.cases.filters import CaseFilter, conditions
from app.cases.models import Case
from app.cases.visible import visible
from grid.models import Area
from grid.reach import Viewer

PINS_MAX = 2000


@dataclass(frozen=True)
class Pins:
    """Either `rows` hold every case, or `areas` hold the counts of every area and `rows` is empty."""

    rows: list[Row[Any]]
    areas: list[Row[Any]]

    @property
    def matched(self) -> int:
        """How many cases the filter lets through."""
        return sum(one.cases for one in self.areas) if self.areas else len(self.rows)


def pins(db: Session, viewer: Viewer, asked: CaseFilter, *, now: datetime, limit: int = PINS_MAX) -> Pins:
    """Marks of the cases that a viewer sees of a filter: one query, two where there are more than `limit`."""
    viewer.require("cases.read")
    wanted = and_(visible(viewer), *conditions(asked, now))
    columns: tuple[Any, ...] = (
        Case.id, Case.number, Case.status, Case.due_at, Case.yellow_at, Case.unit_cell_id,
        func.ST_X(Case.geom).label("lon"), func.ST_Y(Case.geom).label("lat"),
    )  # fmt: skip
    rows = db.execute(select(*columns).where(wanted).limit(limit + 1)).all()
    if len(rows) <= limit:
        return Pins(sorted(rows, key=lambda one: one.id), [])
    return Pins([], _by_area(db, wanted))


def _by_area(db: Session, wanted: Any) -> list[Row[Any]]:
    """Counts by finest area with a place inside it; an area without a border known stands at its cases' middle."""
    count = func.count().label("cases")
    counted = select(Case.area_code, count).where(wanted).group_by(Case.area_code).subquery("counted")
    spot = func.ST_PointOnSurface(Area.geom)
    place = select(counted.c.area_code, counted.c.cases, Area.name_zh, Area.name_en,
                   func.ST_X(spot).label("lon"), func.ST_Y(spot).label("lat"))  # fmt: skip
    joined = place.outerjoin(Area, and_(Area.code == counted.c.area_code, Area.valid_to.is_(None)))
    return list(db.execute(joined.order_by(counted.c.area_code)).all())
