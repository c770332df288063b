"""The map layers of people and dwellings. People are counts only: no row of them has a point of its own on a map."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.residents.models import Dwelling, DwellingUse, Residence, ResidenceKind
from app.residents.visible import TODAY, holds_on
from app.residents.words import USES
from app.web.city import OWN_USE
from grid.reach import Viewer, within
from layers.layer import Field, Layer, Style

FLOOR = 5


def residents_rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """One row a person who lives somewhere in reach today: the dwelling's place and nothing of the person."""
    return (
        select(Residence.id, Dwelling.geom, Dwelling.area_code, Dwelling.unit_cell_id)
        .join(Dwelling, Dwelling.id == Residence.dwelling_id)
        .where(Residence.kind == ResidenceKind.ACTUAL, holds_on(TODAY), within(viewer, Dwelling.area_code))
    )


def dwellings_rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    """Dwellings in reach, by use."""
    return select(
        Dwelling.id,
        Dwelling.geom,
        Dwelling.area_code,
        Dwelling.unit_cell_id,
        Dwelling.use,
        Dwelling.floor,
        Dwelling.room,
        Dwelling.building_id,
    ).where(within(viewer, Dwelling.area_code))


# No field of residents can be filtered by: two filtered counts subtracted would tell of one person.
RESIDENTS = Layer(
    id="residents",
    title=_l("Residents"),
    about=_l("How many people live where, without names; small numbers are held back."),
    source=_l("Resident register: registered person by person by staff"),
    owner=_l("Resident registration office"),
    licence=OWN_USE,
    theme="people",
    geometry="POINT",
    rows=residents_rows,
    style=Style(colour="#54278f"),
    floor=FLOOR,
    right="layers.read",
    channel="residents",
    order=200,
)

DWELLINGS = Layer(
    id="dwellings",
    title=_l("Dwellings"),
    about=_l("Flats and rooms that people are registered in."),
    source=_l("Dwelling register of this system"),
    owner=_l("Resident registration office"),
    licence=OWN_USE,
    theme="people",
    geometry="POINT",
    rows=dwellings_rows,
    fields=(
        Field("use", _l("Use"), kind="choice", choices=USES, filterable=True),
        Field("floor", _l("Floor"), kind="number"),
        Field("room", _l("Room")),
        Field("building_id", _l("Building"), kind="number", in_list=False),
    ),
    style=Style(
        colour="#807dba",
        by="use",
        colours={
            DwellingUse.OWN: "#6a51a3",
            DwellingUse.LET: "#2b8cbe",
            DwellingUse.GROUP_LET: "#b35806",
            DwellingUse.VACANT: "#969696",
            DwellingUse.UNKNOWN: "#bdbdbd",
        },
        shapes={DwellingUse.GROUP_LET: "triangle", DwellingUse.VACANT: "diamond", DwellingUse.LET: "square"},
        shape="circle",
        size_px=4,
    ),
    zooms=range(15, 23),
    right="residents.read",
    channel="residents",
    detail="/buildings/{building_id}",
    order=210,
)
