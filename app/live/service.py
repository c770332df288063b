"""Telling watching browsers that a register changed, by NOTIFY inside the writing transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.live.message import CHANNEL


def announce(
    db: Session,
    *,
    channel: str,
    kind: Literal["created", "changed"],
    record_id: int,
    area_code: str,
    bbox: tuple[float, float, float, float] | None = None,
    departments: Sequence[str | None] | None = None,
) -> None:
    """Announce one changed row; PostgreSQL delivers it when (and only if) the transaction commits.

    `departments` narrows who hears of it where rows belong to a department: its own, and the one it has just left.
    `bbox` is west, south, east, north in EPSG:4326. The payload says no more than that something changed there:
    who may see it reads it through the usual queries.
    """
    payload: dict[str, object] = {"channel": channel, "kind": kind, "id": record_id, "area": area_code, "bbox": bbox}
    if departments is not None:
        payload["departments"] = sorted({name for name in departments if name})
    db.execute(text("SELECT pg_notify(:name, :payload)"), {"name": CHANNEL, "payload": json.dumps(payload)})
