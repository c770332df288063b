"""What a scenario reads, as its viewer may see it, each with a mark of its state. Nothing is ever written here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Date, cast, func, select
from sqlalchemy.orm import Session

from app.planning.inputs import mark_of
from app.scenarios.declared import Settings
from gis.errors import NotFound
from grid import roads
from grid.models import City, DutyCell, DutyCellUnit, UnitCell
from grid.reach import Viewer, within
from layers.layer import Layer, Registry

XY = tuple[float, float]
CASES_DAYS = 365
FACILITIES, ADDRESSES, PEOPLE, CASES = "facilities", "addresses", "residents", "cases"


@dataclass(frozen=True)
class Place:
    """A facility. `id` is None for one that a scenario adds; `was` is where a moved one stands in truth."""

    id: int | None
    name_zh: str
    name_en: str
    at: XY
    was: XY | None = None


@dataclass(frozen=True)
class Duty:
    """A duty cell with its name."""

    code: str
    name_zh: str
    name_en: str


def places(db: Session, registry: Registry, viewer: Viewer, kind: str) -> list[Place]:
    """Facilities of a kind by id; those over an area stand at a point on it."""
    rows = registry.get(FACILITIES, viewer).rows(viewer).subquery("seen")
    spot = func.ST_PointOnSurface(rows.c.geom)
    asked = select(rows.c.id, rows.c.name_zh, rows.c.name_en, func.ST_X(spot), func.ST_Y(spot))
    found = db.execute(asked.where(rows.c.kind == kind).order_by(rows.c.id))
    return [Place(number, zh, en, (float(x), float(y))) for number, zh, en, x, y in found]


def address_spots(db: Session, registry: Registry, viewer: Viewer) -> list[XY]:
    """Standard addresses in reach."""
    rows = registry.get(ADDRESSES, viewer).rows(viewer).subquery("seen")
    found = db.execute(select(func.ST_X(rows.c.geom), func.ST_Y(rows.c.geom)).order_by(rows.c.id))
    return [(float(x), float(y)) for x, y in found]


def homes(db: Session, registry: Registry, viewer: Viewer) -> tuple[list[XY], list[int], int]:
    """Places where people live, how many at each, and the floor under which no number is said.

    True numbers: whoever tells them must shield them first.
    """
    layer = registry.get(PEOPLE, viewer)
    rows = layer.rows(viewer).subquery("seen")
    asked = select(func.ST_X(rows.c.geom).label("x"), func.ST_Y(rows.c.geom).label("y"), func.count())
    found = db.execute(asked.group_by("x", "y").order_by("x", "y")).all()
    return [(float(x), float(y)) for x, y, _ in found], [int(n) for *_, n in found], layer.floor or 1


def by_unit(db: Session, layer: Layer, viewer: Viewer, *where: Any) -> dict[int, int]:
    """Rows of a layer by unit cell."""
    rows = layer.rows(viewer).subquery("seen")
    asked = select(rows.c.unit_cell_id, func.count()).where(rows.c.unit_cell_id.is_not(None))
    for condition in where:
        asked = asked.where(condition(rows))
    return {int(unit): int(n) for unit, n in db.execute(asked.group_by(rows.c.unit_cell_id))}


def cases_by_unit(db: Session, registry: Registry, viewer: Viewer, asked: Settings) -> dict[int, int] | None:
    """Cases reported on the days asked for, by unit cell; None for who may not see cases."""
    try:
        layer = registry.get(CASES, viewer)
    except NotFound:
        return None
    zone = db.scalar(select(City.time_zone)) or "UTC"

    def in_days(rows: Any) -> Any:
        day = cast(func.timezone(zone, rows.c.reported_at), Date)
        return day.between(asked.cases_from, asked.cases_to)

    return by_unit(db, layer, viewer, in_days)


def residents_by_unit(db: Session, registry: Registry, viewer: Viewer) -> tuple[dict[int, int], int]:
    """True numbers of residents by unit cell, and the floor under which none is said."""
    layer = registry.get(PEOPLE, viewer)
    return by_unit(db, layer, viewer), layer.floor or 1


def duties(db: Session, viewer: Viewer) -> tuple[dict[str, Duty], dict[int, str], dict[str, int]]:
    """Duty cells in reach by code, the duty cell of each unit cell, and unit cells by code."""
    held = (DutyCell.valid_to.is_(None), DutyCell.kind == "inspection")
    names = select(DutyCell.code, DutyCell.name_zh, DutyCell.name_en).where(*held, within(viewer, DutyCell.area_code))
    cells = {code: Duty(code, zh, en) for code, zh, en in db.execute(names.order_by(DutyCell.code))}
    open_ = (UnitCell.valid_to.is_(None), within(viewer, UnitCell.area_code))
    units = {code: int(number) for code, number in db.execute(select(UnitCell.code, UnitCell.id).where(*open_))}
    joined = (
        select(DutyCellUnit.unit_cell_id, DutyCell.code)
        .join(DutyCell, DutyCell.id == DutyCellUnit.duty_cell_id)
        .join(UnitCell, UnitCell.id == DutyCellUnit.unit_cell_id)
        .where(DutyCellUnit.valid_to.is_(None), *held, *open_)
        .order_by(DutyCellUnit.unit_cell_id, DutyCell.code.desc())  # of several, the first code stays
    )
    return cells, {int(unit): code for unit, code in db.execute(joined) if code in cells}, units


def with_days(db: Session, asked: Settings) -> Settings:
    """The days of the cases filled in: the last year up to the city's today, so that a re-run counts the same days."""
    zone = db.scalar(select(City.time_zone)) or "UTC"
    last = asked.cases_to or db.scalar(select(cast(func.timezone(zone, func.now()), Date)))
    assert last is not None
    return asked.model_copy(
        update={"cases_to": last, "cases_from": asked.cases_from or last - timedelta(days=CASES_DAYS - 1)}
    )


def marks(db: Session, registry: Registry, viewer: Viewer, asked: Settings) -> dict[str, str]:
    """The state of each input by name: what differs between two of these has changed in between."""
    found = {
        FACILITIES: _hash([(one.id, one.at) for one in places(db, registry, viewer, asked.kind)]),
        ADDRESSES: mark_of(db, registry.get(ADDRESSES, viewer), viewer),
        PEOPLE: mark_of(db, registry.get(PEOPLE, viewer), viewer),
        "roads": _hash(roads.version(db)),
        "duty_cells": _hash(sorted(duties(db, viewer)[1].items())),
    }
    cases = cases_by_unit(db, registry, viewer, asked)
    return found if cases is None else found | {CASES: _hash(sorted(cases.items()))}


def _hash(what: Any) -> str:
    return hashlib.sha256(json.dumps(what, ensure_ascii=False).encode()).hexdigest()[:16]
