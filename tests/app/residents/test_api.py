"""The residents' API and pages: nothing personal in addresses, logs or problems."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.sealing import vault
from tests import make, make_accounts, make_people
from tests.make_people import number


@pytest.fixture
def clerk(app: OpenAPI, db: Session, tmp_path: Path) -> FlaskClient:
    """A clerk of the whole city, with this test's keys."""
    make.city(db)
    vault.bind(tmp_path)
    return make_accounts.client_as(app, make_accounts.account(db, role="clerk"))


def register(client: FlaskClient, home: int, **facts: object) -> dict[str, object]:
    """Register over the API; the answer's body."""
    body = {"dwelling_id": home, "name": "张三丰", "from_on": "2024-03-01", "sex": None} | facts
    answer = client.post("/api/v1/residents", json=body)
    assert answer.status_code == 201, answer.json
    return dict(answer.json)


def test_a_clerk_adds_a_dwelling_registers_moves_and_opens_a_person(clerk: FlaskClient, db: Session) -> None:
    house = make_people.building(db)
    rooms = [clerk.post("/api/v1/dwellings", json={"building_id": house.id, "room": r}).json["id"] for r in ("1", "2")]
    made = register(clerk, rooms[0], number=number(), phone="13912345678")
    assert (made["name"], made["number"], made["phone"]) == ("张**", f"310***********{number()[-4:]}", "139****5678")
    move = {"dwelling_id": rooms[1], "from_on": "2025-01-01", "kind": "actual"}
    moved = clerk.post(f"/api/v1/residents/{made['id']}/residences", json=move)
    assert [one["dwelling"]["room"] for one in moved.json["residences"]] == ["2", "1"]
    listed = clerk.get(f"/api/v1/buildings/{house.id}/dwellings").json
    assert {one["room"]: one["residents"] for one in listed["items"]} == {"1": 0, "2": 1}
    opened = clerk.post(f"/api/v1/residents/{made['id']}/open", json={"purpose": "verify"})
    assert (opened.json["name"], opened.json["number"]) == ("张三丰", number())
    last = moved.json["residences"][0]["id"]
    left = clerk.post(f"/api/v1/residents/{made['id']}/residences/{last}/leave", json={"to_on": "2025-06-01"})
    assert left.json["residences"][0]["to_on"] == "2025-06-01"
    kinds = [line["kind"] for line in clerk.get(f"/api/v1/residents/{made['id']}/history").json["items"]]
    assert kinds == ["registered", "moved", "left"]


def test_warnings_come_in_words(clerk: FlaskClient, db: Session) -> None:
    made = register(clerk, make_people.dwelling(db).id, number=number(1), sex="2")
    assert made["warnings"][0]["code"] == "sex_differs"  # type: ignore[index]  # parsed JSON


def test_what_was_typed_is_in_no_problem_and_no_log(
    clerk: FlaskClient, db: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home = make_people.dwelling(db).id
    wrong = number()[:-1] + ("0" if number()[-1] != "0" else "1")
    for facts, field in (
        ({"number": wrong}, "number"),
        ({"number": "310***********002X"}, "number"),
        ({"name": "1234567"}, "name"),
        ({"phone": "one two three"}, "phone"),
        ({"birth_on": "13912345678"}, "birth_on"),
    ):
        body = {"dwelling_id": home, "name": "张三丰", "from_on": "2024-03-01"} | facts
        answer = clerk.post("/api/v1/residents", json=body)
        assert (answer.status_code, answer.json["field"]) == (422, field), answer.json
        assert str(facts[field]) not in answer.text  # type: ignore[literal-required]  # keys are the fields' names
    register(clerk, home, number=number())
    again = clerk.post(
        "/api/v1/residents", json={"dwelling_id": home, "name": "李四", "from_on": "2024-03-01", "number": number()}
    )
    assert (again.status_code, again.json["code"]) == (409, "residents.already_registered")
    told = again.text + "".join(record.getMessage() for record in caplog.records if record.name.startswith("app"))
    for hidden in ("张三丰", "李四", number()):
        assert hidden not in told


def test_a_search_is_a_post_and_a_page_does_not_repeat_what_was_typed(clerk: FlaskClient, db: Session) -> None:
    person = register(clerk, make_people.dwelling(db).id, number=number())
    found = clerk.post("/api/v1/residents/search", json={"q": number().lower()})
    assert [one["id"] for one in found.json["items"]] == [person["id"]]
    page = clerk.post("/residents/search?lang=en", data={"q": number()})
    assert page.headers["Cache-Control"] == "no-store"
    assert "张**" in page.text
    assert number() not in page.text
    wrong = clerk.post("/residents/search?lang=en", data={"q": "31"})
    assert wrong.status_code == 422
    assert "citizen number" in wrong.text


def test_the_page_opens_a_record_for_a_purpose_once(clerk: FlaskClient, db: Session) -> None:
    person = register(clerk, make_people.dwelling(db).id, number=number())
    address = f"/residents/{person['id']}"
    assert "张三丰" not in clerk.get(address).text
    for data in ({}, {"purpose": "other"}):
        refused = clerk.post(f"{address}/open", data=data)
        assert refused.status_code == 422
        assert "张三丰" not in refused.text
    opened = clerk.post(f"{address}/open?lang=en", data={"purpose": "case"})
    assert "张三丰" in opened.text
    assert number() in opened.text
    assert opened.headers["Cache-Control"] == "no-store"
    assert "张三丰" not in clerk.get(address).text
    acts = list(db.scalars(select(AuditEntry.act).where(AuditEntry.subject == "person").order_by(AuditEntry.id)))
    assert acts.count("residents.open") == 1


def test_the_pages_list_a_building_and_its_people_masked(clerk: FlaskClient, db: Session) -> None:
    house = make_people.building(db)
    home = make_people.dwelling(db, inside=house).id
    register(clerk, home)
    page = clerk.get(f"/buildings/{house.id}?lang=en").text
    assert "Floor 1" in page
    assert "1 person" in page
    listed = clerk.get(f"/residents?lang=en&dwelling_id={home}").text
    assert "张**" in listed
    assert "张三丰" not in listed
    assert clerk.get("/residents?building_id=x").status_code == 422
    assert clerk.get("/buildings/999999").status_code == 404
    assert "张三丰" not in clerk.get("/?lang=en").text


@pytest.mark.parametrize("role", ["inspector", "planner", "leader", "administrator"])
def test_other_roles_get_no_page_and_no_answer(app: OpenAPI, db: Session, role: str, clerk: FlaskClient) -> None:
    person = register(clerk, make_people.dwelling(db).id)
    other = make_accounts.client_as(app, make_accounts.account(db, role=role))
    for address in (
        "/residents",
        f"/residents/{person['id']}",
        "/api/v1/residents",
        f"/api/v1/residents/{person['id']}",
    ):
        assert other.get(address).status_code == 403
    assert other.post("/api/v1/residents/search", json={"q": "张三丰"}).status_code == 403
    assert other.post(f"/api/v1/residents/{person['id']}/open", json={"purpose": "verify"}).status_code == 403
