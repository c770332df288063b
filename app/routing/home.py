"""What of routing stands on the first screen: rules in force that name what is not there any more."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.errors import words_of
from app.routing import references, versions
from app.routing.errors import RuleWrong
from app.routing.versions import RIGHT
from app.web.home import Card, Row
from grid.reach import Viewer


def broken_card(db: Session, viewer: Viewer) -> Card | None:
    """Rules in force with a fault; only for who can mend them."""
    if not viewer.may(RIGHT):
        return None
    found = problems(db)
    if not found:
        return None
    rows = [Row(words_of(one), "", "/admin/routing?version=active", "overdue") for one in found[:5]]
    return Card(
        title=_l("Routing rules with a fault"), count=len(found), url="/admin/routing?version=active",
        note=_l("Cases may go to nobody until they are mended."), rows=rows, order=28,
    )  # fmt: skip


def problems(db: Session) -> list[RuleWrong]:
    """What is wrong with the rules in force."""
    try:
        rules = versions.rules_of(db, versions.active(db))
    except RuleWrong as error:
        return [error]
    return references.load(db).all_problems(rules) if rules else []
