"""The facts of this process's city, as pages need them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Flask, current_app, g
from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from gis.db import transaction
from gis.errors import Unavailable
from grid.models import City

KEPT_S = 5.0


@dataclass(frozen=True)
class CityFacts:
    """Name, language, time zone, area levels; `is_demo` marks the built-in demonstration."""

    profile: str
    name_zh: str
    name_en: str
    language: str
    time_zone: str
    levels: tuple[str, ...]
    is_demo: bool

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        locale = get_locale()
        is_zh = locale is not None and locale.language == "zh"
        return (self.name_zh if is_zh else self.name_en) or self.name_zh or self.name_en


EMPTY = CityFacts("", "", "", "", "Asia/Shanghai", (), False)


def city_facts() -> CityFacts:
    """The loaded city; `EMPTY` before one is loaded or while the database is away. Read once a request at most."""
    if "city_facts" not in g:
        g.city_facts = _recent(current_app)
    kept: CityFacts = g.city_facts
    return kept


def _recent(app: Flask) -> CityFacts:
    kept = app.extensions.get("city_facts")
    if kept and not app.testing and time.monotonic() - kept[0] < KEPT_S:
        facts: CityFacts = kept[1]
        return facts
    try:
        facts = _read()
    except (Unavailable, SQLAlchemyError):
        return EMPTY
    app.extensions["city_facts"] = (time.monotonic(), facts)
    return facts


def _read() -> CityFacts:
    columns = (City.profile, City.name_zh, City.name_en, City.language, City.time_zone, City.levels, City.is_demo)
    with transaction() as db:
        row = db.execute(select(*columns)).first()
    return CityFacts(*row[:5], tuple(row.levels), row.is_demo) if row else EMPTY
