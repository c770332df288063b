"""What the first screen shows of emergency events."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.emergency import queries
from app.emergency.schemas import EventQuery
from app.emergency.words import LEVELS
from app.web.home import Card, Row
from app.web.named import ago, moment, name_of
from grid.reach import Viewer

SHOWN = 5


def running_events(db: Session, viewer: Viewer) -> Card | None:
    """Events that still run, newest first: for those who may change them, and for whoever sees some."""
    if not viewer.may("events.read"):
        return None
    found = queries.find(db, viewer, EventQuery(status="active,contained", limit=SHOWN))
    if not found["matched"] and not viewer.may("events.edit"):
        return None
    rows = [
        Row(
            title=event["title"],
            place="\N{NO-BREAK SPACE}· ".join(filter(None, (_level(event["level"]), _where(event)))),
            url=f"/events/{event['number']}",
            clock_text=ago(moment(event["happened_at"])),
        )
        for event in found["items"]
    ]
    return Card(
        title=_l("Emergency events still running"),
        count=found["matched"],
        url="/events?status=active,contained",
        rows=rows,
        order=1 if viewer.may("events.edit") else 60,
    )


def _level(level: str | None) -> str:
    return str(LEVELS[level]) if level else ""


def _where(event: dict[str, object]) -> str:
    address, areas = event["address"], event["areas"]
    if isinstance(address, dict):
        return name_of(address, "text")
    return name_of(areas[-1]) if isinstance(areas, list) and areas else ""
