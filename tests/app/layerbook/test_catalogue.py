"""What is said of layers: found, changed by who may, told at every door; figures only of what one sees."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.layerbook.models import LayerWords
from app.layerbook.said import FIELDS, WORDS_MAX
from grid.models import UnitCell
from layers.narrowed import narrowed
from tests import make_accounts, make_cases
from tests.app.layerbook.conftest import LAYER, SPOT, SetRules
from tests.layers.things import EVERYBODY, LAMPS


def client_of(app: Flask, db: Session, role: str, **given: Any) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role=role, language="en", **given))


def found(client: FlaskClient, query: str) -> list[str]:
    return [one["id"] for one in client.get(f"/api/v1/layer-catalogue?{query}").get_json()["items"]]


def test_words_are_looked_for_in_titles_descriptions_sources_owners_and_fields(
    app: Flask, db: Session, zebras: str
) -> None:
    client = client_of(app, db, "administrator")
    assert "cases" in found(client, "q=DEADLINE+faults")  # both words, in any order, whatever their case
    assert found(client, "q=deadline+zebra") == []
    assert found(client, "q=stripes") == [LAYER]  # a field
    client.patch("/api/v1/layers/events", json={"owner": "Fire brigade", "source": "Control room"})
    assert found(client, "q=brigade") == ["events"]
    assert found(client, "q=control+room&theme=emergency") == ["events"]
    assert found(client, "q=control+room&theme=cases") == []
    assert client.get("/api/v1/layer-catalogue?theme=nothing").status_code == 422
    client.put(f"/api/v1/favourites/{LAYER}")
    assert found(client, "favourites=true") == [LAYER]


def test_a_search_does_not_find_a_layer_by_a_field_that_is_hidden(
    app: Flask, db: Session, zebras: str, set_rules: SetRules
) -> None:
    client = client_of(app, db, "planner")
    assert found(client, "q=stripes") == [LAYER]
    set_rules((f"layer:{LAYER}", "stripes", "role:planner", "hidden"))
    assert found(client, "q=stripes") == []


def test_changed_words_are_told_at_every_door_and_an_empty_text_brings_back_the_declared_ones(
    app: Flask, db: Session, cells: object
) -> None:
    client = client_of(app, db, "administrator")
    said = {
        "title_zh": "网格案件", "title_en": "Grid cases", "source": "Desk", "owner": "Centre", "licence": "CC BY 4.0",
        "about_en": "All of them.", "quality": "Checked.", "as_of": "daily", "crs": "EPSG:4549",
    }  # fmt: skip
    assert client.patch("/api/v1/layers/cases", json=said).status_code == 200
    told = client.get("/api/v1/layers/cases").get_json()
    names = ("title", "source", "owner", "licence", "about", "quality", "as_of", "crs")
    assert {name: told[name] for name in names} == {
        "title": "Grid cases", "source": "Desk", "owner": "Centre", "licence": "CC BY 4.0", "about": "All of them.",
        "quality": "Checked.", "as_of": "daily", "crs": "EPSG:4549",
    }  # fmt: skip
    assert client.get("/ogc/collections/cases").get_json()["title"] == "Grid cases"
    assert client.get("/tiles/cases.json").get_json()["attribution"] == "Desk"
    chinese = make_accounts.client_as(app, make_accounts.account(db, role="planner", language="zh"))
    assert chinese.get("/api/v1/layers/cases").get_json()["title"] == "网格案件"
    client.patch("/api/v1/layers/cases", json=dict.fromkeys(said, ""))
    assert client.get("/api/v1/layers/cases").get_json()["title"] == "Cases"
    assert db.query(LayerWords).one().said == {}  # the book holds only what was changed


@pytest.mark.parametrize("name", sorted(WORDS_MAX))
def test_too_long_words_are_refused_by_name(app: Flask, db: Session, cells: object, name: str) -> None:
    client = client_of(app, db, "administrator")
    assert client.patch("/api/v1/layers/cases", json={name: "x" * WORDS_MAX[name]}).status_code == 200
    refused = client.patch("/api/v1/layers/cases", json={name: "x" * (WORDS_MAX[name] + 1)})
    assert (refused.status_code, refused.get_json()["field"]) == (422, name)
    assert str(FIELDS[name]) in refused.get_json()["detail"]
    shown = client.post("/layers/cases", data={name: "y" * (WORDS_MAX[name] + 1)})
    assert shown.status_code == 422
    assert "y" * (WORDS_MAX[name] + 1) in shown.text  # nothing that was typed is lost


def test_only_who_keeps_the_book_or_owns_the_upload_describes_a_layer(app: Flask, db: Session, zebras: str) -> None:
    owner = make_accounts.account(db, role="planner")
    db.execute(text("UPDATE datasets SET owner_id = :id"), {"id": owner.id})
    mine, other = make_accounts.client_as(app, owner), client_of(app, db, "planner")
    body = {"title": "Herd", "source": "Zoo", "licence": "CC0", "as_of": "2026", "quality": "Counted twice."}
    assert mine.patch(f"/api/v1/layers/{LAYER}", json=body).status_code == 200
    about = mine.get(f"/api/v1/datasets/{LAYER}").get_json()
    assert (about["title"], about["about"]) == ("Herd", {name: body[name] for name in body if name != "title"})
    told = other.get(f"/api/v1/layers/{LAYER}").get_json()
    assert {name: told[name] for name in body} == body | {"source": "Zoo"}
    assert told["may_describe"] is False
    assert other.patch(f"/api/v1/layers/{LAYER}", json={"title": "Mine"}).status_code == 403
    assert other.post(f"/layers/{LAYER}", data={"title": "Mine"}).status_code == 403
    assert mine.patch("/api/v1/layers/cases", json={"title_en": "Mine"}).status_code == 403
    assert mine.patch(f"/api/v1/layers/{LAYER}", json={"title_en": "Herd"}).status_code == 422  # it has one title
    assert client_of(app, db, "administrator").patch(f"/api/v1/layers/{LAYER}", json={"licence": ""}).status_code == 200
    assert mine.get(f"/api/v1/datasets/{LAYER}").get_json()["about"].get("licence") is None


def test_figures_are_of_the_rows_that_one_sees_and_none_of_people(
    app: Flask, db: Session, zebras: str, cells: dict[str, UnitCell]
) -> None:
    kind = make_cases.case_class(db)
    for at in (make_cases.HERE, make_cases.NORTH):
        make_cases.case(db, at=at, class_id=kind.id)
    whole = client_of(app, db, "planner").get("/api/v1/layers/cases/facts").get_json()
    south = client_of(app, db, "planner", areas=["310199001001"]).get("/api/v1/layers/cases/facts").get_json()
    assert (whole["rows"], whole["rows_words"], south["rows"], south["rows_words"]) == (2, "2 points", 1, "1 point")
    xs, ys = zip(make_cases.HERE, make_cases.NORTH, strict=True)
    assert whole["bounds"] == pytest.approx([min(xs), min(ys), max(xs), max(ys)])
    assert south["bounds"] == pytest.approx([*make_cases.HERE, *make_cases.HERE])
    people = client_of(app, db, "clerk").get("/api/v1/layers/residents/facts").get_json()
    assert (people["rows"], people["bounds"], people["rows_words"]) == (None, None, "")
    herd = client_of(app, db, "planner").get(f"/api/v1/layers/{LAYER}/facts").get_json()
    assert herd["bounds"] == pytest.approx([SPOT[0], SPOT[1], SPOT[0] + 0.0004, SPOT[1]])
    assert herd["changed_at"] is not None


def test_a_narrowed_layer_has_lost_the_columns_and_all_that_hangs_on_them() -> None:
    less = narrowed(LAMPS, frozenset({"kind", "since", "no_such"}))
    assert [one.name for one in less.fields] == ["number", "name_zh", "name_en"]
    assert (less.style.by, less.style.colours, less.style.shapes, less.time_field) == (None, {}, {}, None)
    assert {column.key for column in less.rows(EVERYBODY).selected_columns} == {
        "id", "geom", "area_code", "unit_cell_id", "number", "name_zh", "name_en",
    }  # fmt: skip
    assert less.view_key != LAMPS.view_key
    assert narrowed(LAMPS, frozenset({"no_such"})) is LAMPS


def test_a_star_is_set_and_taken_by_the_plain_form_as_well(app: Flask, db: Session, zebras: str) -> None:
    client = client_of(app, db, "planner")
    answer = client.post(f"/layers/{LAYER}/favourite", data={"keep": "1", "back": "theme=uploaded"})
    assert (answer.status_code, answer.location) == (303, f"/layers?theme=uploaded#layer-{LAYER}")
    assert client.get("/api/v1/favourites").get_json()["items"] == [LAYER]
    client.post(f"/layers/{LAYER}/favourite", data={"keep": "0", "back": "layer"})
    assert client.get("/api/v1/favourites").get_json()["items"] == []


def test_every_declared_layer_says_where_it_comes_from_who_keeps_it_and_what_it_may_be_used_for(
    app: Flask, db: Session, cells: object
) -> None:
    db.execute(text("UPDATE city SET options = jsonb_build_object('attribution', 'Open data of the bay')"))
    client = client_of(app, db, "administrator")
    items = client.get("/api/v1/layer-catalogue").get_json()["items"]
    assert len(items) >= 15
    assert [one["id"] for one in items if not all(one[name] for name in ("about", "source", "owner", "licence"))] == []
    told = {one["id"]: one for one in items}
    assert told["buildings"]["source"] == "Open data of the bay"
    assert told["cases"]["owner"] == "City operation centre"
    record = client.get("/ogc/catalogue/items/cases").get_json()["properties"]
    assert record["license"] == "For work inside the city's administration"
    assert {one["organization"] for one in record["contacts"]} >= {"City operation centre"}
    client.patch("/api/v1/layers/cases", json={"licence": "CC BY 4.0"})
    changed = client.get("/ogc/catalogue/items/cases").get_json()["properties"]
    assert changed["license"] == "CC BY 4.0"
