"""The dispatch board and its API: loads, reach, positions, nearest by road, saved orders, two dispatchers at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask_openapi3 import OpenAPI
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.cases import acts, board
from app.cases.models import Case
from app.dispatch import routing, teams
from app.dispatch.models import DispatchRoute, DispatchStop, TeamPosition
from app.dispatch.schemas import PositionIn
from app.workflow.moves import Stale
from app.workflow.situation import Given
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.models import Road
from grid.reach import Viewer
from tests import make, make_accounts, make_cases, make_organisation

W, S, D = make.WEST, make.SOUTH, 0.001
NOW = datetime.now(UTC)


def at(x: float, y: float) -> tuple[float, float]:
    return (W + x * D, S + y * D)


def road(db: Session, *points: tuple[float, float]) -> None:
    line = LineString([at(*one) for one in points])
    db.add(Road(road_class="residential", geom=from_shape(line, srid=4326)))
    db.flush()


@pytest.fixture
def town(db: Session) -> None:
    """A department with two teams, and a river with one bridge in the east."""
    make.city(db)
    make_organisation.department(db)
    make_organisation.team(db, "crew", name_zh="一班", name_en="First crew")
    make_organisation.team(db, "night", name_zh="二班", name_en="Second crew")
    road(db, (0, 1), (4, 1))
    road(db, (0, 2.5), (4, 2.5))
    road(db, (4, 1), (4, 2.5))


def filed(db: Session, *where: tuple[float, float]) -> list[Case]:
    made = [make_cases.case(db, at=one) for one in where]
    for one in made:
        acts.act(db, make_cases.viewer("intake"), one.number, "file")
    return made


def sent(db: Session, *where: tuple[float, float], team: str | None = None) -> list[Case]:
    made = filed(db, *where)
    answers = {"department": "power"} | ({"team": team} if team else {})
    for one in made:
        acts.act(db, make_cases.viewer("dispatcher"), one.number, "dispatch", Given(answers))
    return made


def clocked(db: Session, one: Case, *, due_h: float, yellow_h: float) -> None:
    now = datetime.now(UTC)
    values = {"due_at": now + timedelta(hours=due_h), "yellow_at": now + timedelta(hours=yellow_h)}
    db.execute(update(Case).where(Case.id == one.id).values(values))
    db.expire_all()


def stands(db: Session, code: str, x: float, y: float, **given: Any) -> None:
    power = make_accounts.viewer(db, role="department", department="power")
    lon, lat = at(x, y)
    teams.tell_position(db, power, code, PositionIn(lon=lon, lat=lat, **given))


def dispatcher(db: Session, *areas: str) -> Viewer:
    return make_accounts.viewer(db, role="dispatcher", areas=areas or ("",))


def test_the_load_of_departments_and_teams_is_counted_by_clock(db: Session, town: None) -> None:
    first, second = sent(db, at(1, 1), at(1, 1), team="crew")
    third, *_ = sent(db, at(1, 1))
    clocked(db, first, due_h=-1, yellow_h=-2)  # overdue
    clocked(db, second, due_h=1, yellow_h=-1)  # due soon
    clocked(db, third, due_h=9, yellow_h=8)
    (line,) = teams.board_lines(db, dispatcher(db), datetime.now(UTC))
    assert line.load == board.Load(3, 1, 1)
    assert {one.team.code: one.load for one in line.teams} == {"crew": board.Load(2, 1, 1), "night": board.Load()}


def test_over_the_river_a_team_that_is_near_by_air_is_not_the_nearest(db: Session, town: None) -> None:
    (case,) = filed(db, at(0.5, 1))
    stands(db, "night", 0.5, 2.5)  # 167 m over the river
    stands(db, "crew", 2.5, 1)  # 190 m along the bank
    found = routing.nearest(db, dispatcher(db), case.number, 5)
    assert [one.line.team.code for one in found] == ["crew", "night"]
    assert found[1].metres > 3 * found[0].metres


def test_only_the_last_position_is_kept_and_an_older_one_changes_nothing(db: Session, town: None) -> None:
    stands(db, "crew", 1, 1, at=datetime.now(UTC) - timedelta(minutes=1))
    stands(db, "crew", 2, 1, at=datetime.now(UTC) - timedelta(hours=3))
    (row,) = db.scalars(select(TeamPosition)).all()
    where = teams.positions(db, dispatcher(db), datetime.now(UTC))[row.team_id]
    assert (round(where.lon, 6), where.is_stale) == (round(W + D, 6), False)
    later = teams.positions(db, dispatcher(db), datetime.now(UTC) + timedelta(hours=3))
    assert later[row.team_id].is_stale


def test_only_a_department_tells_where_its_own_teams_are(db: Session, town: None) -> None:
    make_organisation.department(db, "water", name_zh="水务", name_en="Water")
    here = PositionIn(lon=at(1, 1)[0], lat=at(1, 1)[1])
    with pytest.raises(NotFound):
        teams.tell_position(db, make_accounts.viewer(db, role="department", department="water"), "crew", here)
    with pytest.raises(Forbidden):
        teams.tell_position(db, dispatcher(db), "crew", here)
    with pytest.raises(InvalidInput):
        stands(db, "crew", 1, 1, at=datetime.now(UTC) + timedelta(hours=1))


def test_cases_and_positions_of_another_area_are_never_told(app: OpenAPI, db: Session, town: None) -> None:
    south, north = filed(db, at(1, 1), make_cases.NORTH)
    stands(db, "night", 0.5, 3)  # in the north
    who = make_accounts.account(db, role="dispatcher", areas=[make_cases.SOUTH_AREA])
    client = make_accounts.client_as(app, who)
    told = client.get("/api/v1/dispatch/board").get_json()
    assert [one["number"] for one in told["cases"]] == [south.number]
    assert told["waiting"] == 1
    assert [one["position"] for one in told["departments"][0]["teams"]] == [None, None]
    assert client.get(f"/api/v1/dispatch/nearest?case={north.number}").status_code == 404
    body = {"team": "crew", "cases": [south.number, north.number]}
    assert client.post("/api/v1/dispatch/routes", json=body).status_code == 404


def test_a_department_of_other_areas_and_its_teams_are_not_on_the_board(db: Session, town: None) -> None:
    make_organisation.department(
        db, "north", name_zh="北", name_en="North", areas=[make_cases.NORTH_AREA]
    )  # fmt: skip
    make_organisation.team(db, "northern", of="north", name_zh="北班", name_en="Northern")
    south = dispatcher(db, make_cases.SOUTH_AREA)
    assert [one.code for one in teams.board_lines(db, south, NOW)] == ["power"]
    with pytest.raises(NotFound):
        teams.one(db, south, "northern")


def test_an_order_is_told_with_legs_and_kept_as_the_teams_list(app: OpenAPI, db: Session, town: None) -> None:
    far, near, middle = sent(db, at(3.5, 1), at(1, 1), at(2, 1), team="crew")
    stands(db, "crew", 0.5, 1)
    clocked(db, far, due_h=0.1, yellow_h=0)
    client = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))
    body = {"team": "crew", "cases": [far.number, near.number, middle.number], "save": True}
    told = client.post("/api/v1/dispatch/routes", json=body).get_json()
    assert [one["number"] for one in told["stops"]] == [near.number, middle.number, far.number]
    assert [one["is_late"] for one in told["stops"]] == [False, False, True]  # after two stops of 15 minutes
    assert told["metres"] == pytest.approx(sum(one["metres"] for one in told["stops"]), abs=1)
    first = client.post("/api/v1/dispatch/routes", json=body | {"order": "due", "save": False}).get_json()
    assert first["stops"][0]["number"] == far.number
    assert not first["stops"][0]["is_late"]
    assert len(db.scalars(select(DispatchRoute)).all()) == 1
    kept = db.scalars(select(DispatchStop.case_id).order_by(DispatchStop.position)).all()
    assert kept == [near.id, middle.id, far.id]


def test_without_a_position_the_way_begins_at_the_first_stop(db: Session, town: None) -> None:
    first, second = filed(db, at(1, 1), at(2, 1))
    found = routing.suggest(db, dispatcher(db), "crew", [first.number, second.number], "shortest")
    assert found.start is None
    assert [one.row.number for one in found.stops] == [first.number, second.number]
    assert found.stops[0].leg_m == 0


def test_of_two_dispatchers_one_wins_and_the_other_is_told(db: Session, town: None) -> None:
    (case,) = filed(db, at(1, 1))
    seen = board.waiting(db, dispatcher(db), 10)[0][0].revision
    given = Given({"department": "power", "team": "crew"})
    acts.act(db, dispatcher(db), case.number, "dispatch", given, revision=seen)
    with pytest.raises(Stale):
        acts.act(db, dispatcher(db), case.number, "dispatch", given, revision=seen)
    assert board.waiting(db, dispatcher(db), 10) == ([], 0)


def test_a_team_of_another_department_is_refused_and_undoing_gives_the_team_back(db: Session, town: None) -> None:
    make_organisation.department(db, "water", name_zh="水务", name_en="Water")
    (case,) = filed(db, at(1, 1))
    who = dispatcher(db)
    with pytest.raises(InvalidInput) as refused, db.begin_nested():
        acts.act(db, who, case.number, "dispatch", Given({"department": "water", "team": "crew"}))
    assert refused.value.field == "team"
    db.expire_all()
    done = acts.act(db, who, case.number, "dispatch", Given({"department": "power", "team": "crew"})).case
    assert done.team_id is not None
    assert acts.undo(db, who, case.number).team_id is None
