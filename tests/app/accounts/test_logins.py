"""Logging in: right and wrong passwords, resting accounts, idle sessions, where one goes afterwards."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.errors import Locked, WrongLogin
from app.accounts.models import Account
from app.audit.models import AuditEntry
from tests import make_accounts
from tests.make_accounts import PASSWORD


def csrf_of(client: FlaskClient, page: str = "/login") -> str:
    text = client.get(page).text
    return text.split('name="csrf-token" content="')[1].split('"')[0]


def log_in(client: FlaskClient, name: str, password: str, **form: str):
    return client.post("/login", data={"name": name, "password": password, "csrf_token": csrf_of(client), **form})


def test_a_right_login_leads_to_the_wanted_page_and_is_recorded(client: FlaskClient, db: Session) -> None:
    who = make_accounts.account(db, name="lin")
    answer = log_in(client, "LIN", PASSWORD, next="/me")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me")
    assert client.get("/me").status_code == 200
    entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.account_id, entry.address) == ("login", who.id, "127.0.0.1")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", ""])
def test_a_login_never_leads_off_the_site(client: FlaskClient, db: Session, target: str) -> None:
    make_accounts.account(db, name="lin")
    assert log_in(client, "lin", PASSWORD, next=target).headers["Location"] == "/"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client: FlaskClient, db: Session) -> None:
    make_accounts.account(db, name="lin")
    cookie = log_in(client, "lin", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # plain HTTP on the own machine; see CITY_SECURE_COOKIES


def test_a_wrong_password_keeps_the_name_and_says_not_which_was_wrong(client: FlaskClient, db: Session) -> None:
    make_accounts.account(db, name="lin")
    wrong = log_in(client, "lin", "not this one", lang="en")
    unknown = log_in(client, "nobody", "not this one")
    assert wrong.status_code == unknown.status_code == 401
    assert 'value="lin"' in wrong.text
    assert "账号或密码不正确" in wrong.text
    assert "账号或密码不正确" in unknown.text


def test_five_wrong_passwords_let_an_account_rest_and_each_further_one_doubles_it(db: Session) -> None:
    who = make_accounts.account(db, name="lin")
    for _ in range(5):
        assert isinstance(service.log_in(db, "lin", "wrong"), WrongLogin)
    assert who.locked_until is not None
    first = who.locked_until - datetime.now(UTC)
    assert timedelta(minutes=14) < first <= timedelta(minutes=15)
    assert isinstance(service.log_in(db, "lin", PASSWORD), Locked)  # the right one does not open it either
    who.locked_until = datetime.now(UTC) - timedelta(seconds=1)
    assert isinstance(service.log_in(db, "lin", "wrong"), WrongLogin)
    assert timedelta(minutes=29) < who.locked_until - datetime.now(UTC) <= timedelta(minutes=30)
    who.locked_until = datetime.now(UTC) - timedelta(seconds=1)
    assert isinstance(service.log_in(db, "lin", PASSWORD), Account)
    assert (who.failed_logins, who.locked_until) == (0, None)


def test_failures_are_counted_though_the_answer_is_an_error(client: FlaskClient, db: Session) -> None:
    who = make_accounts.account(db, name="lin")
    log_in(client, "lin", "wrong")
    db.refresh(who)
    assert who.failed_logins == 1


def test_an_unknown_name_takes_as_long_as_a_known_one(db: Session) -> None:
    make_accounts.account(db, name="lin")

    def took_s(name: str) -> float:
        times = []
        for _ in range(3):
            started = time.perf_counter()
            service.log_in(db, name, "wrong")
            times.append(time.perf_counter() - started)
        return min(times)

    known, unknown = took_s("lin"), took_s("nobody")
    assert unknown > known / 3  # without the dummy hash it would be a fiftieth


def test_a_locked_account_can_not_log_in(db: Session) -> None:
    make_accounts.account(db, name="lin", is_active=False)
    assert isinstance(service.log_in(db, "lin", PASSWORD), WrongLogin)


def test_an_idle_session_ends(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    assert client.get("/me").status_code == 200
    with client.session_transaction() as session:
        session["seen"] = int(time.time()) - 13 * 3600
    assert client.get("/me").status_code == 302


def test_work_keeps_a_session_awake_and_an_open_page_in_the_background_does_not(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    earlier = int(time.time()) - 3600
    with client.session_transaction() as session:
        session["seen"] = earlier
    client.get("/tiles/nothing/1/0/0.mvt")
    with client.session_transaction() as session:
        assert session["seen"] == earlier
    client.get("/me")
    with client.session_transaction() as session:
        assert session["seen"] > earlier


def test_logging_out_ends_the_session(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    assert client.post("/logout").status_code == 303
    assert client.get("/me").status_code == 302


def test_a_new_login_starts_a_fresh_session_that_keeps_the_language(client: FlaskClient, db: Session) -> None:
    make_accounts.account(db, name="lin")
    client.post("/language", data={"language": "en", "csrf_token": csrf_of(client)})
    with client.session_transaction() as session:
        session["planted"] = "by someone else"
    log_in(client, "lin", PASSWORD)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["language"] == "en"
