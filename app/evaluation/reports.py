"""Scheduled reports: what they hold, for whom, and making those of periods that are over."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.evaluation import asked as asking
from app.evaluation import periods
from app.evaluation.indicators import INDICATORS
from app.evaluation.models import Report, ReportFile
from app.settings import Settings
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

EVERY = ("week", "month", "quarter", "half", "year")
READERS = ("evaluator", "leader", "chief")
KINDS = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
told_of: list[Callable[[Session, Report, ReportFile], None]] = []  # who is to hear of a report that was made: notices


class ReportIn(BaseModel):
    """A report as it is set up."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=120)
    every: str
    by: str
    level: str = ""
    area: str = Field(default="", max_length=40)
    indicators: list[str] = Field(min_length=1, max_length=30)
    roles: list[str] = Field(min_length=1)
    language: str = "zh"

    @field_validator("every", "by", "language", "indicators", "roles")
    @classmethod
    def _known(cls, value: str | list[str], info: object) -> str | list[str]:
        allowed = {
            "every": EVERY,
            "by": ("area", "department"),
            "language": ("zh", "en"),
            "indicators": tuple(INDICATORS),
            "roles": READERS,
        }[info.field_name]  # type: ignore[attr-defined]  # pydantic's ValidationInfo
        for one in [value] if isinstance(value, str) else value:
            if one not in allowed:
                raise ValueError(f"{one} is none of {', '.join(allowed)}")
        return value


@dataclass(frozen=True)
class Made:
    """A report with its files, the newest first."""

    report: Report
    files: Sequence[ReportFile]


def folder(settings: Settings) -> Path:
    """Where the files lie."""
    return settings.home / "uploads" / "reports"


def create(db: Session, viewer: Viewer, given: ReportIn) -> Report:
    """Set up a report inside the maker's reach; Forbidden without the right or outside of it."""
    viewer.require("evaluation.edit")
    if viewer.account_id is None or not viewer.reaches(given.area):
        raise Forbidden("The area is not one of yours: choose one of your areas.", field="area")
    known = asking.levels(db)
    if given.by == "area" and given.level not in known:
        raise InvalidInput("The city has no area level {level}.", level=given.level, field="level")
    made = Report(**given.model_dump(), made_by=viewer.account_id)
    db.add(made)
    db.flush()
    return made


def stop(db: Session, viewer: Viewer, report_id: int) -> Report:
    """Make no more of a report; what was made stays."""
    viewer.require("evaluation.edit")
    report = _get(db, viewer, report_id)
    report.is_active = False
    db.flush()
    return report


def readable(db: Session, viewer: Viewer) -> list[Made]:
    """The reports that are for the viewer: of the role (or who sets reports up), inside the reach."""
    viewer.require("evaluation.read")
    found = [one for one in db.scalars(select(Report).order_by(Report.id.desc())) if _may_read(viewer, one)]
    files = db.scalars(
        select(ReportFile).where(ReportFile.report_id.in_([one.id for one in found])).order_by(ReportFile.id.desc())
    ).all()
    return [Made(one, [file for file in files if file.report_id == one.id]) for one in found]


def open_file(db: Session, viewer: Viewer, key: str) -> tuple[Report, ReportFile]:
    """One file of a report, for whom it is made; NotFound for all others."""
    viewer.require("evaluation.read")
    file = db.scalar(select(ReportFile).where(ReportFile.key == key))
    if file is None:
        raise NotFound("There is no such report.")
    return _get(db, viewer, file.report_id), file


def _get(db: Session, viewer: Viewer, report_id: int) -> Report:
    report = db.get(Report, report_id)
    if report is None or not _may_read(viewer, report):
        raise NotFound("There is no such report.")
    return report


def _may_read(viewer: Viewer, report: Report) -> bool:
    """A report holds all departments of its area: who is narrowed to one department reads none."""
    is_for = viewer.role in report.roles or viewer.may("evaluation.edit")
    return is_for and viewer.reaches(report.area) and viewer.department is None


def due(db: Session, now: datetime) -> list[tuple[Report, periods.Period, Viewer]]:
    """Reports whose last whole period has no files yet, each with its maker, in whose reach it is made."""
    today = now.astimezone(asking.city_zone(db)).date()
    found = []
    for report in db.scalars(
        select(Report).where(Report.is_active).order_by(Report.id).with_for_update(skip_locked=True)
    ):
        period = periods.of_day(report.every, today).before()
        has = db.scalar(
            select(ReportFile.id).where(ReportFile.report_id == report.id, ReportFile.period == period.code)
        )
        maker = accounts.get(db, report.made_by) if report.made_by else None
        if has is None and maker is not None and maker.is_active:
            found.append((report, period, accounts.viewer_of(maker)))
    return found


def keep(db: Session, report: Report, period: periods.Period, where: Path, files: dict[str, bytes]) -> ReportFile:
    """Write the files of a report's period and remember them; whoever wants to hears of it."""
    made = ReportFile(report_id=report.id, period=period.code, key=secrets.token_hex(16))
    where.mkdir(parents=True, exist_ok=True)
    for ending, data in files.items():
        (where / f"{made.key}.{ending}").write_bytes(data)
    db.add(made)
    db.flush()
    for tell in told_of:
        tell(db, report, made)
    return made
