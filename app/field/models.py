"""Receipts of what phones sent, consent to be tracked, patrols and their points."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text
from grid.located import Located, located_indexes


class Sent(enum.StrEnum):
    """What a phone sends."""

    REPORT = "report"
    MOVE = "move"
    PHOTO = "photo"


class FieldReceipt(Base):
    """That something sent by a phone was taken in: written in the transaction that took it in, so never without it.

    `id` was given by the phone. `made_at` and `sent_at` are what its clock said, `offset_s` is by how much that clock
    was ahead of ours; `seen_at` is `made_at` put right by it, never later than the receipt.
    """

    __tablename__ = "field_receipts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    kind: Mapped[Sent] = mapped_column(enum_text(Sent))
    digest: Mapped[str]
    case_number: Mapped[str | None]
    photo_key: Mapped[str | None]
    made_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    offset_s: Mapped[float | None]
    seen_at: Mapped[datetime | None]
    answer: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PatrolConsent(Base, HasId):
    """That an account agreed to have its patrols recorded, or took that back. Append-only: the newest row holds."""

    __tablename__ = "patrol_consents"
    __table_args__ = (Index("ix_patrol_consents_account_id_at", "account_id", "at"),)

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    is_given: Mapped[bool]
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class Patrol(Base, HasId):
    """One walk of one person.

    `outside` and `refused` count points that were not kept: outside the city, or without consent at their moment.
    """

    __tablename__ = "patrols"
    __table_args__ = (Index("ix_patrols_account_id_started_at", "account_id", "started_at"),)

    client_id: Mapped[UUID] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_number: Mapped[int] = mapped_column(server_default="-1")  # points come in order: up to here all were looked at
    kept: Mapped[int] = mapped_column(server_default="0")
    outside: Mapped[int] = mapped_column(server_default="0")
    refused: Mapped[int] = mapped_column(server_default="0")


class PatrolPoint(Base, HasId, Located):
    """Where a person was while patrolling. `at` is put right by the phone's offset, never later than its receipt."""

    __tablename__ = "patrol_points"
    __table_args__ = (
        *located_indexes("patrol_points"),
        UniqueConstraint("patrol_id", "number", name="uq_patrol_points_patrol_id_number"),
        Index("ix_patrol_points_unit_cell_id_at", "unit_cell_id", "at"),
    )

    patrol_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("patrols.id"))
    number: Mapped[int]  # in the order that the phone took them
    at: Mapped[datetime]
