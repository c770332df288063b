"""Outside applications and their keys, what they sent, who reported, and how classes stand as services."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class Application(Base, HasId):
    """A program of somebody else that may report: only the SHA-256 of its key is kept."""

    __tablename__ = "open311_applications"
    __table_args__ = (
        CheckConstraint("per_minute > 0", name="per_minute"),
        Index("uq_open311_applications_name", text("lower(name)"), unique=True),
    )

    name: Mapped[str]
    contact: Mapped[str] = mapped_column(server_default="")
    digest: Mapped[str] = mapped_column(unique=True)
    per_minute: Mapped[int] = mapped_column(server_default="60")
    minute_at: Mapped[datetime | None]  # the minute that `used` counts
    used: Mapped[int] = mapped_column(server_default="0")
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ServiceType(enum.StrEnum):
    """Whether a report becomes a case at once, or in the worker's turn with a token until then."""

    REALTIME = "realtime"
    BATCH = "batch"


class ServiceSetting(Base):
    """How a class of the catalogue stands as a service; a class without a row is public and answers at once."""

    __tablename__ = "open311_services"

    class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("case_classes.id"), primary_key=True)
    type: Mapped[ServiceType] = mapped_column(enum_text(ServiceType), server_default="realtime")
    is_public: Mapped[bool] = mapped_column(server_default="true")
    description_zh: Mapped[str] = mapped_column(server_default="")
    description_en: Mapped[str] = mapped_column(server_default="")


class Datatype(enum.StrEnum):
    """What kind of answer a question takes."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLE = "singlevaluelist"
    MULTI = "multivaluelist"


class Question(Base, HasId):
    """One attribute of a service's definition. Without `is_variable` it only tells something and takes no answer."""

    __tablename__ = "open311_questions"
    __table_args__ = (
        UniqueConstraint("class_id", "code", name="uq_open311_questions_class_id_code"),
        UniqueConstraint("class_id", "position", name="uq_open311_questions_class_id_position"),
        CheckConstraint("position > 0", name="position"),
    )

    class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("case_classes.id"))
    code: Mapped[str]
    position: Mapped[int]
    datatype: Mapped[Datatype] = mapped_column(enum_text(Datatype))
    is_required: Mapped[bool] = mapped_column(server_default="false")
    is_variable: Mapped[bool] = mapped_column(server_default="true")
    description_zh: Mapped[str]
    description_en: Mapped[str]
    hint_zh: Mapped[str] = mapped_column(server_default="")
    hint_en: Mapped[str] = mapped_column(server_default="")
    choices: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default="[]")  # key, zh, en


class Submission(Base, HasId):
    """One report that an application sent. `payload` is what a batch report waits with; it is emptied by the case."""

    __tablename__ = "open311_submissions"
    __table_args__ = (
        UniqueConstraint("application_id", "key", name="uq_open311_submissions_application_id_key"),
        Index("ix_open311_submissions_case_id", "case_id"),
        Index("ix_open311_submissions_waiting", "received_at", postgresql_where=text("payload IS NOT NULL")),
    )

    application_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("open311_applications.id"))
    key: Mapped[str | None]  # the Idempotency-Key it came with
    digest: Mapped[str]
    token: Mapped[str | None] = mapped_column(unique=True)
    case_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cases.id"))
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    problem: Mapped[str | None]  # code of the error for which a batch report became no case
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Contact(Base):
    """Who reported, sealed: name, e-mail, phone and the ids that the application gave. Erased when its time is over."""

    __tablename__ = "open311_contacts"

    submission_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("open311_submissions.id"), primary_key=True)
    sealed: Mapped[bytes]
    phone_index: Mapped[bytes | None] = mapped_column(index=True)
    email_index: Mapped[bytes | None] = mapped_column(index=True)


class Changeset(Base, HasId):
    """When the list of services or their definitions was first seen to differ from before."""

    __tablename__ = "open311_changesets"

    digest: Mapped[str]
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
