"""Rows counted for a chart add up to the list's number, whatever they are counted by; people are held back."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from gis.errors import Forbidden, InvalidInput
from grid.models import AddressKind
from layers.counts import counts
from layers.declared import Declared
from layers.features import matched
from layers.filters import NOTHING, Filter, read_filter
from layers.layer import Layer
from layers.resolve import resolve
from layers.tallies import UNITS_MAX, VALUES_MAX, Tally, tally
from layers.units import read_division
from tests import make
from tests.layers.test_counts import A1, A2, B2, peopled
from tests.layers.things import EVERYBODY, LAMPS, LODGERS, PLOTS, SOUTH_STREET, lamp, lamps, plot

ZONE = ZoneInfo("Asia/Shanghai")
Bbox = tuple[float, float, float, float]


def told(db: Session, layer: Layer, by: str, chosen: Filter = NOTHING, bbox: Bbox | None = None) -> Tally:
    return tally(db, layer, EVERYBODY, by, chosen, bbox=bbox, zone=ZONE)


def as_dict(found: Tally) -> dict[str, int | None]:
    return {one.key: one.count for one in found.bars}


def test_values_keep_their_declared_order_and_colours_and_say_what_is_missing(db: Session) -> None:
    cells = make.city(db)
    for kind, number in ((AddressKind.DOOR, "1"), (AddressKind.BUILDING, "1"), (AddressKind.BUILDING, None)):
        lamp(db, cells[A1], make.WEST + 0.001, make.SOUTH + 0.001, kind, number=number)
    found = told(db, LAMPS, "field:kind")
    assert as_dict(found) == {"door": 1, "building": 2, "poi": 0}
    assert [(one.label, one.colour) for one in found.bars[:2]] == [("Door", "#1b9e77"), ("House", "#d95f02")]
    assert (found.kind, found.total, found.rest, found.missing) == ("values", 3, 0, 0)
    numbers = told(db, LAMPS, "field:number")
    assert (as_dict(numbers), numbers.missing, numbers.total) == ({"1": 2}, 1, 3)
    assert numbers.bars[0].colour is None
    flags = told(db, PLOTS, "field:is_plot")
    assert as_dict(flags) == {"true": 0, "false": 0}


def test_many_values_are_few_bars_and_a_rest(db: Session) -> None:
    cells = make.city(db)
    for number in range(VALUES_MAX + 5):
        lamps(db, cells[A1], [(make.WEST + 0.001, make.SOUTH + 0.001)] * (2 if number < 3 else 1), number=str(number))
    found = told(db, LAMPS, "field:number")
    assert len(found.bars) == VALUES_MAX
    assert [one.key for one in found.bars[:3]] == ["0", "1", "2"]
    assert sum(one.count or 0 for one in found.bars) + found.rest == found.total == VALUES_MAX + 5 + 3


def test_bars_of_a_number_are_round_and_their_ends_filter_the_very_rows(db: Session) -> None:
    cells = make.city(db)
    floors = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 55, 99]
    for number in floors:
        plot(db, cells[A1], make.WEST + 0.0005, make.SOUTH + 0.0005, 0.0002, floors=number)
    plot(db, cells[A1], make.WEST + 0.0005, make.SOUTH + 0.0005, 0.0002, floors=None)
    found = told(db, PLOTS, "field:floors")
    assert (found.kind, found.missing, found.total) == ("numbers", 1, 13)
    expected = Counter(5 * (number // 5) for number in floors)  # 98 / 20 is 4.9: the next round width is 5
    assert {int(one.key): one.count for one in found.bars if one.count} == expected
    assert all(int(b.key) - int(a.key) == 5 for a, b in pairwise(found.bars))
    assert found.bars[0].label == "0 – 4"
    for one in found.bars:
        if one.count:
            chosen = read_filter(PLOTS, {"f.floors": f"{one.least}..{one.most}"})
            assert matched(db, PLOTS, EVERYBODY, chosen) == one.count


def test_a_classed_number_gives_its_bars_the_colours_of_the_classes(db: Session) -> None:
    cells = make.city(db)
    for number in (1, 2, 30, 31):
        plot(db, cells[A1], make.WEST + 0.0005, make.SOUTH + 0.0005, 0.0002, floors=number)
    declared = Declared(kind="graduated", field="floors", scheme="user_defined", breaks=(10, 40), ramp="Blues")
    styled = resolve(db, PLOTS, EVERYBODY, declared).layer
    found = told(db, styled, "field:floors")
    assert styled.style.classes is not None
    assert {one.colour for one in found.bars if one.count} == set(styled.style.classes.colours)


def test_days_are_those_of_the_citys_clocks_and_those_without_rows_are_told(db: Session) -> None:
    cells = make.city(db)
    for day, count in ((date(2024, 3, 1), 2), (date(2024, 3, 4), 1)):
        lamps(db, cells[A1], [(make.WEST + 0.001, make.SOUTH + 0.001)] * count, valid_from=day)
    found = told(db, LAMPS, "day")
    assert found.kind == "days"
    assert as_dict(found) == {"2024-03-01": 2, "2024-03-02": 0, "2024-03-03": 0, "2024-03-04": 1}
    lamps(db, cells[A1], [(make.WEST + 0.001, make.SOUTH + 0.001)], valid_from=date(2024, 8, 1))
    weeks = told(db, LAMPS, "day")
    assert weeks.kind == "weeks"
    assert all(date.fromisoformat(one.key).weekday() == 0 for one in weeks.bars)
    assert sum(one.count or 0 for one in weeks.bars) == 4
    lamps(db, cells[A1], [(make.WEST + 0.001, make.SOUTH + 0.001)], valid_from=date(2029, 8, 1))
    months = told(db, LAMPS, "day")
    assert months.kind == "months"
    assert len(months.bars) == 5 * 12 + 6
    assert as_dict(months)["2024-03-01"] == 3
    assert all(date.fromisoformat(a.until or "") + timedelta(days=1) == date.fromisoformat(b.key)
               for a, b in pairwise(months.bars))  # fmt: skip


def test_units_add_up_to_the_list_and_follow_the_rectangle(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    found = told(db, LAMPS, "cell")
    assert [(one.key, one.count) for one in found.bars] == [(B2, 7), (A1, 3), (A2, 1)]
    assert (found.total, found.rest, found.rest_units, found.held_back) == (11, 0, 0, 0)
    assert as_dict(told(db, LAMPS, "area:street")) == {"310199001": 11}
    south_west = (make.WEST, make.SOUTH, make.WEST + 0.002, make.SOUTH + 0.002)
    here = told(db, LAMPS, "cell", bbox=south_west)
    assert (as_dict(here), here.total) == ({A1: 3}, 3)
    assert told(db, LAMPS, "field:kind", bbox=south_west).total == 3
    assert tally(db, LAMPS, SOUTH_STREET, "cell", zone=ZONE).total == 4
    assert len(found.bars) <= UNITS_MAX


def test_cells_have_the_colours_of_the_map(db: Session) -> None:
    peopled(db, a1=3, a2=1, b1=0, b2=7)
    declared = Declared(kind="graduated", over="cell", rate="count", scheme="user_defined", breaks=(2, 5, 9))
    styled = resolve(db, LAMPS, EVERYBODY, declared).layer
    classes = styled.style.classes
    assert classes is not None
    assert {one.key: one.colour for one in told(db, styled, "cell").bars} == {
        A2: classes.colours[0], A1: classes.colours[1], B2: classes.colours[2],
    }  # fmt: skip
    assert {one.colour for one in told(db, styled, "area").bars} == {None}


def test_people_are_told_as_counts_publish_them_and_by_nothing_else(db: Session) -> None:
    peopled(db, a1=12, a2=2, b1=6, b2=7)
    found = told(db, LODGERS, "cell")
    published = counts(db, LODGERS, EVERYBODY, read_division(db, "cell", None))
    assert as_dict(found) == {one.code: one.count for one in published.items if one.count}
    assert found.held_back == sum(one.count is None for one in published.items) > 0
    assert found.total == published.total < 27
    for by in ("field:kind", "field:number", "day"):
        with pytest.raises(Forbidden):
            told(db, LODGERS, by)


@pytest.mark.parametrize("by", ["field:none", "field:since", "week", "", "area:planet", "field:name_en\x00"])
def test_what_cannot_be_charted_is_refused_by_name(db: Session, by: str) -> None:
    make.city(db)
    with pytest.raises(InvalidInput):
        told(db, LAMPS, by)


def test_nothing_gives_no_bars(db: Session) -> None:
    make.city(db)
    for by in ("day", "cell", "field:number"):
        found = told(db, LAMPS, by)
        assert (found.bars, found.total) == ((), 0)
    assert told(db, PLOTS, "field:floors").bars == ()
