"""What a case may be a double of: which candidates, in what order, why, by which rule, and how fast."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask_openapi3 import OpenAPI
from shapely.geometry import Point
from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from app.cases import acts, double_rules, doubles
from app.cases.double_rules import Rule
from app.cases.models import Case, ClassKind
from app.workflow import timing
from app.workflow.situation import Given
from gis.errors import Forbidden, InvalidInput
from gis.measure import WGS84
from grid.reach import Viewer
from tests import make, make_accounts, make_cases

LON, LAT = make_cases.HERE
ADMIN = Viewer(None, "Admin", "administrator", ("",), None, frozenset({"catalogue.edit", "cases.read"}))


def east(metres: float) -> tuple[float, float]:
    """A place some metres to the east."""
    lon, lat, _ = WGS84.fwd(LON, LAT, 90, metres)
    return lon, lat


@pytest.fixture
def lamp(db: Session) -> Case:
    make.city(db)
    return make_cases.case(db, description="路灯不亮，晚上很黑")


def found(db: Session, case: Case, at: tuple[float, float] = (LON, LAT), **given: object) -> list[doubles.Double]:
    now = timing.now(db)
    return doubles.before(db, make_cases.viewer(), case.class_id, Point(*at), now, **given).items


def test_the_platforms_rule_is_the_same_class_within_50_m_and_24_h(db: Session, lamp: Case) -> None:
    [near] = found(db, lamp, east(49))
    [far] = found(db, lamp, east(51))
    assert (near.is_likely, far.is_likely) == (True, False)
    assert near.metres == pytest.approx(49, abs=0.01)
    db.execute(update(Case).values(reported_at=timing.now(db) - timedelta(hours=25)))
    assert [one.is_likely for one in found(db, lamp)] == [False]


def test_nothing_is_offered_from_further_than_four_radii(db: Session, lamp: Case) -> None:
    assert found(db, lamp, east(201)) == []


def test_the_nearer_the_same_class_the_same_component_and_the_same_words_rank_first(db: Session, lamp: Case) -> None:
    component = make_cases.component(db, class_id=lamp.class_id)
    kin = make_cases.case_class(db, "0119", name_zh="信号灯", name_en="Signal")
    by_component = make_cases.case(db, at=east(30), class_id=lamp.class_id, component_id=component.id)
    of_kin = make_cases.case(db, class_id=kin.id)
    items = found(db, lamp, component_id=component.id, words="路灯不亮")
    assert [one.row.id for one in items] == [by_component.id, lamp.id, of_kin.id]
    assert doubles.reasons(items[0]) == ["component", "class"]
    assert doubles.reasons(items[1]) == ["class", "words"]
    assert doubles.reasons(items[2]) == ["major"]


def test_a_score_is_the_weighted_mean_of_what_both_sides_say(db: Session, lamp: Case) -> None:
    """At the same place and time without words: distance 30 and class 30 whole, time 15 nearly whole, of 75."""
    [one] = found(db, lamp)
    assert one.score == pytest.approx(1, abs=0.001)
    [one] = found(db, lamp, east(100))  # half of the 200 m that are searched: (15 + 30 + 15) / 75
    assert one.score == pytest.approx(0.8, abs=0.002)


def test_another_kind_of_thing_is_no_double(db: Session, lamp: Case) -> None:
    other = make_cases.case_class(db, "0201", kind=ClassKind.EVENT, name_zh="暴露垃圾", name_en="Exposed refuse")
    assert found(db, make_cases.case(db, class_id=other.id, at=make_cases.NORTH)) == []


def test_a_merged_or_void_case_and_a_part_are_no_candidates_and_a_closed_one_is(db: Session, lamp: Case) -> None:
    chief = make_cases.viewer("chief")
    for name in ("void",):
        acts.act(db, chief, lamp.number, name, Given(note="x"))
    assert found(db, lamp) == []
    db.execute(update(Case).values(status="closed", closed_at=timing.now(db)))
    assert [one.row.id for one in found(db, lamp)] == [lamp.id]


def test_candidates_stay_within_reach(db: Session, lamp: Case) -> None:
    there = make_cases.viewer("intake", make_cases.NORTH_AREA)
    assert doubles.before(db, there, lamp.class_id, Point(LON, LAT), timing.now(db)).items == []


def test_a_logged_case_is_not_its_own_double(db: Session, lamp: Case) -> None:
    again = make_cases.case(db, class_id=lamp.class_id, at=east(10))
    assert [one.row.id for one in doubles.after(db, make_cases.viewer(), lamp.number).items] == [again.id]


# The rule is data


def test_a_class_has_the_rule_of_the_class_above_it_until_it_has_its_own(db: Session, lamp: Case) -> None:
    major = lamp_major(db, lamp)
    double_rules.set_rule(db, ADMIN, None, Rule(80, 48), "city")
    assert double_rules.rule_of(db, lamp.class_id).radius_m == 80
    double_rules.set_rule(db, ADMIN, major, Rule(120, 72))
    assert double_rules.rule_of(db, lamp.class_id).radius_m == 120
    double_rules.set_rule(db, ADMIN, lamp.class_id, Rule(20, 12))
    assert double_rules.rule_of(db, lamp.class_id).radius_m == 20
    double_rules.set_rule(db, ADMIN, lamp.class_id, None)
    assert double_rules.rule_of(db, lamp.class_id).radius_m == 120
    assert [one.radius_m for one in double_rules.history(db, lamp.class_id)] == [None, 20]


def lamp_major(db: Session, lamp: Case) -> int:
    return db.scalars(text("SELECT parent_id FROM case_classes WHERE id = :id"), {"id": lamp.class_id}).one()


@pytest.mark.parametrize(
    "rule", [Rule(0, 24), Rule(1001, 24), Rule(50, 0), Rule(50, 24, {"distance": -1}), Rule(50, 24, {"colour": 1}),
             Rule(50, 24, dict.fromkeys(double_rules.WEIGHTS, 0.0)), Rule(float("nan"), 24)],
)  # fmt: skip
def test_a_rule_that_can_not_work_is_refused(db: Session, rule: Rule) -> None:
    with pytest.raises(InvalidInput):
        double_rules.set_rule(db, ADMIN, None, rule)


def test_a_rule_is_set_by_who_may_only(db: Session) -> None:
    with pytest.raises(Forbidden):
        double_rules.set_rule(db, make_cases.viewer("chief"), None, Rule())


# Doors and speed


def test_the_api_gives_candidates_with_their_reasons(app: OpenAPI, db: Session, lamp: Case) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db, role="intake", areas=[""]))
    asked = f"/api/v1/cases/duplicates?class={lamp.class_id}&lon={LON}&lat={LAT}&text=路灯不亮"
    [one] = client.get(asked).json["items"]
    assert (one["number"], one["is_likely"]) == (lamp.number, True)
    assert one["reasons"]
    assert client.get(f"/api/v1/cases/{lamp.number}/duplicates").json["items"] == []
    assert client.get("/api/v1/cases/duplicates?class=99999999&lon=1&lat=1").status_code == 404


def test_the_search_goes_by_the_index_of_places(db: Session, lamp: Case) -> None:
    row = {c.name: getattr(lamp, c.name) for c in Case.__table__.columns if c.name not in ("id", "number")}
    db.execute(insert(Case), [row | {"number": f"n{n}"} for n in range(3000)])
    db.execute(text("UPDATE cases SET geom = ST_Translate(geom, (id % 90) * 0.00001, (id % 97) * 0.00001)"))
    db.execute(text("ANALYZE cases"))
    subject = doubles.Subject(lamp.class_id, Point(LON, LAT), timing.now(db), words="dark")
    asked = doubles.scored(make_cases.viewer(), subject, Rule(radius_m=2)).limit(10)
    sql = str(asked.compile(db.get_bind(), compile_kwargs={"literal_binds": True}))
    plan = "\n".join(db.execute(text("EXPLAIN " + sql.replace(":", r"\:").replace("%%", "%"))).scalars())
    assert "ix_cases_geog" in plan, plan
