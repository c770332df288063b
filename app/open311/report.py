"""One report as a form gives it: service, place, words, answers and sender. All that is wrong is told together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shapely.geometry import Point
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.cases.numbers import city_zone
from app.open311 import contacts, questions, services
from app.open311.arguments import Arguments
from app.open311.errors import BadArgument, Missing, raise_all
from app.open311.models import ServiceType
from gis.errors import CityError
from grid import addresses, words
from grid.locate import locate
from grid.models import Address
from grid.reach import whole_city

ALIKE_ONLY = 1.0  # a score of `grid.addresses.search` below which a text is only like an address
TAG = re.compile(r"<(?:!--.*?--|/?[A-Za-z][^<>]*|![A-Za-z][^<>]*)>", re.DOTALL)
DESCRIPTION_MAX, URL_MAX = 4000, 2000


@dataclass(frozen=True)
class Spot:
    """Where a report is: degrees in WGS 84, how they were given, and an address by id."""

    lon: float
    lat: float
    located_by: str
    address_id: int | None = None


@dataclass(frozen=True)
class Report:
    """A report that can become a case: `extra` is what the case keeps of it beside its own columns."""

    class_id: int
    spot: Spot
    description: str
    accuracy_m: float | None
    extra: dict[str, Any]


def read(db: Session, form: MultiDict[str, str]) -> tuple[Report, dict[str, str], ServiceType]:
    """The report of a form; all that is wrong is raised together."""
    given, zone = Arguments(form), city_zone(db)
    wrong: list[CityError] = []

    def tried(read: Any, *args: Any) -> Any:
        try:
            return read(*args)
        except CityError as error:
            wrong.append(error)
            return None

    chosen: services.Service | None = tried(_service, db, given)
    spot = tried(_spot, db, given)
    description = tried(_description, given)
    media_url = tried(_media_url, given)
    accuracy_m = tried(given.number, "accuracy_m", 0, 100_000)
    address_string = tried(given.text, "address_string")
    contact = tried(contacts.read, given)
    answers: dict[str, Any] = {}
    if chosen is not None:
        asked = services.questions_of(db, chosen.class_id)
        said = questions.given_in(form)
        wrong += questions.check(asked, said, zone)
        answers = questions.kept(asked, said) if not wrong else {}
    raise_all(wrong)
    assert chosen is not None
    extra = {"service_code": chosen.code, "media_url": media_url, "address_string": address_string, "answers": answers}
    report = Report(chosen.class_id, spot, description, accuracy_m, {k: v for k, v in extra.items() if v})
    return report, contact, chosen.type


def _service(db: Session, given: Arguments) -> services.Service:
    code = given.text("service_code")
    if code is None:
        raise Missing("service_code is required.", field="service_code")
    return services.find(db, code)


def _description(given: Arguments) -> str:
    """Plain words with their line breaks; tags are taken out."""
    found = given.text("description", most=DESCRIPTION_MAX) or ""
    return TAG.sub("", found.replace("\r\n", "\n")).strip()


def _media_url(given: Arguments) -> str | None:
    """A link to a photo elsewhere. It is never fetched."""
    found = given.text("media_url", most=URL_MAX)
    if found is None:
        return None
    try:
        parts = urlsplit(found)
        is_link = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", found)
    except ValueError:
        is_link = False
    if not is_link:
        raise BadArgument("media_url is no address on the web (http or https).", field="media_url")
    return found


def _spot(db: Session, given: Arguments) -> Spot:
    """The place: lat with long, else address_id, else address_string. Outside the city is an error."""
    lat, lon = given.number("lat", -90, 90), given.number("long", -180, 180)
    if (lat is None) != (lon is None):
        name = "lat" if lat is None else "long"
        raise Missing("lat and long go together: {name} is missing.", field=name, name=name)
    address_id = given.text("address_id")
    if lat is not None and lon is not None:
        spot = Spot(lon, lat, "map", None if address_id is None else _address(db, address_id).address_id)
    elif address_id is not None:
        spot = _address(db, address_id)
    else:
        spot = _by_text(db, given.text("address_string"))
    locate(db, Point(spot.lon, spot.lat))
    return spot


def _address(db: Session, given: str) -> Spot:
    """The place of an address by its id."""
    is_id = given.isascii() and given.isdecimal() and len(given) < 18
    place = select(Address.id, func.ST_X(Address.geom).label("lon"), func.ST_Y(Address.geom).label("lat"))
    held = place.where(Address.id == (int(given) if is_id else 0), Address.valid_to.is_(None))
    found = db.execute(held).one_or_none()
    if found is None:
        raise BadArgument("There is no address {id}.", field="address_id", id=given[:40])
    return Spot(found.lon, found.lat, "address", found.id)


def _by_text(db: Session, asked: str | None) -> Spot:
    """The one address that a text means; one that is only alike is not taken, nor one of several on a street."""
    if asked is None:
        raise Missing("A place is required: lat and long, or address_string, or address_id.", field="lat")
    found = addresses.search(db, whole_city(), asked, limit=10)
    doors = [one for one in found if one.kind == "address" and one.score >= ALIKE_ONLY]
    best = [one for one in doors if one.score == doors[0].score]
    if len(best) > 1:
        best = [one for one in best if words.compact(asked) in map(words.compact, (one.text_zh, one.text_en))]
    if len(best) != 1:
        raise BadArgument(
            "{address} is not one address of the city: {count} fit. Send lat and long instead.",
            field="address_string", address=asked[:100], count=len(doors),
        )  # fmt: skip
    return Spot(best[0].lon, best[0].lat, "address", int(best[0].id))
