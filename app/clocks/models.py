"""Work calendars (工作日历) as data. A change is a new version: rows are added and never edited."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER
from sqlalchemy.orm import Mapped, mapped_column

from app.clocks.calendars import DayKind
from gis.db import Base, HasId, enum_text


class WorkCalendar(Base, HasId):
    """One version of a named calendar. `mark` names its contents in memory, whatever becomes of the row."""

    __tablename__ = "work_calendars"
    __table_args__ = (UniqueConstraint("name", "version", name="uq_work_calendars_name_version"),)

    name: Mapped[str]
    version: Mapped[int]
    mark: Mapped[uuid.UUID] = mapped_column(Uuid, server_default=text("gen_random_uuid()"))
    title_zh: Mapped[str]
    title_en: Mapped[str]
    time_zone: Mapped[str]
    spans: Mapped[list[str]]
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(INTEGER))
    day_minutes: Mapped[int]
    years: Mapped[list[int]] = mapped_column(ARRAY(INTEGER))
    note: Mapped[str] = mapped_column(server_default="")
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    actor: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class WorkCalendarDay(Base):
    """A day of a version that is not as its weekday says."""

    __tablename__ = "work_calendar_days"

    calendar_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("work_calendars.id"), primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[DayKind] = mapped_column(enum_text(DayKind))
    name: Mapped[str] = mapped_column(server_default="")
