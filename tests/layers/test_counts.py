from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.models import AddressKind, UnitCell
from layers.counts import Counts, counts
from layers.filters import NOTHING, Filter, read_filter
from layers.layer import Layer
from layers.legend import legend
from layers.mercator import tile_at
from layers.shielded_tiles import division_at
from layers.tiles import tile
from layers.units import read_division
from tests import make
from tests.layers.things import EVERYBODY, LAMPS, LODGERS, SOUTH_STREET, decoded, lamp, lamps

A1, A2, B1, B2 = "310199001001001", "310199001001002", "310199001002001", "310199001002002"
SPOT = (121.4512, 31.2312)


def peopled(db: Session, **numbers: int) -> dict[str, UnitCell]:
    cells = make.city(db)
    for code, number in zip((A1, A2, B1, B2), numbers.values(), strict=True):
        shape = (
            make.WEST + (0.001 if code in (A1, B1) else 0.003),
            make.SOUTH + (0.001 if code in (A1, A2) else 0.003),
        )
        if number:
            lamps(db, cells[code], [shape] * number)
    return cells


def told(
    db: Session, layer: Layer, by: str, level: str | None = None, chosen: Filter = NOTHING
) -> dict[str, int | None]:
    return {one.code: one.count for one in everything(db, layer, by, level, chosen).items}


def everything(db: Session, layer: Layer, by: str, level: str | None = None, chosen: Filter = NOTHING) -> Counts:
    return counts(db, layer, EVERYBODY, read_division(db, by, level), chosen)


def test_rows_add_up_at_every_level_and_by_cell(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    assert told(db, LAMPS, "cell") == {A1: 3, A2: 1, B1: 0, B2: 7}
    assert told(db, LAMPS, "area") == {"310199001001": 4, "310199001002": 7}
    assert told(db, LAMPS, "area", "street") == {"310199001": 11}
    assert told(db, LAMPS, "area", "district") == {"310199": 11}
    assert everything(db, LAMPS, "area").total == 11


def test_an_area_filter_counts_what_lies_in_it_and_names_its_units(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=2, b2=7)
    chosen = read_filter(LAMPS, {"area": "310199001001"})
    assert told(db, LAMPS, "cell", None, chosen) == {A1: 3, A2: 1}
    assert told(db, LAMPS, "area", "district", chosen) == {"310199": 4}


def test_a_viewer_hears_of_units_in_reach_and_of_their_part_of_wider_ones(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=2, b2=7)
    found = counts(db, LAMPS, SOUTH_STREET, read_division(db, "area", "district"))
    assert {one.code: one.count for one in found.items} == {"310199": 4}
    found = counts(db, LAMPS, SOUTH_STREET, read_division(db, "cell", None))
    assert {one.code for one in found.items} == {A1, A2}


def test_rates_are_by_square_kilometre(db: Session) -> None:
    peopled(db, a1=3, a2=0, b1=0, b2=0)
    db.execute(text("UPDATE unit_cells SET area_m2 = 10000"))
    found = {one.code: one.per_km2 for one in everything(db, LAMPS, "cell").items}
    assert found[A1] == pytest.approx(300)
    assert found[A2] == 0


def test_an_unknown_division_is_refused(db: Session) -> None:
    make.city(db)
    for by, level in (("area", "galaxy"), ("hexagon", None)):
        with pytest.raises(InvalidInput):
            read_division(db, by, level)


def test_few_people_are_suppressed_with_enough_siblings(db: Session) -> None:
    peopled(db, a1=3, a2=30, b1=10, b2=12)
    assert told(db, LODGERS, "cell") == {A1: None, A2: None, B1: 10, B2: 12}
    assert told(db, LODGERS, "area") == {"310199001001": 33, "310199001002": 22}
    assert everything(db, LODGERS, "cell").total == 22  # what is told, not what there is


def test_cells_of_a_suppressed_community_are_suppressed(db: Session) -> None:
    peopled(db, a1=4, a2=0, b1=10, b2=12)
    assert told(db, LODGERS, "area") == {"310199001001": None, "310199001002": None}
    assert told(db, LODGERS, "cell") == {A1: None, A2: 0, B1: None, B2: None}
    assert told(db, LODGERS, "area", "street") == {"310199001": 26}


def test_an_area_filter_makes_no_number_smaller(db: Session) -> None:
    peopled(db, a1=3, a2=30, b1=10, b2=12)
    chosen = read_filter(LODGERS, {"area": "310199001001"})
    assert told(db, LODGERS, "cell", None, chosen) == {A1: None, A2: None}
    assert told(db, LODGERS, "area", "street", chosen) == {}
    assert everything(db, LODGERS, "area", None, chosen).total == 33


def test_a_filter_tells_neither_few_nor_all_but_few(db: Session) -> None:
    cells = peopled(db, a1=30, a2=30, b1=30, b2=30)
    lamps(db, cells[A1], [SPOT] * 2, kind=AddressKind.POI)  # 30 of 32: the rest are two
    lamps(db, cells[B1], [SPOT] * 12, kind=AddressKind.POI)
    doors = read_filter(LODGERS, {"f.kind": "door"})
    found = everything(db, LODGERS, "cell", None, doors)
    assert {one.code: one.count for one in found.items} == {A1: None, A2: 30, B1: 30, B2: 30}
    assert found.rounded_to == 5
    places = everything(db, LODGERS, "cell", None, read_filter(LODGERS, {"f.kind": "poi"}))
    assert {one.code: one.count for one in places.items} == {A1: None, A2: 0, B1: 10, B2: 0}


@pytest.mark.parametrize("z", [10, 13, 14, 15, 16, 18])
def test_tiles_of_people_say_what_the_counts_say(db: Session, z: int) -> None:
    peopled(db, a1=3, a2=30, b1=10, b2=12)
    division = division_at(z, ["district", "street", "community"])
    expected = told(db, LODGERS, division.by, None if division.by == "cell" else division.level)
    shown: dict[str, int | None] = {}
    corners = [tile_at(make.WEST + dx, make.SOUTH + dy, z) for dx in (0.001, 0.003) for dy in (0.001, 0.003)]
    for at in set(corners):
        for one in decoded(tile(db, LODGERS, EVERYBODY, at))["lodgers"]:
            facts = one["properties"]
            assert facts["suppressed"] == ("count" not in facts)
            shown[facts["code"]] = facts.get("count")
    assert shown == expected


def test_people_are_counted_by_wider_areas_farther_out() -> None:
    levels = ["district", "street", "community"]
    found = [division_at(z, levels).level for z in (8, 11, 12, 13, 14, 15, 16, 20)]
    assert found == ["district", "district", "street", "street", "community", "community", "cell", "cell"]


def test_a_legend_adds_up_and_names_other_values_only_where_there_are_some(db: Session) -> None:
    cells = peopled(db, a1=3, a2=0, b1=0, b2=0)
    first = legend(db, LAMPS, EVERYBODY)
    assert [(one.label, one.colour, one.shape, one.count) for one in first.items] == [
        ("Door", "#1b9e77", "circle", 3), ("House", "#d95f02", "square", 0), ("Place", "#3b6ea5", "circle", 0),
    ]  # fmt: skip
    lamp(db, cells[A1], *SPOT, kind=AddressKind.INTERSECTION)
    second = legend(db, LAMPS, EVERYBODY)
    assert (second.items[-1].label, second.items[-1].count) == ("Other", 1)
    assert second.total == sum(one.count for one in second.items) == 4
    assert legend(db, LAMPS, EVERYBODY, read_filter(LAMPS, {"f.kind": "poi"})).total == 0


def test_the_legend_of_people_counts_areas_by_density_and_the_suppressed_apart(db: Session) -> None:
    peopled(db, a1=60, a2=0, b1=30, b2=30)
    db.execute(text("UPDATE areas SET area_m2 = CASE code WHEN '310199001001' THEN 20000 ELSE 10000 END"))
    found = legend(db, LODGERS, EVERYBODY)  # 30 and 60 people a hectare
    assert [one.count for one in found.items] == [1, 1, 0, 0, 0, 0]
    assert found.total == 2
