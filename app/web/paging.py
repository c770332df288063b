"""Keyset paging: a cursor is the sort values of the last row, as opaque text."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from gis.errors import InvalidInput

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
_TIMES = {"t": datetime.fromisoformat, "d": date.fromisoformat}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        [(kind, given)] = value.items()
        return _TIMES[kind](given)
    return value


def encode(values: Sequence[object]) -> str:
    """A cursor from sort values (numbers, texts, None, dates, aware datetimes)."""
    packed = json.dumps([_plain(value) for value in values], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode(cursor: str) -> list[Any]:
    """The sort values of a cursor; InvalidInput (field ``after``) for anything that `encode` did not make."""
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(packed)
        if not isinstance(values, list):
            raise TypeError("not a list")
        return [_typed(value) for value in values]
    except (binascii.Error, ValueError, TypeError, KeyError) as error:
        raise InvalidInput("The page mark {cursor} is not one of ours.", field="after", cursor=cursor[:80]) from error
