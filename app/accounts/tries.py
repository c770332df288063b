"""How often logins failed, as the audit record tells it: by address, and for names that nobody has.

A name that nobody has rests by the same rule as an account, so that its answers don't tell which of the two it is.
What was typed as a name may be a password in the wrong field: the record keeps its beginning, and a hash to count by.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.audit.service import record
from grid.reach import Viewer

FAILURES_BEFORE_REST = 5
REST_FIRST = timedelta(minutes=15)  # doubles with each further failure
REST_LONGEST = timedelta(hours=24)
REMEMBERED = timedelta(days=30)
ADDRESS_SPAN = timedelta(minutes=15)
ADDRESS_MAX = 100  # failures from one address in that span: an office has one address, and many people who mistype
SUBJECT = "login"


def rest_after(failures: int) -> timedelta | None:
    """How long a name rests after so many failures in a row; None while it need not."""
    over = failures - FAILURES_BEFORE_REST
    return min(REST_FIRST * 2 ** min(over, 10), REST_LONGEST) if over >= 0 else None


def is_tired(db: Session, address: str | None, now: datetime) -> bool:
    """Whether so many logins failed from an address lately that none is looked at."""
    if address is None:
        return False
    failed = select(func.count()).where(
        AuditEntry.at > now - ADDRESS_SPAN, AuditEntry.act == "login.failed", AuditEntry.address == address
    )
    return (db.scalar(failed) or 0) >= ADDRESS_MAX


def nobody_rests_until(db: Session, name: str) -> datetime | None:
    """Until when a name that nobody has rests, by the failures that the record tells of."""
    failed = select(func.count(), func.max(AuditEntry.at)).where(
        AuditEntry.subject == SUBJECT,
        AuditEntry.subject_id == _hashed(name),
        AuditEntry.detail["reason"].astext == "unknown",
        AuditEntry.at > func.now() - REMEMBERED,
    )
    failures, last_at = db.execute(failed).one()
    rest = rest_after(failures)
    return last_at + rest if rest and last_at else None


def record_nobody(db: Session, name: str, reason: str) -> None:
    """A login failed under a name that nobody has."""
    stranger = Viewer(None, f"{name.strip()[:2]}…", "", ())
    record(
        db, stranger, act="login.failed", subject=SUBJECT, subject_id=_hashed(name), detail={"reason": reason}
    )  # fmt: skip


def _hashed(name: str) -> str:
    return hashlib.sha256(name.strip().lower().encode(errors="replace")).hexdigest()[:16]
