"""Builders for clocks, with hours 08-12 and 14-18, Monday to Friday."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings

from app.clocks.calendars import Calendar, Day, DayKind
from app.clocks.limits import Limit, parse_limit
from app.clocks.worktime import Pause

SHANGHAI = ZoneInfo("Asia/Shanghai")
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a shared machine may be busy


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """``2025-03-07 17:00`` on the wall clock of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def limit(text: str) -> Limit:
    return parse_limit(text)


def calendar(
    *, holidays: Iterable[str] = (), worked: Iterable[str] = (), time_zone: str = "Asia/Shanghai", **given: object
) -> Calendar:
    """A calendar with some holidays and some days worked instead, as ISO days."""
    days = {date.fromisoformat(on): Day(DayKind.HOLIDAY, "Holiday") for on in holidays}
    days |= {date.fromisoformat(on): Day(DayKind.MAKE_UP_WORKING_DAY, "Holiday") for on in worked}
    return Calendar("default", time_zone, days=days, **given)  # type: ignore[arg-type]  # facts a test spells out


def pause(begins: str, ends: str | None = None) -> Pause:
    return Pause(at(begins), None if ends is None else at(ends))
