"""Counts that are kept by square: tiles of low zoom read a few sums instead of all rows.

A layer that has them gives, for a viewer and a filter, a Select of ``across, down, n, su, sv`` over the squares of one
tile of the zoom bound as ``z``: `n` rows, and the sums of their places as shares of the world (`tile_counts`). What it
can't answer exactly (None) is counted from the rows.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam

DEEPEST = 15  # the finest zoom that is kept; closer by, few rows lie in a tile
SIDE = 8  # squares along a tile


def at_zoom() -> ColumnElement[int]:
    """The zoom of the tile that is asked for."""
    return bindparam("z", type_=Integer)


def in_tile(x: Any, y: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The tile that is asked for."""
    return x == bindparam("x", type_=Integer), y == bindparam("y", type_=Integer)


def inside(across: Any, down: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The squares of the tile that is asked for."""
    first = {name: bindparam(f"first_{name}", type_=Integer) for name in ("across", "down")}
    return (
        across.between(first["across"], first["across"] + (SIDE - 1)),
        down.between(first["down"], first["down"] + (SIDE - 1)),
    )
