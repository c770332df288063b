"""Registering components: codes, places, conditions, and a history that only grows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg
import pytest
from shapely.geometry import Point
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.cases.models import ClassKind
from app.components import codes, queries, service
from app.components.models import Component, ComponentState
from app.components.queries import ComponentFilter
from app.components.schemas import ComponentIn
from app.launch.cluster import Cluster
from gis import db as database
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from tests import make, make_cases
from tests.conftest import copy_database

HERE = make_cases.viewer("department", make_cases.SOUTH_AREA)


def listed(db: Session, asked: ComponentFilter | None = None, by: Viewer | None = None) -> list[str]:
    viewer, wanted = by or make_cases.viewer(), asked or ComponentFilter()
    rows = queries.page(db, viewer, wanted, limit=100)
    assert queries.matched(db, viewer, wanted) == len(rows)
    return [row.code for row in rows]


def test_a_component_gets_the_next_code_of_its_area_and_class(db: Session) -> None:
    make.city(db)
    made = [make_cases.component(db).code for _ in range(2)]
    assert made == ["3101990118000001", "3101990118000002"]
    other = make_cases.case_class(db, "0103", name_zh="雨水井盖", name_en="Storm-water manhole cover")
    assert make_cases.component(db, class_id=other.id).code == "3101990103000001"


def test_a_code_given_by_hand_must_be_of_its_area_and_class_and_free(db: Session) -> None:
    make.city(db)
    assert make_cases.component(db, code="3101990118000777").code == "3101990118000777"
    assert make_cases.component(db).code == "3101990118000778"
    with pytest.raises(codes.CodeTaken):
        make_cases.component(db, code="3101990118000777")
    for wrong in ("3101060118000001", "3101990103000001", "310199011800001", "3101990118000000", "310199011800001x"):
        with pytest.raises(InvalidInput) as refused:
            make_cases.component(db, code=wrong)
        assert refused.value.field == "code"


def test_where_areas_have_letters_the_parts_are_joined_by_hyphens(db: Session) -> None:
    assert codes.take_code(db, "W07-P12", "lamp") == "W07-P12-lamp-000001"
    assert codes.take_code(db, "310106006002", "01001") == "3101060100100001"  # draft series: 6 + 5 + 5


def test_many_at_once_get_different_codes(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_component_codes"), pool_size=6)
    try:
        with Session(engine) as db, db.begin():
            make.city(db)
            class_id = make_cases.case_class(db).id
        lon, lat = make_cases.HERE

        def add(_: int) -> list[str]:
            made = []
            for _ in range(5):
                with Session(engine) as db, db.begin():
                    given = ComponentIn(class_id=class_id, lon=lon, lat=lat)
                    made.append(service.create(db, make_cases.viewer("department"), given).code)
            return made

        with ThreadPoolExecutor(6) as pool:
            made = [code for some in pool.map(add, range(6)) for code in some]
        assert sorted(made) == [f"3101990118{n:06d}" for n in range(1, 31)]
    finally:
        engine.dispose()


def test_a_change_of_condition_is_a_new_line_of_history(db: Session) -> None:
    make.city(db)
    lamp = make_cases.component(db, first_recorded_on=date(2024, 3, 1))
    who = make_cases.viewer("department")
    service.set_state(db, who, lamp.code, ComponentState.DAMAGED, note="hit by a lorry", expected=ComponentState.INTACT)
    service.set_state(db, who, lamp.code, ComponentState.DAMAGED)  # as it is: adds nothing
    with pytest.raises(service.StaleComponent):
        service.set_state(db, who, lamp.code, ComponentState.MISSING, expected=ComponentState.INTACT)
    lines = queries.history(db, who, lamp.code)
    assert [(one["kind"], one["data"], one["note"]) for one in lines] == [
        ("registered", {"state": "intact"}, ""),
        ("state", {"from": "intact", "to": "damaged"}, "hit by a lorry"),
    ]
    for statement in ("UPDATE component_entries SET note = ''", "DELETE FROM component_entries"):
        with pytest.raises(Exception, match="keeps its rows"), db.begin_nested():
            db.execute(text(statement))


def test_only_component_classes_are_taken(db: Session) -> None:
    make.city(db)
    event = make_cases.case_class(db, "0102", kind=ClassKind.EVENT)
    for class_id in (event.id, event.parent_id, 10**9):
        with pytest.raises(InvalidInput) as refused:
            make_cases.component(db, class_id=class_id)
        assert refused.value.field == "class_id"


def test_rights_and_areas_are_kept(db: Session) -> None:
    make.city(db)
    there = make_cases.component(db, at=make_cases.NORTH)
    reader = Viewer(None, "x", "inspector", ("",), rights=frozenset({"components.read"}))
    nobody = Viewer(None, "x", "inspector", ("",))
    with pytest.raises(Forbidden):
        make_cases.component(db, by=reader)
    with pytest.raises(Forbidden):
        service.set_state(db, reader, there.code, ComponentState.MISSING)
    with pytest.raises(service.OutOfReach):
        make_cases.component(db, at=make_cases.NORTH, by=HERE)
    with pytest.raises(NotFound):
        service.set_state(db, HERE, there.code, ComponentState.MISSING)
    with pytest.raises(NotFound):
        queries.get(db, HERE, there.code)
    with pytest.raises(NotFound):
        queries.history(db, HERE, there.code)
    assert listed(db, by=HERE) == []
    assert queries.near(db, HERE, Point(make_cases.NORTH), 100) == []
    assert queries.states(db, HERE, ComponentFilter()) == {}
    assert not queries.is_there(db, HERE, there.id)
    assert queries.code_of(db, HERE, there.id) is None
    with pytest.raises(Forbidden):
        listed(db, by=nobody)


@pytest.mark.parametrize("at", [(0.0, 0.0), (121.5, 31.3)])
def test_a_place_outside_the_city_is_refused(db: Session, at: tuple[float, float]) -> None:
    make.city(db)
    with pytest.raises(InvalidInput) as refused:
        make_cases.component(db, at=at)
    assert refused.value.code == "grid.outside_city"


def test_no_path_into_the_table_takes_a_misplaced_row(db: Session) -> None:
    make.city(db)
    lamp = make_cases.component(db)
    facts = {c.name: getattr(lamp, c.name) for c in Component.__table__.columns if c.name not in ("id", "code", "geom")}
    with pytest.raises(IntegrityError) as refused, db.begin_nested():
        db.execute(insert(Component).values(facts | {"code": "x", "geom": "SRID=4326;POINT(0 0)"}))
    assert refused.value.orig.diag.constraint_name == "located_inside_cell"
    row = ("c", lamp.class_id, "SRID=4326;POINT(0 0)", lamp.unit_cell_id, lamp.area_code, "import")
    with pytest.raises(psycopg.errors.CheckViolation) as copied, db.begin_nested():
        _copy(db, row)
    assert copied.value.diag.constraint_name == "located_inside_cell"


def _copy(db: Session, row: tuple[Any, ...]) -> None:
    columns = "code, class_id, geom, unit_cell_id, area_code, located_by"
    with db.connection().connection.cursor().copy(f"COPY components ({columns}) FROM STDIN") as copy:
        copy.write_row(row)


def test_components_are_found_by_what_is_asked(db: Session) -> None:
    make.city(db)
    lamp = make_cases.component(db, in_charge="Lighting office", name_en="Lamp 7")
    other = make_cases.case_class(db, "0203", name_zh="公交站亭", name_en="Bus shelter")
    shelter = make_cases.component(db, at=make_cases.NORTH, class_id=other.id, state=ComponentState.DAMAGED)
    west, south = make_cases.HERE
    for asked, expected in (
        (ComponentFilter(), [lamp, shelter]),
        (ComponentFilter(states=(ComponentState.DAMAGED,)), [shelter]),
        (ComponentFilter(class_ids=(other.parent_id,)), [shelter]),
        (ComponentFilter(area=make_cases.SOUTH_AREA), [lamp]),
        (ComponentFilter(q="lighting"), [lamp]),
        (ComponentFilter(q="gjzt"), [shelter]),  # initials of 公交站亭
        (ComponentFilter(q=lamp.code), [lamp]),
        (ComponentFilter(q="_"), []),
        (ComponentFilter(bbox=(west - 1e-4, south - 1e-4, west + 1e-4, south + 1e-4)), [lamp]),
    ):
        assert listed(db, asked) == sorted(one.code for one in expected), asked


def test_near_reads_the_geography_index(db: Session) -> None:
    make.city(db)
    lamp = make_cases.component(db)
    facts = {c.name: getattr(lamp, c.name) for c in Component.__table__.columns if c.name not in ("id", "code")}
    db.execute(insert(Component), [facts | {"code": f"n{n}"} for n in range(3000)])
    db.execute(text("UPDATE components SET geom = ST_Translate(geom, (id % 90) * 0.00001, (id % 97) * 0.00001)"))
    db.execute(text("ANALYZE components"))
    asked = queries.near_rows(make_cases.viewer(), Point(make_cases.HERE), 5, None).limit(20)
    sql = str(asked.compile(db.get_bind(), compile_kwargs={"literal_binds": True}))
    plan = "\n".join(db.execute(text("EXPLAIN " + sql.replace(":", r"\:").replace("%%", "%"))).scalars())
    assert "ix_components_geog" in plan, plan
