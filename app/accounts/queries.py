"""Accounts as other registers name them: by id or name, without what only logging in needs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Account, Role


@dataclass(frozen=True)
class Person:
    """Who an account is."""

    id: int
    name: str
    full_name: str
    role: str
    areas: tuple[str, ...]
    department: str | None
    is_active: bool

    @property
    def words(self) -> str:
        """The full name, else the name."""
        return self.full_name or self.name


def _person(row: Account) -> Person:
    return Person(
        row.id, row.name, row.full_name, row.role.value, tuple(row.areas), row.department, row.is_active
    )  # fmt: skip


def by_ids(db: Session, ids: Collection[int]) -> dict[int, Person]:
    """The accounts of some ids."""
    found = db.scalars(select(Account).where(Account.id.in_(ids))) if ids else ()
    return {row.id: _person(row) for row in found}


def of_role(db: Session, role: str) -> list[Person]:
    """Active accounts of a role, the first made first."""
    chosen = select(Account).where(Account.role == Role(role), Account.is_active).order_by(Account.id)
    return [_person(row) for row in db.scalars(chosen)]
