"""The map layer of facilities: one colour family a service, and a shape beside it, never colour alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.facilities.models import Facility, FacilityKind
from app.facilities.past import facilities_at
from app.facilities.words import KINDS
from app.web.city import OPERATION_CENTRE, OWN_USE
from grid.reach import Viewer, within
from layers.layer import Field, Layer, Style

COLOURS = {
    FacilityKind.HOSPITAL: "#b3005e",
    FacilityKind.CLINIC: "#d4649b",
    FacilityKind.SCHOOL: "#1f78b4",
    FacilityKind.DAY_CARE: "#5aa0cf",
    FacilityKind.ELDERLY_CARE: "#7a5195",
    FacilityKind.FIRE_STATION: "#b35806",
    FacilityKind.POLICE_STATION: "#243b6b",
    FacilityKind.SHELTER: "#00796b",
    FacilityKind.COMMUNITY_CENTRE: "#8c6d1f",
    FacilityKind.GOVERNMENT: "#5d4037",
    FacilityKind.PARK: "#2e7d32",
    FacilityKind.BIKE_SHARE: "#4d9221",
    FacilityKind.OTHER: "#616161",
}
SHAPES = {
    FacilityKind.HOSPITAL: "diamond",
    FacilityKind.CLINIC: "circle",
    FacilityKind.SCHOOL: "square",
    FacilityKind.DAY_CARE: "circle",
    FacilityKind.ELDERLY_CARE: "square",
    FacilityKind.FIRE_STATION: "triangle",
    FacilityKind.POLICE_STATION: "square",
    FacilityKind.SHELTER: "triangle",
    FacilityKind.COMMUNITY_CENTRE: "diamond",
    FacilityKind.GOVERNMENT: "diamond",
    FacilityKind.PARK: "circle",
    FacilityKind.BIKE_SHARE: "square",
    FacilityKind.OTHER: "circle",
}


def rows(viewer: Viewer, at: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """Facilities in the viewer's reach; with `at` as they stood then."""
    one = Facility if at is None else facilities_at(at)
    return select(
        one.id,
        one.geom,
        one.area_code,
        one.unit_cell_id,
        one.kind,
        one.name_zh,
        one.name_en,
        one.address_text,
        one.capacity,
    ).where(within(viewer, one.area_code))


FACILITIES = Layer(
    id="facilities",
    title=_l("Facilities"),
    about=_l("Stations, shelters, clinics and other houses that serve people."),
    source=_l("Facility register of this system"),
    owner=OPERATION_CENTRE,
    licence=OWN_USE,
    theme="facilities",
    geometry="GEOMETRY",
    rows=rows,
    history=rows,
    fields=(
        Field("kind", _l("Kind"), kind="choice", choices=KINDS, filterable=True),
        Field("name_zh", _l("Name (Chinese)")),
        Field("name_en", _l("Name (English)")),
        Field("address_text", _l("Address"), in_tile=False),
        Field("capacity", _l("Capacity"), kind="number"),
    ),
    style=Style(
        colour="#616161",
        by="kind",
        colours={str(kind): colour for kind, colour in COLOURS.items()},
        shapes={str(kind): shape for kind, shape in SHAPES.items()},
        size_px=7,
        width_px=1.5,
        opacity=0.8,
        label="name",
        label_zoom=16,
    ),
    zooms=range(9, 23),
    right="facilities.read",
    channel="facilities",
    watches=("facilities",),
    detail="/facilities/{id}",
    order=260,
)
