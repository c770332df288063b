"""Cases as JSON, and requests as filters."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from app.cases import polygon
from app.cases.filters import CaseFilter
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, CasePhoto, CaseSource, CaseStatus
from app.cases.schemas import CaseQuery
from app.cases.visible import clock_of
from gis.errors import InvalidInput
from grid.located import LocatedBy

E = TypeVar("E", bound=Enum)
DAYS_BACK = {"today": timedelta(0), "yesterday": timedelta(days=1)}


def filter_of(asked: CaseQuery, zone: ZoneInfo, role: str = "", now: datetime | None = None) -> CaseFilter:
    """The filter that a query string means for a role; InvalidInput names what can't be read.

    A span that ends before it begins is refused: ends are never swapped behind the asker's back.
    """
    now = now or datetime.now(UTC)
    since, until = span(asked.since, asked.until, zone, ("from", "to"), now)
    due = span(asked.due_from, asked.due_to, zone, ("due_from", "due_to"), now)
    closed = span(asked.closed_from, asked.closed_to, zone, ("closed_from", "closed_to"), now)
    return CaseFilter(
        statuses=statuses(asked.status, role),
        class_ids=ids(asked.class_, "class"),
        sources=several(asked.source, CaseSource, "source"),
        kind=asked.kind,
        clock=asked.clock,
        area=asked.area.strip(),
        cell=asked.cell.strip(),
        departments=tuple(split(asked.department)),
        overseen={"yes": True, "no": False}.get(asked.overseen),
        since=since, until=until, due_since=due[0], due_until=due[1], closed_since=closed[0], closed_until=closed[1],
        red_from=now if asked.red_in else None,
        red_until=now + timedelta(hours=asked.red_in) if asked.red_in else None,
        q=asked.q.strip(),
        bbox=bbox(asked.bbox),
        within=polygon.read(asked.within),
        located=asked.located,
    )  # fmt: skip


def turn_of(role: str) -> tuple[CaseStatus, ...]:
    """The statuses in which it is a role's turn."""
    return tuple(CaseStatus(name) for name in KIND.turns(role))


def span(
    since: str, until: str, zone: ZoneInfo, names: tuple[str, str], now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Both ends of a span of time; InvalidInput when it ends before it begins."""
    begins = moment(since, zone, field=names[0], now=now)
    ends = moment(until, zone, field=names[1], is_end=True, now=now)
    if begins and ends and ends <= begins:
        raise InvalidInput("The span of time ends before it begins.", field=names[1])
    return begins, ends


def split(text: str) -> list[str]:
    """The values of a filter that takes several."""
    return [part.strip() for part in text.split(",") if part.strip()]


def several(text: str, kind: type[E], field: str) -> tuple[E, ...]:
    """Values of an enum, parted by commas."""
    try:
        return tuple(kind(part) for part in split(text))
    except ValueError as error:
        raise InvalidInput("{value} is not a value of {name}.", value=text, name=field, field=field) from error


def ids(text: str, field: str) -> tuple[int, ...]:
    """Ids, parted by commas."""
    return tuple(_whole(part, field) for part in split(text))


def statuses(text: str, role: str = "") -> tuple[CaseStatus, ...]:
    """Statuses by name; `open`, `all`, and `mine`: where it is the role's turn, for roles without one all open ones."""
    named = {"": (), "all": (), "open": OPEN_STATUSES, "mine": turn_of(role) or OPEN_STATUSES}
    found = named.get(text.strip())
    return several(text, CaseStatus, "status") if found is None else found


def _whole(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise InvalidInput("{value} is not a value of {name}.", value=text, name=field, field=field)
    return int(text)


def moment(
    text: str, zone: ZoneInfo, *, field: str, is_end: bool = False, now: datetime | None = None
) -> datetime | None:
    """A moment or a day of the city; a day as an end means until its last instant, so the next day's first.

    `today` and `yesterday` are days of the city's calendar, not the last 24 hours.
    """
    text = text.strip().replace(" ", "+")
    if not text:
        return None
    if text in DAYS_BACK:
        text = ((now or datetime.now(UTC)).astimezone(zone).date() - DAYS_BACK[text]).isoformat()
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("{value} is no date or time (2026-11-22, 2026-11-22T14:05+08:00).",
                           value=text, field=field) from error  # fmt: skip
    if len(text) <= len("2026-11-22"):
        day = found.date() + timedelta(days=1 if is_end else 0)
        return datetime.combine(day, time(), zone)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def bbox(text: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees; InvalidInput unless west ≤ east and south ≤ north inside the world."""
    if not text.strip():
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInput("A box is west,south,east,north in degrees.", field="bbox") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput("A box is west,south,east,north in degrees.", field="bbox")
    return west, south, east, north


def brief(row: Row[Any], now: datetime) -> dict[str, Any]:
    """A case as lists show it."""
    is_open = row.status in OPEN_STATUSES
    return {
        "id": row.id, "number": row.number, "url": f"/cases/{row.number}", "class": class_of(row),
        "status": row.status.value, "is_open": is_open, "source": row.source.value, "description": row.description,
        "department": row.department, "lon": row.lon, "lat": row.lat, "accuracy_m": row.accuracy_m,
        "located_by": row.located_by.value, "is_truly_located": row.located_by != LocatedBy.DEFAULT,
        "area": area_of(row), "address": address_of(row),
        "reported_at": iso(row.reported_at), "due_at": iso(row.due_at), "closed_at": iso(row.closed_at),
        "clock": clock_of(row.yellow_at, row.due_at, is_open, now), "is_on_time": row.is_on_time,
        "is_generated": row.is_generated,
        "thumbnail_url": f"/photos/{row.photo_key}/thumbnail" if row.photo_key else None,
    }  # fmt: skip


def detail(row: Row[Any], now: datetime, photos: list[CasePhoto]) -> dict[str, Any]:
    """A case with all that is known of it."""
    return brief(row, now) | {
        "scheme": row.scheme, "datum_given": row.datum_given, "located_at": iso(row.located_at),
        "unit_cell": {"id": row.unit_cell_id, "code": row.unit_cell_code}, "component_id": row.component_id,
        "outcome": row.outcome, "attributes": row.attributes, "external_system": row.external_system,
        "external_id": row.external_id, "recorded_at": iso(row.recorded_at),
        "seen_at": iso(row.seen_at), "photos": [photo(one) for one in photos],
    }  # fmt: skip


def class_of(row: Row[Any]) -> dict[str, Any]:
    """The class of a record and its major."""
    return {
        "id": row.class_id, "kind": row.kind.value, "code": row.class_code,
        "name_zh": row.class_zh, "name_en": row.class_en,
        "major": {
            "id": row.major_id, "code": row.major_code, "name_zh": row.major_zh, "name_en": row.major_en,
        } if row.major_id else None,
    }  # fmt: skip


def area_of(row: Row[Any]) -> dict[str, Any]:
    """The finest area of a record and the one above it."""
    return {
        "code": row.area_code, "name_zh": row.area_zh, "name_en": row.area_en,
        "parent_zh": row.street_zh, "parent_en": row.street_en,
    }  # fmt: skip


def address_of(row: Row[Any]) -> dict[str, Any] | None:
    """The address of a record, if it has one."""
    if row.address_id is None:
        return None
    return {"id": row.address_id, "text_zh": row.address_zh, "text_en": row.address_en}


def photo(one: CasePhoto) -> dict[str, Any]:
    """A photo and where its files are."""
    return {
        "key": one.key, "url": f"/photos/{one.key}", "thumbnail_url": f"/photos/{one.key}/thumbnail",
        "width": one.width, "height": one.height, "stage": one.stage, "lon": one.lon, "lat": one.lat,
        "taken_at": iso(one.taken_at), "uploaded_at": iso(one.uploaded_at),
    }  # fmt: skip


def iso(at: datetime | None) -> str | None:
    """A moment as programs read it."""
    return at.isoformat() if at else None
