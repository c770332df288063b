"""Layers as they stood: at every door the rows of a moment, in the state of that moment, for who may see them."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from shapely.geometry import shape
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.cases import acts
from app.cases.layers import CASES
from app.cases.models import Case, CaseMove, CaseStatus
from app.components import service as components
from app.components.models import ComponentEntry, ComponentState
from app.emergency import service as emergency
from app.emergency.schemas import EventChange
from app.facilities import service as facilities
from app.facilities.models import FacilityEntry
from app.facilities.schemas import FacilityChange, NewFacility
from app.workflow import timing
from app.workflow.situation import Given
from grid.models import UnitCell
from grid.reach import Viewer, whole_city
from layers.counts import total
from layers.features import page
from layers.filters import Filter
from layers.layer import Layer
from layers.legend import legend
from layers.mercator import tile_at
from layers.tile_cache import question_of
from layers.tiles import tile
from tests import make, make_accounts, make_cases, make_events
from tests.layers.things import decoded

LAYERS = "/api/v1/layers"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
S = CaseStatus
STATES = [S.REPORTED, S.FILED, S.HANDLING, S.CHECKING, S.CLOSED]
DEPARTMENTS = [None, "Lighting", "Water"]
VIEWERS = {
    "all": whole_city({"cases.read"}),
    "south": make_cases.viewer("chief", make_cases.SOUTH_AREA),
    "north": make_cases.viewer("chief", make_cases.NORTH_AREA),
    "lighting": make_cases.viewer("department", department="Lighting"),
}
SPOTS = {make_cases.HERE: make_cases.SOUTH_AREA, make_cases.NORTH: make_cases.NORTH_AREA}


@dataclass
class Life:
    """What the test itself remembers of a case: when it came to which state, in whose hands."""

    case_id: int
    area: str
    steps: list[tuple[datetime, CaseStatus, str | None]] = field(default_factory=list)

    def at(self, moment: datetime) -> tuple[str, str | None] | None:
        held = [(status.value, department) for when, status, department in self.steps if when <= moment]
        return held[-1] if held else None


@pytest.fixture
def lives(db: Session) -> list[Life]:
    """Sixty cases with moves over ten days; every third has moves without facts, as imports write them."""
    make.city(db)
    _unlock(db, "case_moves")
    rng = random.Random(11)
    made = []
    for n in range(60):
        at, area = rng.choice(list(SPOTS.items()))
        case = make_cases.case(db, at=at)
        life = Life(case.id, area)
        made.append(life)
        moment, is_imported = START + timedelta(minutes=rng.randrange(6000)), n % 3 == 0
        department = rng.choice(DEPARTMENTS) if is_imported else None
        for step in range(rng.randrange(1, 7)):
            status = STATES[min(step, 4)] if step < 5 else S.HANDLING  # the last one was reopened
            department = department if is_imported or status is S.REPORTED else rng.choice(DEPARTMENTS)
            life.steps.append((moment, status, department))
            moment += timedelta(minutes=rng.randrange(1, 2000))
        _write(db, case, life, facts=not is_imported)
    db.flush()
    db.expire_all()
    return made


def _unlock(db: Session, table: str) -> None:
    """Lines of the past are never changed; here some are moved to other days, inside the test's transaction."""
    db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def _write(db: Session, case: Case, life: Life, *, facts: bool) -> None:
    db.execute(text("DELETE FROM case_moves WHERE case_id = :id"), {"id": case.id})
    for when, status, department in life.steps:
        held: dict[str, Any] = {"department": department, "class_id": case.class_id} if facts else {}
        if facts:
            held["closed_at"] = when.isoformat() if status is S.CLOSED else None
        db.add(CaseMove(case_id=case.id, act="x", to_status=status, at=when, actor="test", facts=held))
        db.flush()
    when, status, department = life.steps[-1]
    closed = when if status is S.CLOSED else None
    values = {"status": status, "department": department, "closed_at": closed, "reported_at": life.steps[0][0]}
    db.execute(update(Case).where(Case.id == case.id).values(**values))


def expected(lives: list[Life], viewer: str, moment: datetime) -> dict[int, str]:
    found = {}
    for one in lives:
        held = one.at(moment)
        sees = viewer in ("all", "lighting") or one.area == getattr(make_cases, f"{viewer.upper()}_AREA")
        if held and sees and (viewer != "lighting" or held[1] == "Lighting"):
            found[one.case_id] = held[0]
    return found


@pytest.mark.parametrize("who", list(VIEWERS))
def test_every_door_tells_the_cases_of_a_moment(db: Session, lives: list[Life], who: str) -> None:
    viewer = VIEWERS[who]
    for hours in (-1, 0, 7, 40, 99, 130, 200, 300):
        moment = START + timedelta(hours=hours)
        chosen, held = Filter(as_of=moment), expected(lives, who, moment)
        rows = [_properties(one) for one in page(db, CASES, viewer, chosen, limit=1000).features]
        assert {row["id"]: row["status"] for row in rows} == held
        assert total(db, CASES, viewer, chosen) == len(held)
        told = legend(db, CASES, viewer, chosen)
        assert told.total == len(held)
        drawn: dict[int, str] = {}
        for spot in SPOTS:
            features = decoded(tile(db, CASES, viewer, tile_at(*spot, 18), chosen)).get("cases", [])
            drawn |= {one["id"]: one["properties"]["status"] for one in features}
        assert drawn == held
        far = decoded(tile(db, CASES, viewer, tile_at(*make_cases.HERE, 9), chosen, only_counts=True))
        assert sum(one["properties"]["count"] for one in far.get("cases_counts", [])) == len(held)
        only = page(db, CASES, viewer, Filter((("status", ("handling",)),), as_of=moment), limit=1000)
        assert len(only.features) == Counter(held.values())["handling"]


def _properties(text_of: str) -> dict[str, Any]:
    feature = json.loads(text_of)
    return {"id": feature["id"], **feature["properties"]}


def test_steps_through_the_service_are_told_between_them(db: Session) -> None:
    make.city(db)
    before = timing.now(db) - timedelta(minutes=1)
    case = make_cases.case(db)
    moments = [(timing.now(db), "reported", None)]

    def do(role: str, act: str, **answers: Any) -> None:
        done = acts.act(db, make_cases.viewer(role), case.number, act, Given(answers, "")).case
        moments.append((timing.now(db), done.status.value, done.department))

    do("intake", "file")
    do("dispatcher", "dispatch", department="Lighting")
    assert page(db, CASES, VIEWERS["all"], Filter(as_of=before)).features == []
    for moment, status, department in moments:
        [row] = [_properties(one) for one in page(db, CASES, VIEWERS["all"], Filter(as_of=moment)).features]
        assert (row["status"], row["department"]) == (status, department)
        seen = page(db, CASES, VIEWERS["lighting"], Filter(as_of=moment)).features
        assert len(seen) == (department == "Lighting")


def told(db: Session, layer: Layer, moment: datetime | None, viewer: Viewer | None = None) -> list[dict[str, Any]]:
    everything = viewer or Viewer(1, "x", "x", ("",), None, frozenset({layer.right or ""}))
    return [json.loads(one) for one in page(db, layer, everything, Filter(as_of=moment)).features]


def test_an_event_is_told_with_the_zone_and_level_of_the_moment(app: Flask, db: Session) -> None:
    layer = app.extensions["city"].layers.get("events", make_events.viewer())
    make.city(db)
    first, second = (make_events.square(make.WEST + 0.001 + n, make.SOUTH + 0.001, 0.0005) for n in (0, 0.002))
    before = timing.now(db)
    event = make_events.event(db, geometry=first, level="III")
    opened = timing.now(db)
    emergency.change(db, make_events.viewer(), event.number, EventChange(level="I"))
    raised = timing.now(db)
    emergency.change(db, make_events.viewer(), event.number, EventChange(geometry=second))
    redrawn = timing.now(db)
    emergency.change(db, make_events.viewer(), event.number, EventChange(status="ended"))
    ended = timing.now(db)
    assert told(db, layer, before) == []
    for moment, level, zone, status in (
        (opened, "III", first, "active"), (raised, "I", first, "active"), (redrawn, "I", second, "active"),
        (ended, "I", second, "ended"), (None, "I", second, "ended"),
    ):  # fmt: skip
        [one] = told(db, layer, moment)
        assert (one["properties"]["level"], one["properties"]["status"]) == (level, status)
        assert shape(one["geometry"]).equals_exact(shape(zone), 1e-7)


def test_facilities_and_components_are_told_as_they_stood(app: Flask, db: Session) -> None:
    cells = make.city(db)
    assert cells
    layers = app.extensions["city"].layers
    clerk = Viewer(None, "clerk", "clerk", ("",), None, frozenset(
        {"facilities.edit", "facilities.read", "components.edit", "components.read"}
    ))  # fmt: skip
    here = {"type": "Point", "coordinates": list(make_cases.HERE)}
    there = {"type": "Point", "coordinates": list(make_cases.NORTH)}
    station = facilities.create(db, clerk, NewFacility.model_validate(
        {"kind": "fire_station", "name_zh": "消防站", "name_en": "Station", "geometry": here, "capacity": 10}
    ))  # fmt: skip
    facilities.change(db, clerk, station.id, FacilityChange.model_validate({"capacity": 20}))
    facilities.change(db, clerk, station.id, FacilityChange.model_validate({"geometry": there}))
    lamp = make_cases.component(db)
    components.set_state(db, clerk, lamp.code, ComponentState.DAMAGED, note="broken")
    days = [START + timedelta(days=n) for n in range(5)]
    for model in (FacilityEntry, ComponentEntry):
        _unlock(db, model.__tablename__)
        lines = list(db.query(model).order_by(model.id))
        for line, day in zip(lines, days, strict=False):
            line.at = day
    db.flush()
    facility_layer, component_layer = layers.get("facilities", clerk), layers.get("components", clerk)
    found = []
    for n in range(-1, 3):
        moment = START + timedelta(days=n, hours=1)
        found.append([(one["properties"]["capacity"], one["geometry"]["coordinates"][1])
                      for one in told(db, facility_layer, moment, clerk)])  # fmt: skip
    south, north = (pytest.approx(one["coordinates"][1], abs=1e-7) for one in (here, there))
    assert found == [[], [(10, south)], [(20, south)], [(20, north)]]
    moved_out = Viewer(None, "clerk", "clerk", (make_cases.SOUTH_AREA,), None, clerk.rights)
    assert len(told(db, facility_layer, START + timedelta(days=1, hours=1), moved_out)) == 1
    assert told(db, facility_layer, None, moved_out) == []
    moments = [START + timedelta(days=n, hours=1) for n in range(-1, 2)]
    states = [[one["properties"]["state"] for one in told(db, component_layer, at, clerk)] for at in moments]
    assert states == [[], ["intact"], ["damaged"]]


def test_cells_are_those_that_held_on_the_citys_day(app: Flask, db: Session) -> None:
    cells = make.city(db)
    layer = app.extensions["city"].layers.get("unit_cells", whole_city({"places.read"}))
    one, *others = cells.values()
    db.execute(update(UnitCell).values(valid_from=date(2026, 3, 1)))
    db.execute(update(UnitCell).where(UnitCell.id == one.id).values(valid_to=date(2026, 3, 10)))
    db.execute(text("UPDATE city SET time_zone = 'Asia/Shanghai'"))

    def ids(moment: str) -> set[int]:
        return {row["id"] for row in told(db, layer, datetime.fromisoformat(moment))}

    assert ids("2026-02-28T15:59:00+00:00") == set()
    assert ids("2026-02-28T16:00:00+00:00") == {cell.id for cell in cells.values()}  # midnight in Shanghai
    assert ids("2026-03-09T15:59:00+00:00") == {cell.id for cell in cells.values()}
    assert ids("2026-03-09T16:00:00+00:00") == {cell.id for cell in others}


@pytest.fixture
def chief(app: Flask, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="chief"))


def test_a_moment_that_makes_no_sense_is_refused_and_why(chief: FlaskClient) -> None:
    for given, layer, code in (
        ("tomorrow", "cases", "invalid_input"), ("2999-01-01T00:00:00Z", "cases", "invalid_input"),
        ("2026-03-01T00:00:00Z", "roads", "layers.no_past"), ("2026-03-01T00:00:00Z", "residents", "layers.no_past"),
    ):  # fmt: skip
        for door in (f"{LAYERS}/{layer}/counts", f"{LAYERS}/{layer}/legend", f"/tiles/{layer}/9/428/209.mvt"):
            answer = chief.get(door, query_string={"datetime": given})
            assert answer.status_code == 422, (door, given)
            problem = answer.get_json()
            assert (problem["code"], problem["field"]) == (code, "datetime")


def test_the_doors_take_a_moment_or_a_day(chief: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    for moment, count in (
        ("2020-01-01", 0),
        ((datetime.now(UTC) + timedelta(hours=8)).date().isoformat(), 1),
        (datetime.now(UTC).isoformat(), 1),
    ):
        told_of = chief.get(f"{LAYERS}/cases/features", query_string={"datetime": moment}).get_json()
        assert told_of["matched"] == count
    assert chief.get(f"{LAYERS}/cases/features/{case.id}?datetime=2020-01-01").status_code == 404
    layers = {one["id"]: one["past"] for one in chief.get(LAYERS).get_json()["items"]}
    assert layers["cases"]
    assert layers["unit_cells"]
    assert not layers["roads"]
    assert not layers["residents"]
    tiles = chief.get("/tiles/cases.json?datetime=2026-03-01").get_json()["tiles"]
    assert tiles[0].endswith(".mvt?datetime=2026-03-01")


def test_a_kept_tile_of_now_is_never_given_for_the_past() -> None:
    viewer = VIEWERS["all"]
    questions = {
        question_of(CASES, viewer, Filter(as_of=moment), only_counts=False, sized=False)
        for moment in (None, START, START + timedelta(days=1))
    }
    assert len(questions) == 3


def test_a_case_is_told_where_it_was_thought_to_be(db: Session) -> None:
    """Put right twice: each moment has the place of then, and the viewers of that area see it."""
    make.city(db)
    case = make_cases.case(db)
    told_at = [(timing.now(db), make_cases.HERE, "south")]
    places = [(make_cases.NORTH, "north"), ((make_cases.HERE[0] + 0.0004, make_cases.HERE[1]), "south")]
    for place, area in places:
        acts.act(db, make_cases.viewer("intake"), case.number, "correct", Given({"place": list(place)}, "wrong place"))
        told_at.append((timing.now(db), place, area))
    for moment, (lon, lat), area in told_at:
        for who in ("south", "north"):
            rows = [json.loads(one) for one in page(db, CASES, VIEWERS[who], Filter(as_of=moment)).features]
            assert len(rows) == (who == area)
            at = tile_at(lon, lat, 18)
            drawn = decoded(tile(db, CASES, VIEWERS[who], at, Filter(as_of=moment))).get("cases", [])
            assert len(drawn) == (who == area)
        [row] = [json.loads(one) for one in page(db, CASES, VIEWERS["all"], Filter(as_of=moment)).features]
        assert row["geometry"]["coordinates"] == pytest.approx([lon, lat], abs=1e-7)


def test_a_case_that_was_reopened_was_closed_before(db: Session, lives: list[Life]) -> None:
    """The day of a first closing is told, though the case is open again; imported moves hold none."""
    again = [one for n, one in enumerate(lives) if n % 3 and len(one.steps) == 6]
    assert again
    for life in again:
        closing, reopening = life.steps[4][0], life.steps[5][0]
        moment = closing + (reopening - closing) / 2
        [row] = [one for one in page(db, CASES, VIEWERS["all"], Filter(as_of=moment), limit=1000).features
                 if json.loads(one)["id"] == life.case_id]  # fmt: skip
        told_of = json.loads(row)["properties"]
        assert told_of["status"] == "closed"
        assert datetime.fromisoformat(told_of["closed_at"]) == closing.replace(microsecond=0)
