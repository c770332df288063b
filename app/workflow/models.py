"""What a matter and its moves hold, whatever kind it is; requests and tasks of all kinds."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from gis.db import Base, HasId, enum_text


class Matter(HasId):
    """Columns of a matter's own table. Only `moves` writes them, and each time with a new row of `MoveRow`.

    `revision` counts the moves: who acts says which one was seen. `clock` holds the whole limit (`app.clocks`), from
    which `due_at` and `yellow_at` (80 % of it used) are worked out; `stage_due_at` is the end of the present state's
    own limit. At `wake_at` the engine does `wake_act` by itself.
    """

    status: Mapped[str]
    revision: Mapped[int] = mapped_column(server_default="0")
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    clock: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    due_at: Mapped[datetime | None]
    yellow_at: Mapped[datetime | None]
    stage_due_at: Mapped[datetime | None]
    wake_at: Mapped[datetime | None]
    wake_act: Mapped[str | None]
    closed_at: Mapped[datetime | None]


class MoveRow(HasId):
    """Columns of the table of a matter's moves, which is only added to.

    `at` is when it held, `recorded_at` when it was written. `facts` are the matter's facts after the move, so that
    the matter at any past moment is one row. `answers` are what the act's form was given.
    """

    act: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @declared_attr
    def account_id(cls) -> Mapped[int | None]:  # noqa: N805 - declared_attr hands in the class
        return mapped_column(BigInteger, ForeignKey("accounts.id"))

    actor: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="")
    asker: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    answers: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    batch: Mapped[str | None]


class RequestStatus(enum.StrEnum):
    """How a request for an act stands."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class WorkflowRequest(Base, HasId):
    """An act that somebody asked for and another may grant."""

    __tablename__ = "workflow_requests"
    __table_args__ = (
        Index("uq_workflow_requests_pending", "kind", "matter_id", "act", unique=True,
              postgresql_where=text("status = 'pending'")),
    )  # fmt: skip

    kind: Mapped[str]
    matter_id: Mapped[int] = mapped_column(BigInteger)
    act: Mapped[str]
    status: Mapped[RequestStatus] = mapped_column(enum_text(RequestStatus), server_default="pending")
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    asked_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    asker: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    answered_at: Mapped[datetime | None]
    answerer: Mapped[str | None]
    reply: Mapped[str] = mapped_column(server_default="")


class WorkflowTask(Base, HasId):
    """Work for one person or department while a matter stands where it stands."""

    __tablename__ = "workflow_tasks"
    __table_args__ = (
        Index("ix_workflow_tasks_matter", "kind", "matter_id"),
        Index("ix_workflow_tasks_open", "task", "account_id", "due_at", postgresql_where=text("done_at IS NULL")),
    )

    kind: Mapped[str]
    matter_id: Mapped[int] = mapped_column(BigInteger)
    task: Mapped[str]
    role: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    department: Mapped[str | None]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    result: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")
    answers: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class WorkflowLabel(Base):
    """A city's own word for a state, act or task: cities name the same step differently."""

    __tablename__ = "workflow_labels"

    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)  # states.checking, acts.verify, tasks.check
    zh: Mapped[str]
    en: Mapped[str]
