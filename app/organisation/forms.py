"""What the organisation's pages send, and the duty cells that a post can take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisation import queries
from app.web.named import named
from grid.models import Area, DutyCell
from grid.reach import Viewer

BETWEEN = re.compile(r"[;；,，、\s]+")
NULLS = ("parent", "superior", "valid_from", "valid_to")


def sent(many: str) -> dict[str, Any]:
    """The form of this request as the schema of its kind reads it."""
    form = request.form
    given: dict[str, Any] = {name: form[name] for name in form if name not in ("csrf_token", "code_was")}
    for name in ("areas", "members", "duty_cells", "staff"):
        given.pop(name, None)
    given.pop("more_areas", None)
    if many == "departments":
        given["areas"] = form.getlist("areas") + _split(form.get("more_areas", ""))
    elif many == "teams":
        given |= {"members": form.getlist("members"), "skills": _lines(form.get("skills", ""))}
    else:
        given |= {"duty_cells": form.getlist("duty_cells"), "staff": form.getlist("staff")}
        given |= {"hours": _split(form.get("hours", "")), "department": form.get("department") or None}
    for name in NULLS:
        if name in given:
            given[name] = given[name] or None
    if many != "posts":
        given["is_active"] = form.get("is_active") == "yes"
    return given


def _split(text: str) -> list[str]:
    return [one for one in BETWEEN.split(text) if one]


def _lines(text: str) -> list[str]:
    """Skills hold blanks: only commas and lines part them."""
    return [one.strip() for one in re.split(r"[;；,，、\n]+", text) if one.strip()]


@dataclass(frozen=True)
class CellChoice:
    """A duty cell to tick: whose it is by now, if any post's."""

    code: str
    name: str
    posts: tuple[str, ...]


def cell_groups(db: Session, viewer: Viewer, code: str | None) -> list[tuple[str, list[CellChoice]]]:
    """The duty cells in reach by the area above them, each with the other posts that cover it."""
    held: dict[str, list[str]] = {}
    for post in queries.posts(db, viewer):
        for cell in post.duty_cells:
            if post.code != code:
                held.setdefault(cell, []).append(named(post.name_zh, post.name_en))
    above = dict(_parents(db))
    groups: dict[str, list[CellChoice]] = {}
    for one in queries.duty_cells(db, viewer):
        choice = CellChoice(one.code, named(one.name_zh, one.name_en), tuple(held.get(one.code, ())))
        groups.setdefault(above.get(one.code, ""), []).append(choice)
    return sorted(groups.items())


def _parents(db: Session) -> list[tuple[str, str]]:
    """Each duty cell's code with the name of the area above its own."""
    street = select(Area.code, Area.parent_code).where(Area.valid_to.is_(None)).subquery("street")
    chosen = (
        select(DutyCell.code, Area.name_zh, Area.name_en)
        .join(street, street.c.code == DutyCell.area_code)
        .join(Area, (Area.code == street.c.parent_code) & Area.valid_to.is_(None))
        .where(DutyCell.valid_to.is_(None))
    )
    return [(code, named(zh, en)) for code, zh, en in db.execute(chosen)]
