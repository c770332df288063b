"""Notices, webhooks and failed messages as programs read them."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale

from app.notices.models import Notice, NoticeDelivery, NoticeWebhook


def said(notice: Notice) -> dict[str, str]:
    """Title and body in the reader's language."""
    locale = get_locale()
    texts: dict[str, dict[str, str]] = notice.texts
    return texts["en" if locale is not None and locale.language == "en" else "zh"]


def notice(one: Notice) -> dict[str, Any]:
    """One of one's own notices."""
    return {
        "id": one.id, "event": one.event, **said(one), "link": one.link, "made_at": one.made_at.isoformat(),
        "read_at": one.read_at.isoformat() if one.read_at else None,
    }  # fmt: skip


def webhook(one: NoticeWebhook) -> dict[str, Any]:
    """A webhook, without its secret."""
    return {
        "id": one.id, "name": one.name, "url": one.url, "events": one.events, "areas": one.areas,
        "made_by": one.made_by, "made_at": one.made_at.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
    }  # fmt: skip


def failed(one: NoticeDelivery) -> dict[str, Any]:
    """A message that was given up: where it should have gone is told by account or webhook, never by address."""
    return {
        "id": one.id, "message_id": str(one.message_id), "channel": one.channel.value, "event": one.event,
        "account_id": one.account_id, "webhook_id": one.webhook_id, "tries": one.tries, "problem": one.problem,
        "made_at": one.made_at.isoformat(),
    }  # fmt: skip
