"""The base map and the grid as layers. The ground is the same for everyone; cells and addresses follow the reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, ColumnElement, Select, Text, cast, func, literal, null, select

from app.web.city import AS_SOURCE, OPERATION_CENTRE, OWN_USE, CitySource
from grid.history import held_on
from grid.models import Address, AddressKind, Area, Building, DutyCell, DutyCellUnit, Ground, Road, UnitCell
from grid.reach import Viewer, within
from layers.layer import Field, Layer, Style, Words
from layers.past import day_of

NAMES = (Field("name_zh", _l("Name (Chinese)")), Field("name_en", _l("Name (English)")))
GENERATED = Field("is_generated", _l("Generated"), kind="flag", in_tile=False)
NOWHERE = (cast(literal(""), Text).label("area_code"), cast(null(), BigInteger).label("unit_cell_id"))

ROAD_CLASSES: dict[str, Words] = {
    "motorway": _l("Motorway"),
    "trunk": _l("Trunk road"),
    "primary": _l("Main road"),
    "secondary": _l("Secondary road"),
    "tertiary": _l("Collector road"),
    "residential": _l("Residential street"),
    "service": _l("Service road"),
    "footway": _l("Footway"),
    "rail": _l("Railway"),
}
ROAD_COLOURS = {
    "motorway": "#e3b34a",
    "trunk": "#e8c56d",
    "primary": "#efd693",
    "secondary": "#d9d4c7",
    "tertiary": "#d9d4c7",
    "residential": "#cfcac0",
    "service": "#d8d4cb",
    "footway": "#c9b8a8",
    "rail": "#8d8a99",
}
ADDRESS_KINDS: dict[str, Words] = {
    AddressKind.DOOR: _l("Door"),
    AddressKind.BUILDING: _l("Building"),
    AddressKind.INTERSECTION: _l("Intersection"),
    AddressKind.POI: _l("Point of interest"),
}


def _ground(*kinds: str) -> Callable[[Viewer], Select[*tuple[Any, ...]]]:
    """Ground of some kinds; it belongs to no cell."""

    def rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
        columns = (Ground.id, Ground.geom, *NOWHERE, Ground.kind, Ground.name_zh, Ground.name_en, Ground.is_generated)
        return select(*columns).where(Ground.kind.in_(kinds))

    return rows


def roads(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """All roads and rails."""
    return select(
        Road.id, Road.geom, *NOWHERE, Road.road_class, Road.name_zh, Road.name_en, Road.is_oneway, Road.is_generated
    )


def buildings(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """All building outlines, without who lives there."""
    return select(
        Building.id, Building.geom, func.coalesce(Building.area_code, "").label("area_code"), Building.unit_cell_id,
        Building.name_zh, Building.name_en, Building.use, Building.floors, Building.height_m, Building.is_generated,
    )  # fmt: skip


def _held(model: Any, at: datetime | None) -> ColumnElement[bool]:
    return held_on(model, None if at is None else day_of(at))


def areas(viewer: Viewer, at: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """All areas: borders are no secret."""
    return select(
        Area.id, Area.geom, Area.code.label("area_code"), cast(null(), BigInteger).label("unit_cell_id"),
        Area.code, Area.name_zh, Area.name_en, Area.level, Area.depth, Area.area_m2, Area.is_generated,
    ).where(_held(Area, at))  # fmt: skip


def unit_cells(viewer: Viewer, at: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """Unit cells in the viewer's reach."""
    return select(
        UnitCell.id, UnitCell.geom, UnitCell.area_code, UnitCell.id.label("unit_cell_id"),
        UnitCell.code, UnitCell.area_m2, UnitCell.land_use, UnitCell.responsible_body,
    ).where(_held(UnitCell, at), within(viewer, UnitCell.area_code))  # fmt: skip


def duty_cells(viewer: Viewer, at: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """The unit cells of duty cells in the viewer's reach, each with the code and name of its duty cell."""
    owned: ColumnElement[bool] = DutyCell.responsible.is_not(None) | DutyCell.team.is_not(None)
    return (
        select(
            UnitCell.id, UnitCell.geom, UnitCell.area_code, UnitCell.id.label("unit_cell_id"),
            DutyCell.code, DutyCell.name_zh, DutyCell.name_en, DutyCell.responsible, DutyCell.team,
            owned.label("is_owned"),
        )
        .join(DutyCellUnit, DutyCellUnit.unit_cell_id == UnitCell.id)
        .join(DutyCell, DutyCell.id == DutyCellUnit.duty_cell_id)
        .where(
            *(_held(one, at) for one in (UnitCell, DutyCellUnit, DutyCell)),
            DutyCell.kind == "inspection", within(viewer, UnitCell.area_code),
        )
    )  # fmt: skip


def addresses(viewer: Viewer, at: datetime | None = None) -> Select[*tuple[Any, ...]]:
    """Standard addresses in the viewer's reach."""
    return select(
        Address.id, Address.geom, Address.area_code, Address.unit_cell_id,
        Address.text_zh, Address.text_en, Address.number, Address.kind,
    ).where(_held(Address, at), within(viewer, Address.area_code))  # fmt: skip


BLOCKS = Layer(
    id="blocks", title=_l("Blocks"),
    about=_l("Built-up blocks between the streets."),
    source=CitySource(), owner=_l("Surveying and mapping office"), licence=AS_SOURCE,
    theme="base", geometry="GEOMETRY", rows=_ground("block"), order=10,
    watches=("grounds",),
    fields=(*NAMES, GENERATED), zooms=range(11, 23), visible=True, right="layers.read",
    style=Style(colour="#edebe5", line="#e2dfd6", width_px=0.5, opacity=1),
)  # fmt: skip
GREEN = Layer(
    id="green", title=_l("Parks and green"),
    about=_l("Parks, lawns and other green."),
    source=CitySource(), owner=_l("Surveying and mapping office"), licence=AS_SOURCE,
    theme="base", geometry="GEOMETRY", rows=_ground("green"), order=20,
    watches=("grounds",),
    fields=(*NAMES, GENERATED), zooms=range(9, 23), visible=True, right="layers.read",
    style=Style(colour="#deead2", opacity=1, label="name", label_zoom=15),
)  # fmt: skip
WATER = Layer(
    id="water", title=_l("Water"),
    about=_l("Rivers, canals and lakes."),
    source=CitySource(), owner=_l("Surveying and mapping office"), licence=AS_SOURCE,
    theme="base", geometry="GEOMETRY", rows=_ground("water", "river"), order=30,
    watches=("grounds",),
    fields=(*NAMES, GENERATED), zooms=range(6, 23), visible=True, right="layers.read",
    style=Style(colour="#c6dae8", opacity=1, width_px=3, label="name", label_zoom=14),
)  # fmt: skip
ROADS = Layer(
    id="roads", title=_l("Roads and rails"),
    about=_l("Streets, paths and rails by class; reach and routes are worked out on them."),
    source=CitySource(), owner=_l("Surveying and mapping office"), licence=AS_SOURCE,
    theme="base", geometry="LINESTRING", rows=roads, order=40,
    watches=("roads",),
    fields=(
        Field("road_class", _l("Kind of road"), kind="choice", choices=ROAD_CLASSES, filterable=True),
        *NAMES, Field("is_oneway", _l("One way"), kind="flag"), GENERATED,
    ),
    zooms=range(10, 23), visible=True, right="layers.read",
    style=Style(
        colour="#cfcac0", by="road_class", colours=ROAD_COLOURS, width_px=2, opacity=1, label="name", label_zoom=14,
    ),
)  # fmt: skip
BUILDINGS = Layer(
    id="buildings", title=_l("Buildings"),
    about=_l("Outlines of buildings with use and storeys."),
    source=CitySource(), owner=_l("Surveying and mapping office"), licence=AS_SOURCE,
    theme="base", geometry="POLYGON", rows=buildings, order=50,
    watches=("buildings",),
    fields=(
        *NAMES, Field("use", _l("Building use")), Field("floors", _l("Floors"), kind="number"),
        Field("height_m", _l("Height"), kind="number", unit="m"), GENERATED,
    ),
    zooms=range(15, 23), visible=True, right="layers.read",
    style=Style(colour="#e0dcd4", line="#cdc7bb", width_px=0.6, opacity=1),
)  # fmt: skip
AREAS = Layer(
    id="areas", title=_l("Administrative areas"),
    about=_l("Districts, streets and communities as they hold now."),
    source=CitySource(), owner=_l("Civil affairs office"), licence=AS_SOURCE,
    theme="grid", geometry="POLYGON", rows=areas, order=100,
    history=areas,
    watches=("areas",),
    fields=(
        Field("code", _l("Code")), *NAMES, Field("level", _l("Area level"), filterable=True),
        Field("depth", _l("Area depth"), kind="number", in_list=False),
        Field("area_m2", _l("Size"), kind="number", unit="m²"), GENERATED,
    ),
    zooms=range(5, 23), right="places.read",
    # three levels lie on each other: a light fill; up to z17 the base map names each level where it can be read
    style=Style(colour="#6a6c94", line="#5b5d86", width_px=1.6, opacity=0.02, dashed=True, label="name", label_zoom=17),
)  # fmt: skip
UNIT_CELLS = Layer(
    id="unit_cells", title=_l("Unit cells"),
    about=_l("The smallest cells of the city: everything is registered to one."),
    source=_l("Drawn in this system along streets and buildings"), owner=OPERATION_CENTRE, licence=OWN_USE,
    theme="grid", geometry="POLYGON", rows=unit_cells, order=110,
    history=unit_cells,
    watches=("unit_cells",),
    fields=(
        Field("code", _l("Code")), Field("area_m2", _l("Size"), kind="number", unit="m²"),
        Field("land_use", _l("Land use"), in_tile=False),
        Field("responsible_body", _l("Body in charge"), in_tile=False),
    ),
    zooms=range(14, 23), right="places.read",
    style=Style(colour="#3f7f93", line="#3f7f93", width_px=0.8, opacity=0.04, label="code", label_zoom=17),
)  # fmt: skip
DUTY_CELLS = Layer(
    id="duty_cells", title=_l("Duty cells"),
    about=_l("What one team looks after: several unit cells together."),
    source=_l("Put together in this system from unit cells"), owner=OPERATION_CENTRE, licence=OWN_USE,
    theme="grid", geometry="POLYGON", rows=duty_cells, order=120,
    history=duty_cells,
    watches=("unit_cells", "duty_cells"),
    fields=(
        Field("code", _l("Code")), *NAMES, Field("responsible", _l("Person in charge"), in_tile=False),
        Field("team", _l("Team"), in_tile=False), Field("is_owned", _l("Has a person or team"), kind="flag"),
    ),
    zooms=range(12, 23), right="places.read",
    style=Style(colour="#8a6bb1", line="#8a6bb1", width_px=0.8, opacity=0.10),
)  # fmt: skip
ADDRESSES = Layer(
    id="addresses", title=_l("Standard addresses"),
    about=_l("Door plates and named places that cases and people are registered to."),
    source=_l("Address register of this system"), owner=_l("Place names and addresses office"), licence=OWN_USE,
    theme="grid", geometry="POINT", rows=addresses, order=130,
    history=addresses,
    watches=("addresses",),
    fields=(
        Field("text_zh", _l("Address (Chinese)")), Field("text_en", _l("Address (English)")),
        Field("number", _l("House number")),
        Field("kind", _l("Kind of address"), kind="choice", choices=ADDRESS_KINDS, filterable=True),
    ),
    zooms=range(16, 23), right="places.read",
    style=Style(colour="#7a7468", size_px=3.5, line="#ffffff", width_px=1, label="number", label_zoom=18),
)  # fmt: skip

ALL = (BLOCKS, GREEN, WATER, ROADS, BUILDINGS, AREAS, UNIT_CELLS, DUTY_CELLS, ADDRESSES)
