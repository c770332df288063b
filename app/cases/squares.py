"""Kept counts of cases by square, area and state: any reach and any choice of states is a sum of them.

The database writes what each insert, move and deletion adds and takes away, in its own transaction, as rows that
nobody else touches (`case_square_deltas`); a job sums them up. Readers add both: exact at any moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Integer, Select, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from gis.db import Base, HasId
from grid.reach import Viewer, within
from layers.filters import Filter
from layers.pyramid import DEEPEST, at_zoom, inside

FIELD = "status"  # the one field of the layer that squares are kept by


class CaseSquares(Base):
    """How many cases of an area and a state lie in a square, and the sums of their places as shares of the world."""

    __tablename__ = "case_squares"

    z: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    across: Mapped[int] = mapped_column(Integer, primary_key=True)
    down: Mapped[int] = mapped_column(Integer, primary_key=True)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)
    su: Mapped[float] = mapped_column(Double)
    sv: Mapped[float] = mapped_column(Double)


class CaseSquareDelta(Base, HasId):
    """What a write added to a square of the finest zoom, or took away, and is not summed up yet."""

    __tablename__ = "case_square_deltas"

    across: Mapped[int] = mapped_column(Integer)
    down: Mapped[int] = mapped_column(Integer)
    area_code: Mapped[str]
    status: Mapped[str]
    n: Mapped[int] = mapped_column(BigInteger)
    su: Mapped[float] = mapped_column(Double)
    sv: Mapped[float] = mapped_column(Double)


@dataclass(frozen=True)
class CasePyramid:
    """Answers for viewers by area, and filters of area and state; a department, a time or words ask for the rows."""

    def answers(self, viewer: Viewer, chosen: Filter) -> bool:
        """By area and state alone."""
        plain = not (chosen.from_at or chosen.to_at or chosen.words or chosen.as_of)
        return viewer.department is None and plain and all(name == FIELD for name, _ in chosen.values)

    def squares(self, viewer: Viewer, chosen: Filter) -> Select[Any]:
        """The squares of one tile."""
        asked = dict(chosen.values)
        one, late = CaseSquares, CaseSquareDelta
        kept: list[Any] = [one.across, one.down, one.n, one.su, one.sv]
        summed = select(*kept).where(
            one.z == at_zoom(), *inside(one.across, one.down), *_chosen(one, viewer, chosen, asked.get(FIELD))
        )
        above = DEEPEST - at_zoom()
        across, down = late.across.op(">>")(above), late.down.op(">>")(above)
        waiting: list[Any] = [across.label("across"), down.label("down"), late.n, late.su, late.sv]
        left = select(*waiting).where(
            *inside(across, down), *_chosen(late, viewer, chosen, asked.get(FIELD))
        )  # fmt: skip
        both = summed.union_all(left).subquery("both")
        return select(both)


def _chosen(
    of: type[CaseSquares] | type[CaseSquareDelta], viewer: Viewer, chosen: Filter, statuses: tuple[str, ...] | None
) -> list[ColumnElement[bool]]:
    made = [within(viewer, of.area_code)]
    if chosen.area is not None:
        made.append(of.area_code.startswith(chosen.area, autoescape=True))
    if statuses is not None:
        made.append(of.status.in_(statuses))
    return made


def sum_up(db: Session) -> int:
    """Sum up what writes left; gives how many rows that were."""
    return int(db.scalar(text("SELECT sum_case_squares()")) or 0)
