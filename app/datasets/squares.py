"""Kept counts of a data set by square: made when it is sealed, changed with each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Double, Integer, Select, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.datasets.models import Dataset
from gis.db import Base
from grid.reach import Viewer
from layers import touches
from layers.filters import NOTHING, Filter
from layers.pyramid import DEEPEST, at_zoom, inside


class Squares(Base):
    """How many rows of a data set lie in a square, and the sums of their places as shares of the world."""

    __tablename__ = "dataset_squares"

    dataset_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    z: Mapped[int] = mapped_column(Integer, primary_key=True)
    across: Mapped[int] = mapped_column(Integer, primary_key=True)
    down: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger)
    su: Mapped[float] = mapped_column(Double)
    sv: Mapped[float] = mapped_column(Double)


@dataclass(frozen=True)
class DatasetPyramid:
    """Every viewer of a data set sees all of its rows: only a filter asks for others than are kept."""

    dataset_id: int

    def answers(self, viewer: Viewer, chosen: Filter, z: int) -> bool:
        """Without a filter."""
        return z <= DEEPEST and chosen == NOTHING

    def squares(self, viewer: Viewer, chosen: Filter) -> Select[Any]:
        """The squares of one tile."""
        columns: list[Any] = [Squares.across, Squares.down, Squares.n, Squares.su, Squares.sv]
        mine = Squares.dataset_id == bindparam("dataset_id", self.dataset_id, type_=BigInteger)
        return select(*columns).where(mine, Squares.z == at_zoom(), *inside(Squares.across, Squares.down))


def touched_name(dataset_id: int) -> str:
    """Under which name the log of touches tells of a data set's rows."""
    return f"dataset_{dataset_id}"


def fill(db: Session, made: Dataset) -> None:
    """Count all rows anew: any of them may have changed."""
    touches.say(db, touched_name(made.id), None)
    db.execute(text("SELECT fill_dataset_squares(:id, :relation)"), {"id": made.id, "relation": made.table})


def touch(db: Session, made: Dataset, place: Any) -> None:
    """Say that a row changes; `place` is its geometry, in SQL."""
    ends = (func.ST_XMin(place), func.ST_YMin(place), func.ST_XMax(place), func.ST_YMax(place))
    west, south, east, north = db.execute(select(*ends)).one()
    touches.say(db, touched_name(made.id), (west, south, east, north))


def count(db: Session, made: Dataset, place: Any, sign: int) -> None:
    """Count one row more (1) or less (-1); `place` is its geometry, in SQL."""
    touch(db, made, place)
    db.execute(select(func.count_dataset_row(made.id, place, sign)))


def forget(db: Session, made: Dataset) -> None:
    """Drop the counts of a data set that goes."""
    db.execute(text("DELETE FROM dataset_squares WHERE dataset_id = :id"), {"id": made.id})
