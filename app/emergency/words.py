"""Words for an event's level, status and log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.emergency.models import EventLevel, EventStatus
from layers.layer import Words

LEVELS: dict[str, Words] = {
    EventLevel.I: _l("I – extremely serious"),
    EventLevel.II: _l("II – serious"),
    EventLevel.III: _l("III – fairly serious"),
    EventLevel.IV: _l("IV – ordinary"),
    "none": _l("Level not set"),
}
STATUSES: dict[str, Words] = {
    EventStatus.ACTIVE: _l("Active"),
    EventStatus.CONTAINED: _l("Contained"),
    EventStatus.ENDED: _l("Ended"),
    EventStatus.VOID: _l("Void"),
}
ENTRIES: dict[str, Words] = {
    "opened": _l("Opened"),
    "redrawn": _l("Zone redrawn"),
    "changed": _l("Facts changed"),
    "contained": _l("Contained"),
    "reopened": _l("Active again"),
    "ended": _l("Ended"),
    "voided": _l("Declared void"),
    "imported": _l("Imported"),
}
FIELDS: dict[str, Words] = {
    "title": _l("Title"),
    "level": _l("Level"),
    "description": _l("Description"),
    "class_id": _l("Class"),
}


def changes_in_words(data: Mapping[str, Any]) -> list[str]:
    """What a line of the log changed, one text a field; classes and long texts are only named."""
    told = []
    for field, pair in data.items():
        if field in FIELDS and isinstance(pair, list) and len(pair) == 2:
            before, after = (_value(field, one) for one in pair)
            told.append(
                _("{field}: {before} → {after}").format(field=FIELDS[field], before=before, after=after)
                if field in ("title", "level")
                else str(FIELDS[field])
            )
    return told


def _value(field: str, value: Any) -> str:
    return str(LEVELS[value or "none"]) if field == "level" else str(value or "–")
