"""Single rows of a data set: added, replaced, changed in part, taken away; each is a version of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import shapely
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    TableClause,
    delete,
    func,
    insert,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from app.audit.service import record
from app.datasets import service, squares
from app.datasets.layers import table_of
from app.datasets.models import Dataset
from gis.checks import check
from gis.errors import InvalidInput, NotFound
from grid.locate import OutsideCity, locate
from grid.reach import Viewer


class RowWrong(InvalidInput):
    """A feature does not fit the layer."""

    code = "datasets.row"


def create(
    db: Session, viewer: Viewer, layer_id: str, given: Mapping[str, Any], geometry: BaseGeometry | None,
    hidden: frozenset[str] = frozenset(),
) -> int:  # fmt: skip
    """Add a row; its id. `geometry` is in EPSG:4326. Raises NotFound, Forbidden, RowWrong.

    `hidden` columns are none to the viewer: they can't be given, and stay as they are.
    """
    made = service.get(db, viewer, layer_id, to_change=True)
    rows = rows_of(made)
    if geometry is None:
        raise RowWrong("The feature has no geometry.", field="geometry")
    values = _values(made, given, hidden) | _place(db, made, geometry)
    row_id = db.scalars(insert(rows).values(values).returning(rows.c.id)).one()
    squares.count(db, made, _geom(rows, row_id), 1)
    _changed(db, viewer, made, "add", row_id, 1, geometry)
    return int(row_id)


def replace(
    db: Session, viewer: Viewer, layer_id: str, row_id: int, given: Mapping[str, Any], geometry: BaseGeometry | None,
    hidden: frozenset[str] = frozenset(),
) -> None:  # fmt: skip
    """Put a whole row in the place of another; properties that are not given become null."""
    made = service.get(db, viewer, layer_id, to_change=True)
    if geometry is None:
        raise RowWrong("The feature has no geometry.", field="geometry")
    empty = {one["name"]: None for one in made.columns if one["name"] not in hidden}
    values = empty | _values(made, given, hidden) | _place(db, made, geometry)
    _write(db, viewer, made, row_id, values, "replace", geometry)


def change(
    db: Session, viewer: Viewer, layer_id: str, row_id: int, given: Mapping[str, Any], geometry: BaseGeometry | None,
    hidden: frozenset[str] = frozenset(),
) -> None:  # fmt: skip
    """Change what is given of a row, and leave the rest."""
    made = service.get(db, viewer, layer_id, to_change=True)
    values = _values(made, given, hidden) | (_place(db, made, geometry) if geometry is not None else {})
    if not values:
        raise RowWrong("Nothing was given to change.", field="properties")
    _write(db, viewer, made, row_id, values, "change", geometry)


def remove(db: Session, viewer: Viewer, layer_id: str, row_id: int) -> None:
    """Take a row away."""
    made = service.get(db, viewer, layer_id, to_change=True)
    rows = rows_of(made)
    squares.count(db, made, _geom(rows, _there(db, rows, row_id)), -1)
    db.execute(delete(rows).where(rows.c.id == row_id))
    _changed(db, viewer, made, "remove", row_id, -1, None)


def _write(
    db: Session, viewer: Viewer, made: Dataset, row_id: int, values: dict[str, Any], how: str, at: BaseGeometry | None
) -> None:
    rows = rows_of(made)
    _there(db, rows, row_id)
    if at is not None:
        squares.count(db, made, _geom(rows, row_id), -1)
    else:
        squares.touch(db, made, _geom(rows, row_id))
    db.execute(update(rows).where(rows.c.id == row_id).values(values))
    if at is not None:
        squares.count(db, made, _geom(rows, row_id), 1)
    _changed(db, viewer, made, how, row_id, 0, at)


def _there(db: Session, rows: TableClause, row_id: int) -> int:
    """The id again, if there is such a row."""
    if db.scalar(select(rows.c.id).where(rows.c.id == row_id)) is None:
        raise NotFound("There is no feature {id}.", id=row_id)
    return row_id


def _geom(rows: TableClause, row_id: int) -> Any:
    """The geometry that a row has now, in SQL."""
    return select(type_coerce(rows.c.geom, NullType())).where(rows.c.id == row_id).scalar_subquery()


def _changed(
    db: Session, viewer: Viewer, made: Dataset, how: str, row_id: int, more: int, at: BaseGeometry | None
) -> None:
    """The next version; bounds only grow, so that no row is read for them."""
    made.row_count += more
    made.version += 1
    made.changed_at = db.scalar(select(func.clock_timestamp()))  # type: ignore[assignment]
    if at is not None:
        west, south, east, north = at.bounds
        old = made.bounds or [west, south, east, north]
        made.bounds = [min(old[0], west), min(old[1], south), max(old[2], east), max(old[3], north)]
    record(db, viewer, act=f"datasets.row_{how}", subject=made.layer_id, subject_id=row_id)
    db.flush()


def rows_of(made: Dataset) -> TableClause:
    """The table of a data set."""
    return table_of(made.table, made.geometry, made.columns)


def _place(db: Session, made: Dataset, geometry: BaseGeometry) -> dict[str, Any]:
    """Geometry, and the area and cell where it lies in the city."""
    single = made.geometry.removeprefix("MULTI")
    checked = check(shapely.force_2d(geometry), kind="GEOMETRY")
    if checked.geom is None:
        code = next(one.code for one in checked.findings if not one.mended)
        raise RowWrong("The geometry can't be taken ({code}).", field="geometry", code=code)
    kind = checked.geom.geom_type.upper()
    if made.geometry != "GEOMETRY" and kind.removeprefix("MULTI") != single:
        raise RowWrong("The layer holds {kind}, not {given}.", field="geometry", kind=made.geometry, given=kind)
    if made.geometry != "GEOMETRY" and kind.startswith("MULTI") and made.geometry == single:
        raise RowWrong("The layer holds {kind}, not {given}.", field="geometry", kind=made.geometry, given=kind)
    geom = func.ST_GeomFromWKB(literal(shapely.to_wkb(checked.geom)), 4326)
    spot = checked.geom.representative_point()
    try:
        place = locate(db, Point(spot.x, spot.y))
        inside: dict[str, Any] = {"area_code": place.area_code, "unit_cell_id": place.unit_cell_id}
    except (OutsideCity, NotFound):
        inside = {"area_code": None, "unit_cell_id": None}
    return {"geom": func.ST_Multi(geom) if made.geometry.startswith("MULTI") else geom} | inside


def _values(made: Dataset, given: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    kinds = {one["name"]: one["kind"] for one in made.columns if one["name"] not in hidden}
    for name in given:
        if name not in kinds:
            raise RowWrong("The layer has no property {name}.", field=str(name)[:60], name=str(name)[:60])
    return {name: _value(name, kinds[name], value) for name, value in given.items()}


def _value(name: str, kind: str, value: Any) -> Any:
    """A property as its column takes it; null stays null."""
    if value is None:
        return None
    read = {"text": _text, "number": _number, "flag": _flag, "time": _time}[kind]
    found = read(value)
    if found is None:
        raise RowWrong("{value} is no value of the property {name}.", field=name, name=name, value=str(value)[:60])
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and "\x00" not in value else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) and abs(value) < 2**63 else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _time(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def lock(db: Session, viewer: Viewer, layer_id: str) -> None:
    """Let nobody else edit the layer until this transaction ends."""
    service.get(db, viewer, layer_id, to_change=True)
