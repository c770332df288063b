"""Names in the reader's language, for templates: the data hold both, one may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask_babel import format_timedelta, get_locale


def named(zh: str | None, en: str | None) -> str:
    """Of two names the one in the reader's language, else the other, else nothing."""
    locale = get_locale()
    first, second = (zh, en) if locale is not None and locale.language == "zh" else (en, zh)
    return first or second or ""


def name_of(thing: Mapping[str, Any] | None, stem: str = "name") -> str:
    """The same from a row with ``<stem>_zh`` and ``<stem>_en``; nothing for no row."""
    return named(thing.get(f"{stem}_zh"), thing.get(f"{stem}_en")) if thing else ""


def moment(text: str | None) -> datetime | None:
    """A moment from the ISO text that queries give."""
    return datetime.fromisoformat(text) if text else None


def ago(at: datetime | None) -> str:
    """How long ago a moment was, or how far ahead it is; nothing for none."""
    return str(format_timedelta(at - datetime.now(UTC), add_direction=True)) if at else ""
