"""The areas that accounts may be limited to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.models import Area, City
from grid.reach import Viewer


@dataclass(frozen=True)
class AreaChoice:
    """An area to choose: its code, its depth from the top, its name in the reader's language."""

    code: str
    depth: int
    name: str


def open_areas(db: Session, *, deepest: int | None = None) -> list[AreaChoice]:
    """The areas that hold now, parents before their children; not deeper than `deepest`."""
    found = select(Area.code, Area.depth, Area.name_zh, Area.name_en).where(Area.valid_to.is_(None))
    if deepest is not None:
        found = found.where(Area.depth <= deepest)
    locale = get_locale()
    is_zh = locale is None or locale.language == "zh"
    return [
        AreaChoice(code, depth, (zh or en) if is_zh else (en or zh))
        for code, depth, zh, en in db.execute(found.order_by(Area.code))
    ]


def reaches_whole_city(db: Session, viewer: Viewer) -> bool:
    """Whether all of the city's topmost areas lie in the viewer's reach."""
    tops = db.scalars(select(Area.code).where(Area.depth == 0, Area.valid_to.is_(None)))
    return all(viewer.reaches(code) for code in tops)


def check_codes(db: Session, codes: Sequence[str]) -> list[str]:
    """The codes, cleaned and without doubles; InvalidInput for one that no area of the city begins with.

    The empty code is the whole city and swallows all others.
    """
    cleaned = list(dict.fromkeys(code.strip() for code in codes))
    if "" in cleaned:
        return [""]
    for code in cleaned:
        begins = select(Area.id).where(Area.code.startswith(code, autoescape=True), Area.valid_to.is_(None)).limit(1)
        if db.scalar(begins) is None:
            raise InvalidInput("No area of this city has a code that begins with {code}.", field="areas", code=code)
    return [code for code in cleaned if not any(other != code and code.startswith(other) for other in cleaned)]


def street_of(db: Session) -> str | None:
    """A real area one level above the finest that is not the whole city: where a first inspector or clerk works."""
    levels = db.scalar(select(City.levels))
    if not levels:
        return None
    depth = max(len(levels) - 2, 0)
    at_depth = select(Area.code).where(Area.depth == depth, Area.valid_to.is_(None)).order_by(Area.area_m2.desc())
    return db.scalar(at_depth.limit(1))


def names_of(db: Session, codes: Sequence[str]) -> list[str]:
    """The areas' names in the reader's language; the code itself where no area has exactly this code."""
    known = {area.code: area.name for area in open_areas(db)} if codes else {}
    return [known.get(code, code) for code in codes if code]
