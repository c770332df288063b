"""What the evaluation counts of patrols: cells covered (覆盖率), and what was passed by unseen (漏报率)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, and_, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.cases import queries as cases
from app.cases.numbers import city_zone
from app.evaluation.predicates import Window
from app.field.assigned import assigned_to, cells_in
from app.field.coverage import PASSED_M, good_fix
from app.field.models import Patrol, PatrolPoint
from grid.reach import Viewer, within

Pairs = Mapping[str, tuple[int, int]]
MANY_FIXES = 0.002  # degrees: at least 110 m up to 60° of latitude


def coverage(db: Session, viewer: Viewer, window: Window, by: str) -> Pairs:
    """Assigned unit cells, and whether each was walked in the window: by cell, or by inspector (own posts' cells)."""
    if by == "inspector":
        return _of_people(db, viewer, window)
    walked = set(db.scalars(_walked(window).distinct()))
    return {str(cell): (int(cell in walked), 1) for cell in db.scalars(cells_in(viewer))}


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
    passed = _passed(db, viewer, window)
    own = db.execute(cases.found_by_inspectors(viewer, window.start, window.end)).all()
    if by == "inspector":
        lost = Counter(str(one.account_id) for one in passed)
        valid = Counter(str(one.reported_by) for one in own)
    else:  # once a case, however many passed
        lost = Counter({one.id: str(one.unit_cell_id) for one in passed}.values())
        valid = Counter(str(one.unit_cell_id) for one in own)
    return {key: (lost[key], lost[key] + valid[key]) for key in lost.keys() | valid.keys()}


def missed_cases(db: Session, viewer: Viewer, window: Window, person: int | None, numerator: bool) -> Select[Any]:
    """Ids of the cases that were missed, and for the denominator of the inspectors' own valid reports too."""
    lost = [one.id for one in _passed(db, viewer, window) if person in (None, one.account_id)]
    found = cases.found_by_inspectors(viewer, window.start, window.end).subquery("own")
    mine = select(found.c.id)
    if person is not None:
        mine = mine.where(found.c.reported_by == person)
    gone = select(func.unnest(cast(literal(lost, ARRAY(BigInteger)), ARRAY(BigInteger))))
    return gone if numerator else union_all(gone, mine).subquery("both").select()


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
        select(found.c.id, found.c.unit_cell_id, Patrol.account_id)
        .select_from(found)
        .join(PatrolPoint, near)
        .join(Patrol, Patrol.id == PatrolPoint.patrol_id)
        .where(within(viewer, PatrolPoint.area_code))
        .ext(distinct_on(found.c.id, Patrol.account_id))
    )
    return list(db.execute(chosen).all())
