"""Departments, their teams, posts (岗位) with the duty cells that they cover and the accounts that staff them."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text

OPEN = text("valid_to IS NULL")


class DepartmentKind(enum.StrEnum):
    """What sort of body a department is."""

    BUREAU = "bureau"
    ENTERPRISE = "enterprise"
    STREET_OFFICE = "street_office"
    SUPERVISION_CENTRE = "supervision_centre"
    COMMAND_CENTRE = "command_centre"
    OTHER = "other"


class PostKind(enum.StrEnum):
    """The work of a post: the role that its accounts have."""

    INSPECTOR = "inspector"
    INTAKE = "intake"
    CHIEF = "chief"
    DISPATCHER = "dispatcher"
    LEADER = "leader"


class Department(Base, HasId):
    """A body that handles cases. Records hold its code, so it is never deleted, only made inactive.

    `areas` are code prefixes that it serves; none: the whole city. `superior` hears of what stays undone.
    """

    __tablename__ = "departments"
    __table_args__ = (
        CheckConstraint("parent <> code", name="parent"),
        CheckConstraint("superior <> code", name="superior"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[DepartmentKind] = mapped_column(enum_text(DepartmentKind), server_default="bureau")
    parent: Mapped[str | None] = mapped_column(ForeignKey("departments.code"), index=True)
    superior: Mapped[str | None] = mapped_column(ForeignKey("departments.code"), index=True)
    areas: Mapped[list[str]] = mapped_column(server_default="[]")
    phone: Mapped[str] = mapped_column(server_default="")
    is_active: Mapped[bool] = mapped_column(server_default="true")


class Team(Base, HasId):
    """A crew of a department. `skills` are words or class codes that say what it can do."""

    __tablename__ = "teams"

    code: Mapped[str] = mapped_column(unique=True)
    department: Mapped[str] = mapped_column(ForeignKey("departments.code"), index=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    skills: Mapped[list[str]] = mapped_column(server_default="[]")
    phone: Mapped[str] = mapped_column(server_default="")
    is_active: Mapped[bool] = mapped_column(server_default="true")


class TeamMember(Base, HasId):
    """An account that belongs to a team from a day (`valid_from` ≤ day < `valid_to`)."""

    __tablename__ = "team_members"
    __table_args__ = (
        Index("uq_team_members_open", "team_id", "account_id", unique=True, postgresql_where=OPEN),
        CheckConstraint("valid_to >= valid_from", name="days"),
    )

    team_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("teams.id"))
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Post(Base, HasId):
    """A place of work that is staffed: an inspector's beat, the duty chief, the dispatchers.

    `hours` are spans of its shift such as ``06:00-14:00``; none: no fixed hours.
    """

    __tablename__ = "posts"
    __table_args__ = (CheckConstraint("valid_to >= valid_from", name="days"),)

    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    kind: Mapped[PostKind] = mapped_column(enum_text(PostKind))
    department: Mapped[str | None] = mapped_column(ForeignKey("departments.code"), index=True)
    hours: Mapped[list[str]] = mapped_column(server_default="[]")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class PostCell(Base, HasId):
    """A duty cell that a post covers, by code: the cell's row changes when it is redrawn or given to others."""

    __tablename__ = "post_cells"
    __table_args__ = (
        Index("uq_post_cells_open", "post_id", "duty_cell", unique=True, postgresql_where=OPEN),
        Index("ix_post_cells_duty_cell", "duty_cell"),
        CheckConstraint("valid_to >= valid_from", name="days"),
    )

    post_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("posts.id"))
    duty_cell: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class PostStaff(Base, HasId):
    """An account that staffs a post."""

    __tablename__ = "post_staff"
    __table_args__ = (
        Index("uq_post_staff_open", "post_id", "account_id", unique=True, postgresql_where=OPEN),
        CheckConstraint("valid_to >= valid_from", name="days"),
    )

    post_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("posts.id"))
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class OrganisationEntry(Base, HasId):
    """What a department, team or post was from a moment on, and who made it so. Append-only."""

    __tablename__ = "organisation_entries"
    __table_args__ = (Index("ix_organisation_entries_thing", "kind", "code"),)

    kind: Mapped[str]  # department, team, post
    code: Mapped[str]
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    actor: Mapped[str]
