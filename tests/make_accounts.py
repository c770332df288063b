"""Builders for accounts and logged-in test clients."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.accounts import tokens
from app.accounts.models import Account, Role
from app.accounts.passwords import hash_password
from app.accounts.service import viewer_of
from grid.reach import Viewer

PASSWORD = "heron-lantern-41"
_HASH = hash_password(PASSWORD)


def account(
    db: Session, *, role: str | Role = "inspector", areas: Sequence[str] = ("",), name: str | None = None, **given: Any
) -> Account:
    """An account whose password is `PASSWORD`; the whole city unless areas are named."""
    name = name or f"{Role(role).value}-{secrets.token_hex(3)}"
    made = Account(name=name, role=Role(role), areas=list(areas), password_hash=_HASH, **given)
    db.add(made)
    db.flush()
    return made


def viewer(db: Session, *, role: str | Role = "inspector", areas: Sequence[str] = ("",), **given: Any) -> Viewer:
    """The viewer of a new account."""
    return viewer_of(account(db, role=role, areas=areas, **given))


def client_as(app: Flask, who: Account) -> FlaskClient:
    """A client with a login session of this account, its CSRF token sent with every request."""
    client = app.test_client()
    raw = hashlib.sha1(secrets.token_bytes(64)).hexdigest()
    with client.session_transaction() as session:
        session.permanent = True
        session["_user_id"] = f"{who.id}:{who.session_epoch}:{secrets.token_hex(16)}"
        session["seen"] = int(time.time())
        session["csrf_token"] = raw
    client.environ_base["HTTP_X_CSRFTOKEN"] = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(raw)
    return client


def client_by_token(app: Flask, db: Session, who: Account) -> FlaskClient:
    """A client that proves itself by a bearer token, as programs do."""
    token, _ = tokens.issue(db, viewer_of(who), who)
    db.flush()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client
