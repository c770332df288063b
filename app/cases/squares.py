"""Kept counts of cases by square, area, state and one facet more: any reach and most filters are a sum of them.

A facet is a side that cases can be told apart by: their class, the month of their report, department, channel, whether
they are truly located. The database writes what each insert, change and deletion adds and takes away, in its own
transaction, as rows that nobody else touches (`case_square_deltas`); a job sums them up. Readers add both: exact at
any moment. A span of time is the sum of the months nearest to it, corrected by the rows at its two ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Select,
    SmallInteger,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.cases.classes import class_facts
from app.cases.models import Case
from app.cases.visible import visible
from gis.db import Base, HasId
from grid.reach import Viewer, within
from layers.filters import TRUE, Filter
from layers.pyramid import DEEPEST, SIDE, at_zoom, in_tile, inside
from layers.rectangle import any_rectangle, touches

STATE = "status"  # kept within every facet
ALL = ""  # the facet that tells nothing more apart; it is kept to the finest zoom
MANY = 10_000  # rows at once after which the planner must look again
FACETS_DEEPEST = 12  # closer by, the rows of a tile are counted in less than 0.1 s
OF_CLASS = {"kind": "kind", "major": "major_id"}  # fields of the layer by columns of the class: they share its facet


class CaseSquares(Base):
    """How many cases lie in a square of a tile, and the sums of their places as shares of the world.

    `spot` counts the tile's 64 squares from its north-west corner, row by row.
    """

    __tablename__ = "case_squares"

    facet: Mapped[str] = mapped_column(primary_key=True)
    z: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    x: Mapped[int] = mapped_column(Integer, primary_key=True)
    y: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    spot: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(Integer)
    su: Mapped[float] = mapped_column(Double)
    sv: Mapped[float] = mapped_column(Double)


class CaseSquareDelta(Base, HasId):
    """What a write added to a square of the finest zoom, or took away, and is not summed up yet."""

    __tablename__ = "case_square_deltas"

    across: Mapped[int] = mapped_column(Integer)
    down: Mapped[int] = mapped_column(Integer)
    n: Mapped[int] = mapped_column(Integer)
    su: Mapped[float] = mapped_column(Double)
    sv: Mapped[float] = mapped_column(Double)
    area_code: Mapped[str]
    status: Mapped[str]
    class_: Mapped[str] = mapped_column("class")
    month: Mapped[str]
    department: Mapped[str]
    source: Mapped[str]
    is_located: Mapped[str]


class End(NamedTuple):
    """What sums of whole months have too little (sign 1) or too much (-1) of a span: low ≤ t < high."""

    low: datetime
    high: datetime
    sign: int


@dataclass(frozen=True)
class Span:
    """A span of time as kept counts hold it: months, from ≤ month < to (None: open), and what differs at its ends."""

    from_month: str | None
    to_month: str | None
    ends: tuple[End, ...]

    def has(self, month: Any) -> ColumnElement[bool]:
        """Whether a month is summed."""
        made = [month >= self.from_month] if self.from_month else []
        return and_(*made, *([month < self.to_month] if self.to_month else []))


def span_of(from_at: datetime | None, to_at: datetime | None) -> Span | None:
    """A span, from ≤ t < to, by the months next to its ends; None where no month is left between them."""
    first, last = (None if at is None else _nearest_month(at) for at in (from_at, to_at))
    if first is not None and last is not None and first >= last:
        return None
    ends = []
    if from_at is not None and first is not None and first != from_at:
        ends.append(End(min(from_at, first), max(from_at, first), 1 if from_at < first else -1))
    if to_at is not None and last is not None and last != to_at:
        ends.append(End(min(to_at, last), max(to_at, last), 1 if last < to_at else -1))
    return Span(_month(first), _month(last), tuple(ends))


def _month(begin: datetime | None) -> str | None:
    return None if begin is None else f"{begin:%Y-%m}"


def _nearest_month(at: datetime) -> datetime:
    """The begin of a month (UTC) that is nearest to a moment: so few rows lie between."""
    begin = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (begin + timedelta(days=31)).replace(day=1)
    return begin if at - begin <= after - at else after


@dataclass(frozen=True)
class CasePyramid:
    """Answers filters of area, state and one facet; words, the past and two facets at once ask for the rows."""

    def answers(self, viewer: Viewer, chosen: Filter, z: int) -> bool:
        """Whether the squares of a tile of this zoom are kept for the question."""
        facets = _facets(viewer, chosen)
        if chosen.words or chosen.as_of or len(facets) > 1:
            return False
        if facets == {"month"} and span_of(chosen.from_at, chosen.to_at) is None:
            return False
        return z <= (FACETS_DEEPEST if facets else DEEPEST)

    def squares(self, viewer: Viewer, chosen: Filter) -> Select[Any]:
        """The squares of one tile."""
        facet = next(iter(_facets(viewer, chosen)), ALL)
        span = span_of(chosen.from_at, chosen.to_at) if facet == "month" else None
        parts = [_summed(viewer, chosen, facet, span), _waiting(viewer, chosen, facet, span)]
        if span is not None and span.ends:
            parts.append(_ends(viewer, chosen, span))
        return select(parts[0].union_all(*parts[1:]).subquery("parts"))


def _facets(viewer: Viewer, chosen: Filter) -> set[str]:
    """The facets that a question needs: what the viewer is narrowed to, and what is asked for."""
    found = {"class" if name in OF_CLASS else name for name, _ in chosen.values if name != STATE}
    found |= {"month"} if chosen.from_at or chosen.to_at else set()
    return found | ({"department"} if viewer.department is not None else set())


def _summed(viewer: Viewer, chosen: Filter, facet: str, span: Span | None) -> Select[Any]:
    one = CaseSquares
    across = one.x * SIDE + one.spot.op("&")(SIDE - 1)
    down = one.y * SIDE + one.spot.op("/")(SIDE)
    columns: list[Any] = [across.label("across"), down.label("down"), cast(one.n, BigInteger), one.su, one.sv]
    here = (one.facet == facet, one.z == at_zoom(), *in_tile(one.x, one.y))
    return select(*columns).where(*here, *_narrowed(one, one.value, viewer, chosen, span))


def _waiting(viewer: Viewer, chosen: Filter, facet: str, span: Span | None) -> Select[Any]:
    one = CaseSquareDelta
    above = DEEPEST - at_zoom()
    across, down = one.across.op(">>")(above), one.down.op(">>")(above)
    columns: list[Any] = [across.label("across"), down.label("down"), cast(one.n, BigInteger), one.su, one.sv]
    value = getattr(one, "class_" if facet == "class" else facet or STATE)
    return select(*columns).where(*inside(across, down), *_narrowed(one, value, viewer, chosen, span))


def _ends(viewer: Viewer, chosen: Filter, span: Span) -> Select[Any]:
    """The rows by which a span differs from its months, one by one."""
    u, v = func.world_u(func.ST_X(Case.geom)), func.world_v(func.ST_Y(Case.geom))
    within_end = [and_(Case.reported_at >= one.low, Case.reported_at < one.high) for one in span.ends]
    sign = case(*zip(within_end, (literal_column(str(one.sign)) for one in span.ends), strict=True))
    spots = (
        select(u.label("u"), v.label("v"), sign.label("sign"))
        .where(
            touches(Case.geom, any_rectangle()), visible(viewer), *_here(Case, chosen), or_(*within_end)
        )
        .offset(literal_column("0"))  # worked out once a row, not in each condition
        .subquery("spots")
    )  # fmt: skip
    across, down = (func.world_square(spots.c[name], at_zoom(), type_=Integer) for name in ("u", "v"))
    columns: list[Any] = [across.label("across"), down.label("down"), cast(spots.c.sign, BigInteger)]
    return select(*columns, spots.c.u * spots.c.sign, spots.c.v * spots.c.sign).where(*inside(across, down))


def _narrowed(of: Any, value: Any, viewer: Viewer, chosen: Filter, span: Span | None) -> Iterator[ColumnElement[bool]]:
    """By reach, area, state, and by the facet's value."""
    yield within(viewer, of.area_code)
    yield from _here(of, chosen)
    if viewer.department is not None:
        yield value == viewer.department
    if span is not None:
        yield span.has(value)
    asked = dict(chosen.values)
    of_class = [name for name in OF_CLASS if name in asked]
    if of_class:
        known = class_facts()
        meant = (cast(known.c[OF_CLASS[name]], Text).in_(asked[name]) for name in of_class)
        yield value.in_(select(cast(known.c.id, Text)).where(*meant))
    for name in ("department", "source"):
        if name in asked:
            yield value.in_(asked[name])
    if "is_located" in asked:
        yield cast(value, Boolean).in_({given.lower() in TRUE for given in asked["is_located"]})


def _here(of: Any, chosen: Filter) -> Iterator[ColumnElement[bool]]:
    """In the area and the states asked for."""
    if chosen.area is not None:
        yield of.area_code.startswith(chosen.area, autoescape=True)
    statuses = dict(chosen.values).get(STATE)
    if statuses is not None:
        yield of.status.in_(statuses)


def sum_up(db: Session) -> int:
    """Sum up what writes left; gives how many rows that were."""
    many = int(db.scalar(text("SELECT sum_case_squares()")) or 0)
    if many > MANY:
        db.execute(text("ANALYZE case_squares, case_square_deltas"))
    return many


def sweep(db: Session) -> int:
    """Drop the sums that came to nothing; gives how many."""
    return int(db.scalar(text("SELECT sweep_case_squares()")) or 0)
