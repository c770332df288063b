"""Bearer tokens of the API: random, shown once, kept as SHA-256 only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.manageable import are_within
from app.accounts.models import Account, AccountFacts, ApiToken
from app.audit.service import record
from gis.errors import NotFound
from grid.reach import Viewer

PREFIX = "city_"
USED_EVERY = timedelta(minutes=5)  # how exact "last used" is: a write a request would be too many

HOLDERS_FACTS = tuple(getattr(Account, name) for name in AccountFacts.__annotations__)
HOLDER = (  # made once: it is asked for with every request
    select(*HOLDERS_FACTS, ApiToken.id.label("token_id"), ApiToken.last_used_at)
    .join(ApiToken, ApiToken.account_id == Account.id)
    .where(
        ApiToken.digest == bindparam("digest"),
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > bindparam("now")),
        Account.is_active,
    )
)


def digest_of(token: str) -> str:
    """SHA-256 of a token, hexadecimal. The token is 256 random bits: no salt or stretching is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue(
    db: Session, viewer: Viewer, account: Account, *, label: str = "", lives: timedelta | None = None
) -> tuple[str, ApiToken]:
    """A new token for an account; the text is never to be had again. For oneself or who manages accounts."""
    if viewer.account_id != account.id:
        _require_managed(viewer, account)
    token = PREFIX + secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + lives if lives else None
    kept = ApiToken(account_id=account.id, digest=digest_of(token), label=label.strip()[:80], expires_at=expires_at)
    db.add(kept)
    db.flush()
    detail = {"token": kept.id}
    record(db, viewer, act="tokens.issue", subject="account", subject_id=account.id, detail=detail)
    return token, kept


def _require_managed(viewer: Viewer, account: Account) -> None:
    viewer.require("accounts.manage")
    if not are_within(viewer, account.areas):
        raise NotFound("There is no such account.")


def _manages(db: Session, viewer: Viewer, account_id: int) -> bool:
    return viewer.may("accounts.manage") and are_within(viewer, db.get_one(Account, account_id).areas)


def list_of(db: Session, account: Account) -> Sequence[ApiToken]:
    """An account's tokens that still hold, newest first."""
    found = select(ApiToken).where(ApiToken.account_id == account.id, ApiToken.revoked_at.is_(None))
    return db.scalars(found.order_by(ApiToken.id.desc())).all()


def revoke(db: Session, viewer: Viewer, token_id: int) -> ApiToken:
    """End a token; NotFound when it is not there or not this viewer's to end."""
    token = db.get(ApiToken, token_id)
    if token is None or not (viewer.account_id == token.account_id or _manages(db, viewer, token.account_id)):
        raise NotFound("There is no such token.")
    if token.revoked_at is None:
        token.revoked_at = datetime.now(UTC)
        detail = {"token": token.id}
        record(db, viewer, act="tokens.revoke", subject="account", subject_id=token.account_id, detail=detail)
    return token


def account_of(db: Session | Connection, token: str) -> AccountFacts | None:
    """Facts of the active account behind a token, or None."""
    now = datetime.now(UTC)
    found: Any = db.execute(HOLDER, {"digest": digest_of(token), "now": now}).first()
    if found is not None and (found.last_used_at is None or now - found.last_used_at > USED_EVERY):
        db.execute(update(ApiToken).where(ApiToken.id == found.token_id).values(last_used_at=now))
    return found  # type: ignore[no-any-return]  # a row has the facts as its attributes
