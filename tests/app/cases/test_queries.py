"""Lists, one case, its history and what lies near: each sees the viewer's areas and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pyproj import Geod
from shapely.geometry import Point
from sqlalchemy import Connection, event, insert, select, text
from sqlalchemy.orm import Session

from app.cases import acts, queries
from app.cases.filters import CaseFilter
from app.cases.models import Case, CaseStatus, ClassKind
from app.workflow.situation import Given
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer
from tests import make, make_cases

NOW = datetime(2025, 7, 1, tzinfo=UTC)
WGS84 = Geod(ellps="WGS84")


def numbers(db: Session, asked: CaseFilter | None = None, by: Viewer | None = None) -> list[str]:
    viewer, wanted = by or make_cases.viewer(), asked or CaseFilter()
    rows = queries.page(db, viewer, wanted, now=NOW, limit=100)
    assert queries.matched(db, viewer, wanted, now=NOW) == len(rows)
    return [row.number for row in rows]


@contextmanager
def counted(db: Session) -> Iterator[list[str]]:
    """The statements that run inside the block."""
    seen: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        seen.append(statement)

    connection: Connection = db.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield seen
    event.remove(connection, "before_cursor_execute", note)


def test_a_person_of_one_area_sees_no_case_of_another_anywhere(db: Session) -> None:
    make.city(db)
    there = make_cases.case(db, at=make_cases.NORTH)
    here = make_cases.viewer("inspector", make_cases.SOUTH_AREA)
    assert numbers(db, by=here) == []
    with pytest.raises(NotFound):
        queries.get(db, here, there.number)
    with pytest.raises(NotFound):
        queries.history(db, here, there.number)
    assert queries.near(db, here, Point(make_cases.NORTH), 500) == []
    assert queries.statuses(db, here, CaseFilter(), NOW) == {}
    assert queries.pressing(db, here, CaseFilter(), NOW, 5) == []
    assert queries.by_area(db, here, CaseFilter(), NOW, 5) == []
    nobody = Viewer(None, "x", "inspector", (), rights=make_cases.ALL)
    assert numbers(db, by=nobody) == []
    assert numbers(db, by=make_cases.viewer("inspector", "310199001")) == [there.number]


def test_a_department_sees_its_own_cases_only(db: Session) -> None:
    make.city(db)
    water = make_cases.case_class(db, "0101", name_zh="上水井盖", name_en="Manhole", department="Water")
    case = make_cases.case(db, class_id=water.id)
    assert numbers(db, by=make_cases.viewer("department", department="Water")) == [case.number]
    assert numbers(db, by=make_cases.viewer("department", department="Parks")) == []


def test_without_the_right_nothing_is_read(db: Session) -> None:
    make.city(db)
    nobody = Viewer(None, "x", "clerk", ("",))
    with pytest.raises(Forbidden):
        queries.page(db, nobody, CaseFilter(), now=NOW, limit=1)
    with pytest.raises(Forbidden):
        queries.get(db, nobody, "1")
    with pytest.raises(Forbidden):
        queries.near(db, nobody, Point(make_cases.HERE), 10)


def test_cases_are_filtered_by_what_is_asked(db: Session) -> None:
    make.city(db)
    lamp, mess = (
        make_cases.case_class(db),
        make_cases.case_class(db, "0102", kind=ClassKind.EVENT, name_zh="暴露垃圾", name_en="Exposed refuse"),
    )
    first = make_cases.case(
        db, class_id=lamp.id, description="Lamp is dark 灯不亮", reported_at=make_cases.noon(1), source="public"
    )
    second = make_cases.case(db, class_id=mess.id, at=make_cases.NORTH, reported_at=make_cases.noon(2))
    acts.act(db, make_cases.viewer("intake"), second.number, "file")
    lon, lat = make_cases.HERE
    for asked, expected in (
        (CaseFilter(), [second, first]),
        (CaseFilter(statuses=(CaseStatus.FILED,)), [second]),
        (CaseFilter(class_ids=(lamp.id,)), [first]),
        (CaseFilter(class_ids=(mess.parent_id,)), [second]),
        (CaseFilter(kind=ClassKind.EVENT), [second]),
        (CaseFilter(sources=(first.source,)), [first]),
        (CaseFilter(area=make_cases.NORTH_AREA), [second]),
        (CaseFilter(area="3101"), [second, first]),
        (CaseFilter(area="31_"), []),
        (CaseFilter(since=make_cases.noon(2)), [second]),
        (CaseFilter(until=make_cases.noon(2)), [first]),
        (CaseFilter(since=make_cases.noon(1), until=make_cases.noon(1)), []),
        (CaseFilter(bbox=(lon - 0.0001, lat - 0.0001, lon + 0.0001, lat + 0.0001)), [first]),
        (CaseFilter(q="dark"), [first]),
        (CaseFilter(q="灯不亮"), [first]),
        (CaseFilter(q="lj"), [second]),  # initials of 垃圾
        (CaseFilter(q=first.number), [first]),
        (CaseFilter(q="street DARK"), [first]),
        (CaseFilter(q="100%"), []),
    ):
        assert numbers(db, asked) == [case.number for case in expected], asked


def test_the_clock_is_on_time_then_due_soon_then_overdue(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db, reported_at=make_cases.noon(1))
    hours = {"due": make_cases.noon(1) + timedelta(hours=10), "yellow": make_cases.noon(1) + timedelta(hours=8)}
    db.execute(text("UPDATE cases SET due_at = :due, yellow_at = :yellow"), hours)

    def clock(hours: float) -> list[str]:
        now = make_cases.noon(1) + timedelta(hours=hours)
        asked = {name: CaseFilter(clock=name) for name in ("on_time", "due_soon", "overdue")}
        return [name for name, one in asked.items() if queries.matched(db, make_cases.viewer(), one, now=now)]

    assert [clock(h) for h in (0, 7.9, 8, 10, 10.1)] == [
        ["on_time"], ["on_time"], ["due_soon"], ["due_soon"], ["overdue"],
    ]  # fmt: skip
    db.execute(text("UPDATE cases SET status = 'closed'"))
    assert clock(11) == []
    assert queries.pressing(db, make_cases.viewer(), CaseFilter(clock="overdue"), make_cases.noon(9), 5) == []
    assert case.id


def test_pages_stay_right_while_cases_are_added(db: Session) -> None:
    make.city(db)
    cases = [make_cases.case(db, reported_at=make_cases.noon(1 + n // 2)) for n in range(6)]  # pairs at the same moment
    seen: list[int] = []
    after: tuple[object, ...] = ()
    while True:
        rows = queries.page(db, make_cases.viewer(), CaseFilter(), now=NOW, limit=2, after=after)
        if not rows:
            break
        seen += [row.id for row in rows]
        after = (rows[-1].reported_at, rows[-1].id)
        make_cases.case(db, reported_at=make_cases.noon(28))
    assert seen == [case.id for case in reversed(cases)]


@pytest.mark.parametrize("mark", [("x", 1), (1,), (None, None), (datetime(2025, 1, 1, tzinfo=UTC), "1")])
def test_a_forged_page_mark_is_refused(db: Session, mark: tuple[object, ...]) -> None:
    with pytest.raises(InvalidInput):
        queries.page(db, make_cases.viewer(), CaseFilter(), now=NOW, limit=2, after=mark)


def test_a_list_takes_two_queries_however_long_it_is(db: Session) -> None:
    make.city(db)
    counts = []
    for _ in range(2):
        make_cases.case(db)
        with counted(db) as seen:
            numbers(db)
        counts.append(len(seen))
    assert counts == [2, 2]


def test_near_gives_open_cases_nearest_first_in_geodesic_metres(db: Session) -> None:
    make.city(db)
    lon, lat = make_cases.HERE
    far = make_cases.case(db, at=(lon + 0.0008, lat))
    nearest = make_cases.case(db, at=(lon + 0.0002, lat))
    over = make_cases.case(db, at=(lon, lat))
    acts.act(db, make_cases.viewer("intake"), over.number, "refuse", Given(note="nothing there"))
    found = queries.near(db, make_cases.viewer(), Point(lon, lat), 100)
    assert [row.number for row, _ in found] == [nearest.number, far.number]
    for (_, metres), east in zip(found, (0.0002, 0.0008), strict=True):
        assert metres == pytest.approx(WGS84.inv(lon, lat, lon + east, lat)[2], abs=0.01)


def test_near_keeps_to_the_radius_and_the_class(db: Session) -> None:
    make.city(db)
    lamp, mess = make_cases.case_class(db), make_cases.case_class(db, "0201", name_zh="停车场", name_en="Car park")
    lon, lat = make_cases.HERE
    make_cases.case(db, class_id=lamp.id, at=(lon + 0.0002, lat))  # 19 m
    here = Point(lon, lat)
    for class_id, radius_m, count in ((lamp.id, 100, 1), (lamp.parent_id, 100, 1), (mess.id, 100, 0), (lamp.id, 15, 0)):
        assert len(queries.near(db, make_cases.viewer(), here, radius_m, class_id=class_id)) == count


@pytest.mark.parametrize("radius_m", [0, -1, 5000.1, float("nan")])
def test_a_radius_out_of_bounds_is_refused(db: Session, radius_m: float) -> None:
    with pytest.raises(InvalidInput):
        queries.near(db, make_cases.viewer(), Point(make_cases.HERE), radius_m)


def test_near_reads_the_geography_index(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    row = {c.name: getattr(case, c.name) for c in Case.__table__.columns if c.name not in ("id", "number")}
    db.execute(insert(Case), [row | {"number": f"n{n}"} for n in range(3000)])
    db.execute(text("UPDATE cases SET geom = ST_Translate(geom, (id % 90) * 0.00001, (id % 97) * 0.00001)"))
    db.execute(text("ANALYZE cases"))
    asked = queries.near_rows(make_cases.viewer(), Point(make_cases.HERE), 5, case.class_id).limit(20)
    sql = str(asked.compile(db.get_bind(), compile_kwargs={"literal_binds": True}))
    plan = "\n".join(db.execute(text("EXPLAIN " + sql.replace(":", r"\:").replace("%%", "%"))).scalars())
    assert "ix_cases_geog" in plan, plan


def test_history_tells_moves_and_earlier_cells_in_order(db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    acts.act(db, make_cases.viewer("intake"), case.number, "file")
    db.execute(
        text(
            "INSERT INTO relocations (register, record_id, unit_cell_id, area_code, reason, until_at) "
            "VALUES ('cases', :id, :cell, :area, 'redrawn', now() + interval '1 day')"
        ),
        {"id": case.id, "cell": case.unit_cell_id, "area": case.area_code},
    )
    lines = queries.history(db, make_cases.viewer(), case.number)
    assert [(one["kind"], one.get("to_status")) for one in lines] == [
        ("move", "reported"), ("move", "filed"), ("relocated", None),
    ]  # fmt: skip


def test_an_unknown_number_is_not_found(db: Session) -> None:
    with pytest.raises(NotFound):
        queries.get(db, make_cases.viewer(), "25010100001")
    assert db.scalar(select(Case.id)) is None
