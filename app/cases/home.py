"""What of cases stands on the first screen: what waits for one's own role, and what turns red next."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.cases import queries, show
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, CaseStatus
from app.cases.queries import CaseFilter
from app.web.home import Card, Row
from grid.reach import Viewer

ROWS = 5


def waiting_card(db: Session, viewer: Viewer) -> Card | None:
    """Cases whose next step is the viewer's; for roles that move none, the open ones."""
    if not viewer.may("cases.read"):
        return None
    mine = _my_statuses(viewer)
    statuses = mine or OPEN_STATUSES
    now = datetime.now(UTC)
    counts = queries.statuses(db, viewer, CaseFilter(statuses=statuses), now)
    rows = queries.oldest(db, viewer, statuses, ROWS) if mine else []
    return Card(
        title=_l("Cases that wait for you") if mine else _l("Open cases"),
        count=sum(counts.values()),
        url="/cases?status=" + (",".join(one.value for one in mine) if mine else "open"),
        note="" if sum(counts.values()) else _l("None now."),
        rows=[
            Row(str(line["what"]), f"{line['status_words']} · {line['where']}", line["url"], line["clock"] or "",
                line["clock_words"] or str(line["reported"]["ago"]))
            for line in (show.line(row, now) for row in rows)
        ],
        order=10,
    )  # fmt: skip


def due_card(db: Session, viewer: Viewer) -> Card | None:
    """How many are overdue, and the next to become so."""
    if not viewer.may("cases.read"):
        return None
    now = datetime.now(UTC)
    rows = queries.next_due(db, viewer, ROWS)
    if not rows:
        return None
    overdue = sum(queries.statuses(db, viewer, CaseFilter(clock="overdue"), now).values())
    return Card(
        title=_l("Cases overdue"),
        count=overdue,
        url="/cases?clock=overdue&status=open",
        note=_l("The most pressing:"),
        rows=[
            Row(str(line["what"]), f"{line['number']} · {line['where']}", line["url"], line["clock"] or "",
                line["clock_words"])
            for line in (show.line(row, now) for row in rows)
        ],
        order=20,
    )  # fmt: skip


def _my_statuses(viewer: Viewer) -> tuple[CaseStatus, ...]:
    """The statuses in which it is the viewer's turn."""
    return tuple(CaseStatus(name) for name in KIND.turns(viewer.role)) if viewer.may("cases.move") else ()
