"""What rules would have done, what they leave out, and where they meet; expected figures are counted by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseStatus
from app.routing import coverage, matching, references
from app.routing.replay import play
from app.routing.rules import Rule, read
from gis.errors import InvalidInput
from tests import make, make_cases
from tests import make_organisation as org

LAMP, MANHOLE = "test catalogue component 0118", "test catalogue component 0119"
SOUTH, NORTH = make_cases.SOUTH_AREA, make_cases.NORTH_AREA


@pytest.fixture
def city(db: Session) -> tuple[int, int]:
    """A city of four cells in two communities, three departments, two classes: their ids."""
    make.city(db)
    for code in ("power", "roads", "night"):
        org.department(db, code)
    lamp = make_cases.case_class(db, department="roads").id
    return lamp, make_cases.case_class(db, "0119", name_zh="井盖", name_en="Manhole").id


def sent(db: Session, class_id: int, department: str | None, *, north: bool = False, days_ago: int = 1) -> Case:
    case = make_cases.case(db, at=make_cases.NORTH if north else make_cases.HERE, class_id=class_id)
    case.department, case.reported_at = department, datetime.now(UTC) - timedelta(days=days_ago)
    case.status = CaseStatus.HANDLING if department else CaseStatus.REPORTED
    db.flush()
    return case


def rules(*given: dict[str, object]) -> list[Rule]:
    return [read(one, at) for at, one in enumerate(given, 1)]


def test_a_replay_counts_by_rule_what_it_takes_what_went_elsewhere_and_what_was_not_sent(
    db: Session, city: tuple[int, int]
) -> None:
    lamp, manhole = city
    sent(db, lamp, "power")
    moved = sent(db, lamp, "roads")
    sent(db, lamp, None)
    sent(db, lamp, "power", north=True)  # the second rule's, right
    by_class = sent(db, manhole, "night", north=True)  # none fits, and its class has no department
    sent(db, lamp, "night", days_ago=91)  # too long ago
    played = play(db, org.EDITOR, rules(
        {"classes": [LAMP], "areas": [SOUTH], "department": "power"}, {"classes": [LAMP], "department": "power"},
        {"classes": [MANHOLE], "areas": [SOUTH], "department": "roads"},
    ))  # fmt: skip
    assert played.count == 5
    assert [(one.position, one.cases, one.elsewhere, one.unsent) for one in played.lines()] == [
        (1, 3, 1, 1), (2, 1, 0, 0), (3, 0, 0, 0), (0, 1, 1, 0),
    ]  # fmt: skip
    assert played.picked(1, only_elsewhere=True) == (1, [moved.id], {moved.id: "power"})
    assert [(one.class_id, one.cases) for one in played.classes(1)] == [(lamp, 3)]
    assert played.picked(0) == (1, [by_class.id], {by_class.id: None})


def test_only_cases_in_reach_are_played_and_none_is_no_error(db: Session, city: tuple[int, int]) -> None:
    lamp, _ = city
    one = rules({"department": "power"})
    assert play(db, org.EDITOR, one).count == 0
    assert [line.cases for line in play(db, org.EDITOR, one).lines()] == [0, 0]
    sent(db, lamp, "power")
    sent(db, lamp, "power", north=True)
    assert play(db, make_cases.viewer("chief", NORTH), one).count == 1
    with pytest.raises(InvalidInput):
        play(db, org.EDITOR, one, days=367)


def test_a_hundred_thousand_cases_are_played_in_seconds(db: Session, city: tuple[int, int]) -> None:
    ref = references.load(db)
    count, rng = 100_000, np.random.default_rng(1)
    zeros = np.zeros(count, np.int64)
    facts = matching.Facts(
        rng.choice(city, count), make.WEST + rng.random(count) * make.SIDE, make.SOUTH + rng.random(count) * make.SIDE,
        rng.choice(np.array([SOUTH, NORTH], dtype=object), count), np.full(count, "public", dtype=object),
        np.full(count, None, dtype=object), rng.integers(0, 1440, count), rng.integers(1, 8, count), zeros,
    )  # fmt: skip
    ground = {"type": "Polygon", "coordinates": [[
        [make.WEST, make.SOUTH], [make.WEST + make.SIDE / 2, make.SOUTH],
        [make.WEST + make.SIDE / 2, make.SOUTH + make.SIDE], [make.WEST, make.SOUTH + make.SIDE],
        [make.WEST, make.SOUTH]]]}  # fmt: skip
    fifty = rules(*[
        {"classes": [LAMP], "areas": [SOUTH], "hours": [f"{n % 24:02d}:00-{n % 24:02d}:10"], "department": "power"}
        for n in range(48)
    ], {"polygon": ground, "department": "roads"}, {"department": "night"})  # fmt: skip
    begun = time.perf_counter()
    won = matching.first_match(fifty, facts, ref)
    assert time.perf_counter() - begun < 3
    early = (facts.class_id == city[0]) & (facts.area_code == SOUTH) & (facts.minute % 60 < 10)
    assert np.array_equal(won < 48, early)
    west = facts.lon <= make.WEST + make.SIDE / 2
    assert np.array_equal(won == 48, ~early & west)


def test_what_no_rule_takes_is_counted_by_class_and_area(db: Session, city: tuple[int, int]) -> None:
    lamp, manhole = city
    ref = references.load(db)
    given = rules(
        {"classes": [LAMP], "department": "power"}, {"classes": [MANHOLE], "areas": [SOUTH], "hours": ["08:00-18:00"],
                                                    "department": "roads"},
    )  # fmt: skip
    on = coverage.ground(db, org.EDITOR, given, ref)
    assert sorted(on.class_ids.tolist()) == sorted([lamp, manhole])
    found = coverage.unowned(given, on)
    assert (found.pairs, found.unowned, found.sometimes) == (4 * 2, 2, 2)
    assert (found.by_class, found.by_area) == ([(manhole, 2)], [(NORTH, 2)])
    assert coverage.unowned(given, on, area_digits=9).by_area == [("310199001", 2)]
    assert [code for _, code, _ in coverage.cells_without(given, on, manhole)] == [
        "310199001002001", "310199001002002",
    ]  # fmt: skip
    nothing = coverage.ground(db, org.EDITOR, [], ref)
    assert (coverage.unowned([], nothing).unowned, len(coverage.cells_without([], nothing, lamp))) == (8, 4)


def meets(db: Session, *given: dict[str, object]) -> tuple[list[tuple[int, int]], list[int]]:
    some = rules(*given)
    on = coverage.ground(db, org.EDITOR, some, references.load(db))
    return [(one.first, one.second) for one in coverage.overlaps(some, on)], coverage.shadowed(some, on)


def test_overlaps_are_told_and_a_rule_that_never_wins_is_named(db: Session, city: tuple[int, int]) -> None:
    all_lamps, power = {"classes": [LAMP], "department": "roads"}, {"department": "power"}
    assert meets(db, all_lamps, {"classes": [LAMP], "areas": [SOUTH], **power}) == ([(1, 2)], [2])
    assert meets(db, {"classes": [LAMP], "areas": [SOUTH], **power}, all_lamps) == ([(1, 2)], [])
    assert meets(db, all_lamps, {"classes": [MANHOLE], **power}) == ([], [])
    assert meets(db, all_lamps, all_lamps) == ([], [2])  # the same answer twice: no quarrel, but useless
    night = {"classes": [LAMP], "hours": ["22:00-24:00"], "department": "night"}
    assert meets(db, night, {"classes": [LAMP], "hours": ["08:00-18:00"], **power}) == ([], [])
    assert meets(db, night, all_lamps) == ([(1, 2)], [])
    assert meets(db, all_lamps, night) == ([(1, 2)], [2])
    halves = [{"areas": [SOUTH], "department": "roads"}, {"areas": [NORTH], "department": "night"}]
    assert meets(db, *halves, power) == ([(1, 3), (2, 3)], [3])  # together they leave nothing to the third
    some = {"sources": ["hotline"], "department": "roads"}
    assert meets(db, some, {"sources": ["sensor"], **power}) == ([], [])
    assert meets(db, some, power) == ([(1, 2)], [])


def test_a_rule_that_takes_nothing_is_told_as_empty(db: Session, city: tuple[int, int]) -> None:
    far = {"polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "department": "power"}
    some = rules(far, {"department": "roads"})
    on = coverage.ground(db, org.EDITOR, some, references.load(db))
    assert coverage.empty(some, on) == [1]
    assert db.scalar(text("SELECT count(*) FROM unit_cells")) == len(on.cells)
