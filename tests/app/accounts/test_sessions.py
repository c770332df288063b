"""What a stolen, planted, forged or old proof of who one is, is worth."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.accounts import service
from tests import make_accounts
from tests.app.accounts.test_logins import csrf_of, log_in
from tests.make_accounts import PASSWORD

COOKIE = "city_session"


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def with_cookie(app: OpenAPI, value: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie(COOKIE, value)
    return client


def test_a_copied_cookie_is_worth_nothing_after_logging_out(app: OpenAPI, client: FlaskClient, db: Session) -> None:
    make_accounts.account(db, name="lin")
    log_in(client, "lin", PASSWORD)
    thief = with_cookie(app, cookie_of(client))
    assert thief.get("/api/v1/me").status_code == 200
    client.post("/logout", data={"csrf_token": csrf_of(client, "/me")})
    assert thief.get("/api/v1/me").status_code == 401


def test_logging_out_on_one_browser_leaves_the_other_logged_in(app: OpenAPI, db: Session) -> None:
    make_accounts.account(db, name="lin")
    desk, phone = app.test_client(), app.test_client()
    for browser in (desk, phone):
        log_in(browser, "lin", PASSWORD)
    desk.post("/logout", data={"csrf_token": csrf_of(desk, "/me")})
    assert desk.get("/api/v1/me").status_code == 401
    assert phone.get("/api/v1/me").status_code == 200


def test_a_new_password_ends_the_sessions_of_the_old_one(app: OpenAPI, client: FlaskClient, db: Session) -> None:
    who = make_accounts.account(db, name="lin")
    log_in(client, "lin", PASSWORD)
    service.set_password(db, service.viewer_of(who), who, "another-lantern-52")
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_planted_before_the_login_is_not_the_one_after_it(
    app: OpenAPI, client: FlaskClient, db: Session
) -> None:
    make_accounts.account(db, name="lin")
    csrf_of(client)
    planted = cookie_of(client)
    log_in(client, "lin", PASSWORD)
    assert cookie_of(client) != planted
    assert with_cookie(app, planted).get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("key", ["", "guessed", "0" * 64])
def test_a_cookie_signed_with_another_key_is_nobodys(app: OpenAPI, db: Session, key: str) -> None:
    who = make_accounts.account(db, role="administrator")
    good = cookie_of(make_accounts.client_as(app, who))
    payload = app.session_interface.get_signing_serializer(app).loads(good)
    real, app.secret_key = app.secret_key, key or "x"
    forged = app.session_interface.get_signing_serializer(app).dumps(payload)
    app.secret_key = real
    for value in (forged, good[:-2], f"{good.split('.')[0]}.AAAA.{'A' * 27}", "{}"):
        assert with_cookie(app, value).get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("named", ["{id}", "{id}:0", "{id}:0:", "{id}:1:abc", "0:0:abc", "999999:0:abc"])
def test_a_session_must_name_account_epoch_and_its_own_key(app: OpenAPI, db: Session, named: str) -> None:
    client = make_accounts.client_as(app, who := make_accounts.account(db))
    with client.session_transaction() as session:
        session["_user_id"] = named.format(id=who.id)
    assert client.get("/api/v1/me").status_code == 401


def test_a_forged_csrf_token_does_not_pass(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    good = client.environ_base.pop("HTTP_X_CSRFTOKEN")
    with client.session_transaction() as session:
        raw = session["csrf_token"]
    forged = URLSafeTimedSerializer("guessed", salt="wtf-csrf-token").dumps(raw)
    spoilt = good[:-9] + ("A" if good[-9] != "A" else "B") + good[-8:]  # the last letter has bits that say nothing
    for token in (forged, spoilt, raw, "", "null"):
        refused = client.post("/me/tokens", data={"label": "x"}, headers={"X-CSRFToken": token})
        assert refused.status_code == 403, token
    assert client.post("/me/tokens", data={"label": "x"}, headers={"X-CSRFToken": good}).status_code == 201


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_get_stays_a_get_whatever_a_header_or_field_says(app: OpenAPI, db: Session, header: str) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    client.environ_base.pop("HTTP_X_CSRFTOKEN")
    client.get("/logout?_method=POST", headers={header: "POST"})
    assert client.get("/api/v1/me").status_code == 200
    assert client.get("/api/v1/me", headers={header: "DELETE"}).status_code == 200


def test_a_program_with_a_bad_token_is_told_so_and_not_of_forms(app: OpenAPI, db: Session) -> None:
    for headers in ({"Authorization": "Bearer city_wrong"}, {}):
        refused = app.test_client().post("/api/v1/cases", json={}, headers=headers)
        assert (refused.status_code, refused.json["code"]) == (401, "unauthenticated")


def test_the_token_of_a_locked_account_stops_at_every_door(app: OpenAPI, db: Session) -> None:
    who = make_accounts.account(db, role="commander")
    client = make_accounts.client_by_token(app, db, who)
    doors = ("/api/v1/me", "/api/v1/cases", "/tiles/cases/1/0/0.mvt", "/live?channels=cases", "/layers/cases/export")
    service.set_active(db, make_accounts.viewer(db, role="administrator"), who.id, False)
    for door in doors:
        refused = client.get(door)
        assert (refused.status_code, refused.mimetype) == (401, "application/problem+json"), door
