"""Logging a case: located, inside reach, numbered once, told to who watches."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from geoalchemy2.shape import to_shape
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.cases import queries, service
from app.cases.models import Case, CaseMove, CaseStatus
from app.cases.schemas import CaseIn
from app.launch.cluster import Cluster
from gis import db as database
from gis.errors import Forbidden, InvalidInput
from grid.locate import OutsideCity
from grid.reach import Viewer
from tests import make, make_cases
from tests.conftest import copy_database


def test_a_case_is_registered_to_the_cell_and_area_it_lies_in(db: Session) -> None:
    cells = make.city(db)
    case = make_cases.case(db, at=make_cases.NORTH)
    assert case.area_code == make_cases.NORTH_AREA
    assert case.unit_cell_id == cells["310199001002001"].id
    assert case.status == CaseStatus.REPORTED
    [move] = db.scalars(select(CaseMove).where(CaseMove.case_id == case.id))
    assert (move.from_status, move.to_status) == (None, CaseStatus.REPORTED)


def test_coordinates_in_gcj02_are_shifted_once(db: Session) -> None:
    """The pair is the published one of domain/grid-and-codes.md for Shanghai."""
    make.city(db, snap_m=300.0)
    area = make.area(db, "310199009009", make.box(121.469, 31.229, 121.471, 31.231))
    version = db.scalar(select(make.GridVersion))
    make.cell(db, "310199009009001", area.code, make.box(121.469, 31.229, 121.471, 31.231), version)
    case = make_cases.case(db, at=(121.4745349, 31.2280675), datum="gcj02")
    spot = to_shape(case.geom)
    assert (spot.x, spot.y) == pytest.approx((121.47, 31.23), abs=2e-7)
    assert case.datum_given == "gcj02"


def test_the_number_is_the_day_in_the_citys_time_zone_and_five_digits(db: Session) -> None:
    make.city(db)  # Asia/Shanghai: 17:00 UTC is the next day there
    late = datetime(2025, 6, 1, 17, tzinfo=UTC)
    numbers = [make_cases.case(db, reported_at=late).number for _ in range(2)]
    assert numbers == ["25060200001", "25060200002"]
    assert make_cases.case(db, reported_at=make_cases.noon(3)).number == "25060300001"


def test_a_rolled_back_case_leaves_no_gap_in_the_numbers(db: Session) -> None:
    make.city(db)
    undone = db.begin_nested()
    assert make_cases.case(db, reported_at=make_cases.noon()).number == "25060100001"
    undone.rollback()
    assert make_cases.case(db, reported_at=make_cases.noon()).number == "25060100001"


def test_eight_people_at_once_get_eight_by_ten_different_numbers(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_case_numbers"), pool_size=8)
    try:
        with Session(engine) as db, db.begin():
            make.city(db)
            class_id = make_cases.case_class(db).id
        lon, lat = make_cases.HERE

        def log(_: int) -> list[str]:
            given = CaseIn(class_id=class_id, lon=lon, lat=lat, reported_at=make_cases.noon())
            made = []
            for _ in range(10):
                with Session(engine) as db, db.begin():
                    made.append(service.create(db, make_cases.viewer(), given).number)
            return made

        with ThreadPoolExecutor(8) as pool:
            numbers = [number for some in pool.map(log, range(8)) for number in some]
        assert sorted(numbers) == [f"250601{n:05d}" for n in range(1, 81)]
    finally:
        engine.dispose()


@pytest.mark.parametrize("at", [(121.50, 31.30), (0.0, 0.0), (31.23, 121.45)])
def test_a_place_outside_the_city_is_refused(db: Session, at: tuple[float, float]) -> None:
    make.city(db)
    with pytest.raises(InvalidInput) as refused:
        make_cases.case(db, at=at)
    assert refused.value.code in ("grid.outside_city", "invalid_input", OutsideCity.code, "gis.not_a_place")


def test_no_path_into_the_table_takes_a_row_without_a_valid_place(db: Session) -> None:
    cells = make.city(db)
    make_cases.case(db)
    columns = "number, class_id, source, geom, unit_cell_id, area_code, located_by"
    far = (
        f"INSERT INTO cases ({columns}) SELECT 'x1', class_id, source, ST_Point(0, 0, 4326), unit_cell_id, area_code, "
        "located_by FROM cases LIMIT 1"
    )
    other_area = (
        f"INSERT INTO cases ({columns}) SELECT 'x2', class_id, source, geom, unit_cell_id, '310199001002', located_by "
        "FROM cases LIMIT 1"
    )
    empty = (
        f"INSERT INTO cases ({columns}) SELECT 'x3', class_id, source, 'SRID=4326;POINT EMPTY', unit_cell_id, "
        "area_code, located_by FROM cases LIMIT 1"
    )
    moved = "UPDATE cases SET geom = ST_Point(0, 0, 4326)"
    nowhere = "UPDATE cases SET geom = NULL"
    for statement in (far, other_area, empty, moved, nowhere):
        with pytest.raises(IntegrityError), db.begin_nested():
            db.execute(text(statement))
    with pytest.raises(IntegrityError) as refused, db.begin_nested():
        db.execute(text(far))
    assert refused.value.orig.diag.constraint_name == "located_inside_cell"
    assert len(cells) == 4


def test_copy_is_refused_a_misplaced_row_as_well(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    row = ("c1", case.class_id, "import", "SRID=4326;POINT(0 0)", case.unit_cell_id, case.area_code, "import")
    with pytest.raises(psycopg.errors.CheckViolation) as refused, db.begin_nested():
        _copy_case(db, row)
    assert refused.value.diag.constraint_name == "located_inside_cell"


def _copy_case(db: Session, row: tuple[Any, ...]) -> None:
    columns = "number, class_id, source, geom, unit_cell_id, area_code, located_by"
    with db.connection().connection.cursor().copy(f"COPY cases ({columns}) FROM STDIN") as copy:
        copy.write_row(row)


def test_a_role_without_the_right_logs_no_case(db: Session) -> None:
    make.city(db)
    planner = Viewer(None, "planner", "planner", ("",), rights=frozenset({"cases.read"}))
    with pytest.raises(Forbidden):
        make_cases.case(db, by=planner)


def test_a_place_outside_the_viewers_areas_is_refused(db: Session) -> None:
    make.city(db)
    with pytest.raises(service.OutOfReach):
        make_cases.case(db, at=make_cases.NORTH, by=make_cases.viewer("inspector", make_cases.SOUTH_AREA))


def test_a_report_from_the_future_is_refused_and_a_clock_a_little_fast_is_not(db: Session) -> None:
    make.city(db)
    with pytest.raises(InvalidInput) as refused:
        make_cases.case(db, reported_at=datetime.now(UTC) + timedelta(hours=1))
    assert refused.value.field == "reported_at"
    make_cases.case(db, reported_at=datetime.now(UTC) + timedelta(minutes=2))


@pytest.mark.parametrize(
    ("field", "value"), [("address_id", 10**9), ("component_id", 10**9), ("photo_keys", ["ab" * 16])]
)
def test_what_a_case_names_must_exist(db: Session, field: str, value: Any) -> None:
    make.city(db)
    with pytest.raises(InvalidInput) as refused:
        make_cases.case(db, **{field: value})
    assert refused.value.field == field


def test_a_case_may_name_a_component_that_its_reporter_sees(db: Session) -> None:
    make.city(db)
    lamp = make_cases.component(db, at=make_cases.NORTH)
    assert make_cases.case(db, at=make_cases.NORTH, component_id=lamp.id).component_id == lamp.id
    with pytest.raises(InvalidInput):
        make_cases.case(db, component_id=lamp.id, by=make_cases.viewer("inspector", make_cases.SOUTH_AREA))


def test_watchers_are_told_at_commit_where_and_what(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_case_told"))
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as ear:
            ear.execute(text("LISTEN city_changes"))
            with Session(engine, expire_on_commit=False) as db, db.begin():
                make.city(db)
                case = make_cases.case(db)
            [heard] = list(ear.connection.driver_connection.notifies(timeout=5, stop_after=1))
        told = json.loads(heard.payload)
        assert (told["channel"], told["kind"], told["id"], told["area"]) == (
            "cases", "created", case.id, make_cases.SOUTH_AREA,
        )  # fmt: skip
        assert told["bbox"] == pytest.approx([*make_cases.HERE, *make_cases.HERE])
    finally:
        engine.dispose()


def test_a_case_on_the_default_point_counts_as_not_truly_located(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    db.execute(text("UPDATE cases SET located_by = 'default' WHERE id = :id"), {"id": case.id})
    now = datetime.now(UTC)
    for located, count in (("default", 1), ("truly", 0), ("", 1)):
        asked = queries.CaseFilter(located=located)
        assert queries.matched(db, make_cases.viewer(), asked, now=now) == count


def test_moves_are_sealed(db: Session) -> None:
    make.city(db)
    make_cases.case(db)
    for statement in ("UPDATE case_moves SET note = 'x'", "DELETE FROM case_moves"):
        with pytest.raises(Exception, match="keeps its rows"), db.begin_nested():
            db.execute(text(statement))
    assert db.scalar(select(Case.id)) is not None
