"""What ties cases to each other: parts and their whole case, doubles and their main case, photos of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import Case, CasePhoto, CaseStatus
from app.cases.queries import BRIEF, joined
from app.cases.visible import visible
from grid.reach import Viewer

MERGED_SHOWN = 100


@dataclass(frozen=True)
class Other:
    """The whole or main case of a case, as far as the viewer may know of it: number and state always, no more."""

    number: str
    status: CaseStatus
    is_seen: bool


@dataclass(frozen=True)
class Ties:
    """All that a case is tied to. `people`: how many others reported the same; `hidden`: tied rows out of reach."""

    whole: Other | None
    main: Other | None
    parts: list[Row[Any]]
    merged: list[Row[Any]]
    people: int
    hidden: int = 0


def of_case(db: Session, viewer: Viewer, case_id: int) -> Ties:
    """The ties of a case that the viewer sees."""
    parent_id, merged_into_id = db.execute(select(Case.parent_id, Case.merged_into_id).where(Case.id == case_id)).one()
    merged_ids = all_merged(db, case_id)
    part_ids = list(db.scalars(select(Case.id).where(Case.parent_id == case_id)))
    parts, merged = _rows(db, viewer, part_ids), _rows(db, viewer, merged_ids[:MERGED_SHOWN])
    return Ties(
        whole=_other(db, viewer, parent_id),
        main=_other(db, viewer, None if merged_into_id is None else db.scalar(select(func.main_case(case_id)))),
        parts=parts, merged=merged, people=_people(db, case_id, merged_ids),
        hidden=len(part_ids) - len(parts) + min(len(merged_ids), MERGED_SHOWN) - len(merged),
    )  # fmt: skip


def all_merged(db: Session, case_id: int) -> list[int]:
    """Ids of the cases merged into one, directly or through others, oldest first."""
    chain = select(Case.id).where(Case.merged_into_id == case_id).cte("merged_cases", recursive=True)
    into = aliased(Case)
    chain = chain.union(select(into.id).where(into.merged_into_id == chain.c.id))
    return list(db.scalars(select(chain.c.id).order_by(chain.c.id)))


def _people(db: Session, case_id: int, merged_ids: Sequence[int]) -> int:
    """Others who reported the same: an account counts once, a report without one counts as one person."""
    if not merged_ids:
        return 0
    who = func.coalesce(cast(Case.reported_by, Text), Case.number)
    own = select(who).where(Case.id == case_id).scalar_subquery()
    return db.scalars(select(func.count(who.distinct())).where(Case.id.in_(merged_ids), who != own)).one()


def _other(db: Session, viewer: Viewer, case_id: int | None) -> Other | None:
    if case_id is None:
        return None
    number, status, is_seen = db.execute(
        select(Case.number, Case.status, visible(viewer)).where(Case.id == case_id)
    ).one()
    return Other(number, status, bool(is_seen))


def _rows(db: Session, viewer: Viewer, ids: Sequence[int]) -> list[Row[Any]]:
    if not ids:
        return []
    return list(db.execute(joined(BRIEF).where(Case.id.in_(ids), visible(viewer)).order_by(Case.id)))


def shows_photo_of(photo_case_id: Any) -> ColumnElement[bool]:
    """Cases on whose page the photos of a case stand: its own, its parts, and the main case that it was merged into."""
    return or_(
        Case.id == photo_case_id, Case.parent_id == photo_case_id,
        Case.id == select(func.main_case(photo_case_id)).scalar_subquery(),
    )  # fmt: skip


def photos_of(db: Session, case_id: int) -> list[CasePhoto]:
    """The photos of a case, of all that were merged into it, and those that its whole case was reported with."""
    ids = [case_id, *all_merged(db, case_id)]
    parent = select(Case.parent_id).where(Case.id == case_id).scalar_subquery()
    of_whole = (CasePhoto.case_id == parent) & (CasePhoto.stage == "report")
    own = select(CasePhoto).where(or_(CasePhoto.case_id.in_(ids), of_whole))
    return list(db.scalars(own.order_by(CasePhoto.case_id != case_id, CasePhoto.id)))
