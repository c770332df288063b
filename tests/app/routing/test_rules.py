"""The first rule that fits wins and says why; a rule that is wrong is loud when saved, activated and later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from shapely.geometry import box, mapping
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.cases import acts
from app.cases.models import Case, CaseMove, CaseStatus
from app.organisation import register
from app.routing import home, references, service, versions
from app.routing.errors import NoDraft, RuleWrong, StaleDraft
from app.routing.rules import read
from app.workflow.situation import Given
from gis.errors import Forbidden
from tests import make, make_cases
from tests import make_organisation as org

LAMP = "test catalogue component 0118"
UTILITIES = "test catalogue component 01"
NIGHT = datetime(2025, 6, 2, 15, 30, tzinfo=UTC)  # Monday, 23:30 in Shanghai
DAY = datetime(2025, 6, 2, 2, 0, tzinfo=UTC)  # Monday, 10:00 in Shanghai
SOUTH_WEST = mapping(box(make.WEST, make.SOUTH, make.WEST + make.SIDE, make.SOUTH + make.SIDE))


@pytest.fixture
def lamp(db: Session) -> Case:
    """A lamp's case in the south-west cell, in a city with three departments; the class is the first one's."""
    make.city(db)
    for code in ("power", "roads", "night"):
        org.department(db, code)
    return make_cases.case(db, class_id=make_cases.case_class(db, department="roads").id)


@pytest.mark.parametrize(
    ("asked", "at", "fits"),
    [
        ({}, DAY, True),
        ({"classes": [LAMP]}, DAY, True),
        ({"classes": [UTILITIES]}, DAY, True),  # a major stands for what is below it
        ({"areas": [make_cases.SOUTH_AREA]}, DAY, True),
        ({"areas": [make_cases.NORTH_AREA]}, DAY, False),
        ({"areas": [make_cases.NORTH_AREA, "310199001001"]}, DAY, True),
        ({"polygon": SOUTH_WEST}, DAY, True),
        ({"polygon": mapping(box(0, 0, 1, 1))}, DAY, False),
        ({"hours": ["22:00-24:00", "00:00-06:00"]}, NIGHT, True),
        ({"hours": ["22:00-24:00", "00:00-06:00"]}, DAY, False),
        ({"hours": ["08:00-10:00"]}, DAY, False),  # ends before 10:00 begins
        ({"weekdays": [1]}, NIGHT, True),  # still Monday there
        ({"weekdays": [2]}, NIGHT, False),
        ({"from_on": "2025-06-02", "to_on": "2025-06-02"}, NIGHT, True),
        ({"from_on": "2025-06-03"}, NIGHT, False),
        ({"to_on": "2025-06-01"}, NIGHT, False),
        ({"sources": ["inspector", "sensor"]}, DAY, True),
        ({"sources": ["hotline"]}, DAY, False),
        ({"owners": ["roads"]}, DAY, False),
        ({"classes": [LAMP], "areas": [make_cases.NORTH_AREA]}, DAY, False),  # all that it asks must fit
    ],
)
def test_a_rule_fits_by_class_place_time_source_and_owner(
    db: Session, lamp: Case, asked: dict[str, Any], at: datetime, fits: bool
) -> None:
    org.rules(db, asked | {"department": "power"})
    found = service.suggest(db, lamp.id, at)
    assert (found.by, found.department) == (("rule", "power") if fits else ("class", "roads"))


def test_a_drawn_area_that_was_changed_holds_for_the_very_next_case(db: Session, lamp: Case) -> None:
    """Another system kept the polygons of its rules in memory until it was started anew."""
    for polygon, by in ((SOUTH_WEST, "rule"), (mapping(box(0, 0, 1, 1)), "class"), (SOUTH_WEST, "rule")):
        org.rules(db, {"polygon": polygon, "department": "power"})
        assert service.suggest(db, lamp.id, DAY).by == by


def test_who_is_in_charge_of_the_component_decides(db: Session) -> None:
    make.city(db)
    for code in ("power", "roads"):
        org.department(db, code)
    post = make_cases.component(db, in_charge="power")
    case = make_cases.case(db, component_id=post.id)
    org.rules(db, {"owners": ["power"], "department": "roads"})
    assert service.suggest(db, case.id).department == "roads"


def test_the_first_rule_that_fits_wins_and_the_answer_tells_what_was_tried(db: Session, lamp: Case) -> None:
    org.rules(
        db,
        {"name": "north", "classes": [LAMP], "areas": [make_cases.NORTH_AREA], "department": "roads"},
        {"name": "at night", "hours": ["22:00-24:00"], "sources": ["hotline"], "department": "night"},
        {"name": "lamps", "classes": [LAMP], "department": "power"},
        {"name": "all", "department": "roads"},
    )
    found = service.suggest(db, lamp.id, DAY)
    assert (found.department, found.position, found.name, found.version, found.also) == ("power", 3, "lamps", 1, (4,))
    assert [(one.position, one.failed, one.met) for one in found.tried] == [
        (1, ("area",), ("class",)), (2, ("hours", "source"), ()), (3, (), ("class",)),
    ]  # fmt: skip


def test_without_a_rule_the_condition_then_the_class_then_nobody_and_said_as_such(db: Session, lamp: Case) -> None:
    org.rules(db, {"sources": ["video"], "department": "power"})
    assert (service.suggest(db, lamp.id).by, service.suggest(db, lamp.id).department) == ("class", "roads")
    lamp.condition_id = make_cases.condition(db, lamp.class_id, department="night").id
    db.flush()
    assert (service.suggest(db, lamp.id).by, service.suggest(db, lamp.id).department) == ("condition", "night")
    bare = make_cases.case(db, class_id=make_cases.case_class(db, "0119", name_zh="井盖", name_en="Manhole").id)
    assert (service.suggest(db, bare.id).by, service.suggest(db, bare.id).department) == ("none", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"classes": ["test catalogue component 9999"]}, "classes"),
        ({"areas": ["999"]}, "areas"),
        ({"department": "gone"}, "department"),
        ({"team": "gone"}, "team"),
        ({"hours": ["from dusk"]}, "hours"),
        ({"hours": ["22:00-06:00"]}, "hours"),
        ({"weekdays": [8]}, "weekdays"),
        ({"from_on": "2025-06-03", "to_on": "2025-06-02"}, "to_on"),
        ({"sources": ["rumour"]}, "sources"),
        ({"polygon": {"type": "Point", "coordinates": [1, 2]}}, "polygon"),
        ({"polygon": {"type": "Polygon"}}, "polygon"),
        ({"polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}}, "polygon"),
        ({"polygon": {"type": "Polygon", "coordinates": [[[500000, 1], [500001, 1], [500001, 2], [500000, 1]]]}},
         "polygon"),
        ({"colour": "red"}, "colour"),
        ({"department": ""}, "department"),
    ],
)  # fmt: skip
def test_a_rule_that_is_wrong_is_refused_when_it_is_saved(
    db: Session, lamp: Case, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleWrong) as refused:
        org.rules(db, {"classes": [LAMP], "department": "power"} | wrong, activate=False)
    assert (refused.value.field, refused.value.code) == (field, "routing.rule_wrong")
    assert versions.active(db) is None


def test_what_disappears_later_blocks_activating_and_is_shown_and_never_silently_off(db: Session, lamp: Case) -> None:
    org.rules(db, {"classes": [LAMP], "department": "power"})
    versions.begin(db, org.EDITOR)
    register.change(db, org.EDITOR, "department", "power", {"is_active": False})
    with pytest.raises(RuleWrong) as refused:
        versions.activate(db, org.EDITOR)
    assert refused.value.field == "department"
    assert [one.field for one in home.problems(db)] == ["department"]
    found = service.suggest(db, lamp.id)
    assert (found.by, found.department, found.position) == ("rule", None, 1)
    assert found.problem is not None
    db.execute(text("UPDATE case_classes SET is_active = false"))
    assert {one.field for one in home.problems(db)} == {"department", "classes"}


def test_a_team_must_be_of_the_department_that_the_rule_names(db: Session, lamp: Case) -> None:
    org.team(db, "crew", "power")
    with pytest.raises(RuleWrong):
        org.rules(db, {"department": "roads", "team": "crew"}, activate=False)
    org.rules(db, {"department": "power", "team": "crew"})
    assert service.suggest(db, lamp.id).team == "crew"


def test_versions_a_draft_changes_freely_an_activated_one_never(db: Session, lamp: Case) -> None:
    first = org.rules(db, {"name": "a", "department": "power"})
    draft = versions.begin(db, org.EDITOR)
    assert [rule.name for rule in versions.rules_of(db, draft)] == ["a"]
    seen = draft.revision
    versions.save(db, org.EDITOR, [read({"name": "b", "department": "roads"})], revision=seen)
    with pytest.raises(StaleDraft):
        versions.save(db, org.EDITOR, [], revision=seen)
    assert service.suggest(db, lamp.id).department == "power"  # a draft does nothing
    second = versions.activate(db, org.EDITOR)
    assert (first.status.value, second.status.value, second.version) == ("retired", "active", 2)
    assert service.suggest(db, lamp.id).department == "roads"
    with pytest.raises(NoDraft):
        versions.activate(db, org.EDITOR)
    versions.restore(db, org.EDITOR, 1)
    assert [rule.name for rule in versions.rules_of(db, versions.draft(db))] == ["a"]
    versions.discard(db, org.EDITOR)
    assert versions.draft(db) is None
    versions.save(db, org.EDITOR, [])
    with pytest.raises(RuleWrong):
        versions.activate(db, org.EDITOR)
    with pytest.raises(DBAPIError, match="never changed"):
        db.execute(text("UPDATE routing_rules SET position = 9 WHERE set_id = :id"), {"id": first.id})
    db.rollback()


def test_only_who_has_the_whole_city_and_the_right_changes_rules(db: Session, lamp: Case) -> None:
    for viewer in (make_cases.viewer("dispatcher"), make_cases.viewer("administrator", make_cases.SOUTH_AREA)):
        with pytest.raises(Forbidden):
            versions.begin(db, viewer)


def dispatched(db: Session, case: Case, department: str) -> dict[str, Any]:
    case.status = CaseStatus.FILED
    db.flush()
    acts.act(db, make_cases.viewer("dispatcher"), case.number, "dispatch", Given({"department": department}))
    move = db.query(CaseMove).filter_by(case_id=case.id, act="dispatch").one()
    return dict(move.answers["routing"])


def test_the_dispatch_keeps_which_rule_chose_or_that_a_person_did(db: Session, lamp: Case) -> None:
    org.rules(db, {"name": "lamps", "classes": [LAMP], "department": "power"})
    other = make_cases.case(db, class_id=lamp.class_id)
    assert dispatched(db, lamp, "power") == {
        "by": "rule", "version": 1, "position": 1, "rule": "lamps", "suggested": "power", "team": None,
        "overridden": False,
    }  # fmt: skip
    kept = dispatched(db, other, "roads")
    assert (kept["suggested"], kept["overridden"], kept["position"]) == ("power", True, 1)


def test_references_name_a_class_by_scheme_kind_and_code(db: Session, lamp: Case) -> None:
    ref = references.load(db)
    assert lamp.class_id in ref.below[LAMP]
    assert ref.below[LAMP] < ref.below[UTILITIES]
