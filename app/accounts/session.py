"""Who is asking: login sessions by cookie, bearer tokens, and `current_viewer`.

A session cookie holds account, epoch, a key of its own and the time it was last used. Setting a password or locking
the account raises the epoch, which ends all of its sessions; logging out ends the one, so that a copy of its cookie
is worth nothing afterwards. Where a bearer token is given the cookie is not looked at.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Request, current_app, g, request, session
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user, login_user, logout_user

from app.accounts import sessions
from app.accounts.errors import Unauthenticated
from app.accounts.models import Account, AccountFacts
from app.accounts.service import viewer_of
from app.accounts.tokens import account_of
from gis.db import look, transaction
from grid.reach import Viewer

F = TypeVar("F", bound=Callable[..., Any])
SEEN_EVERY_S = 60
BACKGROUND = ("/live", "/tiles/", "/static/")  # asked for by an open page, not by a person


@dataclass(frozen=True)
class LoggedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The account of this request."""

    viewer: Viewer
    full_name: str
    language: str | None
    epoch: int
    session: str = ""

    @property
    def by_token(self) -> bool:
        """Whether a bearer token proved it, not a session."""
        return not self.session

    def get_id(self) -> str:
        """What the session cookie names: account, epoch and the session's own key."""
        return f"{self.viewer.account_id}:{self.epoch}:{self.session}"

    @classmethod
    def of(cls, account: AccountFacts, session: str = "") -> LoggedIn:
        """From a row; without a session's key, by token."""
        return cls(viewer_of(account), account.full_name, account.language, account.session_epoch, session)


def public(view: F) -> F:
    """Mark a view that needs no login."""
    view.__dict__["is_public"] = True
    return view


def install(web: Flask) -> None:
    """Load the person of each request from its token or session."""
    manager = LoginManager(web)
    manager.session_protection = None
    manager.user_loader(_from_session)
    manager.request_loader(_from_token)


def start_session(account: Account) -> None:
    """Log an account in: a fresh session, nothing of an earlier one kept but the language."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    session.permanent = True
    session["seen"] = int(time.time())
    login_user(LoggedIn.of(account, secrets.token_hex(16)))


def end_session() -> None:
    """Log out: this session ends for good, on this browser and wherever its cookie was copied to."""
    someone = person()
    if someone is not None and not someone.by_token:
        with transaction() as db:
            sessions.end(db, someone.viewer, someone.session)
    logout_user()
    session.clear()


def person() -> LoggedIn | None:
    """The logged-in account of this request, or None."""
    return current_user._get_current_object() if current_user and current_user.is_authenticated else None


def assume_nobody() -> None:
    """Where the account could not be read, telling of that must not try to read it again."""
    if "_login_user" not in g:
        g._login_user = AnonymousUserMixin()


def current_viewer() -> Viewer:
    """Who looks; Unauthenticated when nobody is logged in."""
    someone = person()
    if someone is None:
        raise Unauthenticated("Please log in.")
    return someone.viewer


def is_by_token() -> bool:
    """Whether this request proves itself by a bearer token (no cookie, so no CSRF)."""
    someone = person()
    return someone is not None and someone.by_token


def has_bearer() -> bool:
    """Whether a program asks: the request carries a bearer token, good or bad."""
    return _bearer(request) is not None


def guard() -> None:
    """Before each request: everything needs a login unless its view is marked `public`."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "is_public", False) or request.endpoint == "static":
        return
    current_viewer()
    is_background = request.path.startswith(BACKGROUND) or "X-Background" in request.headers
    if not is_by_token() and not is_background:
        _touch()


def _touch() -> None:
    now = int(time.time())
    if now - int(session.get("seen", 0)) > SEEN_EVERY_S:
        session["seen"] = now


def _bearer(given: Request) -> str | None:
    scheme, _, token = given.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _from_session(named: str) -> LoggedIn | None:
    if _bearer(request) is not None:
        return None
    account_id, epoch, key = (*named.split(":"), "", "")[:3]
    idle_s = current_app.permanent_session_lifetime.total_seconds()
    if time.time() - int(session.get("seen", 0)) > idle_s:
        g.was_idle = True
        return None
    with transaction() as db:
        account = db.get(Account, int(account_id))
        if account is None or not account.is_active or str(account.session_epoch) != epoch:
            return None
        return LoggedIn.of(account, key) if key and not sessions.has_ended(db, key) else None


def _from_token(given: Request) -> LoggedIn | None:
    token = _bearer(given)
    if not token:
        return None
    with look() as db:
        account = account_of(db, token)
        return LoggedIn.of(account) if account else None
