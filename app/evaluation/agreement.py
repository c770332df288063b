"""On time, as a source recorded it and as its times say: how often both agree, and why they do not where they don't."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.cases import recorded
from app.web.named import named
from grid.reach import Viewer
from layers.layer import Words

REASONS: dict[str, Words] = {
    "agrees_on_time": _l("Closed by the limit, and recorded as on time"),
    "agrees_late": _l("Closed after the limit, and recorded as overdue"),
    "agrees_open": _l("Still open: the flag is right at the moment the source judged it"),
    "no_limit": _l("No limit recorded: the source calls these on time, here they are not due at all"),
    "no_flag_closed": _l("No flag recorded, though closed: only the times tell"),
    "no_flag_open": _l("No flag recorded, and still open: nothing to compare"),
    "differs_open": _l("Still open: no one moment explains the flag"),
    "differs_by_seconds": _l("Less than a minute apart: the source judged rounded times"),
    "differs_by_an_hour": _l("At most an hour apart: a change of clocks between the times"),
    "differs_closed_before_reported": _l("Closed before it was reported: one of the times is wrong"),
    "differs_late_yet_on_time": _l("Closed after the limit, yet recorded as on time: the limit was moved or waived"),
    "differs_in_time_yet_overdue": _l("Closed by the limit, yet recorded as overdue: the limit was moved afterwards"),
}


@dataclass
class OfClass:
    """One class's counts by reason."""

    name: str
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def agree(self) -> int:
        """Cases where flag and times say the same."""
        return sum(count for reason, count in self.counts.items() if reason.startswith("agrees"))

    @property
    def differ(self) -> int:
        """Cases where both say something, and not the same."""
        return sum(count for reason, count in self.counts.items() if reason.startswith("differs"))

    @property
    def silent(self) -> int:
        """Cases with nothing to compare."""
        return self.counts.total() - self.agree - self.differ

    @property
    def ratio(self) -> Fraction | None:
        """Agreement among those that can be compared; None where none can."""
        comparable = self.agree + self.differ
        return Fraction(self.agree, comparable) if comparable else None


@dataclass(frozen=True)
class Agreement:
    """The whole, the classes with most to explain first, and between which moments the source judged open cases."""

    whole: OfClass
    classes: list[OfClass]
    judged_after: datetime | None
    judged_before: datetime | None


def compare(db: Session, viewer: Viewer) -> Agreement:
    """The agreement of cases that came from other systems, inside the viewer's reach."""
    viewer.require("evaluation.read")
    whole, classes = OfClass(""), defaultdict[int, OfClass](lambda: OfClass(""))
    for row in recorded.compared(db, viewer):
        one = classes[row.class_id]
        one.name = f"{named(row.major_zh, row.major_en)} · {named(row.name_zh, row.name_en)}"
        one.counts[row.reason] += row.n
        whole.counts[row.reason] += row.n
    ordered = sorted(
        classes.values(), key=lambda one: (-one.differ, -one.counts["no_flag_closed"], -one.counts.total())
    )
    return Agreement(whole, ordered, *recorded.export_moment(db, viewer))
