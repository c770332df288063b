"""Services: the classes of the active catalogue that the city opens to the public, and their definitions."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, false, func, select
from sqlalchemy.orm import Session

from app.cases.public import minor_classes
from app.open311.errors import NoService
from app.open311.models import Changeset, Datatype, Question, ServiceSetting, ServiceType
from app.web.named import named

NOT_IN_CODE = re.compile(r"[^\w.]+", re.UNICODE)


def service_code(scheme: str, kind: str, code: str) -> str:
    """The code of a class as a service: catalogue, kind and number, since a number alone names no class.

    "CJ/T 214-2007", event, 0102 is ``cj-t-214-2007-event-0102``: the same in every city that uses the catalogue.
    """
    return NOT_IN_CODE.sub("-", f"{scheme} {kind} {code}".lower()).strip("-")


@dataclass(frozen=True)
class Service:
    """One class as outside applications see it."""

    class_id: int
    code: str
    name_zh: str
    name_en: str
    major_zh: str | None
    major_en: str | None
    type: ServiceType
    is_public: bool
    description_zh: str
    description_en: str
    questions: int

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return named(self.name_zh, self.name_en)

    def told(self) -> dict[str, Any]:
        """The service as GeoReport v2 lists it."""
        words = (self.name_zh, self.name_en, self.major_zh, self.major_en)
        keywords = dict.fromkeys(word.replace(",", " ") for word in words if word)
        return {
            "service_code": self.code, "service_name": self.name,
            "description": named(self.description_zh, self.description_en) or None,
            "metadata": self.questions > 0, "type": self.type.value, "keywords": ", ".join(keywords),
            "group": named(self.major_zh, self.major_en) or None,
        }  # fmt: skip


def all_services(db: Session, *, in_use: bool = True, public_only: bool = True) -> list[Service]:
    """Services in the order of the catalogue; `in_use`: only those that take reports."""
    one = minor_classes(in_use=in_use)
    asked = select(func.count()).where(Question.class_id == one.c.id).correlate(one).scalar_subquery()
    columns: list[Any] = [
        one, ServiceSetting.type, ServiceSetting.is_public, ServiceSetting.description_zh,
        ServiceSetting.description_en, asked.label("questions"),
    ]  # fmt: skip
    chosen = select(*columns).outerjoin(ServiceSetting, ServiceSetting.class_id == one.c.id)
    if public_only:
        chosen = chosen.where(func.coalesce(ServiceSetting.is_public, True))
    return [
        Service(
            row.id, service_code(row.scheme, row.kind, row.code), row.name_zh, row.name_en, row.major_zh, row.major_en,
            row.type or ServiceType.REALTIME, row.is_public is not False,
            row.description_zh or "", row.description_en or "", row.questions,
        )
        for row in db.execute(chosen.order_by(one.c.scheme_id, one.c.kind.desc(), one.c.code))
    ]  # fmt: skip


def find(db: Session, code: str, *, in_use: bool = True, public_only: bool = True) -> Service:
    """The service of a code; NoService."""
    wanted = code.strip().lower()
    for one in all_services(db, in_use=in_use, public_only=public_only):
        if one.code == wanted:
            return one
    raise NoService("There is no service {code}.", field="service_code", code=code[:80])


def closed_classes() -> Select[Any]:
    """Ids of the classes that the city does not open to the public."""
    return select(ServiceSetting.class_id).where(ServiceSetting.is_public == false())


def questions_of(db: Session, class_id: int) -> list[Question]:
    """The questions of a class in their order."""
    return list(db.scalars(select(Question).where(Question.class_id == class_id).order_by(Question.position)))


def definition(db: Session, service: Service) -> dict[str, Any]:
    """A service's definition; a service without questions has an empty list of them."""
    return {
        "service_code": service.code,
        "attributes": [_attribute(one) for one in questions_of(db, service.class_id)],
    }


def _attribute(one: Question) -> dict[str, Any]:
    told = {
        "variable": one.is_variable, "code": one.code, "datatype": one.datatype.value, "required": one.is_required,
        "datatype_description": named(one.hint_zh, one.hint_en) or None, "order": one.position,
        "description": named(one.description_zh, one.description_en),
    }  # fmt: skip
    if one.datatype in (Datatype.SINGLE, Datatype.MULTI):
        told["values"] = [{"key": it["key"], "name": named(it["zh"], it["en"])} for it in one.choices]
    return told


def changed_at(db: Session) -> datetime:
    """When services or definitions last changed, as far as anybody looked: a difference is written down when seen."""
    digest = _digest(db)
    last = db.scalar(select(Changeset).order_by(Changeset.id.desc()).limit(1))
    if last is None or last.digest != digest:
        last = Changeset(digest=digest)
        db.add(last)
        db.flush()
        db.refresh(last)
    return last.seen_at


def _digest(db: Session) -> str:
    """A mark of everything that services and definitions say, in both languages."""
    facts: list[Any] = [
        (one.code, one.name_zh, one.name_en, one.major_zh, one.major_en, one.type.value, one.description_zh,
         one.description_en) for one in all_services(db)
    ]  # fmt: skip
    columns = [column for column in Question.__table__.columns if column.name != "id"]
    facts += [list(row) for row in db.execute(select(*columns).order_by(Question.class_id, Question.position))]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False, default=str).encode()).hexdigest()
