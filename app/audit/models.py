"""The record of who did what. Append-only: the database refuses to change or delete a row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId


class AuditEntry(Base, HasId):
    """One act or look-up: when, who, from where, what, on which record. No personal data in `detail`."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject", "subject_id"),)

    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    account_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    actor: Mapped[str]
    address: Mapped[str | None]
    act: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[str | None]
    purpose: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
