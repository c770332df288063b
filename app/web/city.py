"""The facts of this process's city, as pages need them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """Name, language, time zone, area levels; `is_demo` marks the built-in demonstration.

    `departments` are the profile's: Chinese and English name by the code that records carry.
    """

    profile: str
    name_zh: str
    name_en: str
    language: str
    time_zone: str
    levels: tuple[str, ...]
    is_demo: bool
    departments: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return (self.name_zh if _is_zh() else self.name_en) or self.name_zh or self.name_en

    def department(self, code: str | None) -> str:
        """A department's name in the reader's language; one that the profile doesn't know is named as it is written."""
        zh, en = self.departments.get(code or "", ("", ""))
        return (zh if _is_zh() else en) or code or ""


def _is_zh() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "zh"


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
    names = ("profile", "name_zh", "name_en", "language", "time_zone", "is_demo")
    with transaction() as db:
        row = db.execute(select(*(getattr(City, name) for name in names), City.levels, City.options)).first()
    if row is None:
        return EMPTY
    known = {code: (zh, en) for code, (zh, en) in row.options.get("departments", {}).items()}
    return CityFacts(**{name: getattr(row, name) for name in names}, levels=tuple(row.levels), departments=known)
