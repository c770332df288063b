"""Ending areas and putting new ones in their place, with cells, duty cells, records and all levels following."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import NotFound
from gis.measure import area_m2
from grid import store
from grid.build import Cells
from grid.build.plane import Plane
from grid.redraw.errors import refusal
from grid.redraw.given import Given, proposed
from grid.redraw.plan import Plan, Shape
from grid.redraw.shapes import array, fit, many

_SQL = Path(__file__).parent.parent / "sql"
_CITY = text("SELECT levels, cell_scheme FROM city")
_LOCK = text("LOCK TABLE areas, unit_cells IN EXCLUSIVE MODE")
_HELD = text("""
    SELECT id, code, level, depth, parent_code, name_zh, name_en, is_generated, valid_from, ST_AsBinary(geom) AS wkb
    FROM areas WHERE valid_to IS NULL ORDER BY code
""")
_END = text("UPDATE areas SET valid_to = :on WHERE id = ANY(:ids)")
_BEGIN = text((_SQL / "insert_areas.sql").read_text())
_LINK = text("""
    INSERT INTO area_successors (old_id, new_id, share)
    SELECT * FROM unnest(CAST(:old AS bigint[]), CAST(:new AS bigint[]), CAST(:share AS float8[]))
""")
_CELLS = text("""
    SELECT code, area_code, area_m2, ST_AsBinary(geom) AS wkb FROM unit_cells
    WHERE valid_to IS NULL AND area_code = ANY(:codes) ORDER BY code
""")
_LATEST = text("SELECT max(valid_from) FROM unit_cells WHERE valid_to IS NULL AND area_code = ANY(:codes)")
_STRAY_REACH = text((_SQL / "stray_reach.sql").read_text())


@dataclass(frozen=True)
class Redrawn:
    """What a redraw of areas did.

    `ended` and `added` are codes by level, `successors` old code, new code and share of the old one's ground. `built`
    tells of cells and records, None when no cell changed. `stray_reach` are accounts' names with the areas in their
    reach that no present area begins with any more: they see nothing there until someone changes that.
    """

    ended: dict[str, list[str]] = field(default_factory=dict)
    added: dict[str, list[str]] = field(default_factory=dict)
    successors: list[tuple[str, str, float]] = field(default_factory=list)
    built: store.Built | None = None
    stray_reach: list[tuple[str, str]] = field(default_factory=list)


def redraw_areas(
    db: Session,
    level: str,
    rows: Sequence[Given],
    *,
    on: date,
    note: str = "",
    codes_below: Mapping[str, str] | None = None,
    reshape_parents: bool = False,
) -> Redrawn:
    """Put the areas `rows` of one level in the place of those on whose ground they lie, from the day `on`.

    All areas whose borders change must be given; others may be. What differs by less than 2 m of width is the same
    border. Areas above follow (if `reshape_parents` allows it) when ground passes between them, areas below get codes
    under their new parent, `codes_below` naming those whose last digits change. The cells of finest areas with new
    ground are drawn anew; where only the code changed, cells keep their shapes. All records are located again.

    Raises NotFound without a city, RedrawRefused with the area and m² at fault. Nothing is written then.
    """
    facts = db.execute(_CITY).one_or_none()
    if facts is None:
        raise NotFound("No city is loaded yet.")
    if level not in facts.levels:
        raise refusal("areas.unknown_level", level=level)
    if on > date.today():
        raise refusal("areas.future", on=on.isoformat())
    db.execute(_LOCK)
    plan = _plan(db)
    given = proposed(rows, level, facts.levels.index(level), list(plan.held.values()), facts.cell_scheme)
    ended, added = _exchange(plan, given)
    if not ended:
        return Redrawn()
    plan.change(ended, added, reshape_parents=reshape_parents)
    plan.recode_below(ended, added, codes_below or {})
    _refuse_too_early(db, plan, on)
    links = plan.successors()
    _write(db, plan, links, on)
    built = _cells(db, plan, note, on)
    stray = [(row.name, row.prefix) for row in db.execute(_STRAY_REACH)]
    return Redrawn(_by_level(plan.ended), _by_level(plan.added), links, built, stray)


def _plan(db: Session) -> Plan:
    found = db.execute(_HELD).all()
    shapes = [many(shape) for shape in store.from_wkb([row.wkb for row in found])]
    held = {
        row.code: Shape(
            row.code, row.level, row.depth, row.parent_code, row.name_zh, row.name_en, shape,
            row.is_generated, row.id, row.valid_from,
        )
        for row, shape in zip(found, shapes, strict=True)
    }  # fmt: skip
    if not held:
        raise NotFound("No city is loaded yet.")
    return Plan(Plane.around(array(shapes)), held)


def _exchange(plan: Plan, given: list[Shape]) -> tuple[list[Shape], list[Shape]]:
    """The standing areas that end and the new ones in their place; those given as they stand are left alone."""
    peers = [one for one in plan.held.values() if one.level == given[0].level]
    fitted = fit(
        plan.plane, [one.code for one in given], array([one.geom for one in given]),
        [one.code for one in peers], array([one.geom for one in peers]),
    )  # fmt: skip
    ended = {peers[row].code: peers[row] for row in fitted.replaced}
    added = []
    for one, geom, row in zip(given, fitted.geoms, fitted.kept, strict=True):
        new = replace(one, geom=geom, was=peers[row].code if row >= 0 else None)
        if row >= 0 and _facts(new) == _facts(peers[row]):
            del ended[new.code]
        else:
            added.append(new)
    return list(ended.values()), added


def _facts(one: Shape) -> tuple[str | None, ...]:
    return one.code, one.parent_code, one.name_zh, one.name_en


def _refuse_too_early(db: Session, plan: Plan, on: date) -> None:
    """No area and no cell ends before the day on which it began."""
    for one in plan.ended.values():
        if one.valid_from > on:
            raise refusal("areas.too_early", area=one.code, since=one.valid_from.isoformat())
    latest = db.execute(_LATEST, {"codes": list(plan.ended)}).scalar()
    if latest is not None and latest > on:
        raise refusal("areas.too_early", area=min(plan.ended), since=latest.isoformat())


def _write(db: Session, plan: Plan, links: list[tuple[str, str, float]], on: date) -> None:
    """End rows, add rows, link them."""
    db.execute(_END, {"on": on, "ids": [one.id for one in plan.ended.values()]})
    new = list(plan.added.values())
    begun = db.execute(_BEGIN, {
        "on": on,
        "wkb": shapely.to_wkb(array([one.geom for one in new])).tolist(),
        "area_m2": area_m2(array([one.geom for one in new])).tolist(),
        **{f"{name}s": [getattr(one, name) for one in new] for name in (
            "code", "level", "depth", "parent_code", "name_zh", "name_en", "is_generated",
        )},
    }).all()  # fmt: skip
    ids = {row.code: row.id for row in begun}
    db.execute(_LINK, {
        "old": [plan.ended[old].id for old, _, _ in links], "new": [ids[code] for _, code, _ in links],
        "share": [share for _, _, share in links],
    })  # fmt: skip
    db.expire_all()


def _cells(db: Session, plan: Plan, note: str, on: date) -> store.Built | None:
    """Cells of the finest areas with new ground, and new codes for cells of areas that only changed theirs."""
    finest = plan.finest()
    added = [one for code, one in sorted(plan.added.items()) if code in finest]
    drawn = [one for one in added if one.was is None]
    recoded = {one.was: one.code for one in added if one.was is not None and one.was != one.code}
    alike = {one.was for one in added if one.was == one.code}
    leaving = [code for code in plan.ended if code not in alike]
    old = db.execute(_CELLS, {"codes": list(recoded)}).all()
    if not drawn and not old:
        return None
    codes = [one.code for one in drawn]
    cells = store.draw(db, codes, array([one.geom for one in drawn])) if drawn else _no_cells()
    codes += list(recoded.values())
    area_codes = [recoded[row.area_code] for row in old]
    place = {code: row for row, code in enumerate(codes)}
    cells = Cells(
        np.append(
            cells.code, [code + row.code[len(row.area_code) :] for code, row in zip(area_codes, old, strict=True)]
        ),
        np.append(cells.area_code, area_codes),
        np.append(cells.of_area, np.array([place[code] for code in area_codes], np.int64)),
        np.append(cells.geom, store.from_wkb([row.wkb for row in old])),
        np.append(cells.area_m2, [row.area_m2 for row in old]),
        cells.buildings_cut,
        cells.buildings_cut_inside,
    )
    return store.write(db, cells, codes, np.full(len(codes), on, object), note, on, leaving=leaving)


def _no_cells() -> Cells:
    none = np.empty(0, np.object_)
    return Cells(np.empty(0, np.str_), np.empty(0, np.str_), np.empty(0, np.int64), none, np.empty(0), 0, 0)


def _by_level(areas: Mapping[str, Shape]) -> dict[str, list[str]]:
    levels: dict[str, list[str]] = {}
    for one in sorted(areas.values(), key=lambda one: (one.depth, one.code)):
        levels.setdefault(one.level, []).append(one.code)
    return levels
