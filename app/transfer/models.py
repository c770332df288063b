"""Partners, their mappings, transfers, messages that wait on either side, attachments, and reconciliations."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class PartnerKind(enum.StrEnum):
    """What kind of system a partner is."""

    HOTLINE = "hotline"
    POLICE = "police"
    OTHER = "other"


class Partner(Base, HasId):
    """Another system. `secret` is sealed; limits are texts that `app.clocks` reads ("1 work_day")."""

    __tablename__ = "transfer_partners"
    __table_args__ = (CheckConstraint("per_minute > 0", name="per_minute"),)

    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[PartnerKind] = mapped_column(enum_text(PartnerKind))
    name_zh: Mapped[str]
    name_en: Mapped[str]
    base_url: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    contact_limit: Mapped[str] = mapped_column(server_default="1 work_day")
    reply_limit: Mapped[str] = mapped_column(server_default="5 work_day")
    complex_limit: Mapped[str] = mapped_column(server_default="15 work_day")
    takes_at_once: Mapped[bool] = mapped_column(server_default="true")  # a located offer becomes a case by itself
    is_active: Mapped[bool] = mapped_column(server_default="true")
    per_minute: Mapped[int] = mapped_column(server_default="600")
    minute_at: Mapped[datetime | None]
    used: Mapped[int] = mapped_column(server_default="0")
    skew_s: Mapped[int | None]  # how far its clock is ahead of ours
    heard_at: Mapped[datetime | None]


class Mapping(Base, HasId):
    """Which of our classes are which of theirs and which way they go, and what they call our fields. Append-only."""

    __tablename__ = "transfer_mappings"
    __table_args__ = (UniqueConstraint("partner_id", "version", name="uq_transfer_mappings_partner_id_version"),)

    partner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transfer_partners.id"))
    version: Mapped[int]
    classes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")  # class_id, theirs, out, in
    fields: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # our name → theirs
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Direction(enum.StrEnum):
    """Who offered the case."""

    OUT = "out"
    IN = "in"


class TransferState(enum.StrEnum):
    """How the offer was answered, and what came of it."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    RECALLED = "recalled"
    HANDED_BACK = "handed_back"


class Holder(enum.StrEnum):
    """Which side has the case: the only one that may move it. Nobody, while an offer is on its way."""

    US = "us"
    THEM = "them"
    NOBODY = "nobody"


class Transfer(Base, HasId):
    """A case offered by one side to the other. `key` is the same on both; an offer without a place has no case yet.

    Of the transfers of one case that are not over, one at most says that somebody else has it (unique index).
    `sent` and `done` count the messages that we have sent, and those of theirs that we have done.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        UniqueConstraint("partner_id", "key", name="uq_transfers_partner_id_key"),
        Index("ix_transfers_case_id", "case_id"),
        Index("uq_transfers_elsewhere", "case_id", unique=True,
              postgresql_where=text("holder <> 'us' AND ended_at IS NULL")),
        Index("ix_transfers_origin", "origin_system", "origin_id"),
        Index("ix_transfers_live", "partner_id", "id", postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    partner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transfer_partners.id"))
    mapping_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transfer_mappings.id"))
    case_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cases.id"))
    key: Mapped[str]
    direction: Mapped[Direction] = mapped_column(enum_text(Direction))
    state: Mapped[TransferState] = mapped_column(enum_text(TransferState), server_default="offered")
    holder: Mapped[Holder] = mapped_column(enum_text(Holder), server_default="nobody")
    their_id: Mapped[str | None]
    case_state: Mapped[str] = mapped_column(server_default="reported")  # as who has it says
    result: Mapped[str] = mapped_column(server_default="")
    origin_system: Mapped[str]
    origin_id: Mapped[str]
    chain: Mapped[list[str]] = mapped_column(JSONB)
    offer: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    class_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("case_classes.id"))
    reason: Mapped[str] = mapped_column(server_default="")
    recall_reason: Mapped[str | None]
    sent: Mapped[int] = mapped_column(server_default="0")
    done: Mapped[int] = mapped_column(server_default="0")
    offered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    contact_due_at: Mapped[datetime | None]
    reply_due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Outgoing(Base, HasId):
    """A message that is to be sent: written with the move that it tells of, kept after it was sent."""

    __tablename__ = "transfer_outbox"
    __table_args__ = (
        UniqueConstraint("transfer_id", "seq", name="uq_transfer_outbox_transfer_id_seq"),
        Index("ix_transfer_outbox_waiting", "next_at", postgresql_where=text("sent_at IS NULL")),
    )

    transfer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transfers.id"))
    message_id: Mapped[str] = mapped_column(unique=True)
    seq: Mapped[int]
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tried: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str] = mapped_column(server_default="")
    sent_at: Mapped[datetime | None]


class Incoming(Base, HasId):
    """A message that came: kept once, whatever order and however often it came, and done in its turn."""

    __tablename__ = "transfer_inbox"
    __table_args__ = (
        UniqueConstraint("partner_id", "message_id", name="uq_transfer_inbox_partner_id_message_id"),
        UniqueConstraint("partner_id", "transfer_key", "seq", name="uq_transfer_inbox_partner_id_transfer_key_seq"),
        Index("ix_transfer_inbox_waiting", "partner_id", "transfer_key", postgresql_where=text("done_at IS NULL")),
    )

    partner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transfer_partners.id"))
    message_id: Mapped[str]
    transfer_key: Mapped[str]
    seq: Mapped[int]
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")


class TransferFile(Base, HasId):
    """An attachment of a transfer by the hash of the bytes that were sent; `photo_key` None: still to be fetched."""

    __tablename__ = "transfer_files"
    __table_args__ = (
        UniqueConstraint("transfer_id", "sha256", name="uq_transfer_files_transfer_id_sha256"),
        Index("ix_transfer_files_sha256", "sha256"),
        Index("ix_transfer_files_waiting", "next_at", postgresql_where=text("photo_key IS NULL")),
    )

    transfer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transfers.id"))
    direction: Mapped[Direction] = mapped_column(enum_text(Direction))
    sha256: Mapped[str]
    stage: Mapped[str] = mapped_column(server_default="report")
    photo_key: Mapped[str | None]
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tried: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str] = mapped_column(server_default="")


class Reconciliation(Base, HasId):
    """One comparison of both sides' lists. `problem`: why the other's list could not be read."""

    __tablename__ = "transfer_reconciliations"
    __table_args__ = (Index("ix_transfer_reconciliations_partner_id", "partner_id", "id"),)

    partner_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("transfer_partners.id"))
    day: Mapped[date]
    run_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ours: Mapped[int] = mapped_column(server_default="0")
    theirs: Mapped[int] = mapped_column(server_default="0")
    differences: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    problem: Mapped[str] = mapped_column(server_default="")
