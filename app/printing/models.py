"""Kept views, prints that were asked for, and maps embedded in other sites."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class PrintState(enum.StrEnum):
    """Where a print stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (PrintState.WAITING, PrintState.RUNNING)


class KeptView(Base, HasId):
    """What the map's address said, under a short code. It holds no data: who opens it sees what they may see."""

    __tablename__ = "kept_views"

    code: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    query: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PrintJob(Base, HasId):
    """A sheet or an atlas that was asked for; its file lies in the home under `key` for some days.

    `asked` is what `schemas.PrintIn` reads. `told` has the failed pages by name. `backend` is the database process of
    the worker that makes it.
    """

    __tablename__ = "print_jobs"
    __table_args__ = (Index("ix_print_jobs_owner_id", "owner_id", "id"),)

    key: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    view_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("kept_views.id"), index=True)
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[PrintState] = mapped_column(enum_text(PrintState), server_default="waiting")
    page_count: Mapped[int | None]
    pages_done: Mapped[int] = mapped_column(server_default="0")
    told: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    backend: Mapped[int | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class Embed(Base, HasId):
    """A map that other sites may show: its own right, narrower than its owner's.

    Of the key only the SHA-256 is kept. `prefixes` narrow the owner's areas; `origins` are the sites that may frame it.
    """

    __tablename__ = "embeds"

    digest: Mapped[str] = mapped_column(unique=True)
    owner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    title: Mapped[str]
    query: Mapped[str]
    layers: Mapped[list[str]]
    prefixes: Mapped[list[str]]
    origins: Mapped[list[str]]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    uses: Mapped[int] = mapped_column(BigInteger, server_default="0")
    last_used_at: Mapped[datetime | None]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
