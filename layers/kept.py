"""Statements put together once, used for some seconds, and sent to psycopg directly with binary results.

Putting one together costs more than reading a tile of few rows (12 ms of 29), and a tile sent as text is twice as long.
A layer's Select may hold the present moment (what is overdue now), so that a statement isn't kept for longer.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from psycopg import Connection
from sqlalchemy import Dialect, Select
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers.filters import Filter
from layers.layer import Layer

KEPT_S = 2.0
STATEMENTS_MAX = 256


@dataclass(frozen=True)
class Ready:
    """A statement as psycopg takes it, with the values that are already known; the others are given when it runs."""

    text: str
    known: Mapping[str, Any]

    def run(self, db: Session, binds: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows, within the session's transaction."""
        raw = cast("Connection[Any]", db.connection().connection.driver_connection)
        with raw.cursor(binary=True) as cursor:
            return cursor.execute(self.text, {**self.known, **binds}).fetchall()


@dataclass(frozen=True)
class _Kept:
    layer: Layer
    until: float
    ready: Ready


_statements: OrderedDict[Hashable, _Kept] = OrderedDict()


def kept_statement(
    db: Session, kind: str, layer: Layer, viewer: Viewer, chosen: Filter, build: Callable[[], Select[Any]]
) -> Ready:
    """The statement of a kind for a layer, a viewer and a filter; `build` makes it where none is kept."""
    key = (kind, id(layer), viewer, chosen)
    found, now = _statements.get(key), time.monotonic()
    if found is not None and found.layer is layer and found.until > now:
        return found.ready
    made = make_ready(build(), db.get_bind().dialect)
    _statements[key] = _Kept(layer, now + KEPT_S, made)
    _statements.move_to_end(key)
    while len(_statements) > STATEMENTS_MAX:
        _statements.popitem(last=False)
    return made


def make_ready(statement: Select[Any], dialect: Dialect) -> Ready:
    """A statement as text, with its values as the driver takes them; binds without a value stay open."""
    compiled: Any = statement.compile(dialect=dialect)
    still_open = [name for name, bind in compiled.binds.items() if bind.required]
    state = compiled.construct_expanded_state(dict.fromkeys(still_open, 0))
    known = {
        name: state.processors[name](value) if name in state.processors else value
        for name, value in state.parameters.items()
        if name not in still_open
    }
    return Ready(state.statement, known)
