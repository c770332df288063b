"""Data sets as they stood: rows that are there since then, and what others were before they changed or went.

The database keeps what a row was in the transaction that changes it (`keep_dataset_row`), and all rows of a table that
is replaced (`keep_dataset_table`). Of a moment before a layer was there, there is nothing. Rows whose geometry was of
another kind than the layer's is today are not told: tiles of points hold no areas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Select,
    TableClause,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.datasets.models import Dataset
from gis.db import Base, HasId
from grid.reach import Viewer
from layers.past import bound

SINCE = "row_since"
# what a value must be in JSON to be of a kind; another kind than today's is no value
JSON_KINDS = {"number": "number", "flag": "boolean"}
MOMENT = r"^\d{4}-\d{2}-\d{2}T"
History = Callable[[Viewer, datetime], Select[Any]]


class DatasetPast(Base, HasId):
    """What a row of a data set was, from ≤ t < until; `properties` by the names of its columns."""

    __tablename__ = "dataset_past"
    __table_args__ = (
        Index("ix_dataset_past_geom", "geom", postgresql_using="gist"),
        Index("ix_dataset_past_dataset_id", "dataset_id", "until_at"),
    )

    dataset_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("datasets.id", ondelete="CASCADE"))
    row_id: Mapped[int] = mapped_column(BigInteger)
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
    area_code: Mapped[str | None] = mapped_column(Text)
    unit_cell_id: Mapped[int | None] = mapped_column(BigInteger)
    properties: Mapped[dict[str, Any]] = mapped_column(JSONB)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]


def history_of(rows: TableClause, dataset_id: int, geometry: str, columns: Sequence[dict[str, Any]]) -> History:
    """The rows of a data set at a moment, under the names of its columns today."""
    began = select(Dataset.rows_since).where(Dataset.id == dataset_id).scalar_subquery()
    names = [one["name"] for one in columns]

    def at_moment(_viewer: Viewer, at: datetime) -> Select[Any]:
        moment = bound(at)
        here = (rows.c[name] for name in ("id", "geom", "area_code", "unit_cell_id", *names))
        stands = select(*here).where(rows.c[SINCE] <= moment, began <= moment)
        was = DatasetPast
        told = [_value(one).label(one["name"]) for one in columns]
        stood = select(was.row_id, was.geom, was.area_code, was.unit_cell_id, *told).where(
            was.dataset_id == dataset_id, was.from_at <= moment, was.until_at > moment, _of_kind(geometry)
        )
        return select(stands.union_all(stood).subquery("stood"))

    return at_moment


def _of_kind(geometry: str) -> ColumnElement[bool]:
    """Shapes of the layer's own kind; many parts of it or one is the same kind, but not for points."""
    if geometry == "GEOMETRY":
        return true()
    kinds = {geometry} if geometry == "POINT" else {geometry, geometry.removeprefix("MULTI")}
    return func.GeometryType(DatasetPast.geom).in_(kinds)


def _value(one: dict[str, Any]) -> ColumnElement[Any]:
    name: ColumnElement[str] = literal(one["name"])
    kind = one["kind"]
    given = DatasetPast.properties.op("->>")(name)
    if kind in JSON_KINDS:
        is_one = func.jsonb_typeof(DatasetPast.properties.op("->")(name)) == JSON_KINDS[kind]
        return case((is_one, cast(given, Double if kind == "number" else Boolean)), else_=null())
    if kind == "time":
        return case((given.op("~")(MOMENT), cast(given, DateTime(timezone=True))), else_=null())
    return cast(given, Text)


def keep(db: Session, made: Dataset) -> None:
    """Keep all rows of the table as the past: it is about to be replaced as a whole."""
    db.flush()
    made.rows_since = db.scalar(select(func.keep_dataset_table(made.id, made.table)))  # type: ignore[assignment]
    db.flush()
