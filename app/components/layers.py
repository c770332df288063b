"""Components as a map layer: shape and colour for their condition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, Text, cast, func, select

from app.cases.layers import MajorNames
from app.components.models import Component
from app.components.past import components_at
from app.components.queries import CLASS
from app.components.visible import visible
from app.components.words import STATES
from app.web.city import OPERATION_CENTRE, OWN_USE, DepartmentNames
from grid.models import Address
from grid.reach import Viewer
from layers.layer import Field, Layer, Style


def rows(viewer: Viewer, at: datetime | None = None) -> Select[Any]:
    """The components that a viewer sees, under the names of the layer's fields; with `at` as they stood then."""
    one = Component if at is None else components_at(at)
    columns: list[Any] = [
        one.id, one.geom, one.area_code, one.unit_cell_id, one.code, one.state,
        one.in_charge, one.first_recorded_on,
        func.coalesce(func.nullif(one.name_zh, ""), CLASS.c.name_zh).label("name_zh"),
        func.coalesce(func.nullif(one.name_en, ""), CLASS.c.name_en).label("name_en"),
        CLASS.c.name_zh.label("class_zh"), CLASS.c.name_en.label("class_en"),
        cast(CLASS.c.major_id, Text).label("major"),
        Address.text_zh.label("address_zh"), Address.text_en.label("address_en"),
    ]  # fmt: skip
    joined = select(*columns).join(CLASS, CLASS.c.id == one.class_id)
    return joined.outerjoin(Address, Address.id == one.address_id).where(visible(viewer, one))


COMPONENTS = Layer(
    id="components",
    title=_l("Components"),
    about=_l("Lamps, covers, hydrants and other things of the street, with their state."),
    source=_l("Component register: surveys and inspections"),
    owner=OPERATION_CENTRE,
    licence=OWN_USE,
    theme="facilities",
    geometry="POINT",
    rows=rows,
    history=rows,
    fields=(
        Field("code", _l("Component code")),
        Field("name_zh", _l("Name (Chinese)")),
        Field("name_en", _l("Name (English)")),
        Field("class_zh", _l("Class (Chinese)"), in_tile=False),
        Field("class_en", _l("Class (English)"), in_tile=False),
        Field("major", _l("Major class"), "choice", MajorNames("component"), filterable=True),
        Field("state", _l("Condition"), "choice", {one.value: words for one, words in STATES.items()}, filterable=True),
        Field("in_charge", _l("In charge"), choices=DepartmentNames(), in_tile=False, filterable=True),
        Field("first_recorded_on", _l("First recorded"), "time", in_tile=False),
        Field("address_zh", _l("Address (Chinese)"), in_tile=False),
        Field("address_en", _l("Address (English)"), in_tile=False),
    ),
    style=Style(
        colour="#5f7f8f",
        by="state",
        colours={
            "intact": "#5f7f8f", "damaged": "#8a5a00", "missing": "#7b3f98", "abandoned": "#8a8d91",
            "occupied": "#2f7f86",
        },
        shapes={
            "intact": "circle", "damaged": "triangle", "missing": "diamond", "abandoned": "square",
            "occupied": "square",
        },
        size_px=4,
    ),
    zooms=range(11, 23),
    right="components.read",
    channel="components",
    watches=("components", "case_classes"),
    detail="/components/{code}",
    order=250,
)  # fmt: skip
