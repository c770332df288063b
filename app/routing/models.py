"""Routing rules (派遣规则) as versions: a draft is changed freely, an activated version never."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text


class RuleSetStatus(enum.StrEnum):
    """How a version of the rules stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class RuleSet(Base, HasId):
    """One version of all rules. At most one is a draft, at most one active."""

    __tablename__ = "routing_sets"
    __table_args__ = (
        Index("uq_routing_sets_draft", "status", unique=True, postgresql_where=text("status = 'draft'")),
        Index("uq_routing_sets_active", "status", unique=True, postgresql_where=text("status = 'active'")),
    )

    version: Mapped[int] = mapped_column(unique=True)
    status: Mapped[RuleSetStatus] = mapped_column(enum_text(RuleSetStatus), server_default="draft")
    note: Mapped[str] = mapped_column(server_default="")
    revision: Mapped[int] = mapped_column(server_default="1")
    actor: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    activated_at: Mapped[datetime | None]
    activated_by: Mapped[str | None]


class RuleRow(Base, HasId):
    """A rule of a version at its place in the order; `facts` is what `app.routing.rules.Rule` reads."""

    __tablename__ = "routing_rules"
    __table_args__ = (UniqueConstraint("set_id", "position", name="uq_routing_rules_set_id_position"),)

    set_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("routing_sets.id"))
    position: Mapped[int]
    facts: Mapped[dict[str, Any]]
