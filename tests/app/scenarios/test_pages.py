"""The pages of scenarios without scripts: forms make, change, run and share, and say what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.scenarios.runs import carry_out
from grid.reach import Viewer
from layers.layer import Registry
from tests import make_accounts
from tests.app.scenarios.conftest import at

PATH = "/planning/scenarios"


@pytest.fixture
def client(app: Flask, planner: Account, town: Any) -> Any:
    return make_accounts.client_as(app, planner)


def made(client: Any, title: str = "North") -> str:
    answer = client.post(PATH, data={"title": title, "kind": "shelter", "going": "foot", "unit": "m", "limit": "250"})
    assert answer.status_code == 303
    return str(answer.location)


def test_forms_make_change_run_and_share_a_scenario(
    client: Any, db: Session, registry: Registry, viewer: Viewer
) -> None:
    page = made(client)
    lon, lat = at(4, 4)
    sent = {"do": "add", "lon": str(lon), "lat": str(lat), "name": "New"}
    assert client.post(f"{page}/changes", data=sent).status_code == 303
    bad = client.post(f"{page}/changes", data={"do": "move", "facility": "1", "lon": "", "lat": ""})
    assert bad.status_code == 422
    assert "Say where" in bad.text
    assert client.post(f"{page}/run").status_code == 303
    number = int(page.rsplit("/", 1)[1])
    [run] = client.get(f"/api/v1/scenarios/{number}").json["runs"]
    carry_out(registry, viewer, run["id"])
    db.expire_all()
    told = client.get(page).text
    assert "Addresses within reach" in told
    assert "Add New at" in told
    assert "Stale" not in told
    client.post(f"{page}/changes/1/remove")
    told = client.get(page).text
    assert "Stale: the scenario itself changed" in told
    client.post(f"{page}/share", data={"shared": "yes"})
    assert client.get(f"/api/v1/scenarios/{number}").json["is_shared"] is True
    assert client.post(f"{page}/remove").status_code == 303
    assert client.get(page).status_code == 404


def test_a_form_at_fault_comes_back_with_its_reason(client: Any) -> None:
    answer = client.post(PATH, data={"title": "", "kind": "shelter", "limit": "250"})
    assert (answer.status_code, "A scenario needs a name." in answer.text) == (422, True)
    answer = client.post(PATH, data={"title": "X", "kind": "shelter", "limit": "0"})
    assert (answer.status_code, 'value="X"' in answer.text) == (422, True)


def test_what_can_not_be_compared_says_why(client: Any) -> None:
    one, other = (made(client, title).rsplit("/", 1)[1] for title in ("A", "B"))
    answer = client.get(f"{PATH}/compare?ids={one}")
    assert (answer.status_code, "Choose two to four" in answer.text) == (422, True)
    answer = client.get(f"{PATH}/compare?ids={one}&ids={other}")
    assert (answer.status_code, "has no result yet" in answer.text) == (422, True)
