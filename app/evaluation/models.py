"""Scheduled reports, the files that they came to, and hot spots that were worked out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId


class Report(Base, HasId):
    """A report that is made again each week or month: indicators by area or department, for readers of some roles."""

    __tablename__ = "evaluation_reports"

    name: Mapped[str]
    every: Mapped[str]  # week, month, quarter, half, year
    by: Mapped[str]  # area, department
    level: Mapped[str] = mapped_column(server_default="")
    area: Mapped[str] = mapped_column(server_default="")
    indicators: Mapped[list[str]] = mapped_column(ARRAY(Text))
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    language: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    made_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ReportFile(Base, HasId):
    """One period's files of a report: `key`.pdf and `key`.xlsx in the home's uploads."""

    __tablename__ = "evaluation_report_files"
    __table_args__ = (UniqueConstraint("report_id", "period", name="uq_evaluation_report_files_period"),)

    report_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("evaluation_reports.id"))
    period: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class HotSpots(Base):
    """Hot spots worked out by the worker; `key` names the cases' state, the viewer's reach and the parameters."""

    __tablename__ = "evaluation_hot_spots"

    key: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]  # waiting, done
    result: Mapped[dict[str, Any] | None]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
