"""Grid cases (网格案件): catalogue, case, its moves and photos."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.workflow.models import Matter, MoveRow
from gis.db import Base, HasId, enum_text
from grid.located import Located, located_indexes


class CatalogueScheme(Base, HasId):
    """A catalogue of classes: a standard, a city's own, or a foreign one, with its version."""

    __tablename__ = "catalogue_schemes"

    name: Mapped[str] = mapped_column(unique=True)
    version: Mapped[str]
    title_zh: Mapped[str]
    title_en: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    is_provisional: Mapped[bool] = mapped_column(server_default="false")


class ClassKind(enum.StrEnum):
    """Whether a class speaks of a managed object (部件) or a happening (事件)."""

    COMPONENT = "component"
    EVENT = "event"


class CaseClass(Base, HasId):
    """A class of the catalogue; a major class has no parent. A code without its scheme is not a value."""

    __tablename__ = "case_classes"
    __table_args__ = (UniqueConstraint("scheme_id", "kind", "code", name="uq_case_classes_scheme_kind_code"),)

    scheme_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("catalogue_schemes.id"))
    kind: Mapped[ClassKind] = mapped_column(enum_text(ClassKind))
    code: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("case_classes.id"), index=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    department: Mapped[str | None]
    search: Mapped[str] = mapped_column(server_default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    is_active: Mapped[bool] = mapped_column(server_default="true")


class FilingCondition(Base, HasId):
    """A filing condition (立案条件) of a class: the limit that it sets, and what closing it needs.

    `limits` are by area profile ("A", "B", "C": the management level of the unit cell), "" for all others. A condition
    is never edited: a new one takes its place from a day on, and cases keep the one that they were filed under.
    """

    __tablename__ = "filing_conditions"
    __table_args__ = (
        Index(
            "uq_filing_conditions_open", "class_id", "code", unique=True, postgresql_where=text("valid_to_at IS NULL")
        ),
    )

    class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("case_classes.id"))
    code: Mapped[str]
    text_zh: Mapped[str]
    text_en: Mapped[str]
    limits: Mapped[dict[str, Any]]
    closing_zh: Mapped[str] = mapped_column(server_default="")
    closing_en: Mapped[str] = mapped_column(server_default="")
    department: Mapped[str | None]
    needs_photo: Mapped[bool] = mapped_column(server_default="false")
    needs_check: Mapped[bool] = mapped_column(server_default="false")
    photo_within_m: Mapped[float | None]
    valid_from_at: Mapped[datetime] = mapped_column(server_default=func.now())
    valid_to_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(server_default="")


class CaseStatus(enum.StrEnum):
    """Where a case stands (上报 reported … 结案 closed, 作废 void)."""

    REPORTED = "reported"
    VERIFYING = "verifying"
    FILED = "filed"
    HANDLING = "handling"
    CHECKING = "checking"
    CLOSED = "closed"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    TRANSFERRED = "transferred"
    VOID = "void"


OPEN_STATUSES = (
    CaseStatus.REPORTED,
    CaseStatus.VERIFYING,
    CaseStatus.FILED,
    CaseStatus.HANDLING,
    CaseStatus.CHECKING,
    CaseStatus.SUSPENDED,
    CaseStatus.TRANSFERRED,
)


class CaseSource(enum.StrEnum):
    """The channel a case came by."""

    INSPECTOR = "inspector"
    HOTLINE = "hotline"
    PUBLIC = "public"
    SENSOR = "sensor"
    VIDEO = "video"
    DEPARTMENT = "department"
    IMPORT = "import"


class Case(Base, Matter, Located):
    """A fault or request at one place. Only `moves` changes where it stands, each time with a new `CaseMove`."""

    __tablename__ = "cases"
    __table_args__ = (
        *located_indexes("cases"),
        UniqueConstraint("external_system", "external_id", name="uq_cases_external"),
        Index("ix_cases_geog", text("(geom::geography)"), postgresql_using="gist"),
        Index("ix_cases_reported_at", "reported_at", "id"),
        Index("ix_cases_class_id", "class_id"),
        Index("ix_cases_component_id", "component_id", postgresql_where=text("component_id IS NOT NULL")),
        Index("ix_cases_status_area_code", "status", "area_code"),  # counts by status are read from it alone
        Index("ix_cases_due_at_open", "due_at", postgresql_where=text("due_at IS NOT NULL AND closed_at IS NULL")),
        CheckConstraint("(due_at IS NULL) = (yellow_at IS NULL)", name="clock"),
        Index("ix_cases_wake_at", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_cases_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_cases_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )

    number: Mapped[str] = mapped_column(unique=True)
    external_system: Mapped[str | None]
    external_id: Mapped[str | None]
    class_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("case_classes.id"))
    status: Mapped[CaseStatus] = mapped_column(enum_text(CaseStatus), server_default="reported")
    source: Mapped[CaseSource] = mapped_column(enum_text(CaseSource))
    description: Mapped[str] = mapped_column(server_default="")
    department: Mapped[str | None]
    component_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("components.id"))
    reported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reported_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    condition_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("filing_conditions.id"))
    is_on_time: Mapped[bool | None]  # as recorded by the source, or as it counts; None: not known
    is_deferred: Mapped[bool] = mapped_column(server_default="false")  # 缓办: leaves the denominators
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cases.id"))
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cases.id"))
    outcome: Mapped[str | None]
    attributes: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @validates("status")
    def _as_status(self, _key: str, value: str) -> CaseStatus:
        return CaseStatus(value)


class CaseDay(Base):
    """How many numbers a day has given out: the row whose lock makes case numbers unique."""

    __tablename__ = "case_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class CaseMove(Base, MoveRow):
    """One step of a case's life. Append-only."""

    __tablename__ = "case_moves"

    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cases.id"), index=True)


class CasePhoto(Base, HasId):
    """A photo of a case; the files lie in the home's uploads under `key`, metadata removed."""

    __tablename__ = "case_photos"

    case_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cases.id"), index=True)
    move_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("case_moves.id"))
    key: Mapped[str] = mapped_column(unique=True)
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    stage: Mapped[str] = mapped_column(server_default="report")
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    taken_at: Mapped[datetime | None]
    uploaded_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    uploaded_at: Mapped[datetime] = mapped_column(server_default=func.now())
