"""Keys of outside applications: made once, kept as a digest, limited by the minute, ended at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.cases.models import CaseClass
from app.open311 import applications, catalogue, commands, contacts, tasks
from app.open311.models import Application, Contact
from app.sealing.vault import vault
from gis.errors import Forbidden, InvalidInput
from tests import make_accounts, make_cases, make_open311
from tests.make_open311 import report

PERSON = {
    "first_name": "三丰", "last_name": "张", "phone": "+86 138 0013 8000", "email": "Zhang.SF@example.org",
    "device_id": "device-77", "account_id": "account-88",
}  # fmt: skip


def test_only_the_digest_of_a_key_is_kept(db: Session, key: str) -> None:
    kept = db.scalars(select(Application)).one()
    assert kept.digest == applications.digest_of(key)
    row = str(db.execute(text("SELECT * FROM open311_applications")).all())
    assert key not in row
    assert key.removeprefix(applications.PREFIX) not in row


def test_an_application_sends_as_many_reports_a_minute_as_it_may(
    client: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    key, made = make_open311.application(db, "Slow", per_minute=2)
    other = make_open311.application(db, "Other")[0]
    assert [report(client, key).status_code for _ in range(2)] == [201, 201]
    refused = report(client, key, "xml")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (429, "open311.too_many")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert [one["code"] for one in make_open311.plain(make_open311.tree(refused))] == ["429"]
    assert report(client, other).status_code == 201
    db.refresh(made)
    made.minute_at = made.minute_at and made.minute_at - timedelta(minutes=1)
    db.flush()
    assert report(client, key).status_code == 201


def test_refused_reports_count_too(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    key, _made = make_open311.application(db, "Slow", per_minute=1)
    assert report(client, key, service_code="nothing").status_code == 404
    assert report(client, key).status_code == 429


def test_an_ended_key_is_refused_at_once(client: FlaskClient, db: Session, key: str) -> None:
    admin = make_accounts.viewer(db, role="administrator")
    applications.end(db, admin, applications.need(db, "lamp watch"))
    assert report(client, key).status_code == 403
    acts = db.scalars(select(AuditEntry.act).where(AuditEntry.subject == "application")).all()
    assert acts == ["open311.key", "open311.end"]


@pytest.mark.parametrize(("name", "per_minute"), [("x", 60), ("a" * 61, 60), ("App", 0), ("App", 6001)])
def test_a_name_or_limit_out_of_bounds_is_refused(db: Session, name: str, per_minute: int) -> None:
    with pytest.raises(InvalidInput):
        make_open311.application(db, name, per_minute=per_minute)


@pytest.fixture
def admin(app: OpenAPI, db: Session, lamp: CaseClass) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator", language="en"))


def test_an_administrator_makes_and_ends_a_key_on_the_screen(
    admin: FlaskClient, client: FlaskClient, db: Session
) -> None:
    form = {"name": "Fix It", "contact": "fix@example.org", "per_minute": "5"}
    made = admin.post("/admin/open311", data=form)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    key = made.text.split('<code id="secret">')[1].split("<")[0]
    assert report(client, key).status_code == 201
    page = admin.get("/admin/open311").text
    assert "Fix It" in page
    assert "fix@example.org" in page
    assert key not in page
    assert make_open311.LAMP in page
    again = admin.post("/admin/open311", data=form | {"name": "fix it"})
    assert again.status_code == 422
    assert "There is already an application named fix it." in again.text
    assert admin.post("/admin/open311", data=form | {"per_minute": "many"}).status_code == 422
    ended = applications.need(db, "Fix It")
    assert admin.post(f"/admin/open311/{ended.id}/end").status_code == 303
    assert report(client, key).status_code == 403
    assert "ended" in admin.get("/admin/open311").text


@pytest.mark.parametrize("role", ["inspector", "leader", "intake"])
def test_others_see_and_make_no_keys(app: OpenAPI, db: Session, lamp: CaseClass, role: str) -> None:
    who = make_accounts.client_as(app, make_accounts.account(db, role=role))
    assert who.get("/admin/open311").status_code == 403
    assert who.post("/admin/open311", data={"name": "Mine", "per_minute": "5"}).status_code == 403


def test_the_screen_wants_a_login_and_a_token_of_its_form(
    app: OpenAPI, admin: FlaskClient, client: FlaskClient
) -> None:
    assert client.get("/admin/open311").status_code == 302
    del admin.environ_base["HTTP_X_CSRFTOKEN"]
    assert admin.post("/admin/open311", data={"name": "Forged", "per_minute": "5"}).status_code == 403


@pytest.fixture
def run(db: Session, lamp: CaseClass, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command on the test's own transaction."""
    monkeypatch.setattr(commands, "open_city", lambda: None)
    return lambda *words: CliRunner().invoke(commands.open311, words, catch_exceptions=False)


def test_the_command_prints_a_key_that_reports(run: Callable[..., Result], client: FlaskClient, db: Session) -> None:
    done = run("key", "Fix It", "--contact", "fix@example.org", "--per-minute", "7")
    assert done.exit_code == 0
    assert report(client, done.stdout.strip()).status_code == 201
    told = json.loads(run("keys", "--json").stdout)
    assert (told["name"], told["per_minute"], told["is_ended"]) == ("Fix It", 7, False)
    assert "Fix It" in run("keys").stdout
    assert run("end", "fix it").exit_code == 0
    assert report(client, done.stdout.strip()).status_code == 403
    assert run("key", "Slow", "--per-minute", "0").exit_code != 0


def test_commands_set_how_a_class_stands_as_a_service(
    run: Callable[..., Result], client: FlaskClient, tmp_path: Path
) -> None:
    code = make_open311.LAMP
    assert f"{code}" in run("services").stdout
    run("service", code, "--type", "batch", "--description-en", "A lamp is dark")
    [told] = client.get("/open311/v2/services.json").get_json()
    assert (told["type"], told["description"]) == ("batch", "A lamp is dark")
    run("service", code, "--not-public")
    assert client.get("/open311/v2/services.json").get_json() == []
    assert "(not public)" in run("services").stdout
    run("service", code, "--public", "--type", "realtime")
    [told] = client.get("/open311/v2/services.json").get_json()
    assert (told["type"], told["description"]) == ("realtime", "A lamp is dark")
    file = tmp_path / "questions.csv"
    header = (catalogue.FOLDER / "questions.csv").read_text("utf-8").splitlines()[0]
    file.write_text(f"{header}\n{make_cases.SCHEME},component,0118,pole,1,string,true,true,编号,Number,,,\n", "utf-8")
    assert run("questions", str(file)).stdout == "1 questions\n"
    [question] = client.get(f"/open311/v2/services/{code}.json").get_json()["attributes"]
    assert (question["code"], question["required"]) == ("pole", True)


def reported(client: FlaskClient, key: str, **given: str) -> str:
    [made] = report(client, key, **(PERSON | given)).get_json()
    number: str = made["service_request_id"]
    return number


def test_who_reported_is_sealed_and_in_no_answer(client: FlaskClient, db: Session, key: str) -> None:
    number = reported(client, key)
    rows = ""
    for table in ("open311_contacts", "open311_submissions", "cases", "case_moves"):
        rows += str(db.execute(text(f"SELECT {table}::text FROM {table}")).all())
    kept = db.scalars(select(Contact)).one()
    answers = "".join(
        client.get(path).text
        for form in ("xml", "json")
        for path in (f"/open311/v2/requests.{form}?extensions=true", f"/open311/v2/requests/{number}.{form}")
    )
    for private in PERSON.values():
        assert private not in rows
        assert private.encode() not in kept.sealed
        assert private not in answers
    assert json.loads(vault(contacts.REGISTER).open(kept.sealed, contacts.KIND)) == PERSON


def test_the_same_phone_is_found_again_however_it_is_written(client: FlaskClient, db: Session, key: str) -> None:
    reported(client, key)
    reported(client, key, phone="13800138000", email="zhang.sf@EXAMPLE.org")
    reported(client, key, phone="021 6279 9999", email="other@example.org")
    assert len(set(db.scalars(select(Contact.phone_index)))) == 2
    assert len(set(db.scalars(select(Contact.email_index)))) == 2


def test_nothing_is_kept_of_who_left_nothing(client: FlaskClient, db: Session, key: str) -> None:
    report(client, key, phone=" ", first_name="")
    assert db.scalars(select(Contact)).all() == []


def test_an_intake_officer_opens_who_reported_with_a_purpose(
    app: OpenAPI, client: FlaskClient, db: Session, key: str
) -> None:
    number = reported(client, key)
    who = make_accounts.account(db, role="intake", areas=[make_cases.SOUTH_AREA])
    intake = make_accounts.client_as(app, who)
    address = f"/api/v1/cases/{number}/reporter"
    assert intake.post(address, json={"purpose": " "}).status_code == 422
    opened = intake.post(address, json={"purpose": "call back"})
    assert (opened.status_code, opened.get_json(), opened.headers["Cache-Control"]) == (200, PERSON, "no-store")
    [entry] = db.scalars(select(AuditEntry).where(AuditEntry.act == "cases.reporter"))
    assert (entry.account_id, entry.subject_id, entry.purpose) == (who.id, number, "call back")
    assert "138" not in str(entry.detail)
    nameless = make_cases.case(db)
    assert intake.post(f"/api/v1/cases/{nameless.number}/reporter", json={"purpose": "call"}).status_code == 404


@pytest.mark.parametrize("role", ["inspector", "dispatcher", "department", "leader", "administrator"])
def test_others_do_not_open_who_reported(client: FlaskClient, db: Session, key: str, role: str) -> None:
    number = reported(client, key)
    with pytest.raises(Forbidden):
        contacts.open_contact(db, make_accounts.viewer(db, role=role), number, "curious")


def test_a_case_out_of_reach_tells_nobody_who_reported_it(
    app: OpenAPI, client: FlaskClient, db: Session, key: str
) -> None:
    number = reported(client, key)
    elsewhere = make_accounts.account(db, role="intake", areas=[make_cases.NORTH_AREA])
    answer = make_accounts.client_as(app, elsewhere).post(
        f"/api/v1/cases/{number}/reporter", json={"purpose": "call back"}
    )
    assert answer.status_code == 404


def test_who_reported_is_erased_a_year_after_the_case_is_over(client: FlaskClient, db: Session, key: str) -> None:
    def closed(number: str, **ago: Any) -> None:
        at = datetime.now(UTC) - timedelta(**ago)
        db.execute(
            text("UPDATE cases SET status = 'closed', closed_at = :at WHERE number = :n"), {"at": at, "n": number}
        )

    old, recent, running = (reported(client, key) for _ in range(3))
    closed(old, days=366)
    closed(recent, days=364)
    tasks.forget_contacts(timestamp=int(datetime.now(UTC).timestamp()))
    left = db.execute(
        text("SELECT c.number FROM open311_contacts o JOIN open311_submissions s ON s.id = o.submission_id "
             "JOIN cases c ON c.id = s.case_id")
    ).scalars()  # fmt: skip
    assert set(left) == {recent, running}
