"""A layer counted by unit cells or by the areas of a level: for choropleths, tables and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from grid.models import Area
from grid.reach import Viewer
from layers.filters import NOTHING, Filter, rows_of
from layers.layer import Layer
from layers.shielding import Tally, hidden_codes, published
from layers.tile_counts import kept_total
from layers.units import Division, city_levels, counts_by_code, units


@dataclass(frozen=True)
class Counted:
    """One unit with its number: None when suppressed. `geometry` is GeoJSON text (EPSG:4326), if it was asked for.

    `people` are its residents, where a rate of them was asked for: None where they are held back.
    """

    id: int
    code: str
    name_zh: str
    name_en: str
    area_m2: float
    count: int | None
    geometry: str | None = None
    people: int | None = None

    @property
    def is_suppressed(self) -> bool:
        """Whether the number is held back because it would say something of few people."""
        return self.count is None

    @property
    def per_km2(self) -> float | None:
        """Rows a square kilometre of the unit; None when suppressed or the unit has no size."""
        return None if self.count is None or self.area_m2 <= 0 else self.count / self.area_m2 * 1e6

    def told(self, rate: str) -> float | None:
        """The number as it is told and classed everywhere: rows, or to three decimals ``per_km2`` or ``per_1000``.

        ``per_1000`` is of the unit's residents (`layers.residents_rate`), None where they are held back or none.
        """
        if rate == "count":
            return self.count
        if rate == "per_1000":
            return None if self.count is None or not self.people else round(self.count / self.people * 1000, 3)
        return None if self.per_km2 is None else round(self.per_km2, 3)


@dataclass(frozen=True)
class Counts:
    """All units of one division.

    `total` is every row the viewer's filter lets through; of people, the sum of what is shown.
    `rounded_to` is set where numbers are rounded so that nobody can be subtracted out (see `shielding`).
    """

    items: tuple[Counted, ...]
    total: int
    rounded_to: int | None = None


def total(db: Session, layer: Layer, viewer: Viewer, chosen: Filter = NOTHING) -> int:
    """How many rows the viewer sees under a filter. For layers without a floor only: it says the exact number."""
    kept = kept_total(db, layer, viewer, chosen)
    if kept is not None:
        return kept
    return db.execute(select(func.count()).select_from(rows_of(layer, viewer, chosen))).scalar_one()


def counts(
    db: Session,
    layer: Layer,
    viewer: Viewer,
    division: Division,
    chosen: Filter = NOTHING,
    *,
    near: ColumnElement[Any] | None = None,
    with_geometry: bool = False,
) -> Counts:
    """Count a layer's rows by unit, units without any included, in order of code.

    `near` keeps units that touch a rectangle (EPSG:4326). Units at the edge of the viewer's reach count only the part
    that the viewer may see.
    """
    if layer.floor is not None:
        return _shielded(db, layer, viewer, division, chosen, near=near, with_geometry=with_geometry)
    unit = units(division, viewer, chosen.area, near)
    counted = counts_by_code(layer, viewer, division, chosen, unit)
    found = select(*_facts(unit, with_geometry), func.coalesce(counted.c.n, 0)).outerjoin(
        counted, counted.c.code == unit.c.code
    )
    items = tuple(
        Counted(row[0], row[1], row[2], row[3], row[4], int(row[6]), row[5])
        for row in db.execute(found.order_by(unit.c.code))
    )
    return Counts(items, total(db, layer, viewer, chosen) if near is None else sum(one.count or 0 for one in items))


def _facts(unit: Any, with_geometry: bool) -> list[ColumnElement[Any]]:
    outline = func.ST_AsGeoJSON(unit.c.geom, 6) if with_geometry else literal("")
    return [unit.c.id, unit.c.code, unit.c.name_zh, unit.c.name_en, unit.c.area_m2, outline.label("outline")]


def _shielded(
    db: Session,
    layer: Layer,
    viewer: Viewer,
    division: Division,
    chosen: Filter,
    *,
    near: ColumnElement[Any] | None,
    with_geometry: bool,
) -> Counts:
    """Counts of people: suppressed and rounded as `shielding` says; `chosen.area` chooses units, never people."""
    floor = layer.floor or 1
    unit = units(division, viewer, None, near)
    rows = [
        row
        for row in db.execute(select(unit.c.parent_code, *_facts(unit, with_geometry)).order_by(unit.c.code))
        if chosen.area is None or (row[0] if division.by == "cell" else row[2]).startswith(chosen.area)
    ]
    parents = sorted({row[0] for row in rows if row[0]}) if division.by == "cell" else []
    levels = _area_tallies(db, layer, viewer, division)
    if division.by == "cell":
        levels.append(_cell_tallies(db, layer, viewer, parents))
    hidden = hidden_codes(levels, floor)
    true = {tally.code: tally.count for tally in levels[-1]} if levels else {}
    everybody = {row[2]: true.get(row[2], 0) for row in rows}
    narrowed = Filter(chosen.values, chosen.from_at, chosen.to_at, None, chosen.words)
    matching = None
    if narrowed.is_of_attributes:
        matching = _matching(db, layer, viewer, division, narrowed, near)
    shown = published(everybody, hidden, matching, floor)
    items = tuple(Counted(row[1], row[2], row[3], row[4], row[5], shown[row[2]], row[6] or None) for row in rows)
    return Counts(items, sum(one.count or 0 for one in items), floor if matching is not None else None)


def _area_tallies(db: Session, layer: Layer, viewer: Viewer, division: Division) -> list[list[Tally]]:
    """The true numbers of all area levels down to the division's, widest first."""
    levels = city_levels(db)
    wanted = levels[: division.depth + 1] if division.by == "area" else levels
    rows = rows_of(layer, viewer)
    finest = db.execute(select(rows.c.area_code, func.count()).group_by(rows.c.area_code)).all()
    areas = db.execute(select(Area.code, Area.parent_code, Area.level).where(Area.valid_to.is_(None))).all()
    parent_of = {code: parent for code, parent, _ in areas}
    sums: dict[str, int] = dict.fromkeys(parent_of, 0)
    for code, count in finest:
        here: str | None = code
        while here is not None and here in sums:
            sums[here] += count
            here = parent_of[here]
    return [[Tally(code, parent, sums[code]) for code, parent, level in areas if level == name] for name in wanted]


def _cell_tallies(db: Session, layer: Layer, viewer: Viewer, parents: Sequence[str]) -> list[Tally]:
    """The true numbers of the unit cells in some finest areas: whole families, or siblings couldn't hide each other."""
    unit = units(Division("cell", "cell", 0), viewer)
    unit = select(unit).where(unit.c.parent_code.in_(parents)).subquery("u")
    rows = rows_of(layer, viewer)
    counted = (
        select(rows.c.unit_cell_id, func.count().label("n"))
        .where(rows.c.area_code.in_(parents))
        .group_by(rows.c.unit_cell_id)
        .subquery("c")
    )
    found = select(unit.c.code, unit.c.parent_code, counted.c.n).join(counted, counted.c.unit_cell_id == unit.c.id)
    return [Tally(*row) for row in db.execute(found)]


def _matching(
    db: Session, layer: Layer, viewer: Viewer, division: Division, chosen: Filter, near: ColumnElement[Any] | None
) -> dict[str, int]:
    unit = units(division, viewer, None, near)
    counted = counts_by_code(layer, viewer, division, chosen, unit)
    return {code: int(n) for code, n in db.execute(select(counted.c.code, counted.c.n))}
