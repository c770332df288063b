"""Event numbers: E, yymmdd of the day in the city's time zone, and four digits or more (E2611220001)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grid.models import City


def city_zone(db: Session) -> ZoneInfo:
    """The time zone in which the city's days begin; UTC while no city is loaded."""
    return ZoneInfo(db.scalar(select(City.time_zone)) or "UTC")


def take_number(db: Session, at: datetime) -> str:
    """The next number of the day of `at`; a second taker waits until this transaction ends."""
    day = at.astimezone(city_zone(db)).date()
    return str(db.scalar(select(func.event_number(day, func.take_event_numbers(day, 1)))))
