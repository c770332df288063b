"""Statements made once and used for some seconds: putting one together costs more than reading a tile of few rows.

A layer's Select may hold the present moment (what is overdue now), so that it isn't kept for longer.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from grid.reach import Viewer
from layers.filters import Filter
from layers.layer import Layer

KEPT_S = 2.0
STATEMENTS_MAX = 256


@dataclass(frozen=True)
class _Kept:
    layer: Layer
    until: float
    statement: Select[Any]


_statements: OrderedDict[Hashable, _Kept] = OrderedDict()


def kept_statement(
    kind: str, layer: Layer, viewer: Viewer, chosen: Filter, build: Callable[[], Select[Any]]
) -> Select[Any]:
    """The statement of a kind for a layer, a viewer and a filter; `build` makes it where none is kept."""
    key = (kind, id(layer), viewer, chosen)
    found, now = _statements.get(key), time.monotonic()
    if found is not None and found.layer is layer and found.until > now:
        return found.statement
    made = build()
    _statements[key] = _Kept(layer, now + KEPT_S, made)
    _statements.move_to_end(key)
    while len(_statements) > STATEMENTS_MAX:
        _statements.popitem(last=False)
    return made
