"""What the evaluation counts of patrols: cells covered (覆盖率), and what was passed by unseen (漏报率)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.cases import queries as cases
from app.cases.numbers import city_zone
from app.evaluation.predicates import Window
from app.field.assigned import assigned_to, cells_in
from app.field.coverage import PASSED_M, good_fix
from app.field.models import Patrol, PatrolPoint
from grid.models import UnitCell
from grid.reach import Viewer, within

Pairs = Mapping[str, tuple[int, int]]
MANY_FIXES = 0.002  # degrees: at least 110 m up to 60° of latitude


def coverage(db: Session, viewer: Viewer, window: Window, by: str) -> Pairs:
    """Assigned unit cells, and those of them walked in the window: by area, by inspector (own posts' cells), whole."""
    if by == "department":
        return {}
    if by == "inspector":
        return _of_people(db, viewer, window)
    cells = cells_in(viewer).subquery()
    was_walked = UnitCell.id.in_(_walked(window))
    key = UnitCell.area_code if by == "area" else func.concat("")
    counted = (
        select(key, func.count().filter(was_walked), func.count())
        .where(UnitCell.id.in_(select(cells.c.id)))
        .group_by(key)
    )
    return {str(code): (int(walked), int(every)) for code, walked, every in db.execute(counted)} or _empty(by)


def _empty(by: str) -> Pairs:
    return {} if by else {"": (0, 0)}


def _walked(window: Window) -> Select[Any]:
    return select(PatrolPoint.unit_cell_id).where(
        PatrolPoint.at >= window.start, PatrolPoint.at < window.end, good_fix()
    )  # fmt: skip


def _of_people(db: Session, viewer: Viewer, window: Window) -> Pairs:
    """Of each person with a post: the cells of the posts, and those that the person walked."""
    assigned = assigned_to(db, viewer, window.end)
    rows = db.execute(
        _walked(window)
        .add_columns(Patrol.account_id)
        .join(Patrol, Patrol.id == PatrolPoint.patrol_id)
        .where(Patrol.account_id.in_(assigned), within(viewer, PatrolPoint.area_code))
        .distinct()
    )
    walked: dict[int, set[int]] = {}
    for cell, account_id in rows:
        walked.setdefault(account_id, set()).add(cell)
    return {str(one): (len(cells & walked.get(one, set())), len(cells)) for one, cells in assigned.items()}


def missed(db: Session, viewer: Viewer, window: Window, by: str) -> Pairs:
    """漏报 ÷ (own valid reports + 漏报): public finds where an inspector had passed within 50 m on the same day."""
    if by == "department":
        return {}
    passed = _passed(db, viewer, window)
    own = db.execute(cases.found_by_inspectors(viewer, window.start, window.end)).all()
    if by == "inspector":
        lost = Counter(str(one.account_id) for one in passed)
        valid = Counter(str(one.reported_by) for one in own)
    else:
        found = {one.number: one.area_code for one in passed}  # once a case, however many passed
        lost = Counter(code if by == "area" else "" for code in found.values())
        valid = Counter(one.area_code if by == "area" else "" for one in own)
    keys = lost.keys() | valid.keys() | ({""} if not by else set())
    return {key: (lost[key], lost[key] + valid[key]) for key in keys}


def _passed(db: Session, viewer: Viewer, window: Window) -> list[Any]:
    """Cases that the public found, with each inspector who had passed by on that day of the city, once."""
    zone = str(city_zone(db))
    found = cases.found_by_public(viewer, window.start, window.end).subquery("found")

    def day(at: Any) -> Any:
        return func.date(func.timezone(zone, at))

    near = and_(
        day(PatrolPoint.at) == day(found.c.reported_at), good_fix(),
        PatrolPoint.geom.op("&&")(func.ST_Expand(found.c.geom, MANY_FIXES)),
        func.ST_DWithin(func.geography(found.c.geom), func.geography(PatrolPoint.geom), PASSED_M),
    )  # fmt: skip
    chosen = (
        select(found.c.number, found.c.area_code, Patrol.account_id)
        .select_from(found)
        .join(PatrolPoint, near)
        .join(Patrol, Patrol.id == PatrolPoint.patrol_id)
        .where(within(viewer, PatrolPoint.area_code))
        .ext(distinct_on(found.c.number, Patrol.account_id))
    )
    return list(db.execute(chosen).all())
