"""What a new city's organisation begins with: the departments of its profile, and people at its empty posts."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.organisation import facts
from app.organisation.models import Department, OrganisationEntry, Post, PostCell, PostStaff
from app.organisation.service import city_day, holds
from grid.models import DutyCell


def fill(db: Session, names: Mapping[str, tuple[str, str]]) -> int:
    """The departments that a profile names, in its order; those that are there already stay as they are."""
    there = set(db.scalars(select(Department.code)))
    made = [
        Department(code=code, name_zh=zh or en, name_en=en or zh)
        for code, (zh, en) in names.items() if code not in there
    ]  # fmt: skip
    db.add_all(made)
    db.flush()
    for row in made:
        db.refresh(row)
        db.add(OrganisationEntry(kind="department", code=row.code, facts=facts.of(db, row), actor="system"))
    db.flush()
    return len(made)


def staff(db: Session) -> int:
    """Give posts that nobody ever staffed to the first login of their role whose areas hold all that they cover."""
    today = city_day(db)
    ever = select(PostStaff.id).where(PostStaff.post_id == Post.id)
    made = 0
    for post in db.scalars(select(Post).where(holds(Post, today), ~ever.exists()).order_by(Post.id)):
        person = next((one for one in accounts.of_role(db, post.kind.value) if _reaches(db, one.areas, post.id)), None)
        if person is not None:
            db.add(PostStaff(post_id=post.id, account_id=person.id, valid_from=post.valid_from))
            made += 1
    db.flush()
    return made


def _reaches(db: Session, prefixes: tuple[str, ...], post_id: int) -> bool:
    covered = select(PostCell.duty_cell).where(PostCell.post_id == post_id, PostCell.valid_to.is_(None))
    codes = db.scalars(select(DutyCell.area_code).where(DutyCell.code.in_(covered), DutyCell.valid_to.is_(None)))
    return all(any(code.startswith(prefix) for prefix in prefixes) for code in codes)
