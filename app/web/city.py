"""The facts of this process's city, as pages need them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from flask import Flask, current_app, g, has_app_context
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.web.named import named
from gis.db import transaction
from gis.errors import Unavailable
from grid.models import City
from layers.layer import Words

KEPT_S = 5.0
NAMES = "department_names"
Names = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class CityFacts:
    """Name, language, time zone, area levels; `is_demo` marks the built-in demonstration.

    `departments` are those of the register: by the key that records hold, Chinese and English name. `attribution`
    names where the city's ground comes from.
    """

    profile: str
    name_zh: str
    name_en: str
    language: str
    time_zone: str
    levels: tuple[str, ...]
    is_demo: bool
    departments: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    crs_epsg: int | None = None
    attribution: str = ""

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return named(self.name_zh, self.name_en)


EMPTY = CityFacts("", "", "", "", "Asia/Shanghai", (), False)


def register_departments(web: Flask, read: Callable[[Session], Names]) -> None:
    """Say who knows the departments' names; the domain that has their register does so in its `init`."""
    web.extensions[NAMES] = read


def forget_city() -> None:
    """Read the city's facts anew: a name was changed in this request."""
    current_app.extensions.pop("city_facts", None)
    g.pop("city_facts", None)


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
        facts = _read(app)
    except (Unavailable, SQLAlchemyError):
        return EMPTY
    app.extensions["city_facts"] = (time.monotonic(), facts)
    return facts


def _read(app: Flask) -> CityFacts:
    columns = (City.profile, City.name_zh, City.name_en, City.language, City.time_zone, City.crs_epsg)
    with transaction() as db:
        row = db.execute(select(*columns, City.levels, City.is_demo, City.options)).first()
        read: Callable[[Session], Names] | None = app.extensions.get(NAMES)
        departments = read(db) if read is not None else {}
    if row is None:
        return EMPTY
    return CityFacts(
        row.profile, row.name_zh, row.name_en, row.language, row.time_zone, tuple(row.levels), row.is_demo, departments,
        row.crs_epsg, str((row.options or {}).get("attribution", "")),
    )  # fmt: skip


class DepartmentNames(Mapping[str, str]):
    """The city's departments by the key that records hold, in the reader's words; read when looked at."""

    def _known(self) -> Mapping[str, tuple[str, str]]:
        return city_facts().departments if has_app_context() else {}

    def __getitem__(self, key: str) -> str:
        return named(*self._known()[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


def department_name(key: str | None) -> str:
    """A department in the reader's words; what the register does not know stands as it was written."""
    return DepartmentNames().get(key, key) if key else ""


def middle(db: Session) -> dict[str, float]:
    """Where the map of a form begins: a place inside the city, in degrees; 0, 0 before one is loaded."""
    point = func.ST_PointOnSurface(City.boundary)
    row = db.execute(select(func.ST_X(point), func.ST_Y(point))).first()
    return {"lon": row[0], "lat": row[1]} if row else {"lon": 0.0, "lat": 0.0}


class CitySource:
    """Where the city's ground comes from, as its profile says; read when printed."""

    def __str__(self) -> str:
        return city_facts().attribution if has_app_context() else ""


OWN_USE: Words = _l("For work inside the city's administration")
AS_SOURCE: Words = _l("As its source says")
OPERATION_CENTRE: Words = _l("City operation centre")
