"""Bearer tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service, tokens
from app.accounts.models import ApiToken
from gis.errors import Forbidden, NotFound
from tests import make_accounts


def test_a_token_speaks_for_its_account_and_only_its_digest_is_kept(app: OpenAPI, db: Session) -> None:
    who = make_accounts.account(db, role="clerk", areas=["310199001"])
    token, kept = tokens.issue(db, service.viewer_of(who), who)
    assert token.startswith("city_")
    assert token not in (kept.digest, kept.label)
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["name"] == who.name
    assert answer.json["areas"] == ["310199001"]
    assert "residents.create" in answer.json["rights"]
    db.refresh(kept)
    assert kept.last_used_at is not None


@pytest.mark.parametrize("header", ["Bearer city_wrong", "Bearer ", "Basic YTpi", "bearer"])
def test_a_wrong_token_is_401_in_problem_json(app: OpenAPI, header: str) -> None:
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_ended_expired_and_locked_tokens_stop(app: OpenAPI, db: Session) -> None:
    who = make_accounts.account(db)
    by = service.viewer_of(who)
    client = app.test_client()

    def status(token: str) -> int:
        return client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code

    ended, kept = tokens.issue(db, by, who)
    expired, short = tokens.issue(db, by, who, lives=timedelta(days=1))
    holds, _ = tokens.issue(db, by, who)
    tokens.revoke(db, by, kept.id)
    short.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    db.flush()
    assert (status(ended), status(expired), status(holds)) == (401, 401, 200)
    service.set_active(db, make_accounts.viewer(db, role="administrator"), who.id, False)
    assert status(holds) == 401


def test_a_wrong_token_is_not_saved_by_a_good_cookie(app: OpenAPI, db: Session) -> None:
    """Else a script elsewhere could add any token and so pass by the CSRF check on the cookie's account."""
    client = make_accounts.client_as(app, make_accounts.account(db))
    assert client.get("/api/v1/me").status_code == 200
    assert client.get("/api/v1/me", headers={"Authorization": "Bearer city_wrong"}).status_code == 401


def test_tokens_are_ones_own_business_or_the_administrators(db: Session) -> None:
    who, other = make_accounts.account(db), make_accounts.viewer(db)
    _, kept = tokens.issue(db, service.viewer_of(who), who)
    with pytest.raises(Forbidden):
        tokens.issue(db, other, who)
    with pytest.raises(NotFound):
        tokens.revoke(db, other, kept.id)
    tokens.revoke(db, make_accounts.viewer(db, role="administrator"), kept.id)
    assert kept.revoked_at is not None


def test_the_page_shows_a_new_token_once(app: OpenAPI, db: Session) -> None:
    who = make_accounts.account(db)
    client = make_accounts.client_as(app, who)
    answer = client.post("/me/tokens", data={"label": "night export", "days": "30"})
    assert answer.status_code == 201
    token = answer.text.split('<code id="secret">')[1].split("<")[0]
    assert "city_" not in client.get("/me").text
    kept = db.scalars(select(ApiToken).where(ApiToken.account_id == who.id)).one()
    assert kept.digest == tokens.digest_of(token)
    assert client.post("/me/tokens", data={"label": "", "days": "30"}).status_code == 422
    assert client.post("/me/tokens", data={"label": "x", "days": "400"}).status_code == 422
    client.post(f"/me/tokens/{kept.id}/revoke")
    db.refresh(kept)
    assert kept.revoked_at is not None
