"""What a version of the rules would have done with the cases of the last days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.cases import queries as cases
from app.cases import routed
from app.components import queries as components
from app.routing import references
from app.routing.matching import NONE, facts_of, first_match
from app.routing.references import References
from app.routing.rules import Rule
from gis.errors import InvalidInput
from gis.lazy import library
from grid.reach import Viewer

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = library("pandas")

DAYS = 90
DAYS_MAX = 366
CASES_MAX = 500_000


@dataclass(frozen=True)
class Line:
    """A rule (position from 1; 0: none fits) and what it would have taken.

    `elsewhere` went to another department than it would have; `unsent` were not sent to any.
    """

    position: int
    cases: int
    elsewhere: int
    unsent: int


@dataclass(frozen=True)
class ClassLine:
    """The same of one class within a rule."""

    class_id: int
    cases: int
    elsewhere: int


@dataclass(frozen=True)
class Replay:
    """Every case with the rule that would have taken it, as a frame; sums are read from it."""

    frame: pd.DataFrame  # id, class_id, lon, lat, position, would, went (None: not sent), is_elsewhere
    rules: Sequence[Rule]
    days: int

    @property
    def count(self) -> int:
        """How many cases were played."""
        return len(self.frame)

    def lines(self) -> list[Line]:
        """One line a rule in order, then that of the cases that none fits."""
        grouped = self.frame.groupby("position").agg(
            cases=("id", "size"), elsewhere=("is_elsewhere", "sum"), unsent=("is_unsent", "sum")
        )
        order = [*range(1, len(self.rules) + 1), 0]
        rows = grouped.reindex(order, fill_value=0).to_numpy(np.int64)
        return [Line(at, int(row[0]), int(row[1]), int(row[2])) for at, row in zip(order, rows, strict=True)]

    def classes(self, position: int) -> list[ClassLine]:
        """The classes of a rule's cases, the most first."""
        mine = self.frame[self.frame["position"] == position]
        grouped = mine.groupby("class_id").agg(cases=("id", "size"), elsewhere=("is_elsewhere", "sum"))
        found = grouped.sort_values("cases", ascending=False, kind="stable")
        keys = found.index.to_numpy(np.int64).tolist()
        sums = (found[name].to_numpy(np.int64).tolist() for name in ("cases", "elsewhere"))
        return [ClassLine(key, cases, elsewhere) for key, cases, elsewhere in zip(keys, *sums, strict=True)]

    def picked(
        self, position: int, *, class_id: int | None = None, only_elsewhere: bool = False, limit: int = 50,
        offset: int = 0,
    ) -> tuple[int, list[int], dict[int, str | None]]:  # fmt: skip
        """How many cases of a rule there are, ids of some of them newest first, and where each would have gone."""
        mine = self.frame[self.frame["position"] == position]
        if class_id is not None:
            mine = mine[mine["class_id"] == class_id]
        if only_elsewhere:
            mine = mine[mine["is_elsewhere"]]
        shown = mine.sort_values("id", ascending=False).iloc[offset : offset + limit]
        would = dict(zip((int(one) for one in shown["id"]), shown["would"], strict=True))
        return len(mine), list(would), would


def play(
    db: Session, viewer: Viewer, rules: Sequence[Rule], *, days: int = DAYS, now: datetime | None = None,
    ref: References | None = None,
) -> Replay:  # fmt: skip
    """Run rules over the cases that were reported in the last days and lie in reach."""
    if not 1 <= days <= DAYS_MAX:
        raise InvalidInput("Give 1 to {count} days.", field="days", count=DAYS_MAX)
    end = now or datetime.now(UTC)
    ref = ref or references.load(db)
    rows = routed.since(db, viewer, end - timedelta(days=days), end)
    if len(rows) > CASES_MAX:
        raise InvalidInput("More than {count} cases: take fewer days.", field="days", count=CASES_MAX)
    needs_owner = any(rule.owners for rule in rules)
    owners = components.in_charge(db, {row.component_id for row in rows if row.component_id}) if needs_owner else {}
    won = first_match(rules, facts_of(rows, owners, ref), ref)
    return Replay(_frame(rows, won, rules, ref), rules, days)


def _frame(rows: Sequence[Row[Any]], won: np.ndarray[Any, Any], rules: Sequence[Rule], ref: References) -> pd.DataFrame:
    answers = np.array([rule.department for rule in rules] + [None], dtype=object)  # the last stands for -1
    class_id = np.array([row.class_id for row in rows], np.int64)
    of_class = {one: line.department for one, line in ref.classes.items()}
    fallback = np.array(
        [row.condition_department or of_class.get(row.class_id) for row in rows] or [None], dtype=object
    )[: len(rows)]  # fmt: skip
    would = np.where(won == NONE, fallback, answers[won]) if len(rows) else np.empty(0, object)
    unsent = np.array([bool(row.is_undecided) or not row.department for row in rows], bool)
    went = np.array([row.department for row in rows] or [None], dtype=object)[: len(rows)]
    return pd.DataFrame({
        "id": np.array([row.id for row in rows], np.int64), "class_id": class_id,
        "position": won + 1, "would": pd.Series(would, dtype=object), "went": pd.Series(went, dtype=object),
        "is_unsent": unsent,
        "is_elsewhere": ~unsent & (would != went),
    })  # fmt: skip


def cases_of(db: Session, viewer: Viewer, ids: Sequence[int]) -> list[Row[Any]]:
    """The cases themselves, newest first."""
    return cases.by_ids(db, viewer, ids)
