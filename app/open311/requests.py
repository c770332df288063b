"""Service requests: public cases as GeoReport v2 tells them, filtered and paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.cases import public, reading
from app.cases.filters import CaseFilter
from app.cases.words import STATUSES
from app.open311 import services
from app.open311.arguments import Arguments
from app.open311.errors import BadArgument, NoRequest, NoService, NoToken
from app.open311.models import Submission
from app.web import paging
from app.web.named import named

PAGE_MAX = 1000
SPAN = timedelta(days=90)
PAGES_MAX = 1_000_000
Range = tuple[datetime | None, datetime | None]
ANY_TIME: Range = (None, None)


@dataclass(frozen=True)
class Asked:
    """What a call for requests asks: filters, page, and whether it wants more than the standard has."""

    filter: public.PublicFilter
    limit: int
    skip: int = 0
    after: tuple[Any, ...] = ()
    is_extended: bool = False


@dataclass(frozen=True)
class Found:
    """Requests as told, and the cursor of the next page if there is one."""

    items: list[dict[str, Any]]
    cursor: str | None = None


def read(db: Session, given: Arguments, zone: ZoneInfo, now: datetime) -> Asked:
    """The arguments of GET requests. `service_request_id` overrides all filters."""
    numbers = given.several("service_request_id", most=PAGE_MAX)
    closed = services.closed_classes()
    limit = given.whole("page_size", 1, PAGE_MAX) or PAGE_MAX
    asked = Asked(
        public.PublicFilter(numbers=numbers, closed_classes=closed), limit, is_extended=given.flag("extensions")
    )
    if numbers:
        return asked
    cursor, page = given.text("cursor"), given.whole("page", 1, PAGES_MAX)
    changed = _range(given, "updated_after", "updated_before", zone)
    reported = _range(given, "start_date", "end_date", zone)
    if reported == ANY_TIME and changed[0] is None:
        reported = now - SPAN, None
    box = reading.bbox(given.text("bbox") or "")
    cases = CaseFilter(class_ids=_classes(db, given), since=reported[0], until=reported[1], bbox=box)
    return replace(
        asked,
        filter=public.PublicFilter((), _is_open(given), cases, *changed, closed),
        skip=0 if cursor or page is None else (page - 1) * limit,
        after=_after(cursor) if cursor else (),
    )


def _range(given: Arguments, first: str, last: str, zone: ZoneInfo) -> Range:
    """From and until of a range of at most 90 days; an end that is left out lies 90 days from the other.

    What asks for changes alone is not bound to reports of the last 90 days: an old case may close today.
    """
    since, until = given.moment(first, zone), given.moment(last, zone)
    if since is None:
        return (None if until is None else until - SPAN), given.moment(last, zone, is_end=True)
    if until is None:
        return since, since + SPAN
    if until < since:
        raise BadArgument("{last} lies before {first}.", field=last, first=first, last=last)
    if until - since > SPAN:
        raise BadArgument("{first} and {last} are more than 90 days apart.", field=first, first=first, last=last)
    return since, given.moment(last, zone, is_end=True)


def _is_open(given: Arguments) -> bool | None:
    wanted = set(given.several("status"))
    if wanted - {"open", "closed"}:
        raise BadArgument("status is open, closed or both.", field="status")
    return "open" in wanted if len(wanted) == 1 else None


def _classes(db: Session, given: Arguments) -> tuple[int, ...]:
    codes = given.several("service_code")
    if not codes:
        return ()
    known: dict[str, list[int]] = {}  # versions of a catalogue share their codes
    for one in services.all_services(db, in_use=False):
        known.setdefault(one.code, []).append(one.class_id)
    missing = [code for code in codes if code.lower() not in known]
    if missing:
        raise NoService("There is no service {code}.", field="service_code", code=", ".join(missing)[:200])
    return tuple(class_id for code in codes for class_id in known[code.lower()])


def _after(cursor: str) -> tuple[datetime, int]:
    match paging.decode(cursor):
        case [datetime() as at, int() as last_id]:
            return at, last_id
    raise BadArgument("The page mark is not one of this list.", field="cursor")


def find(db: Session, asked: Asked, zone: ZoneInfo, now: datetime) -> Found:
    """The asked page. NoRequest when requests were named and none of them is there."""
    rows = public.page(db, asked.filter, now=now, limit=asked.limit + 1, after=asked.after, skip=asked.skip)
    shown = rows[: asked.limit]
    if asked.filter.numbers and not shown:
        numbers = ", ".join(asked.filter.numbers)[:200]
        raise NoRequest("There is no service request {number}.", field="service_request_id", number=numbers)
    items = [told(row, zone) for row in shown]
    if asked.is_extended:
        _extend(db, shown, items, zone)
    last = shown[-1] if len(rows) > asked.limit else None
    return Found(items, paging.encode([last.reported_at, last.id]) if last else None)


def get_one(db: Session, number: str, zone: ZoneInfo, *, is_extended: bool = False) -> list[dict[str, Any]]:
    """One request, as a list of it; NoRequest."""
    asked = public.PublicFilter(numbers=(number,), closed_classes=services.closed_classes())
    return find(db, Asked(asked, 1, is_extended=is_extended), zone, datetime.now(UTC)).items


def told(row: Row[Any], zone: ZoneInfo) -> dict[str, Any]:
    """A public case under the names of GeoReport v2."""
    photo = url_for("open311.get_media", key=row.photo_key, _external=True) if row.photo_key else None
    return {
        "service_request_id": row.number,
        "status": "open" if row.is_open else "closed",
        "status_notes": _notes(row),
        "service_name": named(row.name_zh, row.name_en),
        "service_code": services.service_code(row.scheme, row.kind, row.code),
        "description": None if row.description is None else public.without_personal(row.description) or None,
        "agency_responsible": row.department,
        "service_notice": None,
        "requested_datetime": w3c(row.reported_at, zone),
        "updated_datetime": w3c(row.updated_at, zone),
        "expected_datetime": w3c(row.due_at, zone),
        "address": named(row.address_zh, row.address_en) or None,
        "address_id": None if row.address_id is None else str(row.address_id),
        "zipcode": None,
        "lat": row.lat,
        "long": row.lon,
        "media_url": photo or row.media_url,
    }


def _notes(row: Row[Any]) -> str:
    """Where it stands; of a report that was merged with another, where that one stands, and which it is."""
    words = str(STATUSES[row.status])
    if not row.is_merged:
        return words
    if row.main_number is None:  # of a class that the city keeps to itself
        return str(_("Handled together with another report: {status}")).format(status=words)
    return str(_("Handled together with {number}: {status}")).format(number=row.main_number, status=words)


def w3c(at: datetime | None, zone: ZoneInfo) -> str | None:
    """A moment in the city's time with its offset, to the second."""
    return at.astimezone(zone).isoformat(timespec="seconds") if at else None


def _extend(db: Session, rows: Sequence[Row[Any]], items: list[dict[str, Any]], zone: ZoneInfo) -> None:
    """What the standard lacks: the city's own status, accuracy, all photos, and every change of status."""
    ids = [row.id for row in rows]
    photos, updates = public.photo_keys(db, ids), public.updates(db, ids)
    for row, item in zip(rows, items, strict=True):
        item["extended_attributes"] = {
            "stage": row.status.value,
            "accuracy_m": row.accuracy_m,
            "area_code": row.area_code,
            "photos": [url_for("open311.get_media", key=key, _external=True) for key in photos.get(row.id, [])],
            "updates": [
                {"datetime": w3c(at, zone), "stage": status.value, "description": str(STATUSES[status])}
                for at, status in updates.get(row.id, [])
            ],
        }


def by_token(db: Session, token: str) -> list[dict[str, Any]]:
    """The request that a token stands for; its id is empty until the case is made. NoToken."""
    found = db.scalar(select(Submission).where(Submission.token == token))
    if found is None:
        raise NoToken("There is no token {token}.", field="token", token=token[:80])
    if found.problem is not None:
        raise NoToken("The report of token {token} could not be taken.", field="token", token=token[:80])
    number = None if found.case_id is None else public.number_of(db, found.case_id)
    return [{"service_request_id": number, "token": token}]
