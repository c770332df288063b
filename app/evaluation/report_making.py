"""Making the reports of periods that are over."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from flask import Flask
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app.evaluation import asked as asking
from app.evaluation import reports
from app.evaluation.models import Report, ReportFile
from app.evaluation.periods import Period
from gis.lazy import library
from grid.reach import Viewer

report_files = library("app.evaluation.report_files")  # with the libraries that write PDF and sheets


def make_due(db: Session, web: Flask, now: datetime, where: Path) -> int:
    """Make what is due; gives how many. `web` knows the words of both languages."""
    found = reports.due(db, now)
    for report, period, viewer in found:
        make(db, web, viewer, report, period, where)
    return len(found)


def make(db: Session, web: Flask, viewer: Viewer, report: Report, period: Period, where: Path) -> ReportFile:
    """Both files of one period."""
    asked = asking.read(db, viewer, period=period.code, by=report.by, level=report.level, area=report.area)
    with web.test_request_context(), force_locale(report.language):
        told = report_files.contents(db, viewer, report, asked)
        files = {"pdf": report_files.pdf(told), "xlsx": report_files.xlsx(told)}
    return reports.keep(db, report, period, where, files)
