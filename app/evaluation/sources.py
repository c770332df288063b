"""Counts that other domains keep: patrols that covered cells, what was missed. A domain registers them at set-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from app.evaluation.predicates import Window
from grid.reach import Viewer

# (db, viewer, window, by) -> numerator and denominator by the object's key: an area's code (any depth: they are summed
# to the level asked for), an account's id; "" is the total
Counts = Callable[[Session, Viewer, Window, str], Mapping[str, tuple[int, int]]]

_sources: dict[str, Counts] = {}


def register(name: str, counts: Counts) -> None:
    """Let a domain count for the indicators whose `source` is this name."""
    _sources[name] = counts


def source_of(name: str) -> Counts | None:
    """Who counts for a source; None while nobody registered."""
    return _sources.get(name)
