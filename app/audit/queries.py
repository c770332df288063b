"""Reading the audit record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.manageable import manageable
from app.accounts.models import Account
from app.audit.models import AuditEntry
from app.web.paging import decode, encode
from gis.errors import InvalidInput
from grid.reach import Viewer


@dataclass(frozen=True)
class AuditFilter:
    """What to look for; empty parts don't narrow. `act` may end in ``.*``."""

    actor: str = ""
    act: str = ""
    subject: str = ""
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True)
class AuditPage:
    """Some entries, newest first, the cursor of the next ones, and how many match in all."""

    entries: list[AuditEntry]
    next_cursor: str | None
    matched: int


def _conditions(wanted: AuditFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.actor:
        found.append(func.lower(AuditEntry.actor) == wanted.actor.strip().lower())
    if wanted.act.endswith(".*"):
        found.append(AuditEntry.act.startswith(wanted.act[:-1], autoescape=True))
    elif wanted.act:
        found.append(AuditEntry.act == wanted.act)
    if wanted.subject:
        found.append(AuditEntry.subject == wanted.subject)
    if wanted.from_at:
        found.append(AuditEntry.at >= wanted.from_at)
    if wanted.to_at:
        found.append(AuditEntry.at < wanted.to_at)
    return found


def _within(viewer: Viewer) -> list[Any]:
    if "" in viewer.prefixes:
        return []
    return [AuditEntry.account_id.in_(select(Account.id).where(manageable(viewer)))]


def page(db: Session, viewer: Viewer, wanted: AuditFilter, *, after: str | None = None, limit: int = 50) -> AuditPage:
    """Entries that match, newest first; Forbidden without the right.

    Who administers a part of the city reads what the accounts of that part did.
    """
    viewer.require("audit.read")
    conditions = _conditions(wanted) + _within(viewer)
    matched = db.scalar(select(func.count()).select_from(AuditEntry).where(*conditions)) or 0
    query = select(AuditEntry).where(*conditions).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if after:
        query = query.where(AuditEntry.id < _last_id(after))
    found = list(db.scalars(query))
    has_more = len(found) > limit
    return AuditPage(found[:limit], encode([found[limit - 1].id]) if has_more else None, matched)


def _last_id(cursor: str) -> int:
    match decode(cursor):
        case [int(last)]:
            return last
    raise InvalidInput("The page mark {cursor} is not one of ours.", field="after", cursor=cursor[:80])


def recent_acts(db: Session, viewer: Viewer) -> list[str]:
    """The acts among the last 5,000 entries that the viewer may read, for choosing one."""
    recent = select(AuditEntry.act).where(*_within(viewer)).order_by(AuditEntry.id.desc()).limit(5000).subquery()
    return list(db.scalars(select(recent.c.act).distinct().order_by(recent.c.act)))
