"""Declared test layers over tables of the grid, and rows for them: lamps (points), plots (areas), lodgers (people)."""

from __future__ import annotations

from datetime import date
from typing import Any

import mapbox_vector_tile
from geoalchemy2.shape import from_shape
from shapely.geometry import Point, box
from sqlalchemy import Select, literal, select
from sqlalchemy.orm import Session

from grid.models import Address, AddressKind, Building, UnitCell
from grid.reach import Viewer, whole_city, within
from layers.layer import Field, Layer, Style

EVERYBODY = whole_city()
SOUTH_STREET = Viewer(1, "south", "inspector", ("310199001001",))
NORTH_STREET = Viewer(2, "north", "inspector", ("310199001002",))
NOWHERE = Viewer(3, "nowhere", "inspector", ())


def lamp_rows(viewer: Viewer) -> Select[Any]:
    return select(
        Address.id, Address.geom, Address.area_code, Address.unit_cell_id, Address.kind, Address.number,
        Address.text_zh.label("name_zh"), Address.text_en.label("name_en"), Address.valid_from.label("since"),
    ).where(within(viewer, Address.area_code))  # fmt: skip


def plot_rows(viewer: Viewer) -> Select[Any]:
    return select(
        Building.id, Building.geom, Building.area_code, Building.unit_cell_id, Building.use, Building.floors,
        literal(True).label("is_plot"),
    ).where(within(viewer, Building.area_code))  # fmt: skip


KINDS = {"door": "Door", "building": "House", "poi": "Place"}
LAMPS = Layer(
    "lamps", "Lamps", "facilities", "POINT", lamp_rows,
    fields=(
        Field("kind", "Kind", "choice", choices=KINDS, filterable=True),
        Field("number", "Number", filterable=True),
        Field("name_zh", "Chinese name", in_tile=False),
        Field("name_en", "English name", in_tile=False),
        Field("since", "Since", "time", in_tile=False),
    ),
    style=Style(by="kind", colours={"door": "#1b9e77", "building": "#d95f02"}, shapes={"building": "square"}),
    time_field="since",
)  # fmt: skip
PLOTS = Layer(
    "plots", "Plots", "planning", "POLYGON", plot_rows,
    fields=(
        Field("use", "Use"),
        Field("floors", "Floors", "number", filterable=True),
        Field("is_plot", "Plot", "flag", filterable=True),
    ),
)  # fmt: skip
LODGERS = Layer(
    "lodgers", "Lodgers", "people", "POINT", lamp_rows, fields=LAMPS.fields, floor=5, time_field="since",
)  # fmt: skip


def lamp(
    db: Session, at: UnitCell, lon: float, lat: float, kind: AddressKind = AddressKind.DOOR, **given: Any
) -> Address:
    facts: dict[str, Any] = {"text_zh": "灯", "text_en": "lamp", "search": "lamp", "valid_from": date(2024, 1, 1)}
    made = Address(
        kind=kind, area_code=at.area_code, unit_cell_id=at.id, geom=from_shape(Point(lon, lat), srid=4326),
        **(facts | given),
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def lamps(db: Session, at: UnitCell, places: list[tuple[float, float]], **given: Any) -> None:
    facts = {
        "kind": AddressKind.DOOR, "area_code": at.area_code, "unit_cell_id": at.id, "text_zh": "灯", "text_en": "lamp",
        "search": "lamp", "valid_from": date(2024, 1, 1), **given,
    }  # fmt: skip
    db.execute(
        Address.__table__.insert(), [facts | {"geom": f"SRID=4326;POINT({lon!r} {lat!r})"} for lon, lat in places]
    )


def plot(db: Session, at: UnitCell, west: float, south: float, side: float, **given: Any) -> Building:
    shape = box(west, south, west + side, south + side)
    made = Building(area_code=at.area_code, unit_cell_id=at.id, geom=from_shape(shape, srid=4326), **given)
    db.add(made)
    db.flush()
    return made


def decoded(body: bytes) -> dict[str, list[dict[str, Any]]]:
    """Features by MVT layer, read by another program's decoder."""
    return {name: part["features"] for name, part in mapbox_vector_tile.decode(body).items()} if body else {}
