"""Counts that other domains keep: patrols that covered cells, what was missed. A domain registers them at set-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.evaluation.predicates import Window
from grid.reach import Viewer

# (db, viewer, window, by) -> numerator and denominator: by "cell" under the ids of unit cells, of which areas, posts
# and the whole are the sums; by "inspector" under the ids of accounts
Counts = Callable[[Session, Viewer, Window, str], Mapping[str, tuple[int, int]]]
# (db, viewer, window, person, whether of the numerator) -> ids of the cases that are counted
Cases = Callable[[Session, Viewer, Window, int | None, bool], Select[Any]]


@dataclass(frozen=True)
class Source:
    """Who counts for an indicator. Without `cases` it counts cells: those are what its figures open to."""

    counts: Counts
    cases: Cases | None = None


_sources: dict[str, Source] = {}


def register(name: str, counts: Counts, cases: Cases | None = None) -> None:
    """Let a domain count for the indicators whose `source` is this name."""
    _sources[name] = Source(counts, cases)


def source_of(name: str) -> Source | None:
    """Who counts for a source; None while nobody registered."""
    return _sources.get(name)
