"""Quiet hours: from when until when, by the city's clock, no e-mail is sent that can wait."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from gis.errors import InvalidInput


def after(now: datetime, start: time | None, end: time | None, zone: ZoneInfo) -> datetime:
    """The first moment from `now` on that lies outside of the quiet hours. They may run over midnight."""
    if start is None or end is None or start == end:
        return now
    local = now.astimezone(zone)
    clock = local.time()
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not is_quiet:
        return now
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, zone)


def read(start: str, end: str) -> tuple[time | None, time | None]:
    """Both ends as a form gives them (``22:00``), or neither. InvalidInput."""
    if not start.strip() and not end.strip():
        return None, None
    return _time(start, "quiet_from"), _time(end, "quiet_until")


def _time(given: str, field: str) -> time:
    try:
        found = time.fromisoformat(given.strip())
    except ValueError as error:
        raise InvalidInput("Give a time of day, for example 22:00.", field=field) from error
    if found.tzinfo is not None:
        raise InvalidInput("Give a time of day, for example 22:00.", field=field)
    return found.replace(second=0, microsecond=0)
