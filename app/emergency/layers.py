"""The map layer of emergency events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, Text, cast, func, select

from app.emergency.models import EmergencyClass, Event, EventLevel, EventStatus
from app.emergency.past import events_at
from app.emergency.words import LEVELS, STATUSES
from app.web.city import OWN_USE
from grid.reach import Viewer, within
from layers.layer import Field, Layer, Style

# The four colours of warnings, dark enough to be outlines on a light map.
COLOURS = {
    EventLevel.I: "#c62828",
    EventLevel.II: "#e06c00",
    EventLevel.III: "#b58900",
    EventLevel.IV: "#1f6fb5",
    "none": "#6b7280",
}
SHAPES = {
    EventLevel.I: "diamond",
    EventLevel.II: "triangle",
    EventLevel.III: "square",
    EventLevel.IV: "circle",
    "none": "circle",
}


def rows(viewer: Viewer, at: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """Events in the viewer's reach, void ones left out; with `at` as they stood then."""
    one = Event if at is None else events_at(at)
    return (
        select(
            one.id,
            one.geom,
            one.area_code,
            one.unit_cell_id,
            one.number,
            one.title,
            EmergencyClass.name_zh.label("class_zh"),
            EmergencyClass.name_en.label("class_en"),
            func.coalesce(cast(one.level, Text), "none").label("level"),
            one.status,
            one.happened_at,
        )
        .join(EmergencyClass, EmergencyClass.id == one.class_id)
        .where(one.status != EventStatus.VOID, within(viewer, one.area_code))
    )


EVENTS = Layer(
    id="events",
    title=_l("Emergency events"),
    about=_l("Emergencies with their level and danger zone."),
    source=_l("Event register: reports of the duty desk"),
    owner=_l("Emergency management office"),
    licence=OWN_USE,
    theme="emergency",
    geometry="GEOMETRY",
    rows=rows,
    history=rows,
    fields=(
        Field("number", _l("Number")),
        Field("title", _l("Title")),
        Field("class_zh", _l("Class (Chinese)")),
        Field("class_en", _l("Class (English)")),
        Field("level", _l("Level"), kind="choice", choices=LEVELS, filterable=True),
        Field("status", _l("Status"), kind="choice", choices=STATUSES, filterable=True),
        Field("happened_at", _l("Happened"), kind="time"),
    ),
    style=Style(
        colour="#6b7280", by="level", colours=COLOURS, shapes=SHAPES, size_px=8, width_px=2.5, opacity=0.22,
        label="title", label_zoom=15,
    ),
    time_field="happened_at",
    right="events.read",
    channel="events",
    watches=("events", "emergency_classes"),
    detail="/events/{number}",
    visible=True,
    order=310,
)  # fmt: skip
