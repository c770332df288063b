"""The schema of steps is that of their models, and faults name the step and field that they are in."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.accounts.models import Account
from app.planning import chain
from app.planning.step_words import FIELDS, STEPS
from tests import make_accounts


@pytest.fixture
def client(app: Flask, planner: Account, layers: Any) -> Any:
    return make_accounts.client_as(app, planner)


def test_each_step_that_can_be_done_is_told_with_its_fields(client: Any) -> None:
    told = {one["do"]: one for one in client.get("/api/v1/recipes/steps").json["steps"]}
    assert set(told) == set(chain.OPERATIONS) == set(STEPS)
    buffer = {one["name"]: one for one in told["buffer"]["fields"]}
    assert list(buffer) == ["as", "of", "metres", "segments", "merge"]
    assert (buffer["metres"]["kind"], buffer["metres"]["required"]) == ("number", True)
    assert (buffer["segments"]["min"], buffer["segments"]["max"], buffer["segments"]["default"]) == (1, 64, 8)
    assert buffer["merge"]["kind"] == "flag"
    join = {one["name"]: one for one in told["join"]["fields"]}
    assert (join["with"]["kind"], join["how"]["kind"]) == ("source", "choice")
    assert "dwithin" in join["how"]["choices"]
    kinds = {field["name"]: field["kind"] for one in told.values() for field in one["fields"]}
    assert (kinds["limits"], kinds["tally"], kinds["sums"], kinds["value"]) == ("numbers", "tally", "texts", "value")
    assert set(kinds) == set(FIELDS)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([{"do": "buffer", "as": "out", "of": "zones"}], [(0, "metres")]),
        ([{"do": "buffer", "as": "Out!", "of": "zones", "metres": "far"}], [(0, "as"), (0, "metres")]),
        ([{"do": "buffer", "as": "out", "of": "nowhere", "metres": 5}], [(0, "of")]),
        ([{"do": "clip", "as": "a", "of": "zones", "with": "fields"}, {"do": "pick", "as": "b", "of": "a"},
          {"do": "clip", "as": "c", "of": "b", "with": "gone"}], [(2, "with")]),
        ([{"do": "pick", "as": "a", "of": "zones", "field": "colour", "how": "filled"}], [(0, "field")]),
        ([{"do": "dissolve", "as": "a", "of": "fields", "by": ["crop", "soil"]}], [(0, "by")]),
        ([{"do": "buffer", "as": "a", "of": "residents", "metres": 5}], [(0, "of")]),
        ([{"do": "buffer", "as": "a", "of": "zones", "metres": 5},
          {"do": "buffer", "as": "a", "of": "zones", "metres": 5}], [(1, "as")]),
        ([{"do": "fly", "as": "a", "of": "zones"}], [(0, "do")]),
        ([{"do": "buffer", "as": "a", "of": "zones", "metres": 5}], []),
    ],
)  # fmt: skip
def test_faults_name_the_step_and_the_field(client: Any, given: list[dict[str, Any]], wanted: list[Any]) -> None:
    told = client.post("/api/v1/recipes/checks", json={"steps": given}).json["faults"]
    assert [(one["step"], one["field"]) for one in told] == wanted
    assert all(one["detail"] and one["code"] for one in told)


def test_who_may_not_make_recipes_is_told_no_steps(app: Flask, db: Any, planner: Account) -> None:
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector", name="ivo"))
    assert inspector.get("/api/v1/recipes/steps").status_code == 403
