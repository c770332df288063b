"""The areas that a reader may narrow a list to: names to choose from, so that nobody types a code."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.web.named import named
from grid.models import Area
from grid.reach import Viewer, within

ALL_LEVELS_MAX = 100  # past this many areas the finest level is left out: nobody reads through so long a list
MAX = 300


def area_choices(db: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Code and name of areas in reach, a wide one before those inside it."""
    held = (Area.valid_to.is_(None), within(viewer, Area.code))
    count, deepest = db.execute(select(func.count(), func.max(Area.depth)).where(*held)).one()
    chosen = select(Area.code, Area.name_zh, Area.name_en).where(*held)
    if count > ALL_LEVELS_MAX:
        chosen = chosen.where(Area.depth < deepest)
    rows = db.execute(chosen.order_by(Area.code).limit(MAX))
    return [(code, named(name_zh, name_en)) for code, name_zh, name_en in rows]
