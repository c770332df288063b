"""Figures: numerator and denominator of each indicator, whole or by area, department or person.

Counts come from one pass over the facts of cases for each way of counting. A whole is the sum of its parts' counts,
never the mean of their ratios.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session

from app.cases import facts as case_facts
from app.evaluation import cells, sources
from app.evaluation.asked import Asked
from app.evaluation.indicators import Indicator
from app.evaluation.predicates import BASES, SENT_BACK, Base, part_for
from grid.models import Area
from grid.reach import Viewer, within

WHOLE = ""


@dataclass(frozen=True)
class Figure:
    """A ratio of two counts. There is none over a denominator of nothing."""

    numerator: int
    denominator: int

    @property
    def ratio(self) -> Fraction | None:
        """Exact; None where nothing was due."""
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    def __add__(self, other: Figure) -> Figure:
        return Figure(self.numerator + other.numerator, self.denominator + other.denominator)


NOTHING = Figure(0, 0)
Table = dict[str, dict[str, Figure]]  # by the object's key, then by the indicator's code


def whole(db: Session, viewer: Viewer, asked: Asked, indicators: Iterable[Indicator]) -> dict[str, Figure]:
    """Each indicator's figure over all that the question reaches."""
    return _count(db, viewer, asked, list(indicators), "").get(WHOLE, {})


def by_object(db: Session, viewer: Viewer, asked: Asked, indicators: Iterable[Indicator]) -> Table:
    """Each indicator's figure by the objects asked for: codes of areas, posts or cells, departments, account ids."""
    return _count(db, viewer, asked, list(indicators), asked.by)


def _count(db: Session, viewer: Viewer, asked: Asked, indicators: Sequence[Indicator], by: str) -> Table:
    table: Table = defaultdict(dict)
    counted = [one for one in indicators if not one.source]
    for ways in _ways(counted, asked, by).values():
        for key, figures in _pass(db, viewer, asked, ways, by).items():
            table[key] |= figures
    for one in indicators:
        for key, figure in _of_source(db, viewer, asked, one, by).items():
            table[key][one.code] = figure
    return dict(table)


def _of_source(db: Session, viewer: Viewer, asked: Asked, indicator: Indicator, by: str) -> dict[str, Figure]:
    """An indicator that another domain counts; nothing where none does, or where it is asked for one department."""
    source = sources.source_of(indicator.source) if indicator.source else None
    seen = narrowed(viewer, asked.area)
    if source is None or seen is None or asked.department or by == "department":
        return {}
    if by == "inspector" or asked.person is not None:
        found = source.counts(db, seen, asked.window, "inspector")
        if asked.person is None:
            return {key: Figure(*pair) for key, pair in found.items()}
        own = Figure(*found.get(str(asked.person), (0, 0)))
        return {str(asked.person) if by else WHOLE: own} if by in ("", "inspector") else {}
    counted = {int(key): Figure(*pair) for key, pair in source.counts(db, seen, asked.window, "cell").items()}
    if asked.cell or asked.post:
        kept = set(db.scalars(_cells(db, asked)))
        counted = {cell: figure for cell, figure in counted.items() if cell in kept}
    table: Table = {str(cell): {WHOLE: figure} for cell, figure in counted.items()}
    if not by:
        return {WHOLE: sum(counted.values(), NOTHING)}
    return {key: figures[WHOLE] for key, figures in _of_cells(db, table, asked, by).items()}


def narrowed(viewer: Viewer, area: str) -> Viewer | None:
    """The viewer inside one area; None where that lies out of reach."""
    if not area:
        return viewer
    inside = [one for one in viewer.prefixes if one.startswith(area)]
    within_own = any(area.startswith(one) for one in viewer.prefixes)
    prefixes = (area,) if within_own else tuple(inside)
    return replace(viewer, prefixes=prefixes) if prefixes else None


def _ways(indicators: Sequence[Indicator], asked: Asked, by: str) -> dict[Any, list[Indicator]]:
    """Indicators that can be counted in one pass: those whose cases are keyed by the same column."""
    ways: dict[Any, list[Indicator]] = defaultdict(list)
    for one in indicators:
        if (by == "inspector" or asked.person is not None) and one.base.person is None:
            continue  # nobody in person answers for it
        ways[one.base.person if by == "inspector" else None].append(one)
    return ways


def _pass(db: Session, viewer: Viewer, asked: Asked, indicators: Sequence[Indicator], by: str) -> Table:
    """Counts of indicators in one pass over the facts: each case has a bit for each base and part that it belongs to.

    Cases are counted by these bits, so that each condition is asked once a case: at a million cases a year takes half
    the time of one filtered count for each number. By department the pass is grouped by who was sent the cases and who
    sent them back as well: what is counted to each of several departments is parted here, among a few hundred groups.
    """
    facts = case_facts.facts_as_of(asked.as_of)
    names = sorted({one.denominator for one in indicators})
    bits = {name: 1 << place for place, name in enumerate([*names, *(f"n.{one.code}" for one in indicators)])}
    keys = _keys(facts, indicators[0].base, by)
    marked = select(*keys, _mark(facts, asked, indicators, bits, by))
    held_by_any = (
        and_(BASES[name].holds(facts, asked.window), *_mine(facts, BASES[name], asked, by)) for name in names
    )
    marked = marked.where(or_(*held_by_any), *reach(db, viewer, facts, asked))
    # OFFSET 0: each mark is worked out once, by the worker that reads the row
    inner = marked.offset(literal_column("0")).subquery("marked")
    groups = [inner.c[key.name] for key in keys]
    table: Table = {} if by else {WHOLE: {one.code: NOTHING for one in indicators}}
    for *found, held, count in db.execute(select(*groups, inner.c.mark, func.count()).group_by(*groups, inner.c.mark)):
        for one in indicators:
            if not held & bits[one.denominator]:
                continue
            is_part = bool(held & bits[f"n.{one.code}"])
            for key, is_own_part in _counted_to(one, found, by, is_part):
                row = table.setdefault(key, {each.code: NOTHING for each in indicators})
                row[one.code] += Figure(count if is_own_part else 0, count)
    if by == "area":
        return _rolled_up(db, table, asked.level)
    return _of_cells(db, table, asked, by) if by in ("post", "cell") else table


def _keys(facts: Any, base: Base, by: str) -> list[Any]:
    """What the pass is grouped by."""
    if by == "department":
        return [facts.c.department.label("key"), facts.c.sent_to.label("sent"), facts.c.sent_back_by.label("back")]
    if by == "area":
        return [facts.c.area_code.label("key")]
    if by in ("post", "cell"):
        return [facts.c.unit_cell_id.label("key")]
    if by == "inspector":
        return [facts.c[base.person or "reported_by"].label("key")]
    return [literal(WHOLE).label("key")]


def _counted_to(one: Indicator, found: list[Any], by: str, is_part: bool) -> Iterable[tuple[str, bool]]:
    """Whom a group is counted to, and whether it belongs to that one's numerator; to nobody where none is named."""
    if by == "department" and one.base.each:
        _key, sent, back = found
        own = SENT_BACK.get(one.numerator)
        return [(name, is_part if own is None else (name in back) is own) for name in sent]
    return [] if found[0] is None else [(str(found[0]), is_part)]


def _mark(facts: Any, asked: Asked, indicators: Sequence[Indicator], bits: Mapping[str, int], by: str) -> Any:
    """The bits of a case: of each base that it belongs to, and of each numerator."""
    marks: list[Any] = []
    for name in sorted({one.denominator for one in indicators}):
        base = and_(BASES[name].holds(facts, asked.window), *_mine(facts, BASES[name], asked, by))
        parts = [
            case((part_for(one.numerator, facts.c, asked.window.end, _itself(one.base, asked)), bits[f"n.{one.code}"]),
                 else_=0)
            for one in indicators if one.denominator == name
        ]  # fmt: skip
        marks.append(case((base, sum(parts, literal(bits[name], BigInteger))), else_=0))
    return sum(marks[1:], marks[0]).label("mark")


def _itself(base: Base, asked: Asked) -> Any:
    """The one department asked for, where a case is counted to each that had it; else None."""
    return literal(asked.department) if base.each and asked.department else None


def _mine(facts: Any, base: Base, asked: Asked, by: str = "") -> list[ColumnElement[bool]]:
    """The conditions of a question about one department or one person, for one base.

    A part of a split case is counted to its department; everywhere else the whole case counts, once.
    """
    made: list[ColumnElement[bool]] = []
    if by != "department" and not asked.department:
        made.append(not_(facts.c.is_part))
    if asked.department:
        here = facts.c.department == asked.department
        made.append(literal(asked.department) == any_(facts.c[base.each]) if base.each else here)
    if asked.person is not None and base.person is not None:
        made.append(facts.c[base.person] == asked.person)
    return made


def reach(db: Session, viewer: Viewer, facts: Any, asked: Asked) -> list[ColumnElement[bool]]:
    """What the viewer sees of what the question is narrowed to."""
    made: list[ColumnElement[bool]] = [within(viewer, facts.c.area_code, facts.c.department)]
    if asked.area:
        made.append(facts.c.area_code.startswith(asked.area, autoescape=True))
    if asked.cell or asked.post:
        made.append(facts.c.unit_cell_id.in_(_cells(db, asked)))
    if asked.is_past and viewer.department is not None:  # what was given to another since is not seen any more
        made.append(facts.c.case_id.in_(case_facts.visible_ids(viewer)))
    return made


def _cells(db: Session, asked: Asked) -> Select[Any]:
    """Ids of the unit cells that a question is narrowed to."""
    if not asked.post:
        return cells.of_code(asked.cell)
    covered = cells.of_post(db, asked.post, asked.window.end)
    return covered.where(covered.selected_columns[0].in_(cells.of_code(asked.cell))) if asked.cell else covered


def _of_cells(db: Session, table: Table, asked: Asked, by: str) -> Table:
    """Counts by the ids of unit cells as those of cells by code, of posts, or of the areas of the level asked for."""
    if by == "post":
        covering = cells.posts(db, asked.window.end)
        return _summed(table, {key: covering.get(int(key), []) for key in table})
    places = cells.places(db, map(int, table))
    coded = _summed(table, {str(cell): [code if by == "cell" else area] for cell, (code, area) in places.items()})
    return _rolled_up(db, coded, asked.level) if by == "area" else coded


def _rolled_up(db: Session, table: Table, level: str) -> Table:
    """Counts of the finest areas summed to those of a level that they lie in: codes are prefixes."""
    codes = set(db.scalars(select(Area.code).where(Area.level == level, Area.valid_to.is_(None))))
    lengths = sorted({len(code) for code in codes})
    above = {code: next((code[:length] for length in lengths if code[:length] in codes), None) for code in table}
    return _summed(table, {code: [found] for code, found in above.items() if found is not None})


def _summed(table: Table, into: Mapping[str, Sequence[str]]) -> Table:
    """Counts of parts as those of the wholes that each belongs to."""
    summed: Table = defaultdict(dict)
    for part, figures in table.items():
        for key in into.get(part, ()):
            for name, figure in figures.items():
                summed[key][name] = summed[key].get(name, NOTHING) + figure
    return dict(summed)


def picked(db: Session, viewer: Viewer, asked: Asked, indicator: Indicator, *, numerator: bool) -> Select[Any] | None:
    """The ids of the cases that a figure counts: of its denominator, or of its numerator; None if it counts cells."""
    if indicator.source:
        return _picked_of_source(db, viewer, asked, indicator, numerator)
    facts = case_facts.facts_as_of(asked.as_of)
    base, window = indicator.base, asked.window
    conditions = [base.holds(facts, window), *_mine(facts, base, asked), *reach(db, viewer, facts, asked)]
    if numerator:
        conditions.append(part_for(indicator.numerator, facts.c, window.end, _itself(base, asked)))
    return select(facts.c.case_id).where(and_(*conditions))


def _picked_of_source(
    db: Session, viewer: Viewer, asked: Asked, indicator: Indicator, numerator: bool
) -> Select[Any] | None:
    source, seen = sources.source_of(indicator.source), narrowed(viewer, asked.area)
    if source is None or source.cases is None or seen is None:
        return None
    found = source.cases(db, seen, asked.window, asked.person, numerator)
    if not (asked.cell or asked.post):
        return found
    facts = case_facts.facts_as_of(None)
    return select(facts.c.case_id).where(facts.c.case_id.in_(found), facts.c.unit_cell_id.in_(_cells(db, asked)))
