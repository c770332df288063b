"""Accounts, their login sessions' facts, and API tokens."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import BigInteger, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class Role(enum.StrEnum):
    """What a person does in the city's work."""

    INSPECTOR = "inspector"
    INTAKE = "intake"
    DISPATCHER = "dispatcher"
    DEPARTMENT = "department"
    COMMANDER = "commander"
    PLANNER = "planner"
    CLERK = "clerk"
    LEADER = "leader"
    CHIEF = "chief"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"


class AccountFacts(Protocol):
    """What a request needs to know of who sent it: an `Account`, or a row of these columns."""

    id: Any
    name: Any
    full_name: Any
    role: Any
    areas: Any
    department: Any
    language: Any
    session_epoch: Any


class Account(Base, HasId):
    """A person who may log in: role, areas in reach (code prefixes; "" is the whole city), department."""

    __tablename__ = "accounts"
    __table_args__ = (Index("uq_accounts_name", text("lower(name)"), unique=True),)

    name: Mapped[str]
    full_name: Mapped[str] = mapped_column(server_default="")
    role: Mapped[Role] = mapped_column(enum_text(Role))
    areas: Mapped[list[str]]
    department: Mapped[str | None]
    language: Mapped[str | None]
    email: Mapped[str | None]
    password_hash: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    failed_logins: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_login_at: Mapped[datetime | None]


class ApiToken(Base, HasId):
    """A bearer token: only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
