"""Login sessions that were ended. The audit record keeps them: an entry a logout, found by the session's key."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.audit.service import record
from grid.reach import Viewer
from layers import touches

SUBJECT = "session"
ENDED = select(  # made once: it is asked with every request; uses ix_audit_entries_subject
    exists().where(AuditEntry.subject == SUBJECT, AuditEntry.subject_id == bindparam("key"))
)


def end(db: Session, viewer: Viewer, key: str) -> None:
    """A session ends by logging out."""
    record(db, viewer, act="logout", subject=SUBJECT, subject_id=key)
    touches.say(db, "accounts", None)


def has_ended(db: Session, key: str) -> bool:
    """Whether a session was logged out of."""
    return bool(db.scalar(ENDED, {"key": key}))
