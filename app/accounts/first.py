"""The accounts of a new city: one for each role, with passwords made at random."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.areas import street_of
from app.accounts.models import Account, Role
from app.accounts.passwords import make_random
from grid.models import Area
from grid.reach import whole_city

LIMITED = (Role.INSPECTOR, Role.CLERK)


def make_first_accounts(db: Session) -> list[tuple[str, str, str]]:
    """One account for each role: (name, role, password). Nothing is made, and the list is empty, where one exists.

    Inspector and clerk are limited to one street of the city; the others see all of it. The name is the role's.
    """
    if db.scalar(select(func.count()).select_from(Account)):
        return []
    street = street_of(db)
    by = whole_city({"accounts.manage"})
    made = []
    for role in Role:
        password = make_random()
        areas = [street] if street and role in LIMITED else [""]
        service.create(db, by, name=role.value, role=role, areas=areas, password=password)
        made.append((role.value, role.value, password))
    return made


def refit_areas(db: Session) -> None:
    """After another city was loaded: accounts whose areas it does not have get its first street."""
    street = street_of(db)
    for account in db.scalars(select(Account)):
        held = [
            code for code in account.areas if not code or db.scalar(select(Area.id).where(Area.code == code).limit(1))
        ]
        if held != account.areas:
            account.areas = held or ([street] if street else [])
    db.flush()
