"""What administrators see first: logins that failed, and accounts that rest or are locked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.rights import role_name
from app.audit.queries import AuditFilter, page
from app.web.home import Card, Row
from app.web.named import ago
from grid.reach import Viewer

SHOWN = 5
FAILED_URL = "/admin/audit?act=login.failed"
LATELY = timedelta(hours=24)


def failed_logins(db: Session, viewer: Viewer) -> Card | None:
    """Failed logins of a day, newest first."""
    if not viewer.may("audit.read"):
        return None
    since = datetime.now(UTC) - LATELY
    found = page(db, viewer, AuditFilter(act="login.failed", from_at=since), limit=SHOWN)
    return Card(
        title=_l("Failed logins in 24 hours"),
        count=found.matched,
        url=FAILED_URL,
        note="" if found.matched else _l("None now."),
        rows=[Row(one.actor, one.address or "", FAILED_URL, clock_text=ago(one.at)) for one in found.entries],
        order=30,
    )


def resting_accounts(db: Session, viewer: Viewer) -> Card | None:
    """Accounts that can't log in now, each a click from being opened."""
    if not viewer.may("accounts.manage"):
        return None
    now = datetime.now(UTC)
    found = [
        one
        for one in service.list_managed(db, viewer)
        if not one.is_active or (one.locked_until and one.locked_until > now)
    ]
    if not found:
        return None
    rows = [
        Row(one.full_name or one.name, role_name(one.role.value), f"/admin/accounts/{one.id}") for one in found[:SHOWN]
    ]
    return Card(title=_l("Accounts that can't log in"), count=len(found), url="/admin/accounts", rows=rows, order=40)
