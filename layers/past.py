"""A layer as it stood at a past moment: what logs of changes and days of validity tell of each row.

Domains keep the past in two ways, and both are read here. Rows that hold from day to day carry ``valid_from`` and
``valid_to``. Rows that are changed in place have a log whose lines hold ``{"name": [before, after]}`` of what was
changed: at a moment a value is what the first line after it calls the value before, or today's where no line does.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, Select, bindparam, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute

from grid.models import City


def bound(at: datetime) -> ColumnElement[datetime]:
    """The moment as a bound value."""
    return bindparam("as_of", at, type_=DateTime(timezone=True), unique=True)


def day_of(at: datetime) -> ColumnElement[date]:
    """The city's day on which a moment falls: for rows that hold from day to day (`grid.history.held_on`)."""
    zone = func.coalesce(select(City.time_zone).limit(1).scalar_subquery(), "UTC")
    return cast(func.timezone(zone, bound(at)), Date)


class Log:
    """The log of one kind of row, asked for what held at a moment.

    Parameters
    ----------
    of
        The log's column that names the row it is of.
    row_id
        The row's id in the statement around it.
    at
        The moment.
    """

    def __init__(self, of: InstrumentedAttribute[int], row_id: Any, at: datetime) -> None:
        self.model: Any = of.class_
        self.after = (of == row_id) & (self.model.at > bound(at))

    def line_of(self, name: str) -> ColumnElement[Any]:
        """What the first later line holds under a name (JSON); NULL where none speaks of it."""
        data = self.model.data[name]
        found: Select[Any] = select(data).where(self.after, self.model.data.has_key(name))
        return found.order_by(self.model.at, self.model.id).limit(1).scalar_subquery()

    def value(self, name: str, now: Any) -> ColumnElement[Any]:
        """The value of a column: the one before the first later change of it, or the present one."""
        line = self.line_of(name)
        before: ColumnElement[Any] = cast(cast(line, JSONB).op("->>")(literal_column("0")), now.type)
        return case((line.is_(None), now), else_=before)

    def geometry(self, name: str, now: Any) -> ColumnElement[Any]:
        """The shape (EPSG:4326): GeoJSON of the one before the first later change, or the present one."""
        line = self.line_of(name)
        before = func.ST_SetSRID(func.ST_GeomFromGeoJSON(func.jsonb_extract_path_text(
            func.jsonb_build_object(literal_column("'g'"), line), literal_column("'g'")
        )), literal_column("4326"))  # fmt: skip
        return case((line.is_(None), now), else_=before)

    def text(self, name: str, now: Any) -> ColumnElement[Any]:
        """A text that lines hold by itself, as the one before."""
        line = self.line_of(name)
        return case((line.is_(None), now), else_=line.op("#>>")(literal_column("'{}'::text[]")))

    def has(self, *kinds: str) -> ColumnElement[bool]:
        """Whether a later line is of one of these kinds: the row's beginning, for example."""
        found: Select[Any] = select(literal_column("1")).where(self.after, self.model.kind.in_(kinds))
        return found.exists()
