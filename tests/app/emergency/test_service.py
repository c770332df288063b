"""Opening, redrawing, changing and ending events."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.emergency import queries, service
from app.emergency.classes import CLASSES_FILE, class_tree, load_classes
from app.emergency.models import EmergencyClass, Event, EventEntry, EventLevel, EventStatus
from app.emergency.numbers import take_number
from app.emergency.schemas import EventChange, EventQuery
from app.emergency.service import EventClosed, EventMoveNotAllowed
from app.launch.cluster import Cluster
from gis import db as database
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.locate import OutsideCity
from tests import make, make_events
from tests.conftest import copy_database
from tests.make_events import square, viewer


def test_classes_load_once_and_stand_as_trees(db: Session) -> None:
    lines = len(CLASSES_FILE.read_text(encoding="utf-8").splitlines()) - 1
    assert load_classes(db) == load_classes(db) == lines
    assert db.scalar(select(func.count()).select_from(EmergencyClass)) == lines
    tree = class_tree(db)
    assert [scheme["id"] for scheme in tree["schemes"]] == ["NEWS", "GB/T 35561-2017"]
    assert [top["name_zh"] for top in tree["items"][:4]] == ["自然灾害", "事故灾难", "公共卫生事件", "社会安全事件"]


def test_a_class_is_found_by_name_with_what_stands_above_it(db: Session) -> None:
    load_classes(db)
    [top] = class_tree(db, "内涝")["items"]
    [middle] = top["children"]
    assert [leaf["code"] for leaf in middle["children"]] == ["11A02"]
    assert class_tree(db, "no such thing") == {"schemes": [], "items": []}


def test_an_event_is_opened_where_it_lies(db: Session) -> None:
    cells = make.city(db)
    event = make_events.event(db, level="II")
    assert re.fullmatch(r"E\d{6}0001", event.number)
    assert event.unit_cell_id == cells["310199001001001"].id
    assert (event.area_code, event.status, event.level) == ("310199001001", "active", "II")
    [entry] = queries.history(db, viewer(), event.number)
    assert (entry["kind"], entry["actor"]) == ("opened", "test commander")
    assert entry["data"]["zone"]["coordinates"] == pytest.approx(make_events.POINT["coordinates"])


def test_a_zone_over_several_cells_belongs_to_the_cell_of_its_anchor(db: Session) -> None:
    make.city(db)
    event = make_events.event(db, geometry=square(make.WEST + 0.0005, make.SOUTH + 0.0001, 0.0018))
    anchor = db.scalar(select(func.ST_AsText(func.grid_anchor(Event.geom))).where(Event.id == event.id))
    assert anchor is not None
    assert event.area_code == "310199001001"


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.PLANNER, Role.CLERK, Role.LEADER, Role.ADMINISTRATOR])
def test_a_role_without_the_right_opens_no_event(db: Session, role: Role) -> None:
    make.city(db)
    with pytest.raises(Forbidden):
        make_events.event(db, by=viewer(role))


def test_an_event_outside_ones_areas_or_the_city_is_refused(db: Session) -> None:
    make.city(db)
    with pytest.raises(Forbidden):
        make_events.event(db, by=viewer(Role.COMMANDER, "310199001002"))
    with pytest.raises(InvalidInput):
        make_events.event(db, geometry={"type": "Point", "coordinates": [10.0, 10.0]})
    outside_by_anchor = square(make.WEST - 0.02, make.SOUTH, 0.0201)
    with pytest.raises(OutsideCity):
        make_events.event(db, geometry=outside_by_anchor)


def test_an_event_of_the_future_or_of_no_class_is_refused(db: Session) -> None:
    make.city(db)
    with pytest.raises(InvalidInput) as ahead:
        make_events.event(db, happened_at=datetime.now(UTC) + timedelta(hours=1))
    assert ahead.value.field == "happened_at"
    with pytest.raises(InvalidInput) as unknown:
        make_events.event(db, class_id=-1)
    assert unknown.value.field == "class_id"


def test_redrawing_keeps_the_older_zone_in_the_log(db: Session) -> None:
    make.city(db)
    event = make_events.event(db)
    wider = square(make.WEST + 0.0005, make.SOUTH + 0.0025)
    service.change(db, viewer(), event.number, EventChange(geometry=wider, note="wind turned"))
    entry = queries.history(db, viewer(), event.number)[-1]
    assert (entry["kind"], entry["note"]) == ("redrawn", "wind turned")
    assert entry["data"]["zone_before"]["coordinates"] == pytest.approx(make_events.POINT["coordinates"])
    assert entry["data"]["zone"] == queries.read(db, viewer(), event.number)["geometry"]
    assert event.area_code == "310199001002"


def test_redrawing_the_same_zone_writes_nothing(db: Session) -> None:
    make.city(db)
    event = make_events.event(db)
    service.change(db, viewer(), event.number, EventChange(geometry=make_events.POINT))
    assert [entry["kind"] for entry in queries.history(db, viewer(), event.number)] == ["opened"]


def test_a_zone_cant_be_redrawn_into_areas_out_of_reach(db: Session) -> None:
    make.city(db)
    event = make_events.event(db)
    with pytest.raises(Forbidden):
        service.change(
            db, viewer(Role.COMMANDER, "310199001001"), event.number,
            EventChange(geometry=square(make.WEST + 0.0005, make.SOUTH + 0.0025)),
        )  # fmt: skip


def test_level_and_status_are_set_apart_and_each_change_is_a_line(db: Session) -> None:
    make.city(db)
    event = make_events.event(db)
    service.change(db, viewer(), event.number, EventChange(level=EventLevel.III))
    service.change(db, viewer(), event.number, EventChange(status=EventStatus.CONTAINED))
    service.change(db, viewer(), event.number, EventChange(status=EventStatus.ENDED, note="all clear"))
    assert (event.level, event.status) == ("III", "ended")
    assert event.ended_at is not None
    log = queries.history(db, viewer(), event.number)
    assert [entry["kind"] for entry in log] == ["opened", "changed", "contained", "ended"]
    assert log[1]["data"] == {"level": [None, "III"]}
    service.change(db, viewer(), event.number, EventChange.model_validate({"level": None}))
    assert event.level is None
    service.change(db, viewer(), event.number, EventChange(status=EventStatus.ACTIVE))
    assert event.ended_at is None


def test_what_is_not_sent_stays(db: Session) -> None:
    make.city(db)
    event = make_events.event(db, level="I", description="first words")
    service.change(db, viewer(), event.number, EventChange(title="Another title"))
    assert (event.level, event.description, event.title) == ("I", "first words", "Another title")
    service.change(db, viewer(), event.number, EventChange.model_validate({"title": None}))
    assert event.title == "Another title"


def test_an_ended_event_keeps_its_zone_and_a_void_one_everything(db: Session) -> None:
    make.city(db)
    event = make_events.event(db)
    service.change(db, viewer(), event.number, EventChange(status=EventStatus.ENDED))
    with pytest.raises(EventClosed):
        service.change(db, viewer(), event.number, EventChange(geometry=square(make.WEST, make.SOUTH)))
    with pytest.raises(EventMoveNotAllowed):
        service.change(db, viewer(), event.number, EventChange(status=EventStatus.VOID))
    other = make_events.event(db)
    service.change(db, viewer(), other.number, EventChange(status=EventStatus.VOID))
    with pytest.raises(EventMoveNotAllowed):
        service.change(db, viewer(), other.number, EventChange(status=EventStatus.ACTIVE))
    with pytest.raises(EventClosed):
        service.change(db, viewer(), other.number, EventChange(title="Second thoughts"))


def test_who_may_open_may_not_thereby_change(db: Session) -> None:
    make.city(db)
    event = make_events.event(db, by=viewer(Role.INTAKE))
    with pytest.raises(Forbidden):
        service.change(db, viewer(Role.INTAKE), event.number, EventChange(level=EventLevel.I))


def test_a_person_of_another_area_sees_no_event_in_list_read_history_or_inside(db: Session) -> None:
    make.city(db)
    event = make_events.event(db)
    stranger = viewer(Role.COMMANDER, "310199001002")
    assert queries.find(db, stranger, EventQuery())["matched"] == 0
    for look in (queries.read, queries.history):
        with pytest.raises(NotFound):
            look(db, stranger, event.number)
    with pytest.raises(NotFound):
        service.change(db, stranger, event.number, EventChange(title="mine now"))


def test_the_list_filters_counts_and_pages(db: Session) -> None:
    make.city(db)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for hour in range(5):
        make_events.event(
            db, title=f"Event {hour}", happened_at=start + timedelta(hours=hour), level="I" if hour else None
        )
    first = queries.find(db, viewer(), EventQuery(limit=2))
    assert (first["matched"], [item["title"] for item in first["items"]]) == (5, ["Event 4", "Event 3"])
    second = queries.find(db, viewer(), EventQuery(limit=3, after=first["next"]))
    assert ([item["title"] for item in second["items"]], second["next"]) == (["Event 2", "Event 1", "Event 0"], None)

    def matched(**query: object) -> int:
        found: int = queries.find(db, viewer(), EventQuery.model_validate(query))["matched"]
        return found

    assert matched(level="none") == 1
    assert matched(level="I,none") == 5
    assert matched(status="ended,void") == 0
    assert matched(q="event 3") == 1
    assert matched(q="%") == 0
    assert matched(**{"from": start + timedelta(hours=1), "to": start + timedelta(hours=3)}) == 2
    assert matched(area="310199001002") == 0
    assert matched(bbox=f"{make.WEST},{make.SOUTH},{make.WEST + 0.002},{make.SOUTH + 0.002}") == 5
    top = db.scalar(select(EmergencyClass.id).where(EmergencyClass.scheme == "NEWS", EmergencyClass.code == "11000"))
    assert matched(**{"class": top}) == 5


@pytest.mark.parametrize(
    "query", [{"status": "gone"}, {"level": "V"}, {"bbox": "1,2,3"}, {"bbox": "5,5,1,1"}, {"after": "x"}]
)
def test_a_wrong_filter_says_so(db: Session, query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        queries.find(db, viewer(), EventQuery.model_validate(query))


def test_the_database_refuses_a_misplaced_event_whoever_writes_it(db: Session) -> None:
    make.city(db)
    event = make_events.event(db)
    with pytest.raises(IntegrityError, match="does not lie"), db.begin_nested():
        db.execute(text("UPDATE events SET geom = ST_SetSRID(ST_Point(10, 10), 4326) WHERE id = :id"), {"id": event.id})
    with pytest.raises(IntegrityError), db.begin_nested():
        db.execute(text("UPDATE events SET area_code = '999' WHERE id = :id"), {"id": event.id})


def test_the_log_is_never_changed(db: Session) -> None:
    make.city(db)
    make_events.event(db)
    entry = db.scalars(select(EventEntry)).one()
    for act in ("UPDATE event_entries SET note = 'x' WHERE id = :id", "DELETE FROM event_entries WHERE id = :id"):
        with pytest.raises(ProgrammingError, match="never changed"), db.begin_nested():
            db.execute(text(act), {"id": entry.id})


def test_numbers_count_up_by_the_citys_day(db: Session) -> None:
    make.city(db)
    late = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert [take_number(db, late), take_number(db, late)] == ["E2611220001", "E2611220002"]
    assert take_number(db, late + timedelta(minutes=1)) == "E2611230001"


def test_numbers_taken_at_the_same_time_are_all_different(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_event_numbers"), pool_size=8)
    now = datetime.now(UTC)

    def take(_: int) -> str:
        with Session(engine) as db, db.begin():
            return take_number(db, now)

    try:
        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(take, range(40)))
    finally:
        engine.dispose()
    assert sorted(number[7:] for number in numbers) == [f"{n:04d}" for n in range(1, 41)]
