"""The queue: filters by time and place, order and paging, the forecast, marks on its map, saved views, statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from shapely import wkt
from shapely.geometry import MultiPolygon, Polygon, box
from sqlalchemy import Connection, event, update
from sqlalchemy.orm import Session

from app.cases import acts, pins, polygon, queries, reading, views
from app.cases.filters import CaseFilter
from app.cases.forecast import forecast
from app.cases.models import Case, CaseStatus
from app.cases.schemas import CaseQuery, ViewIn
from app.workflow.situation import Given
from gis.errors import Forbidden, InvalidInput, NotFound
from tests import make, make_accounts, make_cases

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 6, 10, 4, tzinfo=UTC)  # noon in Shanghai
S = CaseStatus


def put(db: Session, case: Case, **facts: object) -> Case:
    """Set what only the workflow sets, as it would stand."""
    db.execute(update(Case).where(Case.id == case.id).values(facts))
    db.expire(case)
    return case


def due(db: Session, hours: float, *, at: datetime = NOW, **facts: object) -> Case:
    """A case in work whose clock runs out so many hours from a moment; half of its time was left ten hours before."""
    end = at + timedelta(hours=hours)
    standing: dict[str, object] = {"status": S.HANDLING, "due_at": end, "yellow_at": end - timedelta(hours=1)}
    return put(db, make_cases.case(db, reported_at=make_cases.noon(1)), **(standing | facts))


def found(db: Session, role: str = "chief", now: datetime = NOW, **query: str) -> set[str]:
    asked = reading.filter_of(CaseQuery.model_validate(query), SHANGHAI, role, now)
    rows = queries.page(db, make_cases.viewer(role), asked, now=now, limit=100)
    return {row.number for row in rows}


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


# Time


def test_ends_of_a_span_are_inside_and_never_swapped_silently(db: Session) -> None:
    make.city(db)
    day = make_cases.case(db, reported_at=datetime(2025, 6, 2, 23, 59, 59, tzinfo=SHANGHAI)).number
    assert found(db, **{"from": "2025-06-02", "to": "2025-06-02"}) == {day}
    assert found(db, **{"from": "2025-06-03"}) == found(db, to="2025-06-01") == set()
    for first, last in (("from", "to"), ("due_from", "due_to"), ("closed_from", "closed_to")):
        with pytest.raises(InvalidInput, match="ends before it begins") as refused:
            found(db, **{first: "2025-06-03", last: "2025-06-02"})
        assert refused.value.field == last


def test_today_is_the_citys_calendar_day_and_not_the_last_24_hours(db: Session) -> None:
    make.city(db)
    early = datetime(2025, 6, 10, 0, 5, tzinfo=SHANGHAI)
    before = make_cases.case(db, reported_at=early - timedelta(minutes=10)).number  # yesterday, 12 h 5 min before NOW
    after = make_cases.case(db, reported_at=early).number
    assert found(db, **{"from": "today", "to": "today"}) == {after}
    assert found(db, **{"from": "yesterday", "to": "yesterday"}) == {before}
    assert found(db, **{"from": "yesterday"}) == {before, after}


def test_due_and_closed_days_are_filters_of_their_own(db: Session) -> None:
    make.city(db)
    one = due(db, 30).number
    over = put(db, make_cases.case(db, reported_at=make_cases.noon(1)), status=S.CLOSED, closed_at=NOW).number
    assert found(db, due_from="2025-06-11", due_to="2025-06-11") == {one}
    assert found(db, closed_from="2025-06-10", closed_to="2025-06-10") == {over}


# Place, department, oversight, clock


def test_multipolygon_and_every_usual_form_of_a_polygon_filter(db: Session) -> None:
    make.city(db)
    south, north = make_cases.case(db).number, make_cases.case(db, at=make_cases.NORTH).number
    (x, y), (u, v) = make_cases.HERE, make_cases.NORTH
    around = [box(x - 1e-4, y - 1e-4, x + 1e-4, y + 1e-4), box(u - 1e-4, v - 1e-4, u + 1e-4, v + 1e-4)]
    both = MultiPolygon(around)
    assert found(db, within=polygon.encode(around[0])) == found(db, within=around[0].wkt) == {south}
    for text in (polygon.encode(both), both.wkt, '{"type": "MultiPolygon", "coordinates": %s}' % [
        [[list(at) for at in one.exterior.coords]] for one in around
    ]):  # fmt: skip
        assert found(db, within=text) == {south, north}
    holed = Polygon(around[0].exterior.coords, [box(x - 5e-5, y - 5e-5, x + 5e-5, y + 5e-5).exterior.coords])
    assert found(db, within=polygon.encode(holed)) == set()


def test_the_short_text_of_a_polygon_is_as_worked_out_by_hand_and_comes_back() -> None:
    # (0.00001, 0), (0.00001, 0.00002), (-0.00015, 0.00002): steps 1, 0, 0, 2, -16, 0 → zigzag 2, 0, 0, 4, 31, 0
    ring = Polygon([(1e-5, 0), (1e-5, 2e-5), (-15e-5, 2e-5)])
    assert polygon.encode(ring) == "CAAEfA"
    back = polygon.read("CAAEfA")
    assert back is not None
    assert back.equals_exact(MultiPolygon([ring]), 1e-9)
    far = box(-179.99999, -89.99999, 179.99999, 89.99999)
    assert polygon.read(polygon.encode(far)).equals_exact(MultiPolygon([far]), 1e-9)  # type: ignore[union-attr]  # read


@pytest.mark.parametrize("text", [
    "!", "A", "AAAA", "_" * 40, "{}", '{"type": "Point", "coordinates": [1, 2]}', "POLYGON EMPTY", "POLYGON((0 0,1 1",
    "POLYGON((0 0,1 1,1 0,0 1,0 0))", "POLYGON((500 0,501 0,501 1,500 0))", "[" * 5000, "~", "..", "POINT(1 2)",
])  # fmt: skip
def test_what_is_no_polygon_is_refused_by_name(text: str) -> None:
    with pytest.raises(polygon.BadPolygon) as refused:
        polygon.read(text)
    assert refused.value.field == "within"


def test_filters_by_department_unit_cell_and_oversight(db: Session) -> None:
    make.city(db)
    viewer = make_cases.viewer("chief")
    one = put(db, make_cases.case(db), department="Lighting")
    other = put(db, make_cases.case(db, at=make_cases.NORTH), department="Water, gas")
    acts.act(db, viewer, one.number, "oversee", Given(note="say when"))
    assert found(db, department="Lighting") == found(db, overseen="yes") == {one.number}
    assert found(db, overseen="no") == {other.number}
    assert found(db, cell="310199001001001") == {one.number}
    acts.act(db, make_cases.viewer("dispatcher"), one.number, "overseen", Given(note="tomorrow"))
    assert found(db, overseen="yes") == set()


def test_three_times_the_limit_counts_from_the_start_of_the_clock(db: Session) -> None:
    make.city(db)
    start = NOW - timedelta(hours=30)
    clock = {"started_at": start.isoformat()}
    just = due(db, -20, clock=clock)  # a limit of 10 h: three times it are over this very moment
    due(db, -19.9, clock=clock)
    assert found(db, clock="trebled") == {just.number}
    assert len(found(db, clock="overdue")) == 2


def test_mine_is_where_it_is_the_roles_turn(db: Session) -> None:
    make.city(db)
    filed = put(db, make_cases.case(db), status=S.FILED).number
    reported = make_cases.case(db).number
    assert found(db, role="dispatcher", status="mine") == {filed}
    assert found(db, role="intake", status="mine") == {reported}
    assert found(db, role="leader", status="mine") == {filed, reported}  # no turn of its own: all that is open


def test_pages_by_due_time_go_on_where_they_end_and_cases_without_a_limit_come_last(db: Session) -> None:
    make.city(db)
    wanted = [due(db, hours).number for hours in (1, 2, 2, 5)]
    wanted += [put(db, make_cases.case(db), status=S.HANDLING).number for _ in range(3)]
    after: list[object] = []
    seen: list[str] = []
    for _ in range(4):
        rows = queries.page(db, make_cases.viewer(), CaseFilter(), now=NOW, limit=2, after=after, order="due")
        seen += [row.number for row in rows]
        after = queries.mark_of(rows[-1], "due")
    assert seen == wanted
    with pytest.raises(InvalidInput):
        queries.page(db, make_cases.viewer(), CaseFilter(), now=NOW, limit=2, after=["x", 1], order="due")


# Forecast


def test_the_forecast_counts_what_turns_red_by_hour_department_and_cell_but_not_what_rests(db: Session) -> None:
    make.city(db)
    due(db, 0.5, department="Lighting")
    due(db, 1.5, department="Lighting")
    put(db, due(db, 1.99), department="Water")
    due(db, 2.5)
    due(db, 1, status=S.SUSPENDED)  # its clock rests
    due(db, 1, status=S.CLOSED, closed_at=NOW)
    due(db, -1)  # red already
    due(db, 24.01)
    told = forecast(db, make_cases.viewer("dispatcher"), CaseFilter(), now=NOW, hours=2)
    assert told.by_hour[:4] == [1, 2, 1, 0]
    assert (told.within(2), told.within(24), len(told.by_hour)) == (3, 4, 24)
    assert told.by_department == [("Lighting", 2), ("Water", 1)]
    assert told.by_cell == [("310199001001001", 3)]
    assert found(db, red_in="2") == found(db, red_in="2", status="open")
    assert len(found(db, red_in="2")) == 3


def test_the_forecast_is_one_statement_and_keeps_to_the_viewers_cases(db: Session) -> None:
    make.city(db)
    there = make_cases.viewer("inspector", make_cases.NORTH_AREA)
    for many in (1, 5):
        for _ in range(many):
            due(db, 1)
        with counted(db) as seen:
            told = forecast(db, make_cases.viewer(), CaseFilter(), now=NOW, hours=4)
        assert len(seen) == 1
    assert told.within(4) == 6
    assert forecast(db, there, CaseFilter(), now=NOW, hours=4).within(24) == 0


# The map


def test_the_map_never_cuts_silently_but_counts_every_case_by_area(db: Session) -> None:
    make.city(db)
    for at in (make_cases.HERE, make_cases.HERE, make_cases.NORTH):
        make_cases.case(db, at=at)
    each = pins.pins(db, make_cases.viewer(), CaseFilter(), now=NOW)
    assert (each.matched, len(each.rows), each.areas) == (3, 3, [])
    many = pins.pins(db, make_cases.viewer(), CaseFilter(), now=NOW, limit=2)
    assert (many.matched, many.rows) == (3, [])
    assert {one.area_code: one.cases for one in many.areas} == {make_cases.SOUTH_AREA: 2, make_cases.NORTH_AREA: 1}
    assert all(make.WEST < one.lon < make.WEST + 2 * make.SIDE for one in many.areas)


def test_marks_rows_and_counts_of_a_filter_are_the_same_cases(db: Session, app: OpenAPI) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher", areas=[make_cases.SOUTH_AREA]))
    now = datetime.now(UTC)
    due(db, 1, at=now)
    due(db, -1, at=now)
    put(db, make_cases.case(db, at=make_cases.NORTH), status=S.HANDLING)  # another's area
    for query in ("", "status=open", "clock=overdue", "red_in=2", "status=closed", "overseen=no&from=2025-06-01"):
        listed = client.get(f"/api/v1/cases?{query}").get_json()
        marks = client.get(f"/api/v1/cases/pins?{query}").get_json()
        assert {one["number"] for one in listed["items"]} == {one["number"] for one in marks["items"]}, query
        assert listed["matched"] == marks["matched"] == len(marks["items"])
    told = client.get("/api/v1/cases/forecast?hours=2&status=open").get_json()
    assert (told["count"], told["horizons"][0]["count"]) == (1, told["by_hour"][0]["count"])
    assert client.get("/api/v1/cases/forecast?hours=25").status_code == 422


# Saved views


def test_a_view_is_kept_shared_counted_and_taken_away(db: Session) -> None:
    make.city(db)
    mine, other = (make_accounts.viewer(db, role="dispatcher") for _ in range(2))
    inspector = make_accounts.viewer(db, role="inspector")
    put(db, make_cases.case(db), status=S.FILED)
    kept = views.save(db, mine, ViewIn(name_zh="待派遣", query="?status=mine&c=121,31&z=14&after=x"))
    assert (kept.query, kept.name_en) == ("status=mine", "待派遣")
    assert views.of(db, other) == []
    shared = views.save(db, mine, ViewIn(name_en="Lamps", query="q=lamp&status=open", role="dispatcher"))
    assert views.of(db, other) == [shared]
    assert views.of(db, inspector) == []
    assert views.counts(db, mine, views.of(db, mine), NOW) == {kept.id: 1, shared.id: 1}
    assert views.counts(
        db, make_accounts.viewer(db, role="dispatcher", areas=[make_cases.NORTH_AREA]), [kept], NOW
    ) == {kept.id: 0}
    with pytest.raises(NotFound):
        views.remove(db, other, shared.id)
    views.remove(db, mine, shared.id)
    assert views.of(db, mine) == [kept]


def test_a_view_that_could_not_be_read_is_refused_when_it_is_saved(db: Session) -> None:
    make.city(db)
    viewer = make_accounts.viewer(db, role="inspector")
    for query in ("colour=red", "status=nonsense", "clock=late", "within=!", "from=2025-06-02&to=2025-06-01"):
        with pytest.raises(InvalidInput):
            views.save(db, viewer, ViewIn(name_en="x", query=query))
    with pytest.raises(InvalidInput):
        views.save(db, viewer, ViewIn(query="status=open"))
    for role in ("dispatcher", "all"):
        with pytest.raises(Forbidden):
            views.save(db, viewer, ViewIn(name_en="x", query="status=open", role=role))
    views.save(db, make_accounts.viewer(db, role="chief"), ViewIn(name_en="x", query="status=open", role="all"))
    assert len(views.of(db, viewer)) == 1


def test_no_filter_ends_in_an_error_whatever_is_asked(queue: FlaskClient, db: Session) -> None:
    """A filter that always errors: each name, alone, with a value that means something and with one that doesn't."""
    sense = {
        "status": "open", "class": "1", "source": "hotline", "kind": "event", "clock": "trebled", "area": "310199",
        "cell": "310199001001001", "department": "Water", "overseen": "yes", "from": "today", "to": "today",
        "due_from": "yesterday", "due_to": "2025-06-01", "closed_from": "2025-06-01", "closed_to": "today",
        "red_in": "4", "q": "lamp", "bbox": "121,31,122,32", "within": "CAAEfA", "located": "truly",
        "order": "due", "after": "", "mine": "1",
    }  # fmt: skip
    assert set(sense) == views.FILTERS
    for name, value in sense.items():
        assert queue.get("/api/v1/cases", query_string={name: value}).status_code == 200, name
        for door in ("/api/v1/cases/pins", "/api/v1/cases/forecast"):
            assert queue.get(door, query_string={name: value}).status_code == 200, (door, name)
        for given in (value, "\N{PILE OF POO}!", "'"):
            assert queue.get("/cases", query_string={name: given}).status_code in (200, 422), (name, given)


# The page


@pytest.fixture
def queue(app: OpenAPI, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))


def test_the_bare_address_is_the_queue_of_ones_own_turn(queue: FlaskClient, db: Session) -> None:
    waiting = put(db, make_cases.case(db), status=S.FILED).number
    reported = make_cases.case(db).number
    shown = queue.get("/cases?lang=en").text
    assert (f"/cases/{waiting}" in shown, f"/cases/{reported}" in shown) == (True, False)
    assert "My turn" in shown
    assert f"/cases/{reported}" in queue.get("/cases?status=all").text
    put(db, db.query(Case).filter_by(number=waiting).one(), status=S.HANDLING)
    assert "Nothing waits for you now." in queue.get("/cases?lang=en").text


def test_counts_go_past_the_page(queue: FlaskClient, db: Session) -> None:
    """An inbox count stuck at the page size."""
    for _ in range(53):
        put(db, make_cases.case(db), status=S.FILED)
    shown = queue.get("/cases?lang=en").text
    assert shown.count("<tr data-number") == 50
    assert '<h1>Cases <span class="count">53</span></h1>' in shown
    assert 'My turn <span class="count">53</span>' in shown


def test_the_page_is_read_with_as_many_statements_for_50_cases_as_for_5(
    queue: FlaskClient, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.workflow.labels.KEPT_S", 3600)  # on a slow day they would be read once more in between
    address = "/cases?status=open&red_in=4&order=due"
    me = make_accounts.viewer(db, role="leader")
    seen_by: list[int] = []
    for many in (5, 45):
        for _ in range(many):
            due(db, 1.5, at=datetime.now(UTC))
        views.save(db, me, ViewIn(name_en="x", query="status=open", role="all"))
        queue.get(address)
        for door in (address, "/api/v1/cases/pins?status=open", "/api/v1/cases/forecast?hours=4"):
            with counted(db) as seen:
                assert queue.get(door).status_code == 200
            seen_by.append(len([one for one in seen if one.lstrip().upper().startswith(("SELECT", "WITH"))]))
    assert seen_by[:3] == seen_by[3:]
    assert seen_by[0] <= 20


def test_hidden_cases_are_in_no_part_of_the_page(app: OpenAPI, db: Session) -> None:
    """Other people's cases visible: in rows, counts, forecast, views and marks."""
    make.city(db)
    narrow = make_accounts.account(db, role="dispatcher", areas=[make_cases.SOUTH_AREA])
    client = make_accounts.client_as(app, narrow)
    soon = datetime.now(UTC) + timedelta(hours=1)
    there = make_cases.case(db, at=make_cases.NORTH)
    put(db, there, status=S.HANDLING, due_at=soon, yellow_at=soon)
    for address in ("/cases?status=all&red_in=4", "/api/v1/cases/pins", "/api/v1/cases/forecast", "/api/v1/cases"):
        told = client.get(address).text
        assert there.number not in told, address
    assert client.get("/api/v1/cases/forecast?hours=4").get_json()["count"] == 0


def test_wkt_of_a_polygon_is_read_as_shapely_reads_it() -> None:
    text = "MULTIPOLYGON(((0 0,0 1,1 1,0 0)),((2 2,2 3,3 3,2 2)))"
    assert polygon.read(text) == wkt.loads(text)
