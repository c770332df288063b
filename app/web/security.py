"""Headers that keep a page to itself, the CSRF check, the session's key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.accounts.session import is_by_token
from app.settings import Settings

# Everything comes from us. MapLibre's workers are modules of ours or blobs; photos and canvases are blobs or data.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HSTS = "max-age=31536000"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
}


def session_key(home: Path) -> bytes:
    """The key that signs session cookies: made at random once a home, readable by its owner only."""
    file = home / "keys" / "session"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        with suppress(FileExistsError):  # the first of several processes wins
            file.hardlink_to(draft)
        draft.unlink()
    return file.read_text().strip().encode()


def nonce() -> str:
    """This answer's nonce, for the import map: the one inline script there is."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    made: str = g.csp_nonce
    return made


def install(web: Flask, settings: Settings) -> None:
    """Set cookies, CSRF check and headers of an application."""
    web.config.update(
        SESSION_COOKIE_NAME="city_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=int(settings.session_hours * 3600),
        MAX_CONTENT_LENGTH=settings.upload_max_mb * 1024 * 1024,
        LARGE_BODIES={},  # bytes by endpoint, set by those that read their body block by block
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
    )
    if settings.secure_cookies:  # one proxy with TLS stands in front: it says who asks and how
        web.wsgi_app = ProxyFix(web.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]  # as Flask says
    csrf = CSRFProtect(web)

    def check_csrf() -> None:
        larger = web.config["LARGE_BODIES"].get(request.endpoint)
        if larger is not None:  # before anything asks for the body
            request.max_content_length = larger
        if request.endpoint and request.method not in SAFE and not is_by_token():
            csrf.protect(apply_exemptions=True)

    web.before_request(check_csrf)
    web.after_request(add_headers)
    web.jinja_env.globals["csp_nonce"] = nonce


def fixed_headers(web: Flask) -> list[tuple[str, str]]:
    """The headers of an answer that no page script belongs to, for what is answered before the application is."""
    chosen = "; ".join(f"{name} {value}" for name, value in POLICY.items())
    headers = [*HEADERS.items(), ("Content-Security-Policy", chosen)]
    if web.config["SESSION_COOKIE_SECURE"]:
        headers.append(("Strict-Transport-Security", HSTS))
    return headers


def policy(others: Mapping[str, str] | None = None) -> str:
    """The content security policy of this answer, some parts of it others."""
    chosen = POLICY | ({"script-src": f"'self' 'nonce-{g.csp_nonce}'"} if "csp_nonce" in g else {}) | dict(others or {})
    return "; ".join(f"{name} {value}" for name, value in chosen.items())


def add_headers(answer: Response) -> Response:
    """Security headers on every answer; a view may have set a policy of its own."""
    says_who_frames = "frame-ancestors" in answer.headers.get("Content-Security-Policy", "")
    for name, value in HEADERS.items():
        if name != "X-Frame-Options" or not says_who_frames:  # an older word, which can't name sites
            answer.headers.setdefault(name, value)
    if "Content-Security-Policy" not in answer.headers:
        answer.headers["Content-Security-Policy"] = policy()
    if request.is_secure:
        answer.headers.setdefault("Strict-Transport-Security", HSTS)
    if "Cache-Control" not in answer.headers and request.endpoint != "static":
        answer.headers["Cache-Control"] = "private, no-cache"
    return answer
