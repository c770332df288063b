"""Loading the built-in city whole, and what a home that holds a city says to another load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

import app
from app.cities import service
from app.launch.cluster import Cluster
from app.sealing import vault
from app.settings import PROJECT
from gis import db as database
from gis.db import Base
from gis.errors import InvalidInput
from tests.conftest import copy_database

UNTIL = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)
SMALL = service.Order("jingan", scale=0.02, until=UNTIL)


@pytest.fixture(scope="module")
def demo(cluster: Cluster, template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of its own with a small demo city."""
    app.import_models()
    vault.bind(tmp_path_factory.mktemp("home"))
    engine = database.make_engine(copy_database(cluster, "city_demo"))
    database.bind(engine)
    with database.transaction() as db:
        service.load(db, SMALL, lambda what: None)
    database.bind(None)
    yield engine
    vault.bind(None)
    engine.dispose()


@pytest.fixture
def held(demo: Engine) -> Iterator[Session]:
    """A session on the demo whose changes are taken back."""
    with Session(demo) as db:
        yield db
        db.rollback()


def number(db: Session, query: str) -> int:
    return int(db.execute(text(query)).scalar_one())


def test_the_demo_has_the_official_streets_and_committees(held: Session) -> None:
    levels = {row[0]: row[1] for row in held.execute(text("SELECT level, count(*) FROM areas GROUP BY level"))}
    assert levels == {"district": 1, "street": 14, "community": 267}


def test_cells_fill_the_district_and_every_record_stands_in_its_cell(held: Session) -> None:
    share = held.execute(text(
        "SELECT (SELECT sum(area_m2) FROM unit_cells) / (SELECT area_m2 FROM areas WHERE level = 'district')"
    )).scalar_one()  # fmt: skip
    assert share == pytest.approx(1, abs=1e-4)
    for table in ("cases", "components", "facilities", "dwellings", "events"):
        assert number(held, f"SELECT count(*) FROM {table}") > 0
        strays = number(
            held,
            f"SELECT count(*) FROM {table} t JOIN unit_cells c ON c.id = t.unit_cell_id "
            "WHERE t.area_code <> c.area_code OR ST_Distance(grid_anchor(t.geom)::geography, c.geom::geography) > 50",
        )
        assert strays == 0


def test_everything_invented_says_so(held: Session) -> None:
    for table in ("cases", "components", "facilities", "dwellings", "events", "persons", "buildings", "roads"):
        assert number(held, f"SELECT count(*) FROM {table} WHERE NOT is_generated") == 0


def test_case_numbers_run_by_day_and_the_next_one_is_free(held: Session) -> None:
    assert number(held, "SELECT count(*) - count(DISTINCT number) FROM cases") == 0
    day = held.execute(text("SELECT max(day) FROM case_days")).scalar_one()
    taken = held.execute(text("SELECT case_number(:day, take_case_numbers(:day, 1))"), {"day": day}).scalar_one()
    assert number(held, f"SELECT count(*) FROM cases WHERE number = '{taken}'") == 0


def test_moves_follow_one_another_in_time(held: Session) -> None:
    assert number(held, "SELECT count(*) FROM case_moves") > number(held, "SELECT count(*) FROM cases")
    backwards = number(
        held,
        "SELECT count(*) FROM (SELECT at < lag(at) OVER (PARTITION BY case_id ORDER BY id) AS back FROM case_moves) m "
        "WHERE back",
    )
    assert backwards == 0


def test_no_citizen_number_stands_in_the_clear(held: Session) -> None:
    sealed = held.execute(text("SELECT number_sealed FROM persons LIMIT 1")).scalar_one()
    assert b"9900" not in bytes(sealed)
    assert number(held, "SELECT count(*) FROM persons WHERE number_sealed IS NULL OR number_index IS NULL") == 0


def test_what_is_wrong_with_a_component_happens_at_one_of_its_class(held: Session) -> None:
    away = "k.component_id IS NOT NULL AND (k.class_id <> c.class_id OR ST_Distance(k.geom::geography, c.geom) > 0.01)"
    assert number(held, f"SELECT count(*) FROM cases k JOIN components c ON c.id = k.component_id WHERE {away}") == 0
    assert number(held, "SELECT count(component_id) FROM cases") > 10
    loose = "component_id IS NULL AND class_id IN (SELECT class_id FROM components)"
    assert number(held, f"SELECT count(*) FROM cases WHERE {loose}") == 0


def test_records_name_an_address_within_200_m(held: Session) -> None:
    for table in ("cases", "components", "facilities", "dwellings"):
        far = "ST_Distance(t.geom::geography, a.geom::geography) > 200.5"
        joined = f"FROM {table} t JOIN addresses a ON a.id = t.address_id"
        assert number(held, f"SELECT count(*) {joined} WHERE {far}") == 0
        assert number(held, f"SELECT count(*) {joined}") > 0.9 * number(held, f"SELECT count(*) FROM {table}")


def test_most_cases_are_closed_in_time(held: Session) -> None:
    on_time = held.execute(text("SELECT avg(is_on_time::int) FROM cases WHERE status = 'closed'")).scalar_one()
    assert 0.7 < on_time < 0.95  # published: 737 of 972


def digests(db: Session) -> dict[str, str]:
    """A digest of every table that a load fills, without what differs by nature: when it was written, seals."""
    made = {}
    for table in Base.metadata.sorted_tables:
        names = [column.name for column in table.columns if column.name not in BY_NATURE]
        row = ", ".join(f'"{name}"::text' for name in names)
        made[table.name] = str(db.execute(
            text(f"SELECT count(*) || md5(string_agg(concat_ws('|', {row}), ',' ORDER BY concat_ws('|', {row})))"
                 f" FROM {table.name}")
        ).scalar_one())  # fmt: skip
    return made


BY_NATURE = {"valid_from_at", "recorded_at", "loaded_at", "located_at", "made_at", "started_at", "number_sealed", "at",
             "sealed", "activated_at", "xid"}  # fmt: skip


def test_the_same_seed_and_moment_give_the_same_city(demo: Engine, cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_demo_again"))
    database.bind(engine)
    with database.transaction() as db:
        service.load(db, SMALL, lambda what: None)
        again = digests(db)
    database.bind(None)
    engine.dispose()
    with Session(demo) as db:
        assert digests(db) == again


def test_an_untouched_demo_may_be_replaced_but_not_once_somebody_worked_in_it(held: Session) -> None:
    assert service.is_untouched_demo(held)
    held.execute(text("UPDATE cases SET is_generated = false WHERE id = (SELECT min(id) FROM cases)"))
    assert not service.is_untouched_demo(held)
    with pytest.raises(service.CityHeld, match="jingan"):
        service.load(held, SMALL, lambda what: None)


def test_a_typed_city_name_replaces_it_and_a_wrong_one_does_not(held: Session) -> None:
    held.execute(text("UPDATE cases SET is_generated = false WHERE id = (SELECT min(id) FROM cases)"))
    with pytest.raises(service.CityHeld):
        service.make_room(held, replace=True, typed="boston")
    service.make_room(held, replace=True, typed="jingan")
    assert number(held, "SELECT count(*) FROM cases") == 0
    assert number(held, "SELECT count(*) FROM city") == 0


def test_the_command_replaces_an_untouched_demo_whole_in_a_process_of_its_own(
    demo: Engine, cluster: Cluster, tmp_path: Path
) -> None:
    demo.dispose()  # a database is copied while nobody is in it
    url = copy_database(cluster, "city_twice", template="city_demo")
    done = subprocess.run(
        [sys.executable, "-m", "app", "load", "jingan", "--scale", "0.005", "--json"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
        env={**os.environ, "DATABASE_URL": url, "CITY_HOME": str(tmp_path)},
    )  # fmt: skip
    told = json.loads(done.stdout)["rows"]
    engine = database.make_engine(url)
    with Session(engine) as db:
        left = {name: number(db, f"SELECT count(*) FROM {name}") for name in told}
    engine.dispose()
    assert left == told
    assert left["persons"] == pytest.approx(100, abs=20)


def test_a_recorded_city_asks_for_its_folder(db: Session) -> None:
    with pytest.raises(InvalidInput, match="--from"):
        service.load(db, service.Order("boston"), lambda what: None)


def test_a_missing_file_is_named_and_nothing_is_left_behind(db: Session, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"city_boundary\.geojson"), db.begin_nested():
        service.load(db, service.Order("boston", tmp_path), lambda what: None)
    assert number(db, "SELECT count(*) FROM city") == 0
