"""Kept views: a short code for what a map's address says."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.printing.models import KeptView
from app.printing.view import clean, fixed
from gis.errors import Conflict, Forbidden, NotFound
from grid.reach import Viewer

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are taken for each other on paper
LENGTH = 10
VIEWS_MAX = 5_000  # of one account


class TooManyViews(Conflict):
    """The account keeps as many views as it may."""

    code = "printing.too_many_views"


def keep(db: Session, viewer: Viewer, query: str, *, is_fixed: bool = False) -> KeptView:
    """The view under a code; the same view of the same account has the same one."""
    viewer.require("layers.read")
    if viewer.account_id is None:
        raise Forbidden("Only who is logged in keeps views.")
    query = clean(query)
    query = fixed(query, datetime.now(UTC)) if is_fixed else query
    mine = select(KeptView).where(KeptView.owner_id == viewer.account_id)
    found = db.scalar(mine.where(KeptView.query == query).limit(1))
    if found is not None:
        return found
    if (db.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= VIEWS_MAX:
        raise TooManyViews("{max} views are kept already.", max=VIEWS_MAX)
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    made = KeptView(code=code, owner_id=viewer.account_id, query=query)
    db.add(made)
    db.flush()
    return made


def find(db: Session, viewer: Viewer, code: str) -> KeptView:
    """The view of a code, for anyone who may see maps: it holds no data."""
    viewer.require("layers.read")
    found = db.scalar(select(KeptView).where(KeptView.code == code.strip().lower()))
    if found is None:
        raise NotFound("There is no view {code}.", code=code[:40])
    return found


def address_of(view: KeptView) -> str:
    """The map's address of a view."""
    return f"/map?{view.query}" if view.query else "/map"
