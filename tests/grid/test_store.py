"""Drawing and redrawing cells: records move, what they belonged to stays known, duty cells carry over."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely
from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry import LineString, Point
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gis.errors import Conflict, InvalidInput, NotFound
from grid import duty, relocate, store
from grid.locate import CellIndex, fields, locate
from grid.models import Address, AddressKind, DutyCellUnit, Relocation, Road, UnitCell
from tests import make

NONE = np.empty(0, dtype=object)
TODAY = date(2026, 3, 1)


def address(db: Session, lon: float, lat: float) -> Address:
    spot = Point(lon, lat)
    place = fields(locate(db, spot))
    del place["address_id"]
    made = Address(
        kind=AddressKind.DOOR, text_zh="号", text_en="No", search="no", geom=from_shape(spot, srid=4326),
        valid_from=make.OPENED_ON, **place,
    )  # fmt: skip
    db.add(made)
    db.flush()
    return made


def current(db: Session) -> list[UnitCell]:
    return list(db.scalars(select(UnitCell).where(UnitCell.valid_to.is_(None)).order_by(UnitCell.code)))


def clear_cells(db: Session) -> None:
    db.execute(text("DELETE FROM unit_cells"))


def test_the_first_drawing_fills_every_finest_area_since_the_area_holds(db: Session) -> None:
    make.city(db)
    clear_cells(db)
    built = store.build(db, lines=NONE, buildings=NONE, on=TODAY)
    cells = current(db)
    assert (built.areas, built.cells, built.ended, built.duty_cells, built.relocated) == (2, len(cells), 0, 2, {})
    assert {cell.area_code for cell in cells} == {"310199001001", "310199001002"}
    assert {cell.valid_from for cell in cells} == {make.OPENED_ON}
    assert cells[0].code == "310199001001001"
    assert cells[0].area_m2 == pytest.approx(10_000, rel=0.1)
    assert all(locate(db, to_shape(cell.geom).representative_point()).duty_cell_id for cell in cells[:3])


def test_a_redraw_ends_old_cells_and_keeps_what_each_record_belonged_to(db: Session) -> None:
    old = make.city(db)
    record = address(db, make.WEST + 0.0011, make.SOUTH + 0.001)
    untouched = address(db, make.WEST + 0.001, make.SOUTH + make.SIDE * 1.5)
    before = record.unit_cell_id
    built = store.build(db, prefix="310199001001", lines=NONE, buildings=NONE, on=TODAY)
    assert built.ended == 2
    assert built.relocated == {"addresses": 1}
    db.refresh(record)
    assert record.unit_cell_id != before
    assert record.unit_cell_id == locate(db, to_shape(record.geom)).unit_cell_id
    kept = db.scalars(select(Relocation)).one()
    assert (kept.register, kept.record_id, kept.unit_cell_id) == ("addresses", record.id, before)
    assert kept.area_code == "310199001001"
    db.refresh(untouched)
    assert untouched.unit_cell_id == old["310199001002001"].id
    for code, cell in old.items():
        db.refresh(cell)
        assert cell.valid_to == (TODAY if code.startswith("310199001001") else None)


def test_cells_follow_the_roads_in_the_database_unless_told_otherwise(db: Session) -> None:
    make.city(db)
    lat = make.SOUTH + make.SIDE / 2
    road = LineString([(make.WEST - 0.001, lat), (make.WEST + 0.005, lat)])
    db.add(Road(road_class="residential", geom=from_shape(road, srid=4326)))
    db.flush()
    store.build(db, on=TODAY)
    assert not any(to_shape(cell.geom).buffer(-1e-6).crosses(road) for cell in current(db))


def test_a_larger_target_gives_fewer_cells(db: Session) -> None:
    make.city(db)
    many = store.build(db, on=TODAY).cells
    few = store.build(db, target_m2=20_000, on=TODAY).cells
    assert few < 0.7 * many


def test_unknown_areas_cannot_be_drawn(db: Session) -> None:
    with pytest.raises(NotFound):
        store.build(db)
    make.city(db)
    with pytest.raises(NotFound):
        store.build(db, prefix="999")


def test_a_redraw_that_would_leave_a_record_outside_does_not_go_through(db: Session) -> None:
    make.city(db)
    address(db, make.WEST + 0.0001, make.SOUTH + 0.001)
    db.execute(text("UPDATE unit_cells SET valid_to = '2026-01-01'"))
    with pytest.raises(Conflict):
        relocate.relocate_all(db, reason="test")


def test_an_ended_cell_takes_no_new_record(db: Session) -> None:
    cells = make.city(db)
    place = fields(locate(db, Point(make.WEST + 0.001, make.SOUTH + 0.001)))
    cells["310199001001001"].valid_to = TODAY
    db.flush()
    spot = from_shape(Point(make.WEST + 0.001, make.SOUTH + 0.001), srid=4326)
    statement = text("""
        INSERT INTO facilities (kind, located_by, geom, unit_cell_id, area_code)
        VALUES ('other', 'map', ST_GeomFromEWKT(:spot), :cell, :area)
    """)
    given = {"spot": str(db.scalar(spot.ST_AsEWKT())), "cell": place["unit_cell_id"], "area": place["area_code"]}
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(statement, given)


def test_all_registers_take_part_in_a_redraw(db: Session) -> None:
    assert {"addresses", "buildings", "cases", "components", "dwellings", "events", "facilities"} <= set(
        relocate.located_tables(db)
    )
    assert "relocations" not in relocate.located_tables(db)


def test_duty_cells_carry_over_to_the_new_units_under_the_old_ones(db: Session) -> None:
    old = make.city(db)
    duty.make(db, "WEST", ["310199001001001"], team="W", on=make.OPENED_ON)
    duty.make(db, "EAST", ["310199001001002"], team="E", on=make.OPENED_ON)
    store.build(db, prefix="310199001001", on=TODAY)
    middle = make.WEST + make.SIDE
    west, east = duty.get(db, "WEST").id, duty.get(db, "EAST").id
    assert locate(db, Point(make.WEST + 0.0002, make.SOUTH + 0.001)).duty_cell_id == west
    assert locate(db, Point(middle + make.SIDE * 0.9, make.SOUTH + 0.001)).duty_cell_id == east
    held = db.scalars(select(DutyCellUnit).where(DutyCellUnit.unit_cell_id == old["310199001001001"].id)).one()
    assert (held.valid_from, held.valid_to) == (make.OPENED_ON, TODAY)
    in_area = [cell for cell in current(db) if cell.area_code == "310199001001"]
    places = CellIndex.load(db)
    rows = np.flatnonzero(np.isin(places.ids, [cell.id for cell in in_area]))
    assert set(places.duty_ids[rows]) == {west, east}


def test_a_duty_cell_changes_hands_by_a_new_row(db: Session) -> None:
    make.city(db)
    first = duty.make(db, "D1", ["310199001001001", "310199001001002"], responsible="Li", on=make.OPENED_ON)
    assert first.area_code == "310199001001"
    second = duty.assign(db, "D1", responsible="Wang", team="North", on=TODAY)
    assert (first.valid_to, first.responsible) == (TODAY, "Li")
    assert (second.valid_from, second.responsible, second.team) == (TODAY, "Wang", "North")
    assert locate(db, Point(make.WEST + 0.001, make.SOUTH + 0.001)).duty_cell_id == second.id


def test_a_unit_is_in_one_duty_cell_of_a_kind(db: Session) -> None:
    make.city(db)
    duty.make(db, "D1", ["310199001001001", "310199001001002"], on=make.OPENED_ON)
    two = duty.make(db, "D2", ["310199001001002", "310199001002001"], on=TODAY)
    assert two.area_code == "310199001"
    order = duty.make(db, "P1", ["310199001001001"], kind="public_order", on=TODAY)
    at = Point(make.WEST + make.SIDE * 1.5, make.SOUTH + 0.001)
    assert locate(db, at).duty_cell_id == two.id
    assert locate(db, Point(make.WEST + 0.001, make.SOUTH + 0.001)).duty_cell_id != order.id
    duty.set_units(db, "D2", ["310199001002001"], on=TODAY)
    assert locate(db, at).duty_cell_id is None


def test_duty_cells_refuse_unknown_units_and_taken_codes(db: Session) -> None:
    make.city(db)
    duty.make(db, "D1", ["310199001001001"])
    with pytest.raises(Conflict):
        duty.make(db, "D1", ["310199001001002"])
    for units in (["nowhere"], []):
        with pytest.raises(InvalidInput):
            duty.make(db, "D2", units)
    with pytest.raises(NotFound):
        duty.assign(db, "D9", responsible="Li")


def test_cells_drawn_and_stored_are_seamless_to_the_last_bit(db: Session) -> None:
    make.city(db)
    store.build(db, on=TODAY)
    assert shapely.coverage_is_valid(CellIndex.load(db).cells)
