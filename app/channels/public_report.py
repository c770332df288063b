"""A report from the public page: read, filed as a case or joined to one that was reported before, with its code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.cases import photos, public, queries, service
from app.cases.filters import CaseFilter
from app.cases.photos import PhotoStore
from app.cases.schemas import CaseIn
from app.channels import intake, reporters
from app.channels.models import Channel, Reporter
from app.open311 import services
from gis.errors import InvalidInput
from gis.measure import WGS84
from grid.reach import Viewer

# May log cases anywhere in the city and join those of others: nothing else, and it sees no register.
VISITOR = Viewer(None, "公众网页 · public page", "public", ("",), rights=frozenset({"cases.create"}))
PHOTOS_MAX = 5
NEAR_M, NEAR_MOST = 150.0, 5
SOURCE = "public"
HONEYPOT = "website"  # a field that people don't see; programs that fill all fields do


class Robot(InvalidInput):
    """The hidden field was filled: a program, not a person."""

    code = "channels.robot"


class NoPlace(InvalidInput):
    """The report has no place in the city."""

    code = "channels.no_place"


@dataclass(frozen=True)
class ReportIn:
    """What the form gives: a service's class, a place in degrees (WGS 84), words, who reports."""

    class_id: int | None = None
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    located_by: str = "map"
    address_id: int | None = None
    description: str = ""
    name: str = ""
    phone: str = ""
    email: str = ""
    wants_reply: bool = False
    photo_keys: list[str] = field(default_factory=list)
    into: str = ""
    trap: str = ""


def take(db: Session, given: ReportIn, form_key: str) -> tuple[str, Reporter, str]:
    """File a report: the case's number, its reporter, and the code to follow it by, which is told this once.

    Sent again under its `form_key` it is the same report, with a fresh code.

    Raises Robot, InvalidInput, NoPlace, OutsideCity, Over, PhoneWrong, EmailWrong.
    """
    if given.trap:
        raise Robot("A field that people don't see was filled. Leave it empty.", field=HONEYPOT)
    made = reporters.by_form(db, form_key)
    if made is None:
        sender = reporters.read(given.name, given.phone, given.email)
        case_id = intake.joined(db, VISITOR, _open_number(db, given.into))[0] if given.into else _file(db, given)
        made = reporters.keep(
            db, case_id, Channel.WEB, sender, is_first=not given.into, wants_reply=given.wants_reply,
            words=given.description if given.into else "", form_key=form_key,
        )  # fmt: skip
    return queries.numbers(db, [made.case_id])[made.case_id], made, reporters.give_code(db, made)


def _open_number(db: Session, number: str) -> str:
    """The number, if it is of a case that the public may know of."""
    asked = public.PublicFilter(numbers=(number,), closed_classes=services.closed_classes())
    if not public.page(db, asked, now=datetime.now().astimezone(), limit=1):
        raise InvalidInput("There is no case {number}.", field="into", number=number)
    return number


def _file(db: Session, given: ReportIn) -> int:
    if given.class_id not in {one.class_id for one in services.all_services(db)}:
        raise InvalidInput("Choose what it is about.", field="class_id")
    if given.lon is None or given.lat is None:
        raise NoPlace("Say where it is: choose an address, or a place on the map.", field="address")
    case = service.create(db, VISITOR, CaseIn(
        class_id=given.class_id, lon=given.lon, lat=given.lat, accuracy_m=given.accuracy_m,
        located_by=given.located_by, address_id=given.address_id, description=given.description,
        source=SOURCE, photo_keys=given.photo_keys,
    ))  # fmt: skip
    return case.id


def take_photos(db: Session, files: Sequence[bytes], kept: Sequence[str], store: PhotoStore) -> list[str]:
    """Keep the photos that came with a form: a refusal of the report loses none. `kept`: keys of those kept before."""
    mine = photos.unattached(db, VISITOR, list(kept)[:PHOTOS_MAX])
    if len(mine) + len(files) > PHOTOS_MAX:
        raise InvalidInput("{limit} photos are taken with a report.", limit=PHOTOS_MAX, field="photos")
    return [*mine, *(photos.add(db, VISITOR, one, store).key for one in files)]


def near(db: Session, lon: float, lat: float, now: datetime) -> list[tuple[Row[Any], float]]:
    """Open public cases within 150 m of a place (WGS 84), nearest first, with their metres."""
    dy = NEAR_M / 111_320
    dx = dy / max(math.cos(math.radians(lat)), 0.01)
    asked = public.PublicFilter(
        is_open=True, closed_classes=services.closed_classes(),
        cases=CaseFilter(bbox=(lon - dx, lat - dy, lon + dx, lat + dy)),
    )  # fmt: skip
    rows = [one for one in public.page(db, asked, now=now, limit=50) if one.lon is not None and not one.is_merged]
    found = [(one, float(WGS84.inv(lon, lat, one.lon, one.lat)[2])) for one in rows]
    return sorted((one for one in found if one[1] <= NEAR_M), key=lambda one: one[1])[:NEAR_MOST]
