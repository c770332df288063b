"""Scenarios over the API: whose they are, kept runs, stale ones, stopped ones, and beside each other."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.service import viewer_of
from app.scenarios import service
from app.scenarios.models import ScenarioState
from app.scenarios.runs import carry_out
from grid.reach import Viewer
from layers.layer import Registry
from tests import make_accounts
from tests.app.scenarios.conftest import NORTH_DUTY, SOUTH_CELLS, Run, at, facility

PATH = "/api/v1/scenarios"


@pytest.fixture
def client(app: Flask, planner: Account, town: Any) -> Any:
    return make_accounts.client_as(app, planner)


def made(client: Any, **given: Any) -> dict[str, Any]:
    body = {"title": "A shelter in the north", "settings": {"kind": "shelter"}, "changes": []} | given
    answer = client.post(PATH, json=body)
    assert answer.status_code == 201, answer.json
    told: dict[str, Any] = answer.json
    return told


def worked_out(db: Session, client: Any, registry: Registry, viewer: Viewer, number: int) -> dict[str, Any]:
    run = client.post(f"{PATH}/{number}/runs").json
    carry_out(registry, viewer, run["id"])
    db.expire_all()
    told: dict[str, Any] = client.get(f"{PATH}/{number}/runs/{run['id']}").json
    assert told["state"] == "done", told
    return told


def test_a_scenario_is_kept_with_the_days_of_its_cases(client: Any) -> None:
    told = made(client, changes=[{"do": "add", "at": [*at(4, 4)], "name": "New"}])
    assert told["changes"] == [{"do": "add", "at": [*at(4, 4)], "name": "New"}]
    assert told["settings"]["cases_from"] < told["settings"]["cases_to"]
    assert [one["id"] for one in client.get(PATH).json["items"]] == [told["id"]]
    assert client.patch(f"{PATH}/{told['id']}", json={"title": "Renamed"}).json["title"] == "Renamed"
    bad = client.patch(f"{PATH}/{told['id']}", json={"changes": [{"do": "close", "at": [0, 0]}]})
    assert (bad.status_code, bad.json["code"], bad.json["field"]) == (422, "scenarios.bad_change", "changes")
    assert client.delete(f"{PATH}/{told['id']}").status_code == 204
    assert client.get(f"{PATH}/{told['id']}").status_code == 404


def test_runs_are_kept_and_say_what_changed_since(client: Any, db: Session, registry: Registry, viewer: Viewer) -> None:
    number = made(client)["id"]
    assert client.get(f"{PATH}/{number}").json["stale"] is None
    first = worked_out(db, client, registry, viewer, number)
    assert client.get(f"{PATH}/{number}").json["stale"] == []
    facility(db, "clinic", (1, 1))
    assert client.get(f"{PATH}/{number}").json["stale"] == []  # clinics are not what it measures
    facility(db, "shelter", (4, 4))
    assert client.get(f"{PATH}/{number}").json["stale"] == ["facilities"]
    client.patch(f"{PATH}/{number}", json={"changes": [{"do": "add", "at": [*at(0, 4)]}]})
    assert client.get(f"{PATH}/{number}").json["stale"] == ["scenario", "facilities"]
    second = worked_out(db, client, registry, viewer, number)
    told = client.get(f"{PATH}/{number}").json
    assert told["stale"] == []
    assert [one["id"] for one in told["runs"]] == [second["id"], first["id"]]
    assert told["runs"][1]["measures"] == first["measures"]


def test_others_see_what_is_shared_if_they_reach_all_of_it_and_never_change_it(
    app: Flask, client: Any, db: Session, registry: Registry, viewer: Viewer
) -> None:
    number = made(client)["id"]
    run = worked_out(db, client, registry, viewer, number)["id"]
    colleague: Any = make_accounts.client_as(app, make_accounts.account(db, role="planner", name="otto"))
    near = make_accounts.account(db, role="planner", name="nina", areas=["310199001001"])
    narrow: Any = make_accounts.client_as(app, near)
    paths = [f"{PATH}/{number}", f"{PATH}/{number}/runs/{run}", f"{PATH}/{number}/runs/{run}/map"]
    assert [colleague.get(path).status_code for path in paths] == [404] * 3
    client.patch(f"{PATH}/{number}", json={"is_shared": True})
    assert [colleague.get(path).status_code for path in paths] == [200] * 3
    assert colleague.get(PATH).json["items"][0]["is_own"] is False
    assert [narrow.get(path).status_code for path in paths] == [404] * 3
    assert narrow.get(PATH).json["items"] == []
    assert colleague.patch(f"{PATH}/{number}", json={"title": "Mine"}).status_code == 404
    assert colleague.delete(f"{PATH}/{number}").status_code == 404
    assert colleague.post(f"{PATH}/{number}/runs").status_code == 404
    inspector: Any = make_accounts.client_as(app, make_accounts.account(db, role="inspector", name="ivo"))
    assert inspector.get(PATH).status_code == 403


def test_who_reaches_one_community_counts_only_what_is_there(
    db: Session, registry: Registry, town: dict[str, Any]
) -> None:
    near = viewer_of(make_accounts.account(db, role="planner", name="nina", areas=["310199001002"]))
    one = service.create(db, near, registry, "north", {"kind": "shelter"}, [])
    run = service.add_run(db, near, one)
    carry_out(registry, near, run.id)
    done = service.get_run(db, near, one.id, run.id)
    assert done.state == ScenarioState.DONE, done.error
    assert done.told["facilities_before"] == 0
    assert [cell["code"] for cell in done.told["cells"]] == [NORTH_DUTY]
    assert done.told["cells"][0]["cases_before"] == 1


def test_a_run_that_waits_can_be_stopped_once_and_is_then_left_alone(
    client: Any, db: Session, registry: Registry, viewer: Viewer
) -> None:
    number = made(client)["id"]
    run = client.post(f"{PATH}/{number}/runs").json
    assert (run["state"], run["progress"]) == ("waiting", 0)
    again = client.post(f"{PATH}/{number}/runs")
    assert (again.status_code, again.json["code"]) == (409, "scenarios.run_state")
    assert client.delete(f"{PATH}/{number}").status_code == 409
    assert client.post(f"{PATH}/{number}/runs/{run['id']}/cancel").json["state"] == "cancelled"
    assert client.post(f"{PATH}/{number}/runs/{run['id']}/cancel").status_code == 409
    carry_out(registry, viewer, run["id"])
    db.expire_all()
    assert client.get(f"{PATH}/{number}/runs/{run['id']}").json["state"] == "cancelled"


def test_a_run_whose_facility_went_away_says_so(
    client: Any, db: Session, registry: Registry, viewer: Viewer, town: dict[str, Any]
) -> None:
    number = made(client, changes=[{"do": "remove", "facility": town["shelter"]}])["id"]
    run = client.post(f"{PATH}/{number}/runs").json
    db.execute(text("UPDATE facilities SET kind = 'school' WHERE id = :id"), {"id": town["shelter"]})
    carry_out(registry, viewer, run["id"])
    db.expire_all()
    told = client.get(f"{PATH}/{number}/runs/{run['id']}").json
    assert (told["state"], told["error"]["code"]) == ("failed", "scenarios.bad_change")
    assert f"no facility {town['shelter']}" in told["error"]["detail"]


def test_scenarios_beside_each_other(run: Run, client: Any, viewer: Viewer) -> None:
    one = run({"do": "add", "at": [*at(4, 4)]}, title="far")
    other = run({"do": "reassign", "unit_cell": SOUTH_CELLS[0], "to": NORTH_DUTY}, title="redrawn", limit=300)
    told = client.get(f"{PATH}/compare?ids={one.scenario_id},{other.scenario_id}").json
    assert [each["title"] for each in told["scenarios"]] == ["far", "redrawn"]
    assert told["differ"] == ["settings"]
    rows = {each["name"]: each for each in told["measures"]}
    [first] = [each for each in one.told["measures"] if each["name"] == "addresses_within"]
    assert rows["addresses_within"]["after"][0] == first["after"]
    assert rows["cases_max"]["after"] == [7, 6]
    alone = client.get(f"{PATH}/compare?ids={one.scenario_id}")
    assert (alone.status_code, alone.json["code"]) == (422, "scenarios.not_comparable")
