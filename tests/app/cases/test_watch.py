"""Yellow, red and the levels above: by moments worked out by hand, once each, and never passed over in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.receivers import receivers
from app.accounts.service import viewer_of
from app.cases import ladders, watch
from app.cases.models import Case, CaseStatus, CaseWarning
from app.cases.superiors import superiors
from app.notices.models import Notice
from app.notices.spread import spread
from app.workflow import timing
from gis.errors import Forbidden, InvalidInput
from tests import make, make_accounts, make_cases

# A work day of July 2026 in Shanghai (08–12, 14–18): filed Wednesday 09:00 with 4 work hours. Used up: 09–12 are three,
# the fourth ends at 15:00. 80 % are 3 h 12 min: 14:12. One, four, 24 hours after 15:00: 16:00, 19:00, Thursday 15:00.
FILED = datetime(2026, 7, 1, 1, tzinfo=UTC)
YELLOW = datetime(2026, 7, 1, 6, 12, tzinfo=UTC)
DUE = datetime(2026, 7, 1, 7, tzinfo=UTC)
LEVELS = [DUE + timedelta(hours=one) for one in (1, 4, 24)]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def case(db: Session) -> Case:
    make.city(db)
    made = make_cases.case(db)
    timing.start_clock(db, made, "4 work_hour", FILED)
    made.status, made.department = CaseStatus.HANDLING, "Lighting"
    db.flush()
    assert (made.yellow_at, made.due_at) == (YELLOW, DUE)
    watch.watch(db, FILED)
    return made


@pytest.fixture
def people(db: Session, case: Case) -> dict[str, Account]:
    named = {
        "dispatcher": ("dispatcher", ["310199001"]), "far": ("dispatcher", ["310199"]),
        "chief": ("chief", ["310199001"]),
        "street": ("leader", ["310199001"]), "district": ("leader", ["310199"]), "admin": ("administrator", [""]),
    }  # fmt: skip
    made = {name: make_accounts.account(db, role=role, areas=areas, name=name) for name, (role, areas) in named.items()}
    return made | {"crew": make_accounts.account(db, role="department", department="Lighting", name="crew")}


def told(db: Session) -> list[tuple[str, str]]:
    """All that was told so far of warnings, by login name."""
    while spread(db, sends_mail=False):
        pass
    rows = db.execute(select(Notice.event, Account.name, Notice.id).join(Account).order_by(Notice.id))
    return [(row.event.removeprefix("cases."), row.name) for row in rows if row.event != "cases.reported"]


def steps(db: Session) -> list[tuple[str, list[str], bool]]:
    rows = db.scalars(select(CaseWarning).order_by(CaseWarning.id))
    return [(one.step, sorted(one.told), one.is_alert) for one in rows]


def test_yellow_and_red_are_told_at_their_moment_and_not_a_minute_before(
    db: Session, case: Case, people: dict[str, Account]
) -> None:
    assert watch.watch(db, YELLOW - MINUTE) == 0
    assert watch.watch(db, YELLOW) == 1
    assert told(db) == [("yellow", "crew")]
    assert watch.watch(db, DUE - MINUTE) == 0
    assert watch.watch(db, DUE) == 1
    assert told(db)[1:] == [("red", "dispatcher"), ("red", "far"), ("red", "crew")]
    assert watch.watch(db, DUE) == watch.watch(db, DUE + MINUTE) == 0


def test_a_case_that_stays_red_is_taken_higher_after_1_4_and_24_hours_once_each(
    db: Session, case: Case, people: dict[str, Account]
) -> None:
    watch.watch(db, DUE)
    for n, at in enumerate(LEVELS, 1):
        assert watch.watch(db, at - MINUTE) == 0
        assert watch.watch(db, at) == 1
        assert watch.watch(db, at + MINUTE) == 0
        assert steps(db)[-1][0] == f"level_{n}"
    assert steps(db)[-3:] == [
        ("level_1", ["chief", "dispatcher"], False), ("level_2", ["street"], False), ("level_3", ["district"], False),
    ]  # fmt: skip
    assert [name for what, name in told(db) if what == "escalated"] == ["dispatcher", "chief", "street", "district"]
    kept = db.scalars(select(Notice).where(Notice.event == "cases.escalated").order_by(Notice.id.desc())).first()
    assert kept is not None
    assert kept.texts["en"]["title"] == "24 h overdue (level 3): Street lamp"
    assert kept.texts["zh"]["title"] == "超期 24 小时（第 3 级）：路灯"
    assert "截止 2026年7月1日 15:00" in kept.texts["zh"]["body"]


def test_where_nobody_stands_above_that_is_an_alert(db: Session, case: Case) -> None:
    admin = make_accounts.account(db, role="administrator", name="admin")
    watch.watch(db, DUE)
    watch.watch(db, LEVELS[0])
    assert steps(db)[-1] == ("level_1", [], True)
    assert told(db)[-1:] == [("nobody_above", "admin")]
    assert watch.alerts(db) == 1
    [shown] = [one for one in watch.warnings_of(db, case.id) if one.step == "level_1"]
    assert shown.is_alert
    case.closed_at = LEVELS[0]
    db.flush()
    assert watch.alerts(db) == 0
    assert admin.id


def test_after_an_extension_the_new_due_time_is_told_anew_and_the_old_one_never_again(
    db: Session, case: Case, people: dict[str, Account]
) -> None:
    """Four work hours more from 15:00: 15–18 are three, Thursday 08–09 the fourth."""
    watch.watch(db, YELLOW)
    clock = timing.clock_of(db, case)
    assert clock is not None
    timing.put_clock(case, clock.extend(YELLOW + MINUTE))
    db.flush()
    assert case.due_at == datetime(2026, 7, 2, 1, tzinfo=UTC)
    assert watch.watch(db, DUE + timedelta(hours=2)) == 0
    watch.watch(db, case.due_at)
    assert [step for step, _, _ in steps(db)] == ["yellow", "red"]
    assert {one.due_at for one in db.scalars(select(CaseWarning))} == {DUE, case.due_at}


def test_a_suspended_or_closed_case_is_not_warned_of(db: Session, case: Case, people: dict[str, Account]) -> None:
    case.status = CaseStatus.SUSPENDED
    db.flush()
    assert watch.watch(db, DUE) == 0
    case.status, case.closed_at = CaseStatus.CLOSED, DUE
    db.flush()
    assert watch.watch(db, LEVELS[0]) == 0


def test_after_a_night_without_a_worker_all_that_was_reached_is_told(
    db: Session, case: Case, people: dict[str, Account]
) -> None:
    watch.watch(db, LEVELS[2] + timedelta(hours=3))
    assert [step for step, _, _ in steps(db)] == ["red", "level_1", "level_2", "level_3"]


def test_cases_long_overdue_when_they_come_in_raise_no_storm(db: Session) -> None:
    make.city(db)
    old = make_cases.case(db)
    timing.start_clock(db, old, "4 work_hour", FILED - timedelta(days=30))
    db.flush()
    assert watch.watch(db, FILED) == watch.watch(db, FILED + MINUTE) == 0


def test_the_hours_of_class_and_department_win_over_those_of_all(
    db: Session, case: Case, people: dict[str, Account]
) -> None:
    admin = viewer_of(people["admin"])
    ladders.put(db, admin, class_id=None, department=None, hours=[2])
    ladders.put(db, admin, class_id=None, department="Lighting", hours=[3])
    rules = ladders.read(db)
    assert (rules.hours(case.class_id, "Lighting"), rules.hours(case.class_id, "Water")) == ((3.0,), (2.0,))
    major = rules.majors.get(case.class_id)
    assert major is None  # no rule names a class yet, so none was read
    parent = db.scalar(text("SELECT parent_id FROM case_classes WHERE id = :id"), {"id": case.class_id})
    ladders.put(db, admin, class_id=parent, department=None, hours=[0.5])
    assert ladders.read(db).hours(case.class_id, "Lighting") == (0.5,)
    ladders.put(db, admin, class_id=case.class_id, department="Lighting", hours=[])
    assert ladders.read(db).hours(case.class_id, "Lighting") == ()
    assert ladders.read(db).hours(case.class_id, "Water") == (0.5,)
    ladders.put(db, admin, class_id=case.class_id, department="Lighting", hours=[0.5])
    watch.watch(db, DUE)
    assert watch.watch(db, DUE + timedelta(minutes=30)) == 1
    assert steps(db)[-1][0] == "level_1"


@pytest.mark.parametrize("given", ["4, 1", "1, 1", "0", "-1", "1 2 3 4", "soon", "3000", "nan", "1,inf"])
def test_hours_that_do_not_rise_or_are_too_many_are_refused(given: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ladders.parse(given)
    assert refused.value.field == "hours"


def test_only_who_may_change_notices_sets_the_hours(db: Session, case: Case) -> None:
    with pytest.raises(Forbidden):
        ladders.put(db, make_accounts.viewer(db, role="chief"), class_id=None, department=None, hours=[1])


def test_a_warning_can_be_neither_changed_nor_taken_away(db: Session, case: Case) -> None:
    watch.watch(db, DUE)
    for change in ("UPDATE case_warnings SET step = 'yellow'", "DELETE FROM case_warnings"):
        with pytest.raises(DatabaseError), db.begin_nested():
            db.execute(text(change))


def test_watching_costs_as_many_queries_for_many_cases_as_for_one(
    db: Session, case: Case, people: dict[str, Account]
) -> None:
    chosen, counts = case.class_id, []
    ran: list[str] = []

    def keep(_c: object, _cu: object, sql: str, *_rest: object) -> None:
        ran.append(sql)

    event.listen(db.connection(), "before_cursor_execute", keep)
    for many, at in ((0, YELLOW), (25, DUE)):
        for _ in range(many):
            one = make_cases.case(db, class_id=chosen)
            timing.start_clock(db, one, "4 work_hour", FILED)
            one.status = CaseStatus.HANDLING
        db.flush()
        before = len(ran)
        watch.watch(db, at)
        db.flush()
        counts.append(len(ran) - before)
    event.remove(db.connection(), "before_cursor_execute", keep)
    assert counts[0] == counts[1]


def test_what_has_turned_is_found_by_the_indexes_of_the_clocks(db: Session, case: Case) -> None:
    """In a table of a few rows any index is as good: the others are taken away for the question."""
    db.execute(text("SET LOCAL enable_seqscan = off"))
    others = db.scalars(text(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "WHERE i.indrelid = 'cases'::regclass AND NOT i.indisunique "
        "AND c.relname NOT IN ('ix_cases_yellow_at_open', 'ix_cases_due_at_open')"
    )).all()  # fmt: skip
    for one in others:
        db.execute(text(f'DROP INDEX "{one}"'))
    plan = "\n".join(db.scalars(text(
        "EXPLAIN SELECT id FROM cases WHERE closed_at IS NULL AND status IN ('handling') AND ("
        "(yellow_at > '2026-07-01' AND yellow_at <= '2026-07-02') "
        "OR (due_at > '2026-07-01' AND due_at <= '2026-07-02'))"
    )))  # fmt: skip
    assert "ix_cases_yellow_at_open" in plan
    assert "ix_cases_due_at_open" in plan


def test_level_1_is_the_nearest_desk_level_2_its_leader_level_3_the_leader_around(
    db: Session, people: dict[str, Account], case: Case
) -> None:
    def names(level: int, area: str = "310199001001") -> list[str]:
        return sorted(one.name for one in superiors(receivers(db), area, "Lighting", level))

    assert [names(level) for level in (1, 2, 3)] == [["chief", "dispatcher"], ["street"], ["district"]]
    assert names(1, "310199002") == ["far"]
    assert names(2, "310199002") == ["district"]
    assert names(3, "310199002") == []
