"""Builders for outside applications, services and their questions, in the invented city of `tests.make`."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree

from flask.testing import FlaskClient
from shapely.geometry import Point
from sqlalchemy.orm import Session

from app.cases.models import CaseClass
from app.open311 import applications, catalogue
from app.open311.models import Application, ServiceType
from app.open311.services import service_code
from grid import addresses
from grid.models import Address
from grid.reach import whole_city
from tests import make, make_cases

LAMP = "test-catalogue-component-0118"
WHERE = {"lat": str(make_cases.HERE[1]), "long": str(make_cases.HERE[0])}
# One question of each datatype, and one that only tells something
QUESTIONS = (
    ("what", "singlevaluelist", "true", "true", "dark=不亮/It is dark; leans=倾斜/It leans"),
    ("more", "multivaluelist", "false", "true", "wires=电线/Bare wires; glass=玻璃/Broken glass"),
    ("height_m", "number", "false", "true", ""),
    ("since", "datetime", "false", "true", ""),
    ("pole", "string", "false", "true", ""),
    ("words", "text", "false", "true", ""),
    ("note", "string", "false", "false", ""),
)


def application(db: Session, name: str = "Lamp Watch", **given: Any) -> tuple[str, Application]:
    """A key and its application."""
    return applications.make(db, whole_city({"accounts.manage"}), name, **given)


def questions(db: Session, code: str = "0118") -> None:
    """Gives a class of the test catalogue one question of each kind."""
    rows = [
        {
            "scheme": make_cases.SCHEME, "kind": "component", "class": code, "code": name, "position": str(position),
            "datatype": datatype, "is_required": required, "is_variable": variable, "choices": choices,
            "description_zh": f"问题{position}", "description_en": f"Question {position}",
            "hint_zh": "", "hint_en": "a hint" if position == 1 else "",
        }
        for position, (name, datatype, required, variable, choices) in enumerate(QUESTIONS, start=1)
    ]  # fmt: skip
    catalogue.load_questions(db, rows)


def batch(db: Session, one: CaseClass, *, is_public: bool = True, kind: ServiceType = ServiceType.BATCH) -> None:
    """Sets how a class stands as a service."""
    catalogue.put_service(db, one.id, kind=kind, is_public=is_public, description_zh="", description_en="")


def code_of(one: CaseClass) -> str:
    """The service code of a class of the test catalogue."""
    return service_code(make_cases.SCHEME, one.kind, one.code)


def door(db: Session, number: str = "1038", *, at: tuple[float, float] = make_cases.HERE) -> Address:
    """A door on 南京西路."""
    zh, en = f"南京西路{number}号", f"{number} Nanjing West Road"
    return addresses.add(db, Point(*at), text_zh=zh, text_en=en, road="南京西路", number=number)


def report(
    client: FlaskClient, key: str, form: str = "json", headers: dict[str, str] | None = None, **given: Any
) -> Any:
    """The answer to a report of a lamp in the middle of the south-west cell, unless told otherwise (None: left out)."""
    sent = {"api_key": key, "service_code": LAMP, **WHERE} | given
    sent = {name: value for name, value in sent.items() if value is not None}
    kind = "multipart/form-data" if any(isinstance(one, tuple | list) for one in sent.values()) else None
    return client.post(f"/open311/v2/requests.{form}", data=sent, headers=headers, content_type=kind)


def photo(name: str = "lamp.jpg", **given: Any) -> tuple[io.BytesIO, str]:
    """A file field with a JPEG."""
    return io.BytesIO(make_cases.jpeg(**given)), name


def city(db: Session, **given: Any) -> CaseClass:
    """The city, English by default, with its one class."""
    make.city(db, **({"language": "en"} | given))
    return make_cases.case_class(db)


def tree(answer: Any) -> ElementTree.Element:
    """An XML answer, parsed from its bytes."""
    return ElementTree.fromstring(answer.data)


def plain(element: ElementTree.Element) -> Any:
    """XML as the JSON of the same answer would be, all values as text."""
    children = list(element)
    if not children:
        return element.text or ""
    if element.tag in ("services", "service_requests", "errors", "attributes", "values", "endpoints", "formats",
                       "photos", "updates"):  # fmt: skip
        return [plain(child) for child in children]
    return {child.tag: plain(child) for child in children}
