"""CSRF, headers, cookies, keys, who may come in at all."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.settings import Settings
from app.web.create import create_app
from app.web.security import session_key
from tests import make_accounts

OPEN = {
    "/login",
    "/healthz",
    "/readyz",
    "/metrics",
    "/i18n/zh.json",
    "/api/v1/openapi.json",
    "/robots.txt",
    "/favicon.ico",
    "/field/worker.js",  # code and names of files, the same for everybody
    "/field/manifest.webmanifest",
    "/open311/",  # what Open311 opens to everybody: `app.cases.public` says what of a case
    "/open311/v2/",
    "/open311/discovery",
    "/open311/v2/discovery",
    "/open311/v2/services",
    "/open311/v2/requests",
    "/api/v1/map/style.json",  # the ground, for the public page; not where the operator switched that off
    "/ogc",  # what it is, and what of it is open to everyone: tests/app/ogc
    "/ogc/api",
    "/ogc/collections",
    "/ogc/conformance",
    "/ogc/catalogue",
    "/ogc/catalogue/items",
    "/ogc/tileMatrixSets",
    "/ogc/tileMatrixSets/WebMercatorQuad",
    "/report",
    "/report/done",
    "/report/follow",
}


def test_a_form_without_the_sessions_token_is_refused(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    token = client.environ_base.pop("HTTP_X_CSRFTOKEN")
    refused = client.post("/me/tokens", data={"label": "x"}, headers={"Accept": "application/json"})
    assert refused.status_code == 403
    assert refused.json["code"] == "csrf"
    assert client.post("/me/tokens", data={"label": "x", "csrf_token": token}).status_code == 201
    assert client.post("/me/tokens", data={"label": "x"}, headers={"X-CSRFToken": token}).status_code == 201


def test_anothers_csrf_token_does_not_fit(app: OpenAPI, db: Session) -> None:
    mine, theirs = (make_accounts.client_as(app, make_accounts.account(db)) for _ in range(2))
    mine.environ_base["HTTP_X_CSRFTOKEN"] = theirs.environ_base["HTTP_X_CSRFTOKEN"]
    assert mine.post("/me/tokens", data={"label": "x"}).status_code == 403


def test_the_login_form_is_guarded_too(client: FlaskClient) -> None:
    assert client.post("/login", data={"name": "a", "password": "b"}).status_code == 403


def test_a_bearer_token_needs_no_csrf_token(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_by_token(app, db, make_accounts.account(db))
    assert client.post("/me/tokens", data={"label": "from a program"}).status_code == 201


def test_every_get_address_is_closed_to_strangers_but_a_few(app: OpenAPI, client: FlaskClient) -> None:
    let_in = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        address = re.sub(r"<(?:int|float):[^>]+>", "1", str(rule))
        address = re.sub(r"<[^>]+>", "x", address)
        if client.get(address, headers={"Accept": "application/json"}).status_code not in (401, 404):
            let_in.add(str(rule))
    assert let_in == OPEN


def test_a_page_allows_no_outside_address_and_one_inline_script(client: FlaskClient) -> None:
    answer = client.get("/login")
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert "http" not in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", answer.text)
    assert inline == [f'<script type="importmap" nonce="{nonce[1]}">']
    assert not re.findall(r"\s(?:on\w+|style)=", answer.text)


def test_a_nonce_is_never_used_twice(client: FlaskClient) -> None:
    assert len({client.get("/login").headers["Content-Security-Policy"] for _ in range(3)}) == 3


def test_every_answer_carries_the_guarding_headers(client: FlaskClient) -> None:
    for address in ("/login", "/healthz", "/api/v1/nothing", "/static/css/tokens.css"):
        headers = client.get(address, buffered=True).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Content-Security-Policy" in headers


def test_pages_are_not_kept_by_caches_between_and_marked_files_are(client: FlaskClient) -> None:
    assert client.get("/login").headers["Cache-Control"] == "private, no-cache"
    assert "immutable" in client.get("/static/css/tokens.css?v=1", buffered=True).headers["Cache-Control"]
    assert client.get("/static/js/core/words.js", buffered=True).headers["Cache-Control"] == "public, no-cache"


def test_behind_a_tls_proxy_cookies_are_secure(db: Session, tmp_path: Path) -> None:
    client = create_app(Settings(home=tmp_path, secure_cookies=True)).test_client()
    answer = client.get("/login", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.1.2.3"})
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in answer.headers


def test_without_a_proxy_setting_forwarded_headers_are_not_believed(client: FlaskClient) -> None:
    answer = client.get("/login", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in answer.headers


def test_the_session_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = session_key(tmp_path)
    assert len(first) == 64
    assert session_key(tmp_path) == first
    file = tmp_path / "keys" / "session"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [other.name for other in file.parent.iterdir()] == ["session"]


@pytest.mark.parametrize("address", ["/healthz", "/login"])
def test_too_large_a_body_is_refused(client: FlaskClient, address: str) -> None:
    answer = client.post(address, data=b"x" * (21 * 1024 * 1024), headers={"Accept": "application/json"})
    assert answer.status_code in (405, 413)
