"""Writing the audit record: one row for each act or look-up that must be answered for."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from grid.reach import Viewer


def record(
    db: Session,
    viewer: Viewer,
    *,
    act: str,
    subject: str,
    subject_id: object = None,
    purpose: str | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add an entry in the caller's transaction. `detail` holds no personal data: the record is never erased."""
    entry = AuditEntry(
        account_id=viewer.account_id,
        actor=viewer.name,
        address=request.remote_addr if has_request_context() else None,
        act=act,
        subject=subject,
        subject_id=None if subject_id is None else str(subject_id),
        purpose=purpose,
        detail=detail or {},
    )
    db.add(entry)
    db.flush()
    return entry
