"""Patrol coverage by cell as a map layer: when a cell was walked, never by whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, select

from app.field.assigned import cells_in
from app.field.coverage import READ, last_walked
from app.web.city import OPERATION_CENTRE, OWN_USE
from grid.models import UnitCell
from grid.reach import Viewer
from layers.layer import Field, Layer, Style, Words

WALKED: dict[str, Words] = {
    "today": _l("Walked within a day"),
    "week": _l("Walked within 7 days"),
    "month": _l("Walked within 30 days"),
    "longer": _l("Not walked for 30 days"),
    "never": _l("Never walked"),
}
COLOURS = {"today": "#08589e", "week": "#4eb3d3", "month": "#a8ddb5", "longer": "#fdbe85", "never": "#d9d9d9"}


def rows(viewer: Viewer) -> Select[Any]:
    """Cells of duty cells in reach, each with when it was last walked."""
    last = last_walked()
    now = datetime.now(UTC)
    since = {name: now - timedelta(days=days) for name, days in (("today", 1), ("week", 7), ("month", 30))}
    state = case((last.is_(None), "never"), *((last >= moment, name) for name, moment in since.items()), else_="longer")
    columns: list[Any] = [
        UnitCell.id, UnitCell.geom, UnitCell.area_code, UnitCell.id.label("unit_cell_id"), UnitCell.code,
        last.label("walked_at"), state.label("walked"),
    ]  # fmt: skip
    return select(*columns).where(UnitCell.id.in_(cells_in(viewer)))


COVERAGE = Layer(
    id="patrol_coverage", title=_l("Patrol coverage"),
    about=_l("Which cells were walked, and when last."),
    source=_l("Tracks of inspectors who agreed to it"), owner=OPERATION_CENTRE, licence=OWN_USE,
    theme="grid", geometry="POLYGON", rows=rows, order=125,
    fields=(
        Field("code", _l("Code")),
        Field("walked", _l("Walked"), "choice", WALKED, filterable=True),
        Field("walked_at", _l("Last walked at"), "time"),
    ),
    zooms=range(10, 23), right=READ,
    style=Style(colour=COLOURS["never"], by="walked", colours=COLOURS, line="#5b6770", width_px=0.6, opacity=0.55),
)  # fmt: skip
