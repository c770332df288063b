"""Telling watching browsers that a register changed, by NOTIFY inside the writing transaction."""

from __future__ import annotations

import json
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
) -> None:
    """Announce one changed row; PostgreSQL delivers it when (and only if) the transaction commits.

    `bbox` is west, south, east, north in EPSG:4326. The payload says no more than that something changed there:
    who may see it reads it through the usual queries.
    """
    payload = {"channel": channel, "kind": kind, "id": record_id, "area": area_code, "bbox": bbox}
    db.execute(text("SELECT pg_notify(:name, :payload)"), {"name": CHANNEL, "payload": json.dumps(payload)})
