"""The public page: reported without an account, followed by a code, rated, asked to be reopened."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseClass, CasePhoto, CaseSource, CaseStatus
from app.channels import throttle
from app.channels.models import Rating, Reporter
from app.settings import Settings
from app.web.create import create_app
from tests import make_accounts, make_cases, make_open311
from tests.app.channels.conftest import Close

LON, LAT = make_cases.HERE
PLACE = f"{LON},{LAT},"


@pytest.fixture
def visitor(client: FlaskClient, lamp: CaseClass) -> FlaskClient:
    """A browser that nobody is logged in with, and its form's token."""
    return fresh(client)


def fresh(client: FlaskClient) -> FlaskClient:
    page = client.get("/report/follow").text
    client.environ_base["HTTP_X_CSRFTOKEN"] = re.findall(r'name="csrf-token" content="([^"]+)"', page)[0]
    return client


def send(visitor: FlaskClient, lamp: CaseClass, **given: Any) -> Any:
    sent = {"do": "send", "class_id": str(lamp.id), "place": PLACE, "description": "It is dark."} | given
    return visitor.post("/report", data=sent)


def code_shown(visitor: FlaskClient) -> str:
    return re.findall(r'data-part="code">([^<]+)<', visitor.get("/report/done").text)[0]


def test_a_report_becomes_a_case_of_the_public_and_its_code_opens_it_elsewhere(
    visitor: FlaskClient, app: Any, db: Session, lamp: CaseClass
) -> None:
    assert send(visitor, lamp, phone="138 0000 1234", wants_reply="on").location == "/report/done"
    case = db.scalars(select(Case)).one()
    assert (case.source, case.description) == (CaseSource.PUBLIC, "It is dark.")
    code = code_shown(visitor)
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}", code)
    kept = db.execute(text("SELECT code_index::text || sealed::text FROM case_reporters")).scalar_one()
    assert code.replace("-", "") not in kept
    elsewhere = fresh(app.test_client())
    assert elsewhere.get(f"/report/cases/{case.number}").status_code == 404
    wrong = elsewhere.post("/report/follow", data={"number": case.number, "code": "AAAAA-AAAAA"})
    assert wrong.status_code == 404
    opened = elsewhere.post("/report/follow", data={"number": case.number, "code": code.lower().replace("-", " ")})
    assert opened.location == f"/report/cases/{case.number}"
    page = elsewhere.get(opened.location).text
    assert "It is dark." in page
    assert "138" not in re.sub(r"csrf[^>]*>", "", page).replace(case.number, "")
    elsewhere.post("/report/forget")
    assert elsewhere.get(f"/report/cases/{case.number}").status_code == 404


def test_a_form_sent_twice_is_one_case_and_shows_a_code_that_works(
    visitor: FlaskClient, app: Any, db: Session, lamp: CaseClass
) -> None:
    send(visitor, lamp, form_key="same")
    first = code_shown(visitor)
    send(visitor, lamp, form_key="same")
    second = code_shown(visitor)
    assert db.scalar(text("SELECT count(*) FROM cases")) == 1
    number = db.scalars(select(Case.number)).one()
    other = fresh(app.test_client())
    asked = {"number": number, "code": first}
    assert other.post("/report/follow", data=asked).status_code == (303 if first == second else 404)
    assert other.post("/report/follow", data=asked | {"code": second}).status_code == 303


def test_photos_of_a_refused_report_are_not_lost(visitor: FlaskClient, db: Session, lamp: CaseClass) -> None:
    refused = send(visitor, lamp, place="", photos=(io.BytesIO(make_cases.jpeg()), "lamp.jpg"))
    assert refused.status_code == 422
    assert "It is dark." in refused.text
    [key] = re.findall(r'name="photo_keys" value="([0-9a-f]{32})"', refused.text)
    assert send(visitor, lamp, photo_keys=key).status_code == 303
    photo = db.scalars(select(CasePhoto)).one()
    assert photo.case_id == db.scalars(select(Case.id)).one()
    number = db.scalars(select(Case.number)).one()
    assert f"/open311/v2/media/{key}.jpg" in visitor.get(f"/report/cases/{number}").text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"class_id": ""}, "Choose what it is about"),
        ({"class_id": "999999"}, "Choose what it is about"),
        ({"place": ""}, "Say where it is"),
        ({"place": "2.35,48.85,"}, "outside"),
        ({"place": "nan,inf,"}, "be read"),
        ({"email": "nobody"}, "no e-mail address"),
        ({"phone": "call me"}, "no telephone number"),
        ({"website": "http://spam"}, "people don&#39;t see"),
        ({"into": "nothing"}, "no case nothing"),
        ({"photos": (io.BytesIO(b"%PDF-1.4"), "a.jpg")}, "JPEG"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    visitor: FlaskClient, db: Session, lamp: CaseClass, changed: dict[str, Any], words: str
) -> None:
    answer = send(visitor, lamp, **changed)
    assert answer.status_code == 422
    assert words in answer.text
    assert db.scalar(text("SELECT count(*) FROM cases")) == db.scalar(text("SELECT count(*) FROM case_reporters")) == 0


def test_what_was_reported_near_may_be_joined(visitor: FlaskClient, app: Any, db: Session, lamp: CaseClass) -> None:
    send(visitor, lamp)
    case = db.scalars(select(Case)).one()
    other = fresh(app.test_client())
    near = other.post("/report/near", data={"place": f"{LON + 0.0005},{LAT},"}).text
    assert f'value="{case.number}"' in near
    assert "48 m" in near or "47 m" in near  # 0.0005° of longitude at 31.2° N: 111.32 km · cos 31.2° · 0.0005 = 47.6 m
    assert other.post("/report/near", data={"place": f"{LON + 0.0018},{LAT},"}).text.strip() == ""
    assert send(other, lamp, into=case.number, place="").location == "/report/done"
    assert db.scalar(text("SELECT count(*) FROM cases")) == 1
    assert [one.is_first for one in db.scalars(select(Reporter).order_by(Reporter.id))] == [True, False]


def test_classes_that_the_city_keeps_to_itself_are_not_offered_nor_shown(
    visitor: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    make_cases.case(db, class_id=lamp.id)
    make_open311.batch(db, lamp, is_public=False)
    assert "takes no reports here yet" in visitor.get("/report").text
    assert send(visitor, lamp).status_code == 422
    assert visitor.post("/report/near", data={"place": PLACE}).text.strip() == ""


def test_a_closed_case_is_rated_once_and_may_be_asked_to_be_reopened(
    visitor: FlaskClient, app: Any, db: Session, lamp: CaseClass, close: Close
) -> None:
    send(visitor, lamp)
    case = db.scalars(select(Case)).one()
    address = f"/report/cases/{case.number}"
    early = visitor.post(f"{address}/rating", data={"do": "rate", "rating": "satisfied"})
    assert early.status_code == 409
    close(case.number)
    assert "How content are you" in visitor.get(address).text
    assert visitor.post(f"{address}/rating", data={"do": "rate", "rating": "not_reached"}).status_code == 422
    sent = {"do": "rate", "rating": "dissatisfied", "comment": "still dark"}
    assert visitor.post(f"{address}/rating", data=sent).status_code == 303
    assert visitor.post(f"{address}/rating", data=sent).status_code == 409
    assert db.scalars(select(Reporter.rating)).one() == Rating.DISSATISFIED
    assert visitor.post(f"{address}/rating", data={"do": "reopen", "note": ""}).status_code == 422
    assert visitor.post(f"{address}/rating", data={"do": "reopen", "note": "still dark"}).status_code == 303
    db.refresh(case)
    assert case.status == CaseStatus.CLOSED  # asked for, not done
    assert "The city answers this" in visitor.get(address).text
    assert visitor.post(f"{address}/rating", data={"do": "reopen", "note": "again"}).status_code == 409
    officer = make_accounts.client_as(app, make_accounts.account(db, role="intake"))
    page = officer.get(f"/cases/{case.number}").text
    [request_id] = re.findall(rf"/cases/{case.number}/requests/(\d+)", page)
    granted = officer.post(f"/cases/{case.number}/requests/{request_id}", data={"answer": "grant"})
    assert granted.status_code == 303, granted.text
    db.refresh(case)
    assert case.status == CaseStatus.HANDLING


def test_too_many_reports_or_codes_from_one_address_are_refused(
    visitor: FlaskClient, db: Session, lamp: CaseClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttle.PER_HOUR, "report", 1)
    monkeypatch.setitem(throttle.PER_HOUR, "follow", 1)
    assert send(visitor, lamp).status_code == 303
    refused = send(visitor, lamp)
    assert refused.status_code == 429
    assert "It is dark." in refused.text
    assert visitor.post("/report/follow", data={"number": "1", "code": "x"}).status_code == 404
    assert visitor.post("/report/follow", data={"number": "1", "code": "x"}).status_code == 429
    assert "127.0.0.1" not in str(db.execute(text("SELECT who::text FROM public_uses")).all())


def test_the_operator_may_switch_the_page_off(db: Session, tmp_path: Path, lamp: CaseClass) -> None:
    client = create_app(Settings(home=tmp_path, public_reports=False)).test_client()
    assert client.get("/report").status_code == 404
    assert "/report" not in client.get("/login").text
    assert client.get("/api/v1/map/style.json").status_code == 401
    assert client.get("/tiles/roads.json").status_code == 401


def test_the_ground_is_open_to_its_map_and_nothing_else(client: FlaskClient, lamp: CaseClass) -> None:
    style = client.get("/api/v1/map/style.json").json
    assert set(style["sources"]) == {"blocks", "green", "water", "roads", "buildings", "base-areas"}
    for source in style["sources"]:
        assert client.get(f"/tiles/{source.removeprefix('base-')}.json").status_code == 200
    for layer in ("cases", "residents", "addresses", "unit_cells"):
        assert client.get(f"/tiles/{layer}.json").status_code == 401
