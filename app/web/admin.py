"""The administrators' first page: the city's facts and how the parts of the platform are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, current_app, render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.web.assembly import Assembly
from app.web.health import run_checks
from gis.db import transaction
from grid.models import Area, City, UnitCell
from layers.layer import Words

bp = Blueprint("admin", __name__)
PART_NAMES: dict[str, Words] = {
    "database": _l("Database"),
    "schema": _l("Schema"),
    "worker": _l("Worker"),
    "disk": _l("Disk"),
}
REGISTERS: tuple[tuple[str, Words], ...] = (
    ("cases", _l("Cases")),
    ("events", _l("Events")),
    ("persons", _l("People")),
    ("components", _l("Components")),
    ("facilities", _l("Facilities")),
    ("addresses", _l("Addresses")),
)


@dataclass(frozen=True)
class CityDetails:
    """What the loaded profile says."""

    profile: str
    name_zh: str
    name_en: str
    crs_epsg: int
    time_zone: str
    cell_scheme: str
    cell_target_m2: float
    is_demo: bool
    loaded_at: datetime


@bp.get("/admin")
def admin_page() -> str:
    """City, registers, parts."""
    viewer = current_viewer()
    viewer.require("accounts.manage")
    assembly: Assembly = current_app.extensions["city"]
    with transaction() as db:
        details = _city(db)
        levels = _areas_by_level(db)
        cells = db.scalar(select(func.count()).where(UnitCell.valid_to.is_(None))) or 0
        registers = _rows_about(db) if "" in viewer.prefixes else []  # estimates of whole tables
    checks = [(PART_NAMES[name], check) for name, check in run_checks(assembly.settings.home).items()]
    return render_template(
        "web/admin.html", details=details, levels=levels, cells=cells, registers=registers, checks=checks
    )


def _city(db: Session) -> CityDetails | None:
    row = db.execute(
        select(
            City.profile, City.name_zh, City.name_en, City.crs_epsg, City.time_zone, City.cell_scheme,
            City.cell_target_m2, City.is_demo, City.loaded_at,
        )
    ).first()  # fmt: skip
    return CityDetails(*row) if row else None


def _areas_by_level(db: Session) -> list[tuple[str, int]]:
    held = select(Area.level, func.count()).where(Area.valid_to.is_(None)).group_by(Area.level, Area.depth)
    return [(row[0], row[1]) for row in db.execute(held.order_by(Area.depth))]


def _rows_about(db: Session) -> list[tuple[Words, int]]:
    """Rows of each register, as the planner last counted them: exact enough here, and free on any size."""
    known = text("SELECT relname, greatest(reltuples, 0)::bigint FROM pg_class WHERE relname = ANY(:names)")
    rows = db.execute(known, {"names": [name for name, _ in REGISTERS]})
    about = {row[0]: row[1] for row in rows}
    return [(title, about[name]) for name, title in REGISTERS if name in about]
