"""What of the organisation stands on the first screen: duty cells that no post covers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.organisation import queries
from app.organisation.service import RIGHT
from app.web.home import Card, Row
from app.web.named import named
from grid.reach import Viewer

ROWS = 5


def nobodys_card(db: Session, viewer: Viewer) -> Card | None:
    """Duty cells in reach that no inspector's post covers; only for who can give them one."""
    if not viewer.may(RIGHT):
        return None
    found = queries.cells_without_post(db, viewer)
    if not found:
        return None
    rows = [
        Row(named(one.name_zh, one.name_en), named(one.area_zh, one.area_en), "/admin/organisation/posts#nobodys")
        for one in found[:ROWS]
    ]
    return Card(
        title=_l("Duty cells without a post"), count=len(found), url="/admin/organisation/posts#nobodys",
        note=_l("Their tasks go to all inspectors of the area."), rows=rows, order=35,
    )  # fmt: skip
