"""Who reported a case, as a part of its page: masked, with what they say of it once it is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.channels import reporters, show
from grid.reach import Viewer

RIGHT = "cases.reporter"


def part(db: Session, viewer: Viewer, row: Row[Any]) -> Markup:
    """Nothing where nobody reported it by phone or on the public page. Names and numbers are for who may call back."""
    found = reporters.of_case(db, row.id)
    if not found:
        return Markup("")
    now = datetime.now(UTC)
    return Markup(render_template(
        "channels/part.html", people=[show.told(one, now) for one in found], may_open=viewer.may(RIGHT),
    ))  # fmt: skip
