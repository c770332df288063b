from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.models import AddressKind
from layers.filters import read_filter, rows_of
from layers.layer import Layer
from tests import make
from tests.layers.things import EVERYBODY, LAMPS, PLOTS, lamp, plot

CELL = "310199001001001"
SPOT = (121.4512, 31.2312)


def found(db: Session, layer: Layer, args: dict[str, str]) -> int:
    return db.execute(
        select(func.count()).select_from(rows_of(layer, EVERYBODY, read_filter(layer, args)))
    ).scalar_one()


def test_values_of_a_field_are_alternatives_and_fields_narrow_each_other(db: Session) -> None:
    cell = make.city(db)[CELL]
    lamp(db, cell, *SPOT, AddressKind.DOOR, number="1")
    lamp(db, cell, *SPOT, AddressKind.BUILDING, number="1")
    lamp(db, cell, *SPOT, AddressKind.POI, number="2")
    assert found(db, LAMPS, {}) == 3
    assert found(db, LAMPS, {"f.kind": "door,building"}) == 2
    assert found(db, LAMPS, {"f.kind": "door, poi", "f.number": "2"}) == 1
    assert found(db, LAMPS, {"f.kind": "building", "f.number": "2"}) == 0


def test_numbers_take_spans_and_flags_take_yes_and_no(db: Session) -> None:
    cell = make.city(db)[CELL]
    for floors in (3, 7, 12, None):
        plot(db, cell, *SPOT, 0.0001, floors=floors)
    assert found(db, PLOTS, {"f.floors": "7"}) == 1
    assert found(db, PLOTS, {"f.floors": "4.."}) == 2
    assert found(db, PLOTS, {"f.floors": "..3,10..20"}) == 2
    assert found(db, PLOTS, {"f.is_plot": "true"}) == 4
    assert found(db, PLOTS, {"f.is_plot": "no"}) == 0
    for wrong in ("many", "9..3", "1..2..3", "nan"):
        with pytest.raises(InvalidInput):
            read_filter(PLOTS, {"f.floors": wrong})


def test_an_area_is_a_code_prefix(db: Session) -> None:
    cells = make.city(db)
    lamp(db, cells[CELL], *SPOT)
    lamp(db, cells["310199001002001"], SPOT[0], SPOT[1] + make.SIDE)
    assert found(db, LAMPS, {"area": "310199"}) == 2
    assert found(db, LAMPS, {"area": "310199001002"}) == 1
    assert found(db, LAMPS, {"area": "310198"}) == 0


def test_words_are_looked_for_in_texts_as_they_stand(db: Session) -> None:
    cell = make.city(db)[CELL]
    lamp(db, cell, *SPOT, text_zh="瑞祥路灯", text_en="Ruixiang lamp 100%")
    lamp(db, cell, *SPOT, text_zh="别的", text_en="other")
    assert found(db, LAMPS, {"q": "瑞祥"}) == 1
    assert found(db, LAMPS, {"q": "LAMP ruixiang"}) == 1
    assert found(db, LAMPS, {"q": "100%"}) == 1
    assert found(db, LAMPS, {"q": "_"}) == 0  # a wildcard of SQL is a plain character here
    assert found(db, LAMPS, {"q": "  "}) == 2


def test_a_day_is_a_day_of_the_city_and_the_last_one_is_included() -> None:
    chosen = read_filter(LAMPS, {"from": "2024-01-01", "to": "2024-01-31"}, ZoneInfo("Asia/Shanghai"))
    assert chosen.from_at == datetime(2023, 12, 31, 16, tzinfo=UTC)
    assert chosen.to_at == datetime(2024, 1, 31, 16, tzinfo=UTC)


def test_a_moment_may_name_its_offset() -> None:
    for written in (
        "2024-01-01T08:00:00+08:00",
        "2024-01-01T08:00:00 08:00",
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00",
    ):
        assert read_filter(LAMPS, {"from": written}).from_at == datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("args", "field"),
    [
        ({"f.colour": "red"}, "f.colour"),
        ({"f.kind": "palace"}, "f.kind"),
        ({"f.kind": ","}, "f.kind"),
        ({"f.number": "\x00"}, "f.number"),
        ({"f.name_en": "lamp"}, "f.name_en"),
        ({"from": "2024-13-01"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"area": "31%"}, "area"),
        ({"q": "a\x00"}, "q"),
    ],
)
def test_what_does_not_fit_is_refused_naming_the_argument(args: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_filter(LAMPS, args)
    assert refused.value.field == field


def test_a_layer_without_time_takes_no_span_of_time() -> None:
    with pytest.raises(InvalidInput):
        read_filter(PLOTS, {"from": "2024-01-01"})


def test_a_filter_can_be_written_back_as_arguments() -> None:
    args = {"f.kind": "building,door", "from": "2024-01-01T00:00:00+00:00", "area": "3101", "q": "lamp"}
    assert read_filter(LAMPS, args).as_args() == args
    assert read_filter(LAMPS, read_filter(LAMPS, args).as_args()) == read_filter(LAMPS, args)
