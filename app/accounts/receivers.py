"""Accounts as those who are told something: who they are, what they may see, where they are reached."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.service import get, viewer_of
from app.audit.service import record
from gis.errors import InvalidInput
from grid.reach import Viewer

EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")
EMAIL_MAX = 254


@dataclass(frozen=True)
class Receiver:
    """An account that may be told something."""

    account_id: int
    name: str
    viewer: Viewer
    language: str | None
    email: str | None

    @property
    def role(self) -> str:
        """The account's role."""
        return self.viewer.role


def receivers(db: Session) -> list[Receiver]:
    """All accounts in use, in one query."""
    found = db.scalars(select(Account).where(Account.is_active).order_by(Account.id))
    return [Receiver(one.id, one.full_name or one.name, viewer_of(one), one.language, one.email) for one in found]


def nearest(people: Iterable[Receiver], area_code: str) -> list[Receiver]:
    """Of those whose areas hold a place, the ones with the smallest area around it."""
    here = [(closeness(one, area_code), one) for one in people if one.viewer.reaches(area_code)]
    best = max((close for close, _ in here), default=0)
    return [one for close, one in here if close == best]


def closeness(one: Receiver, area_code: str) -> int:
    """How many digits of the place's code the account's own area names: more is nearer; -1 out of reach."""
    return max((len(prefix) for prefix in one.viewer.prefixes if area_code.startswith(prefix)), default=-1)


def email_of(given: str, *, field: str = "email") -> str | None:
    """An e-mail address as typed, None for none; InvalidInput."""
    given = given.strip()
    if not given:
        return None
    if len(given) > EMAIL_MAX or not given.isascii() or not EMAIL.fullmatch(given):
        raise InvalidInput("This is no e-mail address.", field=field)
    return given


def set_own_email(db: Session, viewer: Viewer, given: str) -> None:
    """Set or take away one's own e-mail address. InvalidInput."""
    account, email = get(db, viewer.account_id or 0), email_of(given)
    if account.email != email:
        account.email = email
        record(db, viewer, act="accounts.email", subject="account", subject_id=account.id)
