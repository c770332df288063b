"""How well cells are walked, who walked them, and what the public found where an inspector had just passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.audit.service import record
from app.cases import queries as cases
from app.cases.numbers import city_zone
from app.field.assigned import assigned_cells, cells_in
from app.field.models import Patrol, PatrolPoint
from app.workflow import timing
from gis.errors import InvalidInput, NotFound
from grid.models import UnitCell
from grid.reach import Viewer, within

GOOD_FIX_M = 50.0  # a worse fix doesn't prove in which cell somebody walked
PASSED_M = 50.0
READ = "patrols.read"


def good_fix() -> ColumnElement[bool]:
    """Points that prove a cell was walked."""
    return or_(PatrolPoint.accuracy_m.is_(None), PatrolPoint.accuracy_m <= GOOD_FIX_M)


@dataclass(frozen=True)
class Walked:
    """Coverage: patrolled ÷ assigned cells; `rate` is None where no cell is assigned."""

    patrolled: int
    assigned: int

    @property
    def rate(self) -> float | None:
        """Between 0 and 1."""
        return self.patrolled / self.assigned if self.assigned else None


def own_cells(db: Session, viewer: Viewer, since: datetime) -> dict[int, datetime | None]:
    """The cells an account answers for, each with when it last walked it since a moment."""
    cells = assigned_cells(db, viewer)
    return dict.fromkeys(cells) | _walked(db, cells, since, [viewer.account_id or 0])


def _walked(db: Session, cells: list[int], since: datetime, account_ids: list[int]) -> dict[int, datetime | None]:
    last = (
        select(PatrolPoint.unit_cell_id, func.max(PatrolPoint.at))
        .join(Patrol, Patrol.id == PatrolPoint.patrol_id)
        .where(PatrolPoint.unit_cell_id.in_(cells), PatrolPoint.at >= since, good_fix())
        .where(Patrol.account_id.in_(account_ids))
        .group_by(PatrolPoint.unit_cell_id)
    )
    return {int(cell): at for cell, at in db.execute(last)}


def walked(found: dict[int, datetime | None]) -> Walked:
    """The rate of `own_cells`."""
    return Walked(sum(at is not None for at in found.values()), len(found))


def last_walked() -> Any:
    """When a unit cell was last walked by anybody, as a column beside `UnitCell`."""
    return select(func.max(PatrolPoint.at)).where(PatrolPoint.unit_cell_id == UnitCell.id, good_fix()).scalar_subquery()


def not_walked(db: Session, viewer: Viewer, days: int, limit: int = 200) -> list[Row[Any]]:
    """Assigned cells in reach that nobody walked for so many days, those never walked first."""
    viewer.require(READ)
    since = timing.now(db) - timedelta(days=days)
    last = last_walked()
    columns: list[Any] = [
        UnitCell.id, UnitCell.code, UnitCell.area_code, last.label("walked_at"),
        func.ST_X(func.ST_PointOnSurface(UnitCell.geom)).label("lon"),
        func.ST_Y(func.ST_PointOnSurface(UnitCell.geom)).label("lat"),
    ]  # fmt: skip
    found = select(*columns).where(UnitCell.id.in_(cells_in(viewer)), or_(last.is_(None), last < since))
    return list(db.execute(found.order_by(last.asc().nulls_first(), UnitCell.code).limit(limit)).all())


def coverage(db: Session, viewer: Viewer, days: int) -> Walked:
    """Assigned cells in reach that were walked within so many days."""
    viewer.require(READ)
    since = timing.now(db) - timedelta(days=days)
    ids = cells_in(viewer).subquery()
    done = select(PatrolPoint.unit_cell_id).where(PatrolPoint.at >= since, good_fix())
    total = db.scalars(select(func.count()).select_from(ids)).one()
    walked_ = db.scalars(select(func.count()).select_from(ids).where(ids.c.id.in_(done))).one()
    return Walked(walked_, total)


def _seen(viewer: Viewer) -> Select[Any]:
    """Patrols that a viewer sees: with at least one point inside the areas; only these points count."""
    columns: list[Any] = [
        Patrol.id, Patrol.account_id, Patrol.started_at, Patrol.ended_at, Patrol.kept, Patrol.outside, Patrol.refused,
        func.count().label("points"), func.count(PatrolPoint.unit_cell_id.distinct()).label("cells"),
        func.min(PatrolPoint.at).label("first_at"), func.max(PatrolPoint.at).label("last_at"),
    ]  # fmt: skip
    return (
        select(*columns)
        .join(PatrolPoint, PatrolPoint.patrol_id == Patrol.id)
        .where(within(viewer, PatrolPoint.area_code))
        .group_by(Patrol.id)
    )


def patrols(db: Session, viewer: Viewer, days: int, limit: int = 200) -> list[dict[str, Any]]:
    """Who patrolled when inside the viewer's areas, newest first, without a track."""
    viewer.require(READ)
    since = timing.now(db) - timedelta(days=days)
    rows = db.execute(
        _seen(viewer).where(Patrol.started_at >= since).order_by(Patrol.started_at.desc(), Patrol.id).limit(limit)
    ).all()
    names = accounts.names_of(db, {row.account_id for row in rows})
    return [dict(row._mapping) | {"who": names.get(row.account_id, "")} for row in rows]


def track(db: Session, viewer: Viewer, patrol_id: int) -> dict[str, Any]:
    """One person's track, to the person, or to who answers for the area: then the look is kept in the audit record.

    Raises NotFound, also where no point lies inside the viewer's areas.
    """
    owner = db.scalar(select(Patrol.account_id).where(Patrol.id == patrol_id))
    is_own = owner is not None and owner == viewer.account_id
    if not is_own:
        viewer.require(READ)
    row = db.execute(_seen(viewer).where(Patrol.id == patrol_id)).one_or_none()
    if row is None:
        raise NotFound("There is no such patrol in your areas.")
    if not is_own:
        record(db, viewer, act="patrols.track", subject="patrol", subject_id=patrol_id)
    points = (
        select(
            PatrolPoint.at, PatrolPoint.accuracy_m,
            func.ST_X(PatrolPoint.geom).label("lon"), func.ST_Y(PatrolPoint.geom).label("lat"),
        )
        .where(PatrolPoint.patrol_id == patrol_id, within(viewer, PatrolPoint.area_code))
        .order_by(PatrolPoint.number)
    )  # fmt: skip
    names = accounts.names_of(db, {row.account_id})
    return dict(row._mapping) | {
        "who": names.get(row.account_id, ""), "track": [dict(one._mapping) for one in db.execute(points)],
    }  # fmt: skip


def missed(db: Session, viewer: Viewer, on: date) -> list[dict[str, Any]]:
    """漏报: cases that the public found on a day of the city where an inspector passed within 50 m on that day.

    One row for each case and inspector, with the least distance in metres (geodesic) and when.
    """
    viewer.require(READ)
    zone = city_zone(db)
    try:
        since, until = (datetime.combine(on + timedelta(days=more), time(), zone) for more in (0, 1))
    except OverflowError as error:
        raise InvalidInput("There is no such day.", field="on") from error
    found = cases.found_by_public(viewer, since, until).subquery("found")
    metres = func.ST_Distance(func.geography(found.c.geom), func.geography(PatrolPoint.geom))
    near = and_(
        PatrolPoint.at >= since, PatrolPoint.at < until, good_fix(), within(viewer, PatrolPoint.area_code),
        PatrolPoint.geom.op("&&")(func.ST_Expand(found.c.geom, 0.002)),  # at least 110 m up to 60° of latitude
        func.ST_DWithin(func.geography(found.c.geom), func.geography(PatrolPoint.geom), PASSED_M),
    )  # fmt: skip
    nearest = (
        select(found.c.number, Patrol.account_id, metres.label("distance_m"), PatrolPoint.at.label("passed_at"))
        .select_from(found)
        .join(PatrolPoint, near)
        .join(Patrol, Patrol.id == PatrolPoint.patrol_id)
        .ext(distinct_on(found.c.number, Patrol.account_id))
        .order_by(found.c.number, Patrol.account_id, metres)
    )
    rows = db.execute(nearest).all()
    names = accounts.names_of(db, {row.account_id for row in rows})
    return [dict(row._mapping) | {"who": names.get(row.account_id, "")} for row in rows]
