"""The check proves a good grid and names what is wrong with a bad one; history says what held when."""

from __future__ import annotations

from datetime import date

import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon, Point, Polygon, box
from sqlalchemy import text
from sqlalchemy.orm import Session

from grid import addresses, duty, history, store
from grid.check import Finding, check
from grid.locate import locate
from grid.reach import Viewer, whole_city
from tests import make

TODAY = date(2026, 3, 1)


def wrong(db: Session) -> dict[str, Finding]:
    return {finding.name: finding for finding in check(db) if not finding.is_ok}


def unguarded(db: Session) -> None:
    """Switch the database's own guards off, as while a dump is read back; they would refuse what is to be found."""
    db.execute(text("SET LOCAL session_replication_role = replica"))


def change(db: Session, which: str, **values: object) -> None:
    sets = ", ".join(f"{name} = :{name}" if name != "geom" else "geom = ST_GeomFromEWKB(:geom)" for name in values)
    given = {name: bytes(value.data) if name == "geom" else value for name, value in values.items()}  # type: ignore[attr-defined]
    db.execute(text(f"UPDATE unit_cells SET {sets} WHERE code = :which"), given | {"which": which})


@pytest.fixture
def good(db: Session) -> Session:
    make.city(db)
    store.build(db, on=TODAY)
    addresses.add(db, Point(make.WEST + 0.001, make.SOUTH + 0.001), text_zh="一号", text_en="No 1")
    return db


def test_a_built_grid_passes_and_says_what_it_looked_at(good: Session) -> None:
    findings = {finding.name: finding for finding in check(good)}
    assert wrong(good) == {}
    assert findings["cells"].count == 16
    assert "1 rows" in findings["rows of addresses not in their cell"].detail
    assert "tolerance 2 mm" in findings["areas that their cells do not fill exactly"].detail
    assert findings["cells without a duty cell"].count == 0
    assert findings["duty cells without a person or team"].offenders == ("D310199001001", "D310199001002")
    duty.assign(good, "D310199001001", team="North")
    assert "D310199001001" not in {f.name: f for f in check(good)}["duty cells without a person or team"].offenders


def test_long_slanting_borders_are_not_taken_for_gaps(db: Session) -> None:
    corners = [(121.45, 31.23), (121.492, 31.257), (121.4605, 31.293), (121.4185, 31.266)]  # 5 km a side
    make.city(
        db, cell_scheme="local-16", cell_target_m2=40_000.0, boundary=from_shape(MultiPolygon([Polygon(corners)]), 4326)
    )
    db.execute(text("UPDATE unit_cells SET valid_to = '2026-01-01'"))
    db.execute(text("UPDATE areas SET valid_to = '2026-01-01'"))
    make.area(db, "310199001009", Polygon(corners))
    store.build(db, on=TODAY)
    assert wrong(db) == {}
    nudged = text("UPDATE unit_cells SET geom = ST_Translate(geom, 0.000001, 0)")  # 10 cm
    unguarded(db)
    db.execute(nudged)
    assert "areas that their cells do not fill exactly" in wrong(db)


def test_an_empty_city_does_not_pass(db: Session) -> None:
    assert list(wrong(db)) == ["no cells"]


def test_sizes_that_were_not_measured_are_found(db: Session) -> None:
    make.city(db)  # its builder writes 1 m² for every cell
    assert set(wrong(db)) == {"cells whose recorded area is not the geodesic one"}


def test_gaps_and_overlaps_are_found_and_named(good: Session) -> None:
    code = "310199001001001"
    west, south = make.WEST, make.SOUTH
    unguarded(good)
    change(good, code, geom=from_shape(box(west + 0.0001, south + 0.0009, west + 0.0010, south + 0.0021), srid=4326))
    found = wrong(good)
    assert found["areas that their cells do not fill exactly"].count >= 1
    assert found["pairs of cells that overlap"].count >= 1
    assert any(code in pair for pair in found["pairs of cells that overlap"].offenders)


def test_codes_of_another_scheme_or_area_are_found(good: Session) -> None:
    change(good, "310199001001001", code="31019900100101")
    change(good, "310199001001002", code="310199001009002")
    assert wrong(good)["codes that don't follow the scheme"].offenders == ("31019900100101", "310199001009002")


def test_a_record_in_the_wrong_cell_is_found(good: Session) -> None:
    unguarded(good)
    good.execute(text("UPDATE addresses SET unit_cell_id = (SELECT max(id) FROM unit_cells)"))
    assert wrong(good)["rows of addresses not in their cell"].count == 1


def test_cells_of_an_area_that_ended_are_found(good: Session) -> None:
    good.execute(text("UPDATE areas SET valid_to = '2026-01-01' WHERE code = '310199001002'"))
    assert wrong(good)["cells of no present area"].count == 8


def test_areas_and_cells_can_be_asked_as_of_a_day(good: Session) -> None:
    everyone = whole_city()
    at = Point(make.WEST + 0.0001, make.SOUTH + 0.0001)
    old, new = history.cell_as_of(good, at, date(2026, 2, 28)), history.cell_as_of(good, at, TODAY)
    assert old is not None
    assert new is not None
    assert (old.code, old.valid_to) == ("310199001001001", TODAY)
    assert new.id == locate(good, at).unit_cell_id
    assert history.cell_as_of(good, at, date(2019, 12, 31)) is None
    assert history.cell_as_of(good, Point(0, 0), TODAY) is None
    good.execute(text("UPDATE areas SET valid_to = '2026-02-01' WHERE code = '310199001002'"))
    before = history.areas(good, everyone, level="community", on=date(2026, 1, 31))
    now = history.areas(good, everyone, level="community")
    assert [area.code for area in before] == ["310199001001", "310199001002"]
    assert [area.code for area in now] == ["310199001001"]
    assert history.areas(good, everyone, on=date(2019, 1, 1)) == []


def test_areas_are_listed_by_level_and_parent_inside_a_viewers_reach(good: Session) -> None:
    one = Viewer(1, "w", "inspector", ("310199001001",))
    assert [area.code for area in history.areas(good, one)] == ["310199", "310199001", "310199001001"]
    assert [area.code for area in history.areas(good, one, parent="310199001")] == ["310199001001"]
    assert [area.code for area in history.areas(good, whole_city(), parent="")] == ["310199"]
    assert history.areas(good, Viewer(1, "n", "inspector", ())) == []


def test_a_records_former_cells_are_kept_in_order(good: Session) -> None:
    address = addresses.add(good, Point(make.WEST + 0.003, make.SOUTH + 0.001), text_zh="二号", text_en="No 2")
    codes = []
    for target in (20_000, 8_000):
        good.refresh(address)
        codes.append(locate(good, Point(make.WEST + 0.003, make.SOUTH + 0.001)).unit_cell_code)
        store.build(good, target_m2=target, on=TODAY)
    kept = history.assignments(good, "addresses", address.id)
    assert [one.unit_cell_code for one in kept] == codes
    assert all(one.area_code == "310199001001" and "grid version" in one.reason for one in kept)
    assert history.assignments(good, "cases", address.id) == []
    assert wrong(good) == {}
