"""What happened and must be told, what was told to whom, what has to be sent, and the city's own words and rules."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime, time
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class NoticeEvent(Base, HasId):
    """Something that happened, written with it in one transaction; the worker tells it on and sets `spread_at`.

    `problem` says why it could not be told, by the kind of error; such an event stands in nobody's way.
    """

    __tablename__ = "notice_events"
    __table_args__ = (
        Index("ix_notice_events_waiting", "id", postgresql_where=text("spread_at IS NULL")),
        Index("ix_notice_events_problem", "id", postgresql_where=text("problem <> ''")),
    )  # fmt: skip

    event: Mapped[str]
    subject_id: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    spread_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")


class Notice(Base, HasId):
    """What one account was told. `texts` holds title and body by language, as they were worded then."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("account_id", "event_id", name="uq_notices_account_id_event_id"),
        Index("ix_notices_account_id_id", "account_id", "id"),
        Index("ix_notices_unread", "account_id", postgresql_where=text("read_at IS NULL")),
    )

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    event_id: Mapped[int] = mapped_column(BigInteger)
    event: Mapped[str]
    subject_id: Mapped[int] = mapped_column(BigInteger)
    texts: Mapped[dict[str, Any]]
    link: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    read_at: Mapped[datetime | None]


class Channel(enum.StrEnum):
    """How something leaves the platform."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class DeliveryStatus(enum.StrEnum):
    """How a delivery stands: `dropped` means that its receiver may no longer see what it speaks of."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"


class NoticeDelivery(Base, HasId):
    """One message on its way out, to an account, an address without account (sealed) or another system.

    Sent at least once: a receiver knows a repetition by `message_id`. While one is being sent, `next_at` lies ahead,
    so that it is taken up again should the worker die.
    """

    __tablename__ = "notice_deliveries"
    __table_args__ = (
        Index("ix_notice_deliveries_waiting", "channel", "next_at", postgresql_where=text("status = 'waiting'")),
        Index("ix_notice_deliveries_dead", "id", postgresql_where=text("status = 'dead'")),
    )

    message_id: Mapped[uuid.UUID] = mapped_column(Uuid, server_default=text("gen_random_uuid()"), unique=True)
    channel: Mapped[Channel] = mapped_column(enum_text(Channel))
    event: Mapped[str]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    webhook_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("notice_webhooks.id"))
    sealed_address: Mapped[bytes | None] = mapped_column(LargeBinary)
    payload: Mapped[dict[str, Any]]
    status: Mapped[DeliveryStatus] = mapped_column(enum_text(DeliveryStatus), server_default="waiting")
    tries: Mapped[int] = mapped_column(server_default="0")
    next_at: Mapped[datetime] = mapped_column(server_default=func.now())
    problem: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]


class NoticeWebhook(Base, HasId):
    """Another system that is told of events in some areas; what it gets is signed with its secret (sealed)."""

    __tablename__ = "notice_webhooks"

    name: Mapped[str]
    url: Mapped[str]
    events: Mapped[list[str]]  # none: all
    areas: Mapped[list[str]]
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class NoticeTemplate(Base):
    """The city's own wording of an event in one language; without a row, the wording that came with it holds."""

    __tablename__ = "notice_templates"

    event: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]


class NoticeRule(Base):
    """The city's own rule: who is told of an event, and how; no channel means not at all."""

    __tablename__ = "notice_rules"

    event: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(primary_key=True)
    channels: Mapped[list[str]]


class NoticeSettings(Base):
    """How one account wants to be told. Without a row: by e-mail too if it has an address, at any hour."""

    __tablename__ = "notice_settings"

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), primary_key=True)
    by_email: Mapped[bool] = mapped_column(server_default="true")
    language: Mapped[str | None]
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
