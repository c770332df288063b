"""A page of what lies in a rectangle, and how many rows do, in one statement.

The rows in a small rectangle are read once: sorted for the page and counted. A rectangle that holds more than `MOST`
rows is answered by `layers.features` in two: by id until the page is full, and by a count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, bindparam, func, select
from sqlalchemy.orm import Session

from grid.reach import Viewer
from layers.filters import Filter, rows_of
from layers.kept import kept_statement
from layers.layer import Layer
from layers.rectangle import any_rectangle, edges, touches

MOST = 5_000
BEFORE_ALL = -(2**63)


def near_rows(
    db: Session, layer: Layer, viewer: Viewer, bbox: tuple[float, float, float, float], chosen: Filter, limit: int,
    told: Callable[[Any], Any], *, after: int | None = None,
) -> tuple[list[tuple[Any, ...]], int] | None:  # fmt: skip
    """Id and text of `limit` rows in `bbox` (degrees, EPSG:4326), by id above `after`, and how many rows lie there.

    `told` makes the text from the columns of the rows. None where more than `MOST` lie there.
    """

    def build() -> Select[Any]:
        rows = rows_of(layer, viewer, chosen)
        near = (
            select(rows)
            .where(touches(rows.c.geom, any_rectangle()))
            .limit(MOST + 1)
            .cte("near")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        count = select(func.count()).select_from(near).scalar_subquery()
        beyond = near.c.id > bindparam("after", type_=BigInteger)
        part = select(near).where(beyond).order_by(near.c.id).limit(bindparam("most", type_=Integer)).subquery("part")
        return select(part.c.id, told(part.c), count).order_by(part.c.id)

    binds: Mapping[str, Any] = {"most": limit, "after": BEFORE_ALL if after is None else after, **edges(bbox)}
    found = kept_statement(db, "near", layer, viewer, chosen, build).run(db, binds)
    count = found[0][2] if found else 0
    return None if count > MOST else ([row[:2] for row in found], count)
