"""Where and when cases were reported, as arrays: for statistics over the ground."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.cases.classes import with_minors
from app.cases.models import Case
from app.cases.visible import is_truly_located, visible
from grid.reach import Viewer


def _chosen(
    viewer: Viewer, columns: Sequence[Any], since: datetime, until: datetime, area: str, class_ids: Sequence[int]
) -> Select[Any]:
    found = (
        select(*columns)
        .select_from(Case)
        .where(visible(viewer), is_truly_located(), Case.reported_at >= since, Case.reported_at < until)
    )
    if area:
        found = found.where(Case.area_code.startswith(area, autoescape=True))
    if class_ids:
        found = found.where(Case.class_id.in_(with_minors(class_ids)))
    return found


def points(
    db: Session, viewer: Viewer, since: datetime, until: datetime, *, crs: int, area: str = "",
    class_ids: Sequence[int] = (),
) -> NDArray[np.float64]:  # fmt: skip
    """Truly located cases reported in [since, until) that the viewer sees: rows of x, y (metres of the EPSG code `crs`)
    and seconds since the epoch; shape (n, 3)."""
    spot = func.ST_Transform(Case.geom, crs)
    columns: tuple[Any, ...] = (func.ST_X(spot), func.ST_Y(spot), func.extract("epoch", Case.reported_at))
    rows = db.execute(_chosen(viewer, columns, since, until, area, class_ids)).all()
    return np.array([(x, y, float(at)) for x, y, at in rows], dtype=np.float64).reshape(-1, 3)


def state(
    db: Session, viewer: Viewer, since: datetime, until: datetime, *, area: str = "", class_ids: Sequence[int] = ()
) -> tuple[int, str]:
    """How many such cases there are, and a text that changes when one is added, moved or given another class."""
    columns: tuple[Any, ...] = (func.count(), func.max(Case.id), func.max(Case.located_at), func.sum(Case.class_id))
    row = db.execute(_chosen(viewer, columns, since, until, area, class_ids)).one()
    return int(row[0]), "|".join(str(part) for part in row)
