"""Figures against published ones and by hand: what is due, whole and parts, ranks, drilling, the past."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.evaluation import asked as asking
from app.evaluation import figures, indicators, sources
from app.evaluation.asked import Asked
from app.evaluation.figures import Figure
from app.evaluation.indicators import INDICATORS, Indicator
from app.evaluation.ranking import ranked
from gis.errors import Forbidden
from grid.models import UnitCell
from grid.reach import Viewer
from tests import make, make_accounts, make_cases, make_organisation
from tests.make_evaluation import HOUR, JUNE, many

LATER = JUNE + 8 * HOUR


def ask(db: Session, who: Viewer, period: str = "2025-06", **given: str) -> Asked:
    return asking.read(db, who, period=period, **given)


@pytest.fixture
def chief(db: Session) -> Viewer:
    make.city(db)
    return make_accounts.viewer(db, role="chief")


def publish(db: Session) -> None:
    """996 filed, 972 due in the month, 911 of them closed, 737 in time (shared domain facts, one city's month)."""
    done = {"filed_at": JUNE, "dispatched_at": JUNE, "due_at": LATER}
    many(db, 737, **done, status="closed", handled_at=JUNE + HOUR, closed_at=LATER)
    many(db, 911 - 737, **done, status="closed", handled_at=JUNE + HOUR, closed_at=LATER + timedelta(seconds=1))
    many(db, 972 - 911, **done, status="handling")
    many(db, 6, **done | {"due_at": JUNE + timedelta(days=30)}, status="closed", closed_at=LATER)  # due after the month
    many(db, 6, **done, status="closed", closed_at=LATER, is_deferred=True)  # 缓办
    many(db, 6, **done, status="suspended", suspended_n=1)  # 挂账
    many(db, 6, **done, status="void")  # 作废


def test_the_published_month_gives_the_published_figures(db: Session, chief: Viewer) -> None:
    publish(db)
    told = figures.whole(db, chief, ask(db, chief), INDICATORS.values())
    assert told["errors"].denominator == 996
    assert told["closing"] == Figure(911, 972)
    assert told["closing_on_time"] == Figure(737, 972)
    assert round(float(told["closing"].ratio or 0) * 100, 2) == 93.72
    assert round(float(told["closing_on_time"].ratio or 0) * 100, 2) == 75.82
    assert told["suspension"] == Figure(6, 978)
    assert told["handling"].denominator == 972


def test_due_is_what_is_due_by_the_moment_asked_for(db: Session, chief: Viewer) -> None:
    many(db, 3, due_at=LATER, filed_at=JUNE)
    before = ask(db, chief, as_of="2025-06-10T10:00:00Z")
    assert figures.whole(db, chief, before, [INDICATORS["closing"]])["closing"] == Figure(0, 0)
    after = ask(db, chief, as_of="2025-06-10T13:00:00Z")
    assert figures.whole(db, chief, after, [INDICATORS["closing"]])["closing"] == Figure(0, 3)


def test_a_granted_appeal_counts_as_in_time(db: Session, chief: Viewer) -> None:
    many(db, 1, due_at=LATER, status="closed", closed_at=LATER + HOUR, is_appealed=True)
    assert figures.whole(db, chief, ask(db, chief), [INDICATORS["closing_on_time"]])["closing_on_time"] == Figure(1, 1)


def test_over_a_denominator_of_nothing_there_is_no_ratio_and_no_band(chief: Viewer) -> None:
    assert Figure(0, 0).ratio is None
    assert INDICATORS["closing"].band(None) == ""
    assert ranked(INDICATORS["closing"], {"a": Figure(0, 0)})[0].rank is None


def test_every_indicator_is_a_part_of_its_denominator(db: Session, chief: Viewer) -> None:
    publish(db)
    for by in ("", "area", "department", "inspector"):
        question = ask(db, chief, by=by)
        table = figures.by_object(db, chief, question, INDICATORS.values()) if by else {"": figures.whole(
            db, chief, question, INDICATORS.values())}  # fmt: skip
        assert all(0 <= one.numerator <= one.denominator for row in table.values() for one in row.values())


def test_a_day_is_the_citys_and_not_the_last_24_hours(db: Session, chief: Viewer) -> None:
    """The city's 10 June begins at 16:00 UTC of the 9th."""
    for hour in (15, 16):
        many(db, 1, filed_at=datetime(2025, 6, 9, hour, 59, tzinfo=UTC))
    counted = figures.whole(db, chief, ask(db, chief, "2025-06-10"), [INDICATORS["errors"]])["errors"]
    assert counted.denominator == 1


def test_the_whole_is_the_sum_of_the_counts_not_the_mean_of_the_ratios(db: Session, chief: Viewer) -> None:
    south = make_cases.case(db, reported_at=JUNE)
    north = make_cases.case(db, at=make_cases.NORTH, class_id=south.class_id, reported_at=JUNE)
    many(db, 1, south, due_at=LATER, closed_at=LATER, status="closed")
    many(db, 9, north, due_at=LATER)
    question = ask(db, chief, by="area", level="community")
    parts = figures.by_object(db, chief, question, [INDICATORS["closing"]])
    assert parts[make_cases.SOUTH_AREA]["closing"] == Figure(1, 1)
    assert parts[make_cases.NORTH_AREA]["closing"] == Figure(0, 9)
    street = figures.by_object(db, chief, ask(db, chief, by="area", level="street"), [INDICATORS["closing"]])
    assert street == {"310199001": {"closing": Figure(1, 10)}}
    assert figures.whole(db, chief, question, [INDICATORS["closing"]])["closing"].ratio == Fraction(1, 10)


def test_a_send_back_is_counted_to_the_department_that_sent_back(db: Session, chief: Viewer) -> None:
    many(db, 2, dispatched_at=JUNE, sent_to=["a", "b"], sent_back_by=["a"], sent_back_n=1, department="b")
    many(db, 1, dispatched_at=JUNE, sent_to=["a"], department="a")
    question = ask(db, chief, by="department")
    table = figures.by_object(db, chief, question, [INDICATORS["buck_passing"], INDICATORS["dispatch_accuracy"]])
    assert table["a"] == {"buck_passing": Figure(2, 3), "dispatch_accuracy": Figure(1, 3)}
    assert table["b"] == {"buck_passing": Figure(0, 2), "dispatch_accuracy": Figure(2, 2)}


@pytest.mark.parametrize("numerator", [True, False])
def test_each_figure_opens_exactly_the_cases_that_it_counts(db: Session, chief: Viewer, numerator: bool) -> None:
    publish(db)
    person = make_accounts.account(db, role="inspector")
    many(db, 4, dispatched_at=JUNE, sent_to=["a"], sent_back_by=["a"], sent_back_n=1, department="a",
         reported_by=person.id, verify_by=person.id, verify_due_at=LATER, verify_done_at=JUNE,
         due_at=LATER)  # fmt: skip
    for narrowed in ({}, {"area": make_cases.SOUTH_AREA}, {"department": "a"}, {"person": str(person.id)}):
        question = ask(db, chief, **narrowed)
        told = figures.whole(db, chief, question, INDICATORS.values())
        assert told
        for code, figure in told.items():
            picked = figures.picked(db, chief, question, INDICATORS[code], numerator=numerator)
            if picked is None:
                assert code == "coverage"  # counts cells, and opens to them
                continue
            ids = db.scalars(picked).all()
            assert len(ids) == len(set(ids)) == (figure.numerator if numerator else figure.denominator), code


def test_by_department_the_drilled_cases_are_those_of_that_departments_figure(db: Session, chief: Viewer) -> None:
    many(db, 2, dispatched_at=JUNE, sent_to=["a", "b"], sent_back_by=["a"], sent_back_n=1, department="b")
    table = figures.by_object(db, chief, ask(db, chief, by="department"), [INDICATORS["buck_passing"]])
    for name, row in table.items():
        narrowed = ask(db, chief, department=name)
        picked = figures.picked(db, chief, narrowed, INDICATORS["buck_passing"], numerator=True)
        assert picked is not None
        ids = db.scalars(picked).all()
        assert len(ids) == row["buck_passing"].numerator
        assert figures.whole(db, chief, narrowed, [INDICATORS["buck_passing"]])["buck_passing"] == row["buck_passing"]


# Posts and cells


def test_a_post_has_the_cases_of_its_cells_and_each_cell_its_own(db: Session, chief: Viewer) -> None:
    """Two posts share the duty cell of the south-western unit cell; the north belongs to none."""
    cells = {one.code: one for one in db.scalars(select(UnitCell))}
    make_organisation.duty_cell(db, "D1", cells["310199001001001"])
    for code in ("early", "late"):
        make_organisation.post(db, code, duty_cells=["D1"])
    for table in ("posts", "post_cells"):  # who covered what is asked of the end of the period
        db.execute(text(f"UPDATE {table} SET valid_from = '2025-01-01'"))
    south, north = (cells[code].id for code in ("310199001001001", "310199001002001"))
    many(db, 3, due_at=LATER, status="closed", closed_at=LATER, unit_cell_id=south)
    many(db, 2, due_at=LATER, status="handling", unit_cell_id=south)
    many(db, 4, due_at=LATER, status="closed", closed_at=LATER, unit_cell_id=north)
    closing = [INDICATORS["closing"]]
    by_post = figures.by_object(db, chief, ask(db, chief, by="post"), closing)
    assert {key: row["closing"] for key, row in by_post.items()} == {"early": Figure(3, 5), "late": Figure(3, 5)}
    by_cell = figures.by_object(db, chief, ask(db, chief, by="cell"), closing)
    assert {key: row["closing"] for key, row in by_cell.items()} == {
        "310199001001001": Figure(3, 5), "310199001002001": Figure(4, 4),
    }  # fmt: skip
    for narrowed, figure in (({"post": "late"}, Figure(3, 5)), ({"cell": "310199001002001"}, Figure(4, 4))):
        question = ask(db, chief, **narrowed)
        assert figures.whole(db, chief, question, closing)["closing"] == figure
        picked = figures.picked(db, chief, question, closing[0], numerator=True)
        assert picked is not None
        assert len(db.scalars(picked).all()) == figure.numerator
    assert figures.whole(db, chief, ask(db, chief, post="nobody"), closing)["closing"] == Figure(0, 0)


# Ranks


def test_few_cases_get_no_rank_and_equal_ones_share_a_place() -> None:
    closing = INDICATORS["closing"]
    few = closing.rank_from - 1
    told = ranked(closing, {
        "best": Figure(30, 30), "third": Figure(20, 40), "a": Figure(60, 80), "b": Figure(30, 40),
        "few": Figure(few, few), "none": Figure(0, 0),
    })  # fmt: skip
    assert [(one.key, one.rank) for one in told] == [
        ("best", 1), ("a", 2), ("b", 2), ("third", 4), ("few", None), ("none", None)
    ]  # fmt: skip
    assert [one.band for one in told] == ["good", "fail", "fail", "fail", "good", ""]


def test_where_less_is_better_the_least_is_first() -> None:
    told = ranked(INDICATORS["rework"], {"much": Figure(20, 40), "little": Figure(1, 40)})
    assert [(one.key, one.rank, one.band) for one in told] == [("little", 1, "good"), ("much", 2, "fail")]


# Who sees what


def test_an_inspector_sees_only_ones_own_figures(db: Session, chief: Viewer) -> None:
    me, other = (make_accounts.viewer(db, role="inspector") for _ in range(2))
    many(db, 2, reported_by=me.account_id)
    many(db, 3, reported_by=other.account_id)
    mine = ask(db, me)
    assert figures.whole(db, me, mine, INDICATORS.values())["repeats"] == Figure(0, 2)
    assert "closing" not in figures.whole(db, me, mine, INDICATORS.values())
    for given in ({"by": "area"}, {"by": "department"}, {"person": str(other.account_id)}):
        with pytest.raises(Forbidden):
            ask(db, me, **given)


def test_a_department_sees_its_own_cases_and_no_persons(db: Session, chief: Viewer) -> None:
    lamps = make_accounts.viewer(db, role="department", department="lamps")
    many(db, 2, due_at=LATER, department="lamps")
    many(db, 3, due_at=LATER, department="gullies")
    assert figures.whole(db, lamps, ask(db, lamps), [INDICATORS["closing"]])["closing"] == Figure(0, 2)
    with pytest.raises(Forbidden):
        ask(db, lamps, by="inspector")


def test_a_leader_of_a_street_sees_that_streets_figures(db: Session, chief: Viewer) -> None:
    south = make_cases.case(db, reported_at=JUNE)
    north = make_cases.case(db, at=make_cases.NORTH, class_id=south.class_id, reported_at=JUNE)
    many(db, 2, south, due_at=LATER)
    many(db, 3, north, due_at=LATER)
    leader = make_accounts.viewer(db, role="leader", areas=[make_cases.SOUTH_AREA])
    assert figures.whole(db, leader, ask(db, leader), [INDICATORS["closing"]])["closing"] == Figure(0, 2)


@pytest.mark.parametrize("role", ["planner", "clerk", "administrator", "commander", "intake", "dispatcher"])
def test_other_roles_have_no_figures(db: Session, chief: Viewer, role: str) -> None:
    with pytest.raises(Forbidden):
        ask(db, make_accounts.viewer(db, role=role))


# Counts of other domains


def test_what_another_domain_counts_is_shown_once_it_registered(
    db: Session, chief: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    coverage = INDICATORS["coverage"]
    monkeypatch.setattr(sources, "_sources", {})
    assert figures.whole(db, chief, ask(db, chief), [coverage]) == {}
    sources.register("coverage", lambda *_: {"1": (1, 1), "2": (1, 1), "3": (1, 1), "4": (0, 1)})
    assert figures.whole(db, chief, ask(db, chief), [coverage]) == {"coverage": Figure(3, 4)}


def test_indicators_are_read_with_their_names_versions_and_marks() -> None:
    assert len(INDICATORS) == 21
    assert all(one.zh and one.en and one.version and one.formula_zh and one.formula_en for one in INDICATORS.values())
    assert Counter(one.mark for one in INDICATORS.values()) == {"M": 19, "C": 2}
    with pytest.raises(ValueError, match="no such counts"):
        Indicator.model_validate(indicators.get("closing").model_dump(by_alias=True) | {"numerator": "nonsense"})


def test_the_past_is_what_was_recorded_until_then(db: Session, chief: Viewer) -> None:
    case = make_cases.case(db)
    recorded = db.execute(text("SELECT recorded_at FROM case_moves WHERE case_id = :id"), {"id": case.id}).scalar_one()
    for moment, count in ((recorded - HOUR, 0), (recorded + HOUR, 1)):
        question = ask(db, chief, period="year", as_of=moment.isoformat())
        assert figures.whole(db, chief, question, [INDICATORS["repeats"]])["repeats"].denominator == count
