"""Counting units: the areas of one level, or the unit cells, with the number of a layer's rows in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Subquery, false, func, literal, or_, select
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.models import Area, City, UnitCell
from grid.reach import Viewer, within
from layers.filters import Filter, rows_of
from layers.layer import Layer
from layers.rectangle import touches


@dataclass(frozen=True)
class Division:
    """What rows are counted by: unit cells, or the areas of one level (`depth` 0 is the city's widest)."""

    by: Literal["area", "cell"]
    level: str
    depth: int


def city_levels(db: Session) -> list[str]:
    """The area levels of the city, widest first; empty before a city is loaded."""
    return list(db.scalar(select(City.levels)) or [])


def read_division(db: Session, by: str | None, level: str | None) -> Division:
    """The division that a request names; without a level the finest area. InvalidInput for an unknown one."""
    levels = city_levels(db)
    if (by or "area") == "cell":
        return Division("cell", "cell", len(levels))
    if by not in (None, "", "area"):
        raise InvalidInput("Counts are by cell or by area, not by {by}.", field="by", by=by)
    chosen = level or (levels[-1] if levels else "")
    if chosen not in levels:
        raise InvalidInput("This city has no areas of level {level}.", field="level", level=chosen)
    return Division("area", chosen, levels.index(chosen))


def reach_of(viewer: Viewer, code: Any) -> ColumnElement[bool]:
    """Units inside the viewer's reach, and the wider ones that hold a part of it (they count that part only)."""
    if not viewer.prefixes:
        return false()
    wider = [literal(prefix).startswith(code) for prefix in viewer.prefixes if prefix]
    return or_(within(viewer, code), *wider)


def units(
    division: Division, viewer: Viewer, area: str | None = None, near: ColumnElement[Any] | None = None
) -> Subquery:
    """The units that a viewer may be told about, as of now, as a subquery named ``u``.

    Columns: id, code, parent_code, name_zh, name_en, area_m2, geom. `area` keeps the units under a code prefix, and the
    wider ones around it; `near` (a rectangle, EPSG:4326) those whose bounding box touches it.
    """
    table = UnitCell if division.by == "cell" else Area
    found: Select[Any]
    if division.by == "cell":
        found = select(  # type: ignore[assignment]  # columns differ by branch
            UnitCell.id, UnitCell.code, UnitCell.area_code.label("parent_code"),
            UnitCell.code.label("name_zh"), UnitCell.code.label("name_en"), UnitCell.area_m2, UnitCell.geom,
        ).where(UnitCell.valid_to.is_(None), within(viewer, UnitCell.area_code))  # fmt: skip
        if area is not None:
            found = found.where(UnitCell.area_code.startswith(area, autoescape=True))
    else:
        found = select(  # type: ignore[assignment]
            Area.id, Area.code, Area.parent_code, Area.name_zh, Area.name_en, Area.area_m2, Area.geom,
        ).where(Area.valid_to.is_(None), Area.level == division.level, reach_of(viewer, Area.code))  # fmt: skip
        if area is not None:
            found = found.where(or_(Area.code.startswith(area, autoescape=True), literal(area).startswith(Area.code)))
    if near is not None:
        found = found.where(touches(table.geom, near))
    return found.subquery("u")


def counts_by_code(layer: Layer, viewer: Viewer, division: Division, chosen: Filter, unit: Subquery) -> Subquery:
    """The rows in each unit as ``code``, ``n``; units without rows are missing."""
    rows = rows_of(layer, viewer, chosen)
    if division.by == "cell":
        per_cell = select(rows.c.unit_cell_id, func.count().label("n")).group_by(rows.c.unit_cell_id).subquery("c")
        return select(unit.c.code, per_cell.c.n).join(unit, unit.c.id == per_cell.c.unit_cell_id).subquery("counted")
    per_area = select(rows.c.area_code.label("key"), func.count().label("n")).group_by(rows.c.area_code).subquery("c")
    lengths = select(func.length(unit.c.code).label("length")).distinct().subquery("lengths")
    code = func.left(per_area.c.key, lengths.c.length)  # a prefix is a jurisdiction: hashed, not compared pair by pair
    return (
        select(code.label("code"), func.sum(per_area.c.n).label("n"))
        .join(lengths, func.length(per_area.c.key) >= lengths.c.length)
        .group_by(code)
        .subquery("counted")
    )
