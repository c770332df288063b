"""Grid cases (网格案件): catalogue, case, its moves and photos."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.workflow.models import Matter, MoveRow
from gis.db import Base, HasId, enum_text
from gis.types import geometry
from grid.located import Located, located_indexes


class CatalogueScheme(Base, HasId):
    """A catalogue of classes: a standard, a city's own, or a foreign one, with its version."""

    __tablename__ = "catalogue_schemes"
    __table_args__ = (UniqueConstraint("name", "version", name="uq_catalogue_schemes_name_version"),)

    name: Mapped[str]
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
    is_local: Mapped[bool] = mapped_column(server_default="false")  # added by the city under a scheme that others set


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
        Index("ix_filing_conditions_class_id", "class_id"),
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
    MERGED = "merged"
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


IS_OPEN = text(f"status IN ({', '.join(repr(one.value) for one in OPEN_STATUSES)})")


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
        Index("ix_cases_duty_cell_id", "duty_cell_id", postgresql_where=text("duty_cell_id IS NOT NULL")),
        Index("ix_cases_component_id", "component_id", postgresql_where=text("component_id IS NOT NULL")),
        Index("ix_cases_status_area_code", "status", "area_code"),  # counts by status are read from it alone
        Index("ix_cases_due_at_open", "due_at", postgresql_where=text("due_at IS NOT NULL AND closed_at IS NULL")),
        CheckConstraint("(due_at IS NULL) = (yellow_at IS NULL)", name="clock"),
        Index(
            "ix_cases_yellow_at_open", "yellow_at", postgresql_where=text("yellow_at IS NOT NULL AND closed_at IS NULL")
        ),
        Index("ix_cases_wake_at", "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_cases_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_cases_team_id", "team_id", postgresql_where=text("team_id IS NOT NULL")),
        Index("ix_cases_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        *(  # queues walk the few open cases in their order, not the many that are over
            Index(f"ix_cases_open_{by}", by, "id", postgresql_include=["area_code", "status"], postgresql_where=IS_OPEN)
            for by in ("due_at", "reported_at")
        ),
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
    duty_cell_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("duty_cells.id"))  # as it was registered
    reported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reported_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    seen_at: Mapped[datetime | None]  # as a phone claimed it, its clock put right; no deadline is counted from it
    condition_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("filing_conditions.id"))
    is_on_time: Mapped[bool | None]  # as recorded by the source, or as it counts; None: not known
    is_deferred: Mapped[bool] = mapped_column(server_default="false")  # 缓办: leaves the denominators
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cases.id"))
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("cases.id"))
    team_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("teams.id"))
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
    __table_args__ = (
        Index("ix_case_moves_batch", "batch", postgresql_where=text("batch IS NOT NULL")),
        Index("ix_case_moves_case_id_at", "case_id", "at", "id", postgresql_include=["to_status"]),
    )

    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cases.id"))


class CasePlace(Base, HasId):
    """Where a case stood before its place was put right. The database writes these rows; cell and area are today's.

    It held from `from_at` (None: from the report on) until `until_at`.
    """

    __tablename__ = "case_places"
    __table_args__ = (
        Index("ix_case_places_case_id", "case_id", "until_at"),
        Index("ix_case_places_geom", "geom", postgresql_using="gist"),
    )

    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cases.id", ondelete="CASCADE"))
    from_at: Mapped[datetime | None]
    until_at: Mapped[datetime]
    geom: Mapped[WKBElement] = mapped_column(geometry("POINT"), nullable=False)
    unit_cell_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("unit_cells.id"))
    area_code: Mapped[str] = mapped_column(Text)
    address_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("addresses.id"))
    located_by: Mapped[str]


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


class SavedView(Base, HasId):
    """A filter of the queue under a name: its owner's, or shared with everybody of a role ("" for all roles)."""

    __tablename__ = "saved_views"

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), index=True)
    role: Mapped[str | None]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    query: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CaseFacts(Base):
    """What became of a case. `…_due_at` are the ends of stage limits, `…_n` how often an act was done."""

    __tablename__ = "case_facts"
    __table_args__ = (
        Index("ix_case_facts_reported_at", "reported_at"),
        Index("ix_case_facts_due_at", "due_at"),
        Index("ix_case_facts_recorded_at", "recorded_at"),
    )

    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True)
    area_code: Mapped[str]
    unit_cell_id: Mapped[int] = mapped_column(BigInteger)
    class_id: Mapped[int] = mapped_column(BigInteger)
    department: Mapped[str | None]
    source: Mapped[str]
    reported_by: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str]
    reported_at: Mapped[datetime]
    file_due_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]  # filed, refused, or closed on the spot
    filed_at: Mapped[datetime | None]
    dispatch_due_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]  # the last time, and none while it is being handled again
    closed_at: Mapped[datetime | None]  # none once it is reopened, refused or void
    is_deferred: Mapped[bool]
    is_appealed: Mapped[bool]
    is_repeat: Mapped[bool]
    is_part: Mapped[bool]
    is_self_handled: Mapped[bool]
    rework_n: Mapped[int]
    extended_n: Mapped[int]
    sent_back_n: Mapped[int]
    suspended_n: Mapped[int]
    corrected_n: Mapped[int]  # after filing
    undone_n: Mapped[int]
    reopened_n: Mapped[int]
    sent_to: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sent_back_by: Mapped[list[str]] = mapped_column(ARRAY(Text))
    verify_due_at: Mapped[datetime | None]  # of the newest task that was not withdrawn
    verify_done_at: Mapped[datetime | None]
    verify_by: Mapped[int | None] = mapped_column(BigInteger)
    check_due_at: Mapped[datetime | None]
    check_done_at: Mapped[datetime | None]
    check_by: Mapped[int | None] = mapped_column(BigInteger)
    oversight_due_at: Mapped[datetime | None]
    oversight_done_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]  # of the newest move


class CaseWarning(Base, HasId):
    """A case turned yellow, red, or was taken to the next level: once for each due time. Append-only.

    `told` names whom it was taken to; `is_alert`: nobody stood there, and administrators and chiefs were told that.
    """

    __tablename__ = "case_warnings"
    __table_args__ = (
        UniqueConstraint("case_id", "due_at", "step", name="uq_case_warnings_case_id_due_at_step"),
        Index("ix_case_warnings_alerts", "at", postgresql_where=text("is_alert")),
    )

    case_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("cases.id"))
    due_at: Mapped[datetime]
    step: Mapped[str]  # yellow, red, level_1, level_2, level_3
    after_h: Mapped[float | None]  # hours after the due time at which the level is reached
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    told: Mapped[list[str]] = mapped_column(server_default="[]")
    is_alert: Mapped[bool] = mapped_column(server_default="false")


class CaseWatch(Base):
    """Up to when clocks have been watched: what turned since is told next."""

    __tablename__ = "case_watch"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default="1", autoincrement=False)
    until_at: Mapped[datetime]


class CaseLadder(Base, HasId):
    """After how many overdue hours a case is taken to the levels above: for a class, a department, both or all."""

    __tablename__ = "case_ladders"
    __table_args__ = (
        Index("uq_case_ladders_scope", text("coalesce(class_id, 0)"), text("coalesce(department, '')"), unique=True),
    )

    class_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("case_classes.id"))
    department: Mapped[str | None]
    hours: Mapped[list[float]] = mapped_column(ARRAY(Double))
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
