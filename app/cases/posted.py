"""The form of an act as a page posts it: its answers, and the photos that came with it."""

from __future__ import annotations

from typing import Any

from flask import request

from app.cases import photos, tied
from app.cases.kind import KIND
from app.cases.routes import store
from gis.db import transaction
from gis.errors import InvalidInput
from grid.reach import Viewer

PHOTOS = "photos"  # the field of an act's form, its files, and the keys of those already taken in


def answers(name: str, kept: list[str]) -> dict[str, Any]:
    """The fields of an act's form as they were posted; several values where the form takes several."""
    act = KIND.act(name)
    found: dict[str, Any] = {}
    for one in act.form if act else ():
        if one.kind == "photos":
            found[one.name] = kept
        elif one.kind == "parts":
            found[one.name] = tied.posted_parts(request.form, one.name)
        elif one.name in request.form:
            several = one.kind == "departments"
            found[one.name] = request.form.getlist(one.name) if several else request.form.get(one.name)
    return found


def take_photos(viewer: Viewer, name: str) -> list[str]:
    """Keep the photos that came with an act's form, before the act: a refusal of the act loses none."""
    act = KIND.act(name)
    if act is None or not any(one.kind == "photos" for one in act.form):
        return []
    given = [one for one in request.files.getlist(PHOTOS) if one.filename]
    if len(given) > photos.MAX_PHOTOS:
        raise InvalidInput("A case takes {limit} photos at a time.", limit=photos.MAX_PHOTOS, field=PHOTOS)
    with transaction() as db:
        return [photos.add(db, viewer, one.stream.read(), store()).key for one in given]
