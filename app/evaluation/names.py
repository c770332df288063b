"""What the objects of the evaluation are called."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.evaluation.asked import Asked
from app.organisation import service as organisation
from app.web.city import department_name
from app.web.named import named
from grid.models import Area
from grid.reach import Viewer


def names_of(db: Session, viewer: Viewer, asked: Asked, keys: Iterable[str]) -> dict[str, str]:
    """Names by key; a key without a name stands for itself."""
    wanted = list(keys)
    if asked.by == "area":
        rows = db.execute(
            select(Area.code, Area.name_zh, Area.name_en).where(Area.code.in_(wanted), Area.valid_to.is_(None))
        )
        return {key: key for key in wanted} | {code: named(zh, en) for code, zh, en in rows}
    if asked.by == "cell":
        return {key: key for key in wanted}
    if asked.by == "post":
        known = organisation.post_names(db, wanted)
        return {key: named(*known[key]) if key in known else key for key in wanted}
    if asked.by == "inspector":
        people = accounts.names_of_people(db, viewer, [int(key) for key in wanted])
        return {key: people.get(int(key), key) for key in wanted}
    return {key: department_name(key) for key in wanted}
