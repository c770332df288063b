"""What is asked of the evaluation: which period, whose figures, inside what, as of when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.evaluation import periods
from app.evaluation.periods import Period
from app.evaluation.predicates import Window
from gis.errors import Forbidden, InvalidInput
from grid.models import City
from grid.reach import Viewer

OBJECTS = ("area", "department", "post", "inspector", "cell")
CELL = "cell"  # as a level: the unit cells, below all areas


@dataclass(frozen=True)
class Asked:
    """A question: figures of a period `by` objects (areas of a `level`), narrowed to one of them.

    `now` is the moment asked for; `is_past` when it was given: then only what was recorded until then is known.
    """

    period: Period
    zone: ZoneInfo
    now: datetime
    by: str = ""
    level: str = ""
    area: str = ""
    department: str = ""
    person: int | None = None
    post: str = ""
    cell: str = ""
    is_past: bool = False

    @property
    def window(self) -> Window:
        """The period as far as it has come by the moment asked for."""
        start, end = self.period.window(self.zone)
        return Window(start, max(start, min(end, self.now)))

    @property
    def as_of(self) -> datetime | None:
        """The moment, if the past is asked for."""
        return self.now if self.is_past else None

    def at(self, period: Period) -> Asked:
        """The same question of another period."""
        return replace(self, period=period)


def city_zone(db: Session) -> ZoneInfo:
    """The time zone in which the city's days begin."""
    return ZoneInfo(db.scalar(select(City.time_zone)) or "UTC")


def levels(db: Session) -> list[str]:
    """The city's area levels, the widest first."""
    return list(db.scalar(select(City.levels)) or [])


def read(db: Session, viewer: Viewer, *, period: str = "", by: str = "", level: str = "", area: str = "",
         department: str = "", person: str = "", post: str = "", cell: str = "", as_of: str = "") -> Asked:  # fmt: skip
    """A question from the words of an address, held to what the viewer may ask.

    Raises Forbidden without the right, InvalidInput for what can't be read.
    """
    viewer.require("evaluation.own")
    zone = city_zone(db)
    now = _moment(as_of, zone) if as_of.strip() else datetime.now(UTC)
    given = periods.parse(period or "month", today=now.astimezone(zone).date())
    if by and by not in OBJECTS:
        raise InvalidInput(
            "Figures are by area, department, post, inspector or cell, not by {by}.", by=by, field="by"
        )  # fmt: skip
    if by == "area" and level == CELL:
        by, level = CELL, ""
    known = levels(db)
    if level and level not in known:
        raise InvalidInput("The city has no area level {level}.", level=level, field="level")
    if by == "area" and not level:
        level = known[min(1, len(known) - 1)] if known else ""
    asked = Asked(given, zone, now, by, level if by == "area" else "", area.strip(), department.strip(),
                  _person(person), post.strip(), cell.strip(), bool(as_of.strip()))  # fmt: skip
    return _held(viewer, asked)


def _held(viewer: Viewer, asked: Asked) -> Asked:
    """Who sees only one's own figures asks for those; people's figures need their right."""
    if not viewer.may("evaluation.read"):
        if asked.by not in ("", "inspector") or asked.person not in (None, viewer.account_id):
            raise Forbidden("Your role may not do this ({right}).", right="evaluation.read")
        return replace(asked, person=viewer.account_id if viewer.account_id is not None else -1)
    if (asked.by == "inspector" or asked.person is not None) and not viewer.may("evaluation.people"):
        raise Forbidden("Your role may not do this ({right}).", right="evaluation.people")
    return asked


def _person(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise InvalidInput("{value} is not a value of {name}.", value=text, name="person", field="person")
    return int(text)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError as error:
        raise InvalidInput("{value} is no date or time (2026-11-22, 2026-11-22T14:05+08:00).", value=text,
                           field="as_of") from error  # fmt: skip
    return found if found.tzinfo else found.replace(tzinfo=zone)
