"""What of cases stands on the first screen: what waits for one's own role, what turns red next, what is red."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask_babel import format_number, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.cases import assigned, queries, show
from app.cases.filters import CaseFilter
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, CaseStatus
from app.cases.words import STATUSES
from app.web.home import Card, Row
from app.web.named import named
from grid.reach import Viewer

ROWS = 5
INSPECTOR = "inspector"


def waiting_card(db: Session, viewer: Viewer) -> Card | None:
    """Cases whose next step is the viewer's, the first to fall due before the others."""
    mine = _my_statuses(viewer)
    if not mine or not viewer.may("cases.read"):
        return None
    if viewer.role == INSPECTOR:
        return _inspectors_card(db, viewer, mine)
    now = datetime.now(UTC)
    asked = CaseFilter(statuses=mine)
    count = sum(queries.statuses(db, viewer, asked, now).values())
    return Card(
        title=_l("Cases that wait for you"),
        count=count,
        url="/cases?status=" + ",".join(one.value for one in mine),
        note="" if count else _l("None now."),
        rows=_rows(queries.pressing(db, viewer, asked, now, ROWS), now),
        order=10,
    )


def _inspectors_card(db: Session, viewer: Viewer, mine: tuple[CaseStatus, ...]) -> Card:
    """What waits for an inspector: cases of the own posts' duty cells first, then those of cells that are nobody's."""
    now = datetime.now(UTC)
    asked = assigned.narrowed(db, viewer, CaseFilter(statuses=mine))
    own = replace(asked, duty_cell_ids=assigned.own_cells(db, viewer), or_no_duty_cell=False)
    count, own_count = (sum(queries.statuses(db, viewer, one, now).values()) for one in (asked, own))
    rows = queries.pressing(db, viewer, own, now, ROWS) if own_count else []
    first = {row.id for row in rows}
    rows += [row for row in queries.pressing(db, viewer, asked, now, 2 * ROWS) if row.id not in first]
    note = ngettext("%(n)s in your duty cells", "%(n)s in your duty cells", own_count, n=format_number(own_count))
    return Card(
        title=_l("Cases that wait for you"), count=count,
        url="/cases?status=" + ",".join(one.value for one in mine) + "&mine=1",
        note=(str(note) if own_count else "") if count else _l("None now."), rows=_rows(rows[:ROWS], now), order=10,
    )  # fmt: skip


def open_card(db: Session, viewer: Viewer) -> Card | None:
    """For roles that move no case: how many are open, and at which step they stand."""
    if _my_statuses(viewer) or not viewer.may("cases.read"):
        return None
    counts = queries.statuses(db, viewer, CaseFilter(statuses=OPEN_STATUSES), datetime.now(UTC))
    rows = [
        Row(str(words), "", f"/cases?status={status.value}", clock_text=str(format_number(counts[status.value])))
        for status, words in STATUSES.items()
        if counts.get(status.value)
    ]
    note = "" if rows else _l("None now.")
    return Card(_l("Open cases"), sum(counts.values()), "/cases?status=open", note, rows, order=15)


def next_card(db: Session, viewer: Viewer) -> Card | None:
    """What turns red next."""
    if not viewer.may("cases.read"):
        return None
    now = datetime.now(UTC)
    asked = CaseFilter(clock="due_soon")
    count = sum(queries.statuses(db, viewer, asked, now).values())
    rows = _rows(queries.pressing(db, viewer, asked, now, ROWS), now)
    return Card(_l("Cases due soon"), count, "/cases?clock=due_soon&status=open", "" if count else _l("None now."),
                rows, order=20)  # fmt: skip


def overdue_card(db: Session, viewer: Viewer) -> Card | None:
    """What is red: the cases that have been so longest; for who moves none, the areas where most are."""
    if not viewer.may("cases.read"):
        return None
    now = datetime.now(UTC)
    asked = CaseFilter(clock="overdue")
    count = sum(queries.statuses(db, viewer, asked, now).values())
    areas = [] if _my_statuses(viewer) or not count else queries.by_area(db, viewer, asked, now, ROWS + 1)
    if len(areas) > 1:
        rows, note = [_area_row(one) for one in areas[:ROWS]], _l("Most of them in:")
    else:
        rows, note = _rows(queries.pressing(db, viewer, asked, now, ROWS), now), _l("Overdue longest:")
    return Card(_l("Cases overdue"), count, "/cases?clock=overdue&status=open", note if count else _l("None now."),
                rows, order=25)  # fmt: skip


def _rows(found: list[Any], now: datetime) -> list[Row]:
    return [
        Row(str(line["what"]), f"{line['status_words']}\N{NO-BREAK SPACE}· {line['where']}", line["url"],
            line["clock"] or "", line["clock_words"] or str(line["reported"]["ago"]))
        for line in (show.line(row, now) for row in found)
    ]  # fmt: skip


def _area_row(area: Any) -> Row:
    words = ngettext("%(n)s case", "%(n)s cases", area.count, n=format_number(area.count))
    url = f"/cases?clock=overdue&status=open&area={area.code}"
    return Row(named(area.name_zh, area.name_en), "", url, "overdue", str(words))


def _my_statuses(viewer: Viewer) -> tuple[CaseStatus, ...]:
    """The statuses in which it is the viewer's turn."""
    return tuple(CaseStatus(name) for name in KIND.turns(viewer.role)) if viewer.may("cases.move") else ()
