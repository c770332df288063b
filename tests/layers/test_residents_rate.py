"""Rows for every 1,000 residents: they are those that counts publishes, and none are told to who may not see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from gis.errors import Forbidden, InvalidInput
from grid.models import AddressKind, UnitCell
from grid.reach import Viewer
from layers.counts import counts
from layers.declared import Declared
from layers.filters import NOTHING, read_filter
from layers.residents_rate import RESIDENTS, are_few, rated
from layers.resolve import resolve
from layers.style import fragment
from layers.units import read_division
from tests import make
from tests.layers.test_counts import A1, A2, B1, B2
from tests.layers.things import EVERYBODY, LAMPS, LODGERS, lamps

SPOTS = {A1: (0.001, 0.001), A2: (0.003, 0.001), B1: (0.001, 0.003), B2: (0.003, 0.003)}


@pytest.fixture
def register() -> Iterator[None]:
    """The lodgers of the tests are the residents: places (poi) are people, doors are lamps."""
    before, RESIDENTS.layer = RESIDENTS.layer, LODGERS
    yield
    RESIDENTS.layer = before


def people_and_lamps(db: Session, cells: dict[str, UnitCell], people: dict[str, int]) -> None:
    for code, number in people.items():
        spot = (make.WEST + SPOTS[code][0], make.SOUTH + SPOTS[code][1])
        if number:
            lamps(db, cells[code], [spot] * number, kind=AddressKind.POI, valid_from=date(2024, 1, 1))


def test_a_rate_divides_filtered_rows_by_all_published_residents(db: Session, register: None) -> None:
    cells = make.city(db)
    people_and_lamps(db, cells, {A1: 40, A2: 25, B1: 3, B2: 30})
    lamps(db, cells[A1], [(make.WEST + 0.001, make.SOUTH + 0.001)] * 10, kind=AddressKind.DOOR)
    doors = read_filter(LAMPS, {"f.kind": "door"})
    division = read_division(db, "cell", None)
    found = {one.code: one for one in rated(db, LAMPS, EVERYBODY, division, doors, "per_1000").items}
    published = {one.code: one.count for one in counts(db, LODGERS, EVERYBODY, division).items}
    assert {code: one.people for code, one in found.items()} == published
    assert found[A1].people == 50  # of the test's people all rows are lodgers, doors too
    assert found[A1].told("per_1000") == pytest.approx(10 / 50 * 1000)
    assert found[A2].told("per_1000") == 0
    assert published[B1] is None  # fewer than five
    assert found[B1].told("per_1000") is None


def test_few_residents_are_warned_of_and_units_without_any_number_are_hatched(db: Session, register: None) -> None:
    cells = make.city(db)
    people_and_lamps(db, cells, {A1: 40, A2: 25, B1: 3, B2: 30})
    division = read_division(db, "cell", None)
    assert are_few(rated(db, LAMPS, EVERYBODY, division, NOTHING, "per_1000"))
    assert not are_few(rated(db, LAMPS, EVERYBODY, division, NOTHING, "per_km2"))
    declared = Declared(kind="graduated", over="cell", rate="per_1000")
    made = resolve(db, LAMPS, EVERYBODY, declared)
    assert "few_residents" in made.warnings
    assert made.layer.style.classes is not None
    assert made.layer.style.classes.classing.missing == 2  # the small one, and the one that hides it
    drawn = fragment(made.layer, "light", "en")
    assert drawn["sources"]["lamps"]["data"].endswith("geometry=1&people=1")
    assert [one["paint"]["fill-pattern"] for one in drawn["layers"] if one["id"] == "lamps-missing"] == ["hatch-6f777d"]
    more = make.WEST + 0.001, make.SOUTH + 0.001
    for code in (A1, A2, B1, B2):
        lamps(db, cells[code], [more] * 100)
    assert not are_few(rated(db, LAMPS, EVERYBODY, division, NOTHING, "per_1000"))


def test_who_may_not_see_residents_gets_no_rate_of_them(db: Session, register: None) -> None:
    make.city(db)
    division = read_division(db, "cell", None)
    RESIDENTS.layer = replace(LODGERS, right="layers.read")
    with pytest.raises(Forbidden):
        rated(db, LAMPS, Viewer(None, "public", "public", ("",)), division, NOTHING, "per_1000")
    RESIDENTS.layer = None
    with pytest.raises(Forbidden):
        rated(db, LAMPS, EVERYBODY, division, NOTHING, "per_1000")
    with pytest.raises(InvalidInput):
        resolve(db, LODGERS, EVERYBODY, Declared(kind="graduated", over="cell", rate="per_1000"))
