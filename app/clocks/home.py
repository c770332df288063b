"""What of clocks stands on the first screen: a year whose holidays nobody entered."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.clocks import store
from app.clocks.first import NoCity
from app.clocks.holidays import missing_years
from app.clocks.service import RIGHT, row_of
from app.web.home import Card, Row
from app.web.named import named
from grid.reach import Viewer


def missing_card(db: Session, viewer: Viewer) -> Card | None:
    """Calendars that don't know this year's holidays, or from November on the next one's."""
    if not viewer.may(RIGHT):
        return None
    try:
        row_of(db)
    except NoCity:
        return None
    rows = []
    for row in store.newest(db):
        today = datetime.now(UTC).astimezone(ZoneInfo(row.time_zone)).date()
        for year in missing_years(store.contents(db, row), today):
            words = _("The holidays of %(year)s are not known.", year=year)
            rows.append(Row(words, named(row.title_zh, row.title_en), f"/admin/calendars/{row.name}?year={year}"))
    if not rows:
        return None
    return Card(
        title=_l("Work calendars to fill in"),
        count=len(rows),
        url=rows[0].url,
        note=_l("Until then weekdays alone rule, and due times may be too early."),
        rows=rows,
        order=30,
    )
