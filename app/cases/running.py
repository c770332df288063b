"""Running clocks of cases, for the page that tells what another calendar would move."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseClass
from app.cases.visible import visible
from app.clocks.clock import Clock
from app.clocks.running import Running
from app.clocks.service import calendar_of
from grid.reach import Viewer


def running(db: Session, viewer: Viewer, calendar: str) -> Iterator[Running]:
    """The clocks of the viewer's open cases on a calendar, whatever its version."""
    chosen = (
        select(Case.number, Case.clock, CaseClass.name_zh, CaseClass.name_en)
        .join(CaseClass, CaseClass.id == Case.class_id)
        .where(visible(viewer), Case.closed_at.is_(None), Case.due_at.is_not(None))
        .where(Case.clock["calendar"].astext == calendar)
    )
    locale = get_locale()
    is_chinese = locale is not None and locale.language == "zh"
    for number, kept, zh, en in db.execute(chosen.order_by(Case.due_at, Case.id)):
        clock = Clock.from_dict(kept, calendar_of(db, kept["calendar"], kept["calendar_version"]))
        yield Running(clock, f"{number} {zh if is_chinese else en}", f"/cases/{number}")
