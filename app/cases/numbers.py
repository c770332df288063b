"""Case numbers: yymmdd of the day in the city's time zone, and five digits or more (22041800001)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from grid.models import City


def city_zone(db: Session) -> ZoneInfo:
    """The time zone in which the city's days begin; UTC while no city is loaded."""
    return ZoneInfo(db.scalar(select(City.time_zone)) or "UTC")


def city_time(db: Session) -> tuple[datetime, ZoneInfo]:
    """Now by the database's clock, and the zone in which the city's days begin."""
    now, zone = db.execute(select(func.now(), select(City.time_zone).scalar_subquery())).one()
    return now, ZoneInfo(zone or "UTC")


def take_number(db: Session, at: datetime, zone: ZoneInfo | None = None) -> str:
    """The next number of the day of `at` in the city; a second taker waits until this transaction ends."""
    day = at.astimezone(zone or city_zone(db)).date()
    return str(db.scalar(select(func.case_number(day, func.take_case_numbers(day, 1)))))
