"""Reporters as templates and programs read them: masked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.cases.show import moment
from app.channels import reporters
from app.channels.models import Reporter
from app.channels.words import CHANNELS, RATINGS


def told(one: Reporter, now: datetime) -> dict[str, Any]:
    """A reporter for a page."""
    shown = reporters.masked(reporters.person_of(one))
    return {
        "id": one.id, "channel": one.channel.value, "channel_words": CHANNELS[one.channel], "at": moment(one.at, now),
        "name": shown.name, "phone": shown.phone, "email": shown.email, "is_kept": one.sealed is not None,
        "wants_reply": one.wants_reply, "words": one.words, "calls": one.calls, "comment": one.comment,
        "rating": one.rating.value if one.rating else "", "rating_words": RATINGS[one.rating] if one.rating else "",
        "rated": moment(one.rated_at, now),
    }  # fmt: skip


def as_json(one: Reporter) -> dict[str, Any]:
    """A reporter for a program; who it is stays masked."""
    shown = reporters.masked(reporters.person_of(one))
    return {
        "id": one.id, "channel": one.channel.value, "at": one.at.isoformat(), "name": shown.name, "phone": shown.phone,
        "wants_reply": one.wants_reply, "calls": one.calls, "rating": one.rating.value if one.rating else None,
        "comment": one.comment,
    }  # fmt: skip
