"""How days and moments are written: one way for each language, unmistakable anywhere, in the city's time zone.

``short`` and ``medium`` are to the minute; ``long`` has the seconds, for records that must prove when.
"""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale

PATTERNS: dict[str, dict[str, str]] = {
    "en": {
        "date.short": "d MMM y",
        "date.medium": "d MMM y",
        "date.long": "d MMMM y",
        "date.full": "EEEE, d MMMM y",
        "datetime.short": "d MMM y, HH:mm",
        "datetime.medium": "d MMM y, HH:mm",
        "datetime.long": "d MMM y, HH:mm:ss",
    },
    "zh": {
        "datetime.short": "y/M/d HH:mm",
        "datetime.medium": "y年M月d日 HH:mm",
        "datetime.long": "y年M月d日 HH:mm:ss",
    },
}


class DateFormats(dict[str, Any]):
    """What Flask-Babel asks for a pattern: ours for the reader's language, else the language's own."""

    def __init__(self) -> None:
        super().__init__(date="medium", datetime="medium", time="medium")

    def __missing__(self, key: str) -> str | None:
        locale = get_locale()
        return PATTERNS.get(locale.language if locale else "", {}).get(key)
