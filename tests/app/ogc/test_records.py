"""The catalogue as OGC API records: found by words, box, theme and id, page by page, by who may see."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests import make, make_accounts
from tests.app.layerbook.conftest import LAYER, SPOT, cells, set_rules, zebras  # noqa: F401  # fixtures

ITEMS = "/ogc/catalogue/items"
FAR = "10,10,11,11"


@pytest.fixture
def planner(app: Flask, db: Session) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role="planner", language="en"))


def ids(client: FlaskClient, query: str) -> list[str]:
    answer = client.get(f"{ITEMS}?limit=1000&{query}")
    assert answer.status_code == 200
    return [one["id"] for one in answer.get_json()["features"]]


def test_the_catalogue_holds_a_record_for_each_layer_that_one_sees(planner: FlaskClient, zebras: str) -> None:  # noqa: F811
    layers = [one["id"] for one in planner.get("/api/v1/layers").get_json()["items"]]
    assert ids(planner, "") == layers
    whole: dict[str, Any] = planner.get("/ogc/catalogue").get_json()
    assert whole["itemType"] == "record"
    assert [one["href"] for one in whole["links"] if one["rel"] == "items"] == [f"http://localhost{ITEMS}"]
    one = planner.get(f"{ITEMS}/{LAYER}").get_json()
    assert (one["type"], one["properties"]["type"]) == ("Feature", "dataset")
    west, south = one["geometry"]["coordinates"][0][0]
    east, north = one["geometry"]["coordinates"][0][2]
    assert [west, south, east, north] == pytest.approx([*SPOT, SPOT[0] + 0.0004, SPOT[1]])
    assert "stripes" in one["properties"]["keywords"]
    for href in (found["href"] for found in one["links"]):
        assert planner.get(href.removeprefix("http://localhost")).status_code == 200


def test_records_are_found_by_words_theme_id_type_and_box(planner: FlaskClient, zebras: str) -> None:  # noqa: F811
    assert ids(planner, "q=stripes") == [LAYER]
    assert ids(planner, "q=stripes,deadline") == ["cases", LAYER]  # any of the parts
    assert ids(planner, "q=stripes+deadline") == []  # all words of a part
    assert ids(planner, "themes=uploaded") == [LAYER]
    assert ids(planner, f"ids={LAYER},cases,nothing") == ["cases", LAYER]
    assert ids(planner, "type=dataset") == ids(planner, "")
    assert ids(planner, "type=service") == []
    assert ids(planner, f"bbox={FAR}") == []
    here = f"{make.WEST},{make.SOUTH},{make.WEST + 0.0001},{make.SOUTH + 0.0001}"
    assert set(ids(planner, "")) - set(ids(planner, f"bbox={here}")) == {LAYER}  # the herd stands elsewhere in the city


def test_pages_follow_each_other_until_all_were_told_once(planner: FlaskClient, zebras: str) -> None:  # noqa: F811
    address, found = f"{ITEMS}?limit=3", []
    while address:
        page = planner.get(address.removeprefix("http://localhost")).get_json()
        assert page["numberReturned"] == len(page["features"]) <= 3
        found += [one["id"] for one in page["features"]]
        address = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert found == ids(planner, "")
    assert page["numberMatched"] == len(found)


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1", "bbox=1,2", "themes=nothing", "colour=red"])
def test_what_can_not_be_read_is_refused_by_name(planner: FlaskClient, zebras: str, query: str) -> None:  # noqa: F811
    answer = planner.get(f"{ITEMS}?{query}")
    assert (answer.status_code, answer.get_json()["field"]) == (400, query.partition("=")[0])


def test_without_a_login_only_what_is_open_to_everyone_is_told(app: Flask, db: Session, zebras: str) -> None:  # noqa: F811
    nobody = app.test_client()
    assert LAYER not in ids(nobody, "")
    assert "cases" not in ids(nobody, "")
    assert nobody.get(f"{ITEMS}/{LAYER}").status_code == 404
    db.execute(text("UPDATE datasets SET audience = 'public'"))
    assert LAYER in ids(nobody, "")
