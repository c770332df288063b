"""The phone desk: calls taken down, the caller's history, doubles, calling back."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.cases.models import Case, CaseClass, CaseSource, CaseStatus
from app.channels import reporters, tasks
from app.channels.models import Rating, Reporter
from app.open311 import contacts
from tests import make_accounts, make_cases, make_open311
from tests.app.channels.conftest import Close

LON, LAT = make_cases.HERE
PLACE = f"{LON},{LAT},"
NUMBER = "138 0000 1234"


def call(desk: FlaskClient, lamp: CaseClass, **given: Any) -> Any:
    sent = {"phone": NUMBER, "name": "Wang Wu", "class_id": lamp.id, "lon": LON, "lat": LAT} | given
    answer = desk.post("/api/v1/calls", json={name: value for name, value in sent.items() if value is not None})
    assert answer.status_code == 201, answer.text
    return answer.json


def test_a_call_becomes_a_case_of_the_hotline_with_its_caller_sealed(
    desk: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    page = desk.get("/intake").text
    assert f'value="{lamp.id}"' in page
    sent = {
        "do": "file", "phone": NUMBER, "name": "Wang Wu", "wants_reply": "on", "description": "It is dark.",
        "place": PLACE, "class_id": lamp.id, "form_key": "k1",
    }  # fmt: skip
    answer = desk.post("/intake", data=sent)
    assert answer.status_code == 303
    case = db.scalars(select(Case)).one()
    assert answer.location == f"/intake?done={case.number}"
    assert (case.source, case.description, case.located_by.value) == (CaseSource.HOTLINE, "It is dark.", "map")
    kept = db.execute(text("SELECT encode(sealed, 'escape'), words FROM case_reporters")).one()
    assert "1234" not in kept[0]
    assert "Wang" not in kept[0]
    assert f"became case {case.number}" in desk.get(answer.location).text
    assert desk.post("/intake", data=sent).location == answer.location  # sent twice, it counts once
    assert db.scalar(text("SELECT count(*) FROM cases")) == 1


def test_without_scripts_an_address_is_found_and_chosen_from_a_list(
    desk: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    sent = {"do": "look", "phone": NUMBER, "address": "1038 Nanjing West Road", "description": "It <b>leans</b>"}
    page = desk.post("/intake", data=sent).text
    assert "It &lt;b&gt;leans&lt;/b&gt;" in page  # nothing typed is lost
    [value] = re.findall(r'type="radio" name="place" value="([^"]+)"', page)
    answer = desk.post("/intake", data=sent | {"do": "file", "place": value, "class_id": lamp.id})
    assert answer.status_code == 303, answer.text
    case = db.scalars(select(Case)).one()
    assert case.located_by.value == "address"
    assert str(case.address_id) == value.split(",")[2]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"phone": "not a number"}, "phone", "no telephone number"),
        ({"phone": "13****4321"}, "phone", "no telephone number"),
        ({"place": ""}, "address", "Say where it is"),
        ({"place": "x,y,z"}, "address", "can&#39;t be read"),
        ({"place": "0,0,"}, None, "outside"),
        ({"class_id": ""}, "class_id", "Choose what it is about"),
        ({"class_id": "x"}, "class_id", "class_id"),
        ({"into": "99"}, None, "99"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(
    desk: FlaskClient, db: Session, lamp: CaseClass, changed: dict[str, str], field: str | None, words: str
) -> None:
    sent = {"do": "file", "phone": NUMBER, "description": "kept words", "place": PLACE, "class_id": str(lamp.id)}
    answer = desk.post("/intake", data=sent | changed)
    assert answer.status_code in (404, 422)
    assert words in answer.text
    assert "kept words" in answer.text
    assert field is None or 'aria-invalid="true"' in answer.text
    assert db.scalar(text("SELECT count(*) FROM cases")) == db.scalar(text("SELECT count(*) FROM case_reporters")) == 0


def test_a_number_finds_what_it_reported_by_every_channel_however_it_is_written(
    app: OpenAPI, desk: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    first = call(desk, lamp)["number"]
    key, _ = make_open311.application(db)
    sent = make_open311.report(app.test_client(), key, phone="+86 138-0000-1234", email="a@example.org")
    other = sent.get_json()[0]["service_request_id"]
    for written in ("13800001234", "+86 13800001234", "0086 138 0000 1234", "138-0000-1234 转 8"):
        told = desk.post("/api/v1/calls/history", json={"phone": written}).json
        assert [one["number"] for one in told["items"]] == [other, first], written
    assert desk.post("/api/v1/calls/history", json={"phone": "13800001235"}).json["items"] == []
    found = desk.post("/intake/look", data={"phone": NUMBER}).text
    assert first in found
    assert other in found


def test_a_number_is_compared_with_numbers_only(app: OpenAPI, desk: FlaskClient, db: Session, lamp: CaseClass) -> None:
    """Another platform looked callers up by comparing their number with everybody's e-mail as well."""
    key, _ = make_open311.application(db)
    make_open311.report(app.test_client(), key, email="13800001234@example.org", account_id="13800001234")
    assert desk.post("/api/v1/calls/history", json={"phone": NUMBER}).json["items"] == []
    case = make_cases.case(db, class_id=lamp.id)
    reporters.keep(db, case.id, "web", reporters.Person(email="13800001234@a.cn"), is_first=True)  # type: ignore[arg-type]
    assert desk.post("/api/v1/calls/history", json={"phone": NUMBER}).json["items"] == []


def test_the_history_keeps_to_the_areas_of_who_asks(
    app: OpenAPI, desk: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    call(desk, lamp)
    north = make_accounts.account(db, role="intake", areas=[make_cases.NORTH_AREA])
    client = make_accounts.client_as(app, north)
    assert client.post("/api/v1/calls/history", json={"phone": NUMBER}).json["items"] == []
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    assert inspector.get("/intake").status_code == 403
    assert inspector.get("/api/v1/calls/waiting").status_code == 403


def test_a_further_caller_joins_an_open_case_and_its_main_case(desk: FlaskClient, db: Session, lamp: CaseClass) -> None:
    main = call(desk, lamp)["number"]
    told = desk.post(
        "/api/v1/calls", json={"phone": "13900005678", "name": "Zhao", "into": main, "description": "still dark"}
    ).json
    assert told["number"] == main
    assert told["is_joined"]
    assert told["reporter"]["phone"] == "139****5678"
    assert db.scalar(text("SELECT count(*) FROM cases")) == 1
    page = desk.get(f"/cases/{main}").text
    assert "139****5678" in page
    assert "still dark" in page
    assert "13900005678" not in page
    double = call(desk, lamp, phone="13700000000")["number"]
    db.execute(text(
        "UPDATE cases SET status = 'merged', merged_into_id = (SELECT id FROM cases WHERE number = :main)"
        " WHERE number = :n"
    ), {"main": main, "n": double})  # fmt: skip
    assert desk.post("/api/v1/calls", json={"phone": NUMBER, "into": double}).json["number"] == main


def test_nobody_joins_a_case_that_is_over(desk: FlaskClient, lamp: CaseClass, close: Close) -> None:
    number = close(call(desk, lamp)["number"]).number
    answer = desk.post("/api/v1/calls", json={"phone": NUMBER, "into": number})
    assert (answer.status_code, answer.json["code"]) == (409, "channels.over")


def test_likely_doubles_stand_beside_the_call(desk: FlaskClient, lamp: CaseClass) -> None:
    number = call(desk, lamp)["number"]
    found = desk.post("/intake/look", data={"place": PLACE, "class_id": str(lamp.id)}).text
    assert f'name="into" value="{number}"' in found
    assert "is-likely" in found


def test_who_wants_word_is_called_back_once_the_case_is_over(
    desk: FlaskClient, db: Session, lamp: CaseClass, close: Close
) -> None:
    told = call(desk, lamp, wants_reply=True)
    quiet = call(desk, lamp, phone="13911112222")
    assert desk.get("/api/v1/calls/waiting").json["items"] == []
    close(told["number"])
    close(quiet["number"])
    [waits] = desk.get("/api/v1/calls/waiting").json["items"]
    assert (waits["case"]["number"], waits["phone"]) == (told["number"], "138****1234")
    page = desk.get("/intake/calls").text
    assert "138****1234" in page
    assert "13800001234" not in page.replace(" ", "")
    reporter = waits["id"]
    assert desk.post(f"/intake/calls/{reporter}/open", data={"purpose": "x"}).status_code == 422
    opened = desk.post(f"/intake/calls/{reporter}/open", data={"purpose": "calling back"})
    assert NUMBER in opened.text
    assert opened.headers["Cache-Control"] == "no-store"
    [entry] = db.scalars(select(AuditEntry).where(AuditEntry.act == "cases.reporter")).all()
    assert (entry.subject_id, entry.purpose) == (told["number"], "calling back")
    done = desk.post(f"/intake/calls/{reporter}/result", data={"rating": "satisfied", "comment": "thanks"})
    assert done.status_code == 303
    assert desk.get("/api/v1/calls/waiting").json["matched"] == 0
    assert "1 of 1" in desk.get("/intake/calls").text
    again = desk.post(f"/api/v1/calls/{reporter}/result", json={"rating": "satisfied"})
    assert (again.status_code, again.json["code"]) == (409, "channels.rated")


def test_who_is_dissatisfied_has_the_case_taken_up_again(
    desk: FlaskClient, db: Session, lamp: CaseClass, close: Close
) -> None:
    told = call(desk, lamp, wants_reply=True)
    case = close(told["number"])
    address = f"/api/v1/calls/{told['reporter']['id']}/result"
    wrong = desk.post(address, json={"rating": "satisfied", "reopen": True})
    assert wrong.status_code == 422
    assert case.status == CaseStatus.CLOSED
    answer = desk.post(address, json={"rating": "dissatisfied", "comment": "dark again", "reopen": True})
    assert answer.status_code == 200, answer.text
    db.refresh(case)
    assert case.status == CaseStatus.HANDLING


def test_three_calls_that_nobody_answers_end_it(desk: FlaskClient, db: Session, lamp: CaseClass, close: Close) -> None:
    told = call(desk, lamp, wants_reply=True)
    address = f"/api/v1/calls/{told['reporter']['id']}/result"
    early = desk.post(address, json={"rating": "not_reached"})
    assert (early.status_code, early.json["code"]) == (409, "channels.still_open")
    close(told["number"])
    for tries in (1, 2, 3):
        assert desk.get("/api/v1/calls/waiting").json["matched"] == 1
        assert desk.post(address, json={"rating": "not_reached"}).json["calls"] == tries
    assert desk.get("/api/v1/calls/waiting").json["matched"] == 0
    assert "No share" not in desk.get("/intake/calls").text
    assert "1 person could not be reached" in desk.get("/intake/calls").text


def test_a_masked_number_written_back_changes_nothing(desk: FlaskClient, db: Session, lamp: CaseClass) -> None:
    """Other systems kept the stars that they had shown."""
    told = call(desk, lamp)["reporter"]
    address = f"/api/v1/calls/{told['id']}"
    shown = {"name": told["name"], "phone": told["phone"]}
    assert desk.patch(address, json=shown).json == told
    kept = db.scalars(select(Reporter)).one()
    assert reporters.person_of(kept) == reporters.Person("Wang Wu", NUMBER)
    wrong = desk.patch(address, json={"name": "Wang Wu", "phone": "139****0000"})
    assert (wrong.status_code, wrong.json["code"]) == (422, "channels.masked")
    right = desk.patch(address, json={"name": told["name"], "phone": "13911112222"})
    assert right.json["phone"] == "139****2222"
    db.refresh(kept)
    assert reporters.person_of(kept) == reporters.Person("Wang Wu", "13911112222")
    assert len(desk.post("/api/v1/calls/history", json={"phone": "139-1111-2222"}).json["items"]) == 1


def test_the_page_of_a_reporter_shows_and_mends_the_number(desk: FlaskClient, db: Session, lamp: CaseClass) -> None:
    told = call(desk, lamp)
    base = f"/intake/reporters/{told['reporter']['id']}"
    assert NUMBER in desk.post(f"{base}/open", data={"purpose": "a question"}).text
    assert desk.post(base, data={"name": "", "phone": "12**"}).status_code == 422
    answer = desk.post(base, data={"name": told["reporter"]["name"], "phone": "12345"})
    assert answer.location == f"/cases/{told['number']}"
    assert reporters.person_of(db.scalars(select(Reporter)).one()) == reporters.Person("Wang Wu", "12345")


def test_who_reported_is_erased_a_year_after_the_case_is_over(
    desk: FlaskClient, db: Session, lamp: CaseClass, close: Close
) -> None:
    old, recent, running = (call(desk, lamp, phone=f"1380000111{n}", wants_reply=True) for n in range(3))
    close(old["number"], days=366)
    close(recent["number"], days=364)
    db.execute(text("UPDATE case_reporters SET rating = 'satisfied', rated_at = now() WHERE id = :id"),
               {"id": old["reporter"]["id"]})  # fmt: skip
    tasks.forget_reporters(timestamp=int(datetime.now(UTC).timestamp()))
    db.expire_all()
    kept = {one.id: one for one in db.scalars(select(Reporter))}
    assert kept[old["reporter"]["id"]].sealed is None
    assert kept[old["reporter"]["id"]].rating == Rating.SATISFIED
    assert {one.sealed is None for key, one in kept.items() if key != old["reporter"]["id"]} == {False}
    assert desk.post("/api/v1/calls/history", json={"phone": "13800001110"}).json["items"] == []
    gone = desk.post(f"/api/v1/calls/{old['reporter']['id']}/open", json={"purpose": "calling back"})
    assert (gone.status_code, gone.json["code"]) == (409, "channels.erased")
    assert running["reporter"]["id"] in kept


@pytest.mark.parametrize(
    ("written", "digits"),
    [("+86 138 0000 1234", "13800001234"), ("0086-21-6288 0000", "2162880000"), ("62880000转123", "62880000"),
     ("021 6288-0000 ext. 5", "02162880000"), ("１３８", "")],
)  # fmt: skip
def test_numbers_are_compared_by_their_digits(written: str, digits: str) -> None:
    assert contacts.digits(written) == digits
