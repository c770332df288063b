"""Emergency events (突发事件): class, event with its zone, log."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text
from grid.located import Located, located_indexes


class EmergencyClass(Base, HasId):
    """A class of emergencies in one code system (scheme)."""

    __tablename__ = "emergency_classes"
    __table_args__ = (UniqueConstraint("scheme", "code", name="uq_emergency_classes_scheme_code"),)

    scheme: Mapped[str]
    code: Mapped[str]
    parent_code: Mapped[str | None]
    level: Mapped[int]
    name_zh: Mapped[str]
    name_en: Mapped[str]


class EventLevel(enum.StrEnum):
    """Gravity: I 特别重大 … IV 一般; set by a person, never derived by force."""

    I = "I"  # noqa: E741 - the standard's own sign
    II = "II"
    III = "III"
    IV = "IV"


class EventStatus(enum.StrEnum):
    """Whether an event still runs."""

    ACTIVE = "active"
    CONTAINED = "contained"
    ENDED = "ended"
    VOID = "void"


class Event(Base, HasId, Located):
    """An emergency event at a point, along a line or over an area."""

    __tablename__ = "events"
    __table_args__ = (
        *located_indexes("events"),
        UniqueConstraint("external_system", "external_id", name="uq_events_external"),
        Index("ix_events_happened_at", "happened_at", "id"),
    )
    __geometry_kind__ = "GEOMETRY"

    number: Mapped[str] = mapped_column(unique=True)
    external_system: Mapped[str | None]
    external_id: Mapped[str | None]
    class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("emergency_classes.id"), index=True)
    title: Mapped[str]
    level: Mapped[EventLevel | None] = mapped_column(enum_text(EventLevel))
    status: Mapped[EventStatus] = mapped_column(enum_text(EventStatus), server_default="active")
    description: Mapped[str] = mapped_column(server_default="")
    happened_at: Mapped[datetime]
    learnt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    reported_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class EventDay(Base):
    """How many numbers a day has given out: the row whose lock makes event numbers unique."""

    __tablename__ = "event_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class EventEntry(Base, HasId):
    """One line of an event's log: opened, redrawn (with the older zone), changed, ended. Append-only."""

    __tablename__ = "event_entries"

    event_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("events.id"), index=True)
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    actor: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
