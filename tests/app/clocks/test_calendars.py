"""Work calendars as data: versions, the default, memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from shapely.geometry import box
from sqlalchemy import delete, event, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.cities import profile as profiles
from app.cities.service import is_untouched_demo
from app.cities.steps import write_city
from app.clocks import service, store
from app.clocks.calendars import Day, DayKind, Span
from app.clocks.clock import Clock
from app.clocks.first import NoCity
from app.clocks.holidays import NotPublished, missing_years, published_days, published_years
from app.clocks.models import WorkCalendar, WorkCalendarDay
from app.clocks.running import Running, moved_by
from app.clocks.service import CalendarThere, StaleCalendar, calendar_of
from app.launch.cluster import Cluster
from gis import db as database
from gis.errors import Forbidden, InvalidInput
from grid.reach import Viewer
from tests import make, make_accounts
from tests.conftest import copy_database
from tests.make_clocks import at, calendar, limit, pause

FREE, WORKED = Day(DayKind.HOLIDAY, "Founding day"), Day(DayKind.MAKE_UP_WORKING_DAY, "Founding day")


@pytest.fixture
def admin(db: Session) -> Viewer:
    make.city(db)
    return make_accounts.viewer(db, role="administrator")


@contextmanager
def statements(db: Session) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        sent.append(statement)

    connection = db.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


def test_a_city_has_its_default_calendar_at_the_first_need_with_the_published_holidays(db: Session) -> None:
    make.city(db)
    found = calendar_of(db)
    assert (found.name, found.version, found.time_zone) == ("default", 1, "Asia/Shanghai")
    assert [str(span) for span in found.spans] == ["08:00-12:00", "14:00-18:00"]
    assert {2004, 2025, 2026} <= found.years
    assert found.days[date(2025, 1, 26)] == Day(DayKind.MAKE_UP_WORKING_DAY, "Spring Festival")
    assert not found.works_on(date(2026, 2, 17))
    assert len(store.versions(db, "default")) == 1


def test_where_no_list_is_published_no_year_is_known_and_weekdays_rule(db: Session) -> None:
    make.city(db, time_zone="America/New_York")
    found = calendar_of(db)
    assert (found.years, dict(found.days)) == (frozenset(), {})
    assert missing_years(found, date(2026, 10, 31)) == [2026]


def test_a_profile_may_set_the_hours(db: Session) -> None:
    write_city(db, profiles.read("boston"), box(-71.2, 42.2, -70.9, 42.4))
    found = calendar_of(db)
    assert ([str(span) for span in found.spans], found.time_zone) == (["09:00-17:00"], "America/New_York")


def test_without_a_city_there_is_no_default(db: Session) -> None:
    with pytest.raises(NoCity) as caught:
        calendar_of(db)
    assert caught.value.code == "clocks.no_city"


def test_a_calendar_that_was_read_costs_one_query(db: Session) -> None:
    make.city(db)
    first = calendar_of(db)
    with statements(db) as sent:
        assert calendar_of(db) is first
    assert len(sent) == 1


def test_a_changed_calendar_is_a_new_version_and_the_old_one_stays(db: Session, admin: Viewer) -> None:
    before = calendar_of(db)
    made = service.change(db, admin, before.with_days({date(2026, 6, 1): FREE}), seen=1)
    assert made.version == 2
    assert calendar_of(db).days[date(2026, 6, 1)] == FREE
    assert date(2026, 6, 1) not in calendar_of(db, version=1).days
    entry = db.query(AuditEntry).filter_by(act="calendars.change").one()
    assert (entry.subject, entry.subject_id, entry.actor) == ("calendar", "default", admin.name)
    assert entry.detail["days"] == ["2026-06-01 holiday"]


def test_old_due_times_do_not_move_and_new_clocks_run_by_the_new_version(db: Session, admin: Viewer) -> None:
    old = Clock(limit("1工作日"), at("2026-06-01 08:00"), calendar_of(db))
    service.change(db, admin, old.calendar.with_days({date(2026, 6, 1): FREE}), seen=1)
    kept = old.to_dict()
    again = Clock.from_dict(kept, calendar_of(db, kept["calendar"], kept["calendar_version"]))
    assert again.due_at == at("2026-06-01 18:00")
    assert Clock(limit("1工作日"), at("2026-06-01 08:00"), calendar_of(db)).due_at == at("2026-06-02 18:00")


def test_a_change_on_an_older_version_is_told_so(db: Session, admin: Viewer) -> None:
    mine = theirs = calendar_of(db)
    service.change(db, admin, theirs.with_days({date(2026, 6, 1): FREE}), seen=1)
    with pytest.raises(StaleCalendar) as caught:
        service.change(db, admin, mine.with_days({date(2026, 6, 2): FREE}), seen=1)
    assert caught.value.code == "clocks.stale_calendar"


def test_a_change_that_changes_nothing_is_no_version(db: Session, admin: Viewer) -> None:
    same = calendar_of(db).with_year(2026, published_days(2026))
    assert service.change(db, admin, same, seen=1).version == 1


def test_an_earlier_version_is_restored_as_a_new_one(db: Session, admin: Viewer) -> None:
    first = calendar_of(db)
    service.change(db, admin, first.with_days({date(2026, 6, 1): FREE}), seen=1)
    assert service.restore(db, admin, "default", 1, seen=2).version == 3
    assert calendar_of(db) == first


def test_a_night_shift_has_a_calendar_of_its_own(db: Session, admin: Viewer) -> None:
    night = replace(calendar_of(db), name="night", spans=(Span.parse("00:00-06:00"), Span.parse("22:00-24:00")))
    service.create(db, admin, night, ("夜班", "Night shift"))
    due = Clock(limit("4小时"), at("2026-06-01 20:00"), calendar_of(db, "night")).due_at
    assert due == at("2026-06-02 02:00")
    with pytest.raises(CalendarThere):
        service.create(db, admin, night, ("夜班", "Night shift"))


@pytest.mark.parametrize("name", ["", "Night", "1st", "new", "a b", "x" * 41, "夜班"])
def test_a_name_that_could_not_stand_in_an_address_is_refused(db: Session, admin: Viewer, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        service.create(db, admin, replace(calendar_of(db), name=name), ("夜班", "Night shift"))
    assert caught.value.field == "name"


def test_who_is_no_administrator_changes_no_calendar(db: Session, admin: Viewer) -> None:
    leader = make_accounts.viewer(db, role="leader")
    changed = calendar_of(db).with_days({date(2026, 6, 1): FREE})
    for act in (
        lambda: service.change(db, leader, changed, seen=1),
        lambda: service.create(db, leader, replace(changed, name="other"), ("一", "One")),
        lambda: service.restore(db, leader, "default", 1, seen=1),
    ):
        with pytest.raises(Forbidden):
            act()


@pytest.mark.parametrize(
    "statement",
    [
        delete(WorkCalendar), delete(WorkCalendarDay), update(WorkCalendarDay).values(name="x"),
        update(WorkCalendar).values(day_minutes=1),
    ],
)  # fmt: skip
def test_versions_are_never_edited(db: Session, admin: Viewer, statement) -> None:
    calendar_of(db)
    with pytest.raises(ProgrammingError), db.begin_nested():
        db.execute(statement)


def test_a_calendar_reads_back_with_all_it_says(db: Session, admin: Viewer) -> None:
    made = calendar(
        holidays=["2026-06-01"], worked=["2026-06-06"], spans=(Span.parse("07:30-15:00"),), day_minutes=450,
        weekdays=frozenset({1, 2, 3, 4, 5, 6}), years=frozenset({2026}), time_zone="America/New_York",
    )  # fmt: skip
    made = replace(made, name="crew")
    service.create(db, admin, made, ("班组", "Crew"))
    db.expire_all()
    store._KEPT.clear()
    assert calendar_of(db, "crew") == made
    assert store._KEPT  # kept again for the next reader


def test_a_year_that_the_list_does_not_hold_is_a_clear_refusal() -> None:
    last = max(published_years("Asia/Shanghai"))
    with pytest.raises(NotPublished) as caught:
        published_days(last + 1)
    assert caught.value.code == "clocks.not_published"
    assert str(last + 1) in str(caught.value)
    assert published_years("America/New_York") == frozenset()


def test_next_years_holidays_are_missed_from_november_on() -> None:
    known = calendar(years=frozenset({2026}))
    assert missing_years(known, date(2026, 10, 31)) == []
    assert missing_years(known, date(2026, 11, 1)) == [2027]
    assert missing_years(known, date(2028, 11, 1)) == [2028, 2029]


def test_which_running_clocks_a_change_would_move() -> None:
    before, after = calendar(), calendar(holidays=["2025-03-10"])

    def running(name: str, text: str, start: str, *pauses: object) -> Running:
        return Running(Clock(limit(text), at(start), before, pauses), name, f"/{name}")  # type: ignore[arg-type]

    clocks = [
        running("over the weekend", "4小时", "2025-03-07 17:00"),
        running("done before", "1小时", "2025-03-07 09:00"),
        running("continuous", "3自然日", "2025-03-07 17:00"),
        running("rests", "4小时", "2025-03-07 17:00", pause("2025-03-07 17:30")),
    ]
    [moved] = moved_by(clocks, after)
    assert moved.running.words == "over the weekend"
    assert (moved.due_at, moved.would_be_due_at) == (at("2025-03-10 11:00"), at("2025-03-11 11:00"))
    assert moved_by([], after) == []


def test_an_edited_calendar_makes_the_demo_a_city_in_use(db: Session) -> None:
    make.city(db, is_demo=True)
    admin = make_accounts.viewer(db, role="administrator")
    calendar_of(db)
    assert is_untouched_demo(db)
    service.change(db, admin, calendar_of(db).with_days({date(2026, 6, 1): FREE}), seen=1)
    assert not is_untouched_demo(db)


def test_at_one_time_one_default_is_made_and_one_change_wins(cluster: Cluster, template_url: str) -> None:
    assert template_url
    engine = database.make_engine(copy_database(cluster, "city_calendars"), pool_size=8)
    try:
        with Session(engine) as db, db.begin():
            make.city(db)
            admin = make_accounts.viewer(db, role="administrator")

        def read(_: int) -> int | None:
            with Session(engine) as db, db.begin():
                return calendar_of(db).version

        def change(number: int) -> str:
            with Session(engine) as db, db.begin():
                try:
                    wanted = calendar_of(db, version=1).with_days({date(2026, 6, number): FREE})
                    return f"version {service.change(db, admin, wanted, seen=1).version}"
                except StaleCalendar:
                    return "stale"

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(read, range(16))) == [1] * 16
            told = list(pool.map(change, range(1, 9)))
        assert sorted(told) == ["stale"] * 7 + ["version 2"]
        with Session(engine) as db:
            assert db.query(WorkCalendar).count() == 2
    finally:
        engine.dispose()
