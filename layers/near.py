"""A page of what lies in a rectangle, and how many rows do, in one statement.

The rows in a small rectangle are read once: sorted for the page and counted. Of up to `WIDE` rows only the ids are
sorted, and those of the page read again. A rectangle that holds more is answered by `layers.features` in two: by id
until the page is full, which then comes soon, and by a count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import CTE, BigInteger, Integer, Select, Subquery, bindparam, func, literal_column, select, true
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers.filters import Filter, rows_of
from layers.kept import kept_statement
from layers.layer import Layer
from layers.rectangle import any_rectangle, edges, touches

MOST = 5_000
WIDE = 100_000  # of 10 million rows, a walk by id takes as long as sorting so many ids
BEFORE_ALL = -(2**63)

Bbox = tuple[float, float, float, float]
Told = Callable[[Any], Any]


def near_rows(
    db: Session, layer: Layer, viewer: Viewer, bbox: Bbox, chosen: Filter, limit: int, told: Told,
    *, after: int | None = None,
) -> tuple[list[tuple[Any, ...]], int] | None:  # fmt: skip
    """Id and text of `limit` rows in `bbox` (degrees, EPSG:4326), by id above `after`, and how many rows lie there.

    `told` makes the text from the columns of the rows. None where more than `WIDE` lie there.
    """
    binds: Mapping[str, Any] = {"most": limit, "after": BEFORE_ALL if after is None else after, **edges(bbox)}
    for kind, build, most in (("near", _few, MOST), ("wide", _many, WIDE)):
        ready = kept_statement(db, kind, layer, viewer, chosen, partial(build, layer, viewer, chosen, told))
        found = ready.run(db, binds)
        if found[0][2] <= most:
            return [row[:2] for row in found if row[0] is not None], found[0][2]
    return None


def _few(layer: Layer, viewer: Viewer, chosen: Filter, told: Told) -> Select[Any]:
    """Whole rows, read once."""
    rows = rows_of(layer, viewer, chosen)
    near = _near(select(rows), rows, MOST)
    return _counted(near, _first(select(near), near).subquery("part"), told)


def _many(layer: Layer, viewer: Viewer, chosen: Filter, told: Told) -> Select[Any]:
    """Ids first; OFFSET 0 keeps the few of the page apart, so that their rows are looked up one by one."""
    rows = rows_of(layer, viewer, chosen)
    near = _near(select(rows.c.id), rows, WIDE)
    ids = _first(select(near.c.id), near).offset(literal_column("0")).subquery("ids")
    again = rows_of(layer, viewer, chosen).alias("again")
    part = select(again).where(again.c.id.in_(select(ids.c.id))).subquery("part")
    return _counted(near, part, told)


def _near(picked: Select[Any], rows: Subquery, most: int) -> CTE:
    """What lies in the rectangle, one row more than `most` at most."""
    here = picked.where(touches(rows.c.geom, any_rectangle())).limit(literal_column(f"{most + 1:d}"))
    return here.cte("near").prefix_with("MATERIALIZED", dialect="postgresql")


def _first(picked: Select[Any], near: CTE) -> Select[Any]:
    """The page's rows of it."""
    beyond = near.c.id > bindparam("after", type_=BigInteger)
    return picked.where(beyond).order_by(near.c.id).limit(bindparam("most", type_=Integer))


def _counted(near: CTE, part: Subquery, told: Told) -> Select[Any]:
    """The page with the count in each row: a page that holds nothing is one row without an id."""
    count = select(func.count().label("n")).select_from(near).subquery("count")
    return select(part.c.id, told(part.c), count.c.n).select_from(count.outerjoin(part, true())).order_by(part.c.id)
