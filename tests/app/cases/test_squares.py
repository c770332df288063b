"""Kept counts of cases by square: at any moment the sum over any tiles is the exact count, for any reach and facet."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from app.cases.layers import CASES
from app.cases.models import Case, CaseSource, CaseStatus, ClassKind
from app.cases.squares import ALL, FACETS_DEEPEST, CaseSquareDelta, CaseSquares, span_of, sum_up, sweep
from app.launch.cluster import Cluster
from gis import db as database
from grid.locate import fields, locate
from grid.located import LocatedBy
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
DEPARTMENTS = ["power", "water", None]
MOMENTS = [datetime(2025, month, day, hour, tzinfo=UTC) for month in (1, 2, 12) for day, hour in ((1, 0), (28, 17))]
VIEWERS = {
    "all": whole_city({"cases.read"}),
    "south": make_cases.viewer("chief", make_cases.SOUTH_AREA),
    "both": make_cases.viewer("chief", make_cases.NORTH_AREA, make_cases.SOUTH_AREA),
    "power": make_cases.viewer("department", department="power"),
    "power north": make_cases.viewer("department", make_cases.NORTH_AREA, department="power"),
}


def kept(db: Session, viewer: Viewer, chosen: Filter, z: int) -> Counter[tuple[int, int]] | None:
    """The kept number of cases in each tile of a zoom that has any; None where they are not kept."""
    at = {(one.x, one.y): one for one in (tile_at(lon, lat, z) for lon, lat in SPOTS)}
    found: Counter[tuple[int, int]] = Counter()
    for key, one in at.items():
        answer = kept_counts(db, CASES, viewer, one, chosen, 10**9)
        if answer is None:
            return None
        found[key] = answer[0]
    return +found


def exact(db: Session, viewer: Viewer, chosen: Filter, z: int) -> Counter[tuple[int, int]]:
    """The same, row by row, told apart here and not by the database."""
    rows = CASES.rows(viewer).subquery()
    found: Counter[tuple[int, int]] = Counter()
    for row in db.execute(select(func.ST_X(rows.c.geom).label("lon"), func.ST_Y(rows.c.geom).label("lat"), rows)):
        facts = {name: _word(row._mapping[name]) for name, _ in chosen.values}
        if any(facts[name] not in values for name, values in chosen.values):
            continue
        if (chosen.from_at and row.reported_at < chosen.from_at) or (chosen.to_at and row.reported_at >= chosen.to_at):
            continue
        if row.area_code.startswith(chosen.area or ""):
            at = tile_at(row.lon, row.lat, z)
            found[at.x, at.y] += 1
    return found


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class Town:
    """The classes of the invented city: a component and two events of other majors."""

    class_ids: list[int]
    majors: list[int]


@pytest.fixture
def town(db: Session) -> Town:
    make.city(db)
    made = [
        make_cases.case_class(db),
        make_cases.case_class(db, "0101", kind=ClassKind.EVENT),
        make_cases.case_class(db, "0202", kind=ClassKind.EVENT),
    ]
    return Town([one.id for one in made], [one.parent_id or 0 for one in made])


def _filters(of: Town, data: Any) -> list[Filter]:
    """Nothing, and each facet with states and an area or without."""

    def some(values: list[Any]) -> tuple[str, ...]:
        return tuple(sorted(str(one) for one in data.draw(st.sets(st.sampled_from(values), min_size=1))))

    status, areas = ("status", some(STATUSES)), st.sampled_from([None, make_cases.SOUTH_AREA, "310199001"])
    low, high = sorted(data.draw(st.tuples(st.sampled_from(MOMENTS), st.sampled_from(MOMENTS))))
    shift = timedelta(seconds=data.draw(st.sampled_from([0, 1, 86_400])))
    major = Filter((("kind", ("event",)), ("major", some(of.majors))))
    return [
        NOTHING, Filter((status,)), major, Filter((("kind", ("component",)), status)),
        Filter((("department", some(["power", "water"])),)), Filter((("source", ("hotline",)), status)),
        Filter((("is_located", ("true",)),), area=data.draw(areas)), Filter(from_at=low + shift),
        Filter((status,), to_at=high, area=data.draw(areas)), Filter(from_at=low, to_at=high + shift),
    ]  # fmt: skip


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_sums_are_exact_for_any_reach_facet_and_zoom_whatever_was_done(db: Session, town: Town, data: Any) -> None:
    with db.begin_nested() as point:
        cases: list[Case] = []
        for _ in range(data.draw(st.integers(1, 14))):
            what = data.draw(st.sampled_from(["add", "add", "add", "move", "change", "remove", "sum"]))
            if what == "add" or not cases:
                at, of = data.draw(st.sampled_from(SPOTS)), data.draw(st.sampled_from(town.class_ids))
                cases.append(make_cases.case(db, at=at, class_id=of))
            if what in ("add", "change"):
                _change(data, town, data.draw(st.sampled_from(cases)))
            elif what == "move":
                one, spot = data.draw(st.sampled_from(cases)), data.draw(st.sampled_from(SPOTS))
                for name, value in fields(locate(db, Point(*spot))).items():
                    setattr(one, name, value)
                one.geom = from_shape(Point(*spot), srid=4326)
            elif what == "remove":
                gone = cases.pop(data.draw(st.integers(0, len(cases) - 1)))
                db.flush()
                db.execute(text("ALTER TABLE case_moves DISABLE TRIGGER USER"))
                db.execute(text("DELETE FROM case_moves WHERE case_id = :id"), {"id": gone.id})
                db.execute(text("DELETE FROM cases WHERE id = :id"), {"id": gone.id})
                db.expunge(gone)
            elif what == "sum":
                sum_up(db)
            db.flush()
        answered = 0
        for chosen in _filters(town, data):
            for viewer in VIEWERS.values():
                for z in (0, 9, FACETS_DEEPEST):
                    found = kept(db, viewer, chosen, z)
                    answered += found is not None
                    assert found is None or found == exact(db, viewer, chosen, z), (chosen, viewer)
        assert answered > 60
        swept = sweep(db)
        assert swept == 0 or kept(db, VIEWERS["all"], NOTHING, 9) == exact(db, VIEWERS["all"], NOTHING, 9)
        point.rollback()


def _change(data: Any, town: Town, one: Case) -> None:
    one.status = data.draw(st.sampled_from(STATUSES))
    one.class_id = data.draw(st.sampled_from(town.class_ids))
    one.department = data.draw(st.sampled_from(DEPARTMENTS))
    one.source = data.draw(st.sampled_from([CaseSource.HOTLINE, CaseSource.PUBLIC]))
    one.located_by = data.draw(st.sampled_from([LocatedBy.MAP, LocatedBy.DEFAULT]))
    one.reported_at = data.draw(st.sampled_from(MOMENTS)) + timedelta(hours=data.draw(st.integers(0, 60)))


@pytest.mark.parametrize(
    ("low", "high", "months", "ends"),
    [
        ("2025-01-01T00", "2025-03-01T00", ("2025-01", "2025-03"), ()),
        ("2025-01-20T06", "2025-03-02T00", ("2025-02", "2025-03"),
         (("2025-01-20T06", "2025-02-01T00", 1), ("2025-03-01T00", "2025-03-02T00", 1))),
        ("2024-12-31T16", "2025-01-31T16", ("2025-01", "2025-02"),  # January in Shanghai
         (("2024-12-31T16", "2025-01-01T00", 1), ("2025-01-31T16", "2025-02-01T00", -1))),
        ("2025-01-01T05", "2025-02-01T05", ("2025-01", "2025-02"),  # January in Boston
         (("2025-01-01T00", "2025-01-01T05", -1), ("2025-02-01T00", "2025-02-01T05", 1))),
        ("2025-01-02T00", "2025-01-14T00", None, None),
        ("2025-01-01T00", None, ("2025-01", None), ()),
        (None, "2025-01-01T01", (None, "2025-01"), (("2025-01-01T00", "2025-01-01T01", 1),)),
    ],
)  # fmt: skip
def test_a_span_is_the_months_nearest_to_it_and_what_differs_at_its_ends(
    low: str | None,
    high: str | None,
    months: tuple[str | None, str | None] | None,
    ends: tuple[tuple[str, str, int], ...] | None,
) -> None:
    def at(given: str | None) -> datetime | None:
        return datetime.fromisoformat(f"{given}:00:00+00:00") if given else None

    found = span_of(at(low), at(high))
    assert (found and (found.from_month, found.to_month)) == months
    assert (found and found.ends) == (
        None if ends is None else tuple((at(one), at(two), sign) for one, two, sign in ends)
    )


def test_what_the_sums_can_not_tell_is_counted_from_the_rows(db: Session, town: Town) -> None:
    at = tile_at(*SPOTS[0], 12)
    two = Filter((("kind", ("event",)), ("source", ("hotline",))))
    short = Filter(from_at=MOMENTS[0], to_at=MOMENTS[0] + timedelta(days=9))
    for chosen in (Filter(words="lamp"), Filter(as_of=MOMENTS[0]), two, short):
        assert kept_counts(db, CASES, VIEWERS["all"], at, chosen, 0) is None
    assert kept_counts(db, CASES, VIEWERS["power"], at, Filter((("source", ("hotline",)),)), 0) is None
    closer = tile_at(*SPOTS[0], FACETS_DEEPEST + 1)
    assert kept_counts(db, CASES, VIEWERS["all"], closer, Filter((("kind", ("event",)),)), 0) is None
    assert kept_counts(db, CASES, VIEWERS["all"], closer, NOTHING, 0) is not None
    assert kept_counts(db, CASES, VIEWERS["all"], tile_at(*SPOTS[0], DEEPEST + 1), NOTHING, 0) is None


def test_a_tile_of_sums_is_the_tile_of_the_rows(db: Session, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same circles with the same numbers, before and after summing up."""
    for n, spot in enumerate(SPOTS * 3):
        one = make_cases.case(db, at=spot, class_id=town.class_ids[n % 3])
        one.reported_at = MOMENTS[n % 6]
    db.flush()
    monkeypatch.setattr(tiles, "ROWS_MAX", 5)
    asked = (NOTHING, Filter((("kind", ("event",)),)), Filter(from_at=MOMENTS[1]))
    for viewer, chosen, z in product(VIEWERS.values(), asked, (0, 8, 12)):
        at = tile_at(*SPOTS[0], z)
        live = decoded(tiles.counts_tile(db, CASES, viewer, at, chosen) or b"").get("cases_counts", [])
        for _ in range(2):
            shown = decoded(tile(db, CASES, viewer, at, chosen, only_counts=True) or b"").get("cases_counts", [])
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
                summed = select(func.coalesce(func.sum(CaseSquares.n), 0)).where(
                    CaseSquares.z == 0, CaseSquares.facet == ALL
                )
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
        sweep(db)
        assert kept(db, VIEWERS["all"], NOTHING, 14) == exact(db, VIEWERS["all"], NOTHING, 14)
