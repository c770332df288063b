"""The units of an atlas: areas of a level, unit cells or duty cells; each with the neighbours whose pages it names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.printing.schemas import AtlasIn
from gis.errors import Conflict, InvalidInput
from grid.models import Area, DutyCell, DutyCellUnit, UnitCell
from grid.reach import Viewer, within
from layers.units import read_division

PAGES_MAX = 500
NEAR_DEG = 5e-5  # outlines nearer than some five metres are neighbours: borders of different sources may leave a gap
NEIGHBOURS_MAX = 12


class TooManyPages(InvalidInput):
    """More units than an atlas may have pages."""

    code = "printing.too_many_pages"


class NothingToPrint(Conflict):
    """No unit is in reach."""

    code = "printing.no_units"


@dataclass(frozen=True)
class Unit:
    """One unit: its outline (degrees, valid), and the numbers of its neighbours in the atlas's order."""

    code: str
    name_zh: str
    name_en: str
    outline: Any
    neighbours: tuple[int, ...] = ()

    def name(self, lang: str) -> str:
        """Its name in a language, else the other, else its code."""
        first, second = (self.name_zh, self.name_en) if lang == "zh" else (self.name_en, self.name_zh)
        return first or second or self.code

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of its bounding box."""
        west, south, east, north = self.outline.bounds
        return (west + east) / 2, (south + north) / 2


def units_of(db: Session, viewer: Viewer, asked: AtlasIn) -> list[Unit]:
    """The viewer's units in order of code; TooManyPages, NothingToPrint."""
    found = db.execute(_statement(db, viewer, asked).limit(PAGES_MAX + 1)).all()
    if len(found) > PAGES_MAX:
        raise TooManyPages(
            "More than {most} pages: choose a wider level, or an area.", field="atlas.area", most=PAGES_MAX
        )
    if not found:
        raise NothingToPrint("There is no unit of this kind where you may look.", field="atlas.by")
    shapes = shapely.make_valid(shapely.from_wkb([bytes(row[3]) for row in found]))
    beside = _neighbours(shapes)
    return [
        Unit(row[0], row[1] or "", row[2] or "", shape, beside[at])
        for at, (row, shape) in enumerate(zip(found, shapes, strict=True))
    ]


def _statement(db: Session, viewer: Viewer, asked: AtlasIn) -> Any:
    """Code, both names, outline."""
    area = asked.area or ""
    if asked.by == "cell":
        chosen = select(UnitCell.code, UnitCell.code, UnitCell.code, func.ST_AsBinary(UnitCell.geom)).where(
            UnitCell.valid_to.is_(None), within(viewer, UnitCell.area_code),
            UnitCell.area_code.startswith(area, autoescape=True),
        )  # fmt: skip
        return chosen.order_by(UnitCell.code)
    if asked.by == "duty":
        outline = func.ST_AsBinary(func.ST_Union(UnitCell.geom))
        held = (DutyCell.valid_to.is_(None), DutyCellUnit.valid_to.is_(None), UnitCell.valid_to.is_(None))
        return (
            select(DutyCell.code, DutyCell.name_zh, DutyCell.name_en, outline)
            .join(DutyCellUnit, DutyCellUnit.duty_cell_id == DutyCell.id)
            .join(UnitCell, UnitCell.id == DutyCellUnit.unit_cell_id)
            .where(*held, within(viewer, DutyCell.area_code), DutyCell.area_code.startswith(area, autoescape=True))
            .group_by(DutyCell.id)
            .order_by(DutyCell.code)
        )
    level = read_division(db, "area", asked.level).level
    chosen = select(Area.code, Area.name_zh, Area.name_en, func.ST_AsBinary(Area.geom)).where(
        Area.valid_to.is_(None), Area.level == level, within(viewer, Area.code),
        Area.code.startswith(area, autoescape=True),
    )  # fmt: skip
    return chosen.order_by(Area.code)


def _neighbours(shapes: Any) -> list[tuple[int, ...]]:
    """For each outline those that it touches along a border or nearly so, the longest common border first."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="dwithin", distance=NEAR_DEG)
    found: list[list[tuple[float, int]]] = [[] for _ in shapes]
    for at, beside in zip(one.tolist(), other.tolist(), strict=True):
        if at != beside:
            shared = shapely.intersection(shapely.buffer(shapes[at], NEAR_DEG), shapes[beside])
            found[at].append((-float(shapely.area(shared)), beside))
    return [tuple(beside for _shared, beside in sorted(some)[:NEIGHBOURS_MAX]) for some in found]


def box_of(units: Sequence[Unit]) -> tuple[float, float, float, float]:
    """West, south, east, north of all units."""
    west, south, east, north = shapely.total_bounds(np.array([one.outline for one in units], dtype=object))
    return float(west), float(south), float(east), float(north)


def index_pages(count: int, rows: int) -> int:
    """How many pages the index takes."""
    return math.ceil(count / rows)
