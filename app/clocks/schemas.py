"""What the calendars' API takes in."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from app.clocks.calendars import DayKind
from app.clocks.forms import FIRST_YEAR, LAST_YEAR


class CalendarPath(BaseModel):
    """A calendar by its name."""

    name: str = Field(max_length=40)


class YearPath(CalendarPath):
    """A year of a calendar."""

    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)


class VersionQuery(BaseModel):
    """Which version; the present one by default."""

    version: int | None = Field(default=None, ge=1, le=1_000_000)


class DueQuery(VersionQuery):
    """What to reckon: a start with its time zone, a limit as people write it."""

    start: AwareDatetime
    limit: str = Field(max_length=60, description="2紧急工作时, 4小时, 15天, 2 work_hour …")


class DayIn(BaseModel):
    """A special day."""

    model_config = ConfigDict(extra="forbid")

    date: date
    kind: DayKind
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""


class YearIn(BaseModel):
    """All special days of a year, and the version that they change."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, description="The version that the change was made on")
    days: list[DayIn] = Field(max_length=366)
