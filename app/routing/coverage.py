"""What the rules leave out (cells and classes that none fits) and where they get in each other's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clocks.calendars import DAY_MINUTES, Span
from app.routing.matching import Facts, Mask, criteria
from app.routing.references import References
from app.routing.rules import Rule
from gis.lazy import library
from grid.models import UnitCell
from grid.reach import Viewer, within

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = library("pandas")

PLACE, CLASS = ("area", "polygon"), ("class",)
FULL_DAY = frozenset(range(DAY_MINUTES))


@dataclass(frozen=True)
class Ground:
    """Which cells and which classes each rule takes: two masks a rule, rules down, cells and classes across."""

    cells: pd.DataFrame  # id, code, area_code
    class_ids: NDArray[np.int64]
    by_cell: NDArray[np.bool_]
    by_class: NDArray[np.bool_]


def ground(db: Session, viewer: Viewer, rules: Sequence[Rule], ref: References) -> Ground:
    """The open unit cells in reach, each by a point inside it, against the finest classes in use."""
    spot = func.ST_PointOnSurface(UnitCell.geom)
    chosen = select(UnitCell.id, UnitCell.code, UnitCell.area_code, func.ST_X(spot), func.ST_Y(spot))
    rows = db.execute(chosen.where(UnitCell.valid_to.is_(None), within(viewer, UnitCell.area_code))).all()
    cells = pd.DataFrame(rows, columns=["id", "code", "area_code", "lon", "lat"])
    class_ids = np.array([one for one, line in ref.classes.items() if line.is_usable and line.is_finest], np.int64)
    here = _facts(len(cells), lon=cells["lon"], lat=cells["lat"], area_code=cells["area_code"])
    what = _facts(len(class_ids), class_id=class_ids)
    by_cell = np.array([_fits(rule, here, ref, PLACE) for rule in rules], bool).reshape(len(rules), len(cells))
    by_class = np.array([_fits(rule, what, ref, CLASS) for rule in rules], bool).reshape(len(rules), len(class_ids))
    return Ground(cells, class_ids, by_cell, by_class)


def _facts(count: int, **given: Any) -> Facts:
    zeros, nothing = np.zeros(count, np.int64), np.full(count, None, dtype=object)
    made: dict[str, Any] = {
        "class_id": zeros, "lon": zeros.astype(float), "lat": zeros.astype(float), "area_code": nothing,
        "source": nothing, "owner": nothing, "minute": zeros, "weekday": zeros, "day": zeros,
    }  # fmt: skip
    typed: dict[str, Any] = {
        name: np.asarray(given.get(name, value), dtype=value.dtype) for name, value in made.items()
    }
    return Facts(**typed)


def _fits(rule: Rule, facts: Facts, ref: References, names: Sequence[str]) -> Mask:
    found: Mask = np.ones(len(facts), bool)
    for name, fits in criteria(rule, ref).items():
        if name in names:
            found &= fits(facts)
    return found


@dataclass(frozen=True)
class Unowned:
    """Pairs of cell and class that no rule takes, and those that one takes only at times or from some sources."""

    pairs: int
    unowned: int
    sometimes: int
    by_class: list[tuple[int, int]]  # class, cells without a rule for it; the most first
    by_area: list[tuple[str, int]]  # area, pairs without a rule in it; the most first


def unowned(rules: Sequence[Rule], on: Ground, *, area_digits: int | None = None) -> Unowned:
    """What no rule takes, whatever the time, owner or source; `area_digits` cuts area codes to sum up by wider ones."""
    always = np.array([not rule.is_partial for rule in rules], bool)
    counts = _pairs(on.by_cell, on.by_class, np.ones(len(rules), bool))
    full = _pairs(on.by_cell, on.by_class, always)
    cells, classes = len(on.cells), len(on.class_ids)
    per_class, per_cell = cells - counts.per_class, classes - counts.per_cell
    by_class = sorted(
        ((int(key), int(n)) for key, n in zip(on.class_ids, per_class, strict=True) if n), key=lambda one: -one[1]
    )
    areas = on.cells["area_code"].astype(str).str[:area_digits]
    summed = pd.Series(per_cell, index=areas.index).groupby(areas).sum()
    by_area = sorted(((str(code), int(n)) for code, n in summed.items() if n), key=lambda one: (-one[1], one[0]))
    return Unowned(
        cells * classes, int(per_cell.sum()), int(counts.per_cell.sum() - full.per_cell.sum()), by_class, by_area
    )


def cells_without(rules: Sequence[Rule], on: Ground, class_id: int) -> list[tuple[int, str, str]]:
    """The cells (id, code, area) in which no rule takes a class."""
    mine = on.by_cell[on.by_class[:, on.class_ids == class_id].any(axis=1)] if len(rules) else on.by_cell
    left = on.cells[~mine.any(axis=0)] if len(mine) else on.cells
    return [(int(key), str(code), str(area)) for key, code, area, *_ in left.itertuples(index=False)]


@dataclass(frozen=True)
class Counts:
    """How many classes are taken in each cell, and in how many cells each class is."""

    per_cell: NDArray[np.int64]
    per_class: NDArray[np.int64]


def _pairs(by_cell: NDArray[np.bool_], by_class: NDArray[np.bool_], used: Mask) -> Counts:
    """Cells that the same rules reach are counted as one kind, and classes too: few kinds, whatever the city's size."""
    if not used.any():
        return Counts(np.zeros(by_cell.shape[1], np.int64), np.zeros(by_class.shape[1], np.int64))
    cell_kinds, cell_of = np.unique(by_cell[used], axis=1, return_inverse=True)
    class_kinds, class_of = np.unique(by_class[used], axis=1, return_inverse=True)
    taken = (cell_kinds.T.astype(np.int32) @ class_kinds.astype(np.int32)) > 0
    cells, classes = cell_of.ravel(), class_of.ravel()
    class_sizes = np.bincount(classes, minlength=taken.shape[1])
    cell_sizes = np.bincount(cells, minlength=taken.shape[0])
    return Counts((taken @ class_sizes)[cells], (cell_sizes @ taken)[classes])


@dataclass(frozen=True)
class Overlap:
    """Two rules (positions from 1) with different answers that take the same class in the same cell."""

    first: int
    second: int
    cells: int
    classes: int


def overlaps(rules: Sequence[Rule], on: Ground) -> list[Overlap]:
    """Pairs that meet somewhere and at some time: there the earlier one wins."""
    found = []
    for j, second in enumerate(rules):
        for i, first in enumerate(rules[:j]):
            if first.answer == second.answer or not _meet(first, second):
                continue
            cells = int((on.by_cell[i] & on.by_cell[j]).sum())
            classes = int((on.by_class[i] & on.by_class[j]).sum())
            if cells and classes:
                found.append(Overlap(i + 1, j + 1, cells, classes))
    return found


def shadowed(rules: Sequence[Rule], on: Ground) -> list[int]:
    """Positions (from 1) of rules that never win: wherever they fit, one before them does, whenever they fit."""
    found = []
    for j, rule in enumerate(rules):
        if not (on.by_cell[j].any() and on.by_class[j].any()):
            continue  # it takes nothing at all: that is another fault, see `empty`
        above = np.array([_covers(one, rule) for one in rules[:j]], bool)
        cells, classes = np.flatnonzero(on.by_cell[j]), np.flatnonzero(on.by_class[j])
        counts = _pairs(on.by_cell[:j][:, cells], on.by_class[:j][:, classes], above) if above.any() else None
        if counts is not None and int(counts.per_cell.sum()) == len(cells) * len(classes):
            found.append(j + 1)
    return found


def empty(rules: Sequence[Rule], on: Ground) -> list[int]:
    """Positions (from 1) of rules that take no class or no cell in reach."""
    return [at + 1 for at in range(len(rules)) if not (on.by_cell[at].any() and on.by_class[at].any())]


def _minutes(rule: Rule) -> frozenset[int]:
    spans = [Span.parse(one) for one in rule.hours]
    return frozenset(m for one in spans for m in range(one.start_min, one.end_min)) if spans else FULL_DAY


def _days(rule: Rule) -> tuple[str, str]:
    """First and last day as texts that compare as days do."""
    return str(rule.from_on or "0001-01-01"), str(rule.to_on or "9999-12-31")


def _meet(a: Rule, b: Rule) -> bool:
    """Whether some case can fit both, class and place aside."""
    (a_first, a_last), (b_first, b_last) = _days(a), _days(b)
    return (
        bool(_minutes(a) & _minutes(b)) and a_first <= b_last and b_first <= a_last
        and all(
            not one or not other or bool(set(one) & set(other))
            for one, other in ((a.weekdays, b.weekdays), (a.owners, b.owners), (a.sources, b.sources))
        )
    )  # fmt: skip


def _covers(a: Rule, b: Rule) -> bool:
    """Whether every case that fits `b` fits `a`, class and place aside."""
    (a_first, a_last), (b_first, b_last) = _days(a), _days(b)
    return (
        _minutes(a) >= _minutes(b) and a_first <= b_first and b_last <= a_last
        and all(
            not one or (bool(other) and set(one) >= set(other))
            for one, other in ((a.weekdays, b.weekdays), (a.owners, b.owners), (a.sources, b.sources))
        )
    )  # fmt: skip
