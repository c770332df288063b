"""POST that may be sent twice and counts once: the header ``Idempotency-Key``.

The first request under a key runs; its answer is kept for a day and given again to every repetition by the same
account on the same address. A repetition that comes while the first still runs waits for it. An error is not kept:
the act may be tried again under the same key. When a server dies between the act and keeping its answer, nobody
knows the outcome: repetitions are then told so (409) and never run a second time.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Response, current_app, make_response, request
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.web.models import IdempotencyKey
from gis.db import transaction
from gis.errors import Conflict, InvalidInput

V = TypeVar("V", bound=Callable[..., Any])
HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
WAIT_S = 10.0
LOOK_EVERY_S = 0.1
KEY_MAX = 200


class StillRunning(Conflict):
    """The first request under this key has no answer yet, or died without one."""

    code = "idempotency.unfinished"


class KeyReused(InvalidInput):
    """The key was used for a different request."""

    code = "idempotency.key_reused"


def idempotent(view: V) -> V:
    """Let a POST view be repeated safely. Without the header it runs as it is."""

    @wraps(view)
    def once(*args: Any, **given: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **given)
        if not 1 <= len(key) <= KEY_MAX:
            raise InvalidInput("An idempotency key has 1 to {count} characters.", field=HEADER, count=KEY_MAX)
        return _run_once(key, lambda: make_response(view(*args, **given)))

    return once  # type: ignore[return-value]  # the wrapper takes what the view takes


def _run_once(key: str, run: Callable[[], Response]) -> Response:
    account_id = current_viewer().account_id
    digest = hashlib.sha256(request.get_data(cache=True)).hexdigest()
    with transaction() as db:
        started_id = _start(db, account_id, key, digest)
    if started_id is None:
        return _wait_for(account_id, key, digest)
    try:
        answer = run()
    except BaseException:
        _forget(started_id)
        raise
    if answer.status_code >= 400:
        _forget(started_id)
        return answer
    with transaction() as db:
        kept = {"status": answer.status_code, "body": answer.get_data(as_text=True)}
        db.execute(update(IdempotencyKey).where(IdempotencyKey.id == started_id).values(kept))
    return answer


def _start(db: Session, account_id: int | None, key: str, digest: str) -> int | None:
    """Claim the key; None when it is taken. Now and then old keys are dropped."""
    if secrets.randbelow(200) == 0:
        forget_old(db)
    values = {"account_id": account_id, "route": _route(), "key": key, "request_digest": digest}
    claim = insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.id)
    return db.scalar(claim)


def _route() -> str:
    return f"{request.method} {request.path}"


def _forget(started_id: int) -> None:
    with transaction() as db:
        db.execute(delete(IdempotencyKey).where(IdempotencyKey.id == started_id))


def forget_old(db: Session) -> None:
    """Drop answers older than a day."""
    db.execute(delete(IdempotencyKey).where(IdempotencyKey.started_at < func.now() - KEPT))


def _wait_for(account_id: int | None, key: str, digest: str) -> Response:
    mine = (IdempotencyKey.account_id == account_id, IdempotencyKey.route == _route(), IdempotencyKey.key == key)
    until = time.monotonic() + (0 if current_app.testing else WAIT_S)
    while True:
        with transaction() as db:
            first = db.scalar(select(IdempotencyKey).where(*mine))
        if first is not None and first.request_digest != digest:
            raise KeyReused("The idempotency key {key} was used for another request.", field=HEADER, key=key)
        if first is not None and first.status is not None:
            again = current_app.response_class(first.body or "", first.status, mimetype="application/json")
            again.headers["Idempotency-Replayed"] = "true"
            return again
        if time.monotonic() >= until:
            raise StillRunning("The first request under this key has no answer yet. Look whether its record exists.")
        time.sleep(LOOK_EVERY_S)
