"""Kept counts of cases by square: at any moment the sum over any tiles is the exact count, for any reach and state."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from app.cases.layers import CASES
from app.cases.models import Case, CaseStatus
from app.cases.squares import CaseSquareDelta, CaseSquares, sum_up
from app.launch.cluster import Cluster
from gis import db as database
from grid.locate import fields, locate
from grid.reach import Viewer, whole_city
from layers import tiles
from layers.filters import NOTHING, Filter
from layers.mercator import tile_at
from layers.pyramid import DEEPEST
from layers.tile_counts import kept_counts
from layers.tiles import tile
from tests import make, make_cases
from tests.conftest import copy_database
from tests.layers.things import decoded

SPOTS = [
    (make.WEST + make.SIDE * (0.2 + 0.5 * n), make.SOUTH + make.SIDE * (0.3 + 0.45 * m))
    for n in range(4)
    for m in range(4)
]
STATUSES = [CaseStatus.REPORTED, CaseStatus.FILED, CaseStatus.HANDLING, CaseStatus.CLOSED]
VIEWERS = {
    "all": whole_city({"cases.read"}),
    "south": make_cases.viewer("chief", make_cases.SOUTH_AREA),
    "north": make_cases.viewer("chief", make_cases.NORTH_AREA),
    "both": make_cases.viewer("chief", make_cases.NORTH_AREA, make_cases.SOUTH_AREA),
}


def kept(db: Session, viewer: Viewer, chosen: Filter, z: int) -> Counter[tuple[int, int]]:
    """The kept number of cases in each tile of a zoom that has any."""
    at = {(one.x, one.y): one for one in (tile_at(lon, lat, z) for lon, lat in SPOTS)}
    found: Counter[tuple[int, int]] = Counter()
    for key, one in at.items():
        answer = kept_counts(db, CASES, viewer, one, chosen, 10**9)
        assert answer is not None
        found[key] = answer[0]
    return +found


def exact(db: Session, viewer: Viewer, chosen: Filter, z: int) -> Counter[tuple[int, int]]:
    """The same, row by row."""
    rows = CASES.rows(viewer).subquery()
    asked = select(func.ST_X(rows.c.geom), func.ST_Y(rows.c.geom))
    for name, values in chosen.values:
        asked = asked.where(rows.c[name].in_(values))
    return Counter((one.x, one.y) for one in (tile_at(lon, lat, z) for lon, lat in db.execute(asked)))


@pytest.fixture
def town(db: Session) -> int:
    make.city(db)
    return make_cases.case_class(db).id


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sums_are_exact_for_any_reach_state_and_zoom_whatever_was_done(db: Session, town: int, data: Any) -> None:
    with db.begin_nested() as point:
        cases: list[Case] = []
        for _ in range(data.draw(st.integers(1, 12))):
            what = data.draw(st.sampled_from(["add", "add", "move", "state", "remove", "sum"]))
            if what == "add" or not cases:
                cases.append(make_cases.case(db, at=data.draw(st.sampled_from(SPOTS)), class_id=town))
            elif what == "state":
                data.draw(st.sampled_from(cases)).status = data.draw(st.sampled_from(STATUSES))
                db.flush()
            elif what == "move":
                one, spot = data.draw(st.sampled_from(cases)), data.draw(st.sampled_from(SPOTS))
                for name, value in fields(locate(db, Point(*spot))).items():
                    setattr(one, name, value)
                one.geom = from_shape(Point(*spot), srid=4326)
                db.flush()
            elif what == "remove":
                gone = cases.pop(data.draw(st.integers(0, len(cases) - 1)))
                db.execute(text("ALTER TABLE case_moves DISABLE TRIGGER USER"))
                db.execute(text("DELETE FROM case_moves WHERE case_id = :id"), {"id": gone.id})
                db.execute(text("DELETE FROM cases WHERE id = :id"), {"id": gone.id})
                db.expunge(gone)
            else:
                sum_up(db)
        status = Filter(values=(("status", tuple(sorted(data.draw(st.sets(st.sampled_from(STATUSES), min_size=1))))),))
        for viewer in VIEWERS.values():
            for chosen in (NOTHING, status):
                for z in (0, 9, DEEPEST):
                    assert kept(db, viewer, chosen, z) == exact(db, viewer, chosen, z)
        point.rollback()


def test_what_the_sums_can_not_tell_is_counted_from_the_rows(db: Session, town: int) -> None:
    at = tile_at(*SPOTS[0], 12)
    department = make_cases.viewer("department", "", department="power")
    assert kept_counts(db, CASES, department, at, NOTHING, 0) is None
    for chosen in (Filter(words="lamp"), Filter(values=(("kind", ("event",)),))):
        assert kept_counts(db, CASES, VIEWERS["all"], at, chosen, 0) is None
    assert kept_counts(db, CASES, VIEWERS["all"], tile_at(*SPOTS[0], DEEPEST + 1), NOTHING, 0) is None


def test_a_tile_of_sums_is_the_tile_of_the_rows(db: Session, town: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same circles with the same numbers, before and after summing up."""
    for spot in SPOTS * 3:
        make_cases.case(db, at=spot, class_id=town)
    monkeypatch.setattr(tiles, "ROWS_MAX", 5)
    for viewer in VIEWERS.values():
        for z in (0, 8, 13):
            at = tile_at(*SPOTS[0], z)
            live = decoded(tiles.counts_tile(db, CASES, viewer, at))["cases_counts"]
            for _ in range(2):
                shown = decoded(tile(db, CASES, viewer, at))["cases_counts"]
                assert [one["properties"] for one in shown] == [one["properties"] for one in live]
                for mine, theirs in zip(shown, live, strict=True):
                    near = pytest.approx(theirs["geometry"]["coordinates"], abs=1)  # sums are rounded otherwise
                    assert mine["geometry"]["coordinates"] == near
                sum_up(db)


@pytest.fixture
def own(cluster: Cluster, template_url: str) -> Iterator[Engine]:
    """A database of its own: writers commit."""
    assert template_url
    made = database.make_engine(copy_database(cluster, "city_squares"), pool_size=8)
    yield made
    made.dispose()


def test_no_reader_ever_sees_a_sum_that_is_not_the_count_while_writers_race(own: Engine) -> None:
    with Session(own) as db, db.begin():
        make.city(db)
        class_id = make_cases.case_class(db).id
    stop, wrong, seen = threading.Event(), [], [0]

    def write(number: int) -> None:
        pick = random.Random(number)
        try:
            for _ in range(25):
                with Session(own) as db, db.begin():
                    one = make_cases.case(db, at=pick.choice(SPOTS), class_id=class_id)
                    db.execute(text("UPDATE cases SET status = 'closed' WHERE id % 3 = :k AND id <> :id AND id > :low"),
                               {"k": number % 3, "id": one.id, "low": one.id - 6})  # fmt: skip
                    if pick.random() < 0.2:
                        db.rollback()
        except Exception as error:
            if "deadlock" not in str(error):
                wrong.append(error)

    def sum_now() -> None:
        while not stop.is_set():
            with Session(own) as db, db.begin():
                sum_up(db)

    def read() -> None:
        while not stop.is_set():
            with own.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
                count = connection.execute(select(func.count()).select_from(Case)).scalar_one()
                summed = select(func.coalesce(func.sum(CaseSquares.n), 0)).where(CaseSquares.z == 0)
                late = select(func.coalesce(func.sum(CaseSquareDelta.n), 0))
                found = connection.execute(summed).scalar_one() + connection.execute(late).scalar_one()
                seen[0] += 1
                if found != count:
                    wrong.append((found, count))

    beside = [threading.Thread(target=sum_now), threading.Thread(target=read)]
    writers = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for one in beside + writers:
        one.start()
    for one in writers:
        one.join()
    stop.set()
    for one in beside:
        one.join()
    assert wrong == []
    assert seen[0] > 5
    with Session(own) as db, db.begin():
        sum_up(db)
        assert kept(db, VIEWERS["all"], NOTHING, 14) == exact(db, VIEWERS["all"], NOTHING, 14)
