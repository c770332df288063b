"""Webhooks as administrators manage them: made with a secret that is shown once, ended."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.areas import check_codes
from app.accounts.manageable import are_within
from app.audit.service import record
from app.notices.models import NoticeWebhook
from app.notices.service import REGISTER
from app.notices.topics import kind_of
from app.notices.words_of_city import RIGHT
from app.sealing.vault import vault
from gis.errors import Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

NAME_MAX, URL_MAX = 60, 500


class NoSuchWebhook(NotFound):
    """There is no such webhook, or not in your areas."""

    code = "notices.no_such_webhook"


def make(
    db: Session, viewer: Viewer, *, name: str, url: str, events: Sequence[str], areas: Sequence[str]
) -> tuple[str, NoticeWebhook]:
    """A new webhook and its secret, which is never shown again. Its areas lie within the viewer's.

    Raises Forbidden, InvalidInput, NoSuchEvent.
    """
    viewer.require(RIGHT)
    name, url = name.strip(), url.strip()
    if not 1 <= len(name) <= NAME_MAX:
        raise InvalidInput("Give a name of {count} characters at most.", field="name", count=NAME_MAX)
    codes = check_codes(db, areas)
    if not codes:
        raise InvalidInput("Choose at least one area, or the whole city.", field="areas")
    if not are_within(viewer, codes):
        raise Forbidden("You can give only areas that lie within your own.", field="areas")
    for event in events:
        kind_of(event)
    secret = secrets.token_urlsafe(32)
    made = NoticeWebhook(
        name=name, url=_address(url), events=list(dict.fromkeys(events)), areas=codes,
        sealed_secret=vault(REGISTER).seal(secret, "secret"), made_by=viewer.name,
    )  # fmt: skip
    db.add(made)
    db.flush()
    detail = {"name": name, "host": urlsplit(url).hostname, "areas": codes}
    record(db, viewer, act="notices.webhook", subject="webhook", subject_id=made.id, detail=detail)
    return secret, made


def _address(url: str) -> str:
    """A URL to call. InvalidInput: another scheme, a password in it, or none at all."""
    wrong = InvalidInput("Give an address that begins with http:// or https://, without a password in it.", field="url")
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise wrong from error
    plain = url.isascii() and url.isprintable() and " " not in url
    if not is_good or not plain or parts.username or parts.password or len(url) > URL_MAX:
        raise wrong
    return url


def list_of(db: Session, viewer: Viewer) -> list[NoticeWebhook]:
    """The webhooks within the viewer's areas, open ones first, newest first."""
    viewer.require(RIGHT)
    order = (NoticeWebhook.ended_at.is_not(None), NoticeWebhook.id.desc())
    found = db.scalars(select(NoticeWebhook).order_by(*order).limit(200))
    return [one for one in found if are_within(viewer, one.areas)]


def end(db: Session, viewer: Viewer, webhook_id: int) -> NoticeWebhook:
    """End a webhook: nothing goes there any more. Raises Forbidden, NoSuchWebhook."""
    viewer.require(RIGHT)
    found = db.get(NoticeWebhook, webhook_id, with_for_update=True)
    if found is None or not are_within(viewer, found.areas):
        raise NoSuchWebhook("There is no such webhook.")
    if found.ended_at is None:
        found.ended_at = datetime.now(UTC)
        record(db, viewer, act="notices.webhook_end", subject="webhook", subject_id=found.id)
    return found
