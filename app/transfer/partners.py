"""Partners and their mappings: which classes go which way, under which names. A mapping's change is a new version."""

from __future__ import annotations

import re
from collections.abc import Mapping as Given
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import record
from app.clocks.limits import parse_limit
from app.sealing.vault import vault
from app.transfer import mapping_text, protocol
from app.transfer.errors import PartnerTaken, TooMany
from app.transfer.models import Mapping, Partner, PartnerKind
from gis.errors import InvalidInput, NotFound
from grid.models import City
from grid.reach import Viewer

REGISTER, BOUND = "transfer", "secret"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
SECRET_MIN = 16
LIMITS = ("contact_limit", "reply_limit", "complex_limit")


@dataclass(frozen=True)
class PartnerIn:
    """What an administrator says of a partner. An empty secret leaves the present one."""

    code: str
    kind: str
    name_zh: str
    name_en: str
    base_url: str
    secret: str = ""
    contact_limit: str = "1 work_day"
    reply_limit: str = "5 work_day"
    complex_limit: str = "15 work_day"
    takes_at_once: bool = True
    is_active: bool = True
    per_minute: int = 600


def own_code(db: Session) -> str:
    """What this city is called among systems: the name of its profile."""
    return db.scalars(select(City.profile)).first() or "city"


def by_code(db: Session, code: str) -> Partner:
    """An active partner; NotFound."""
    found = db.scalar(select(Partner).where(Partner.code == code, Partner.is_active))
    if found is None:
        raise NotFound("There is no partner {code}.", code=code[:40], field="partner")
    return found


def get(db: Session, partner_id: int) -> Partner:
    """A partner by id; NotFound."""
    found = db.get(Partner, partner_id)
    if found is None:
        raise NotFound("There is no partner {code}.", code=partner_id)
    return found


def list_all(db: Session, *, active_only: bool = False) -> Sequence[Partner]:
    """All partners by their code."""
    chosen = select(Partner).order_by(Partner.is_active.desc(), Partner.code)
    return db.scalars(chosen.where(Partner.is_active) if active_only else chosen).all()


def save(db: Session, viewer: Viewer, given: PartnerIn, partner: Partner | None = None) -> Partner:
    """Make a partner, or change one; its code stays. Raises InvalidInput, PartnerTaken."""
    viewer.require("accounts.manage")
    _check(given, is_new=partner is None)
    facts: dict[str, Any] = {
        "kind": PartnerKind(given.kind), "name_zh": given.name_zh.strip(), "name_en": given.name_en.strip(),
        "base_url": given.base_url.strip().rstrip("/"), "takes_at_once": given.takes_at_once,
        "is_active": given.is_active, "per_minute": given.per_minute,
    } | {name: str(parse_limit(getattr(given, name))) for name in LIMITS}  # fmt: skip
    if given.secret:
        facts["secret"] = vault(REGISTER).seal(given.secret, BOUND)
    if partner is None:
        partner = Partner(code=given.code, **facts)
        try:
            with db.begin_nested():
                db.add(partner)
        except IntegrityError as error:
            raise PartnerTaken("There is already a partner {code}.", code=given.code, field="code") from error
        db.add(Mapping(partner_id=partner.id, version=1, made_by=viewer.name))
    for name, value in facts.items():
        setattr(partner, name, value)
    db.flush()
    detail = {"base_url": partner.base_url, "is_active": partner.is_active, "new_secret": bool(given.secret)}
    record(db, viewer, act="transfer.partner", subject="partner", subject_id=partner.code, detail=detail)
    return partner


def _check(given: PartnerIn, *, is_new: bool) -> None:
    if is_new and not CODE.fullmatch(given.code):
        raise InvalidInput("A code has letters, digits, points, dashes and underscores.", field="code")
    if given.kind not in PartnerKind._value2member_map_:
        raise InvalidInput("Choose what kind of system it is.", field="kind")
    for name in ("name_zh", "name_en"):
        if not getattr(given, name).strip():
            raise InvalidInput("Give its name in both languages.", field=name)
    try:
        parts = urlsplit(given.base_url.strip())
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url or parts.query or parts.fragment or parts.username:
        raise InvalidInput("Give an address that begins with http:// or https://.", field="base_url")
    if (is_new or given.secret) and len(given.secret) < SECRET_MIN:
        raise InvalidInput("The shared secret has {count} characters at least.", field="secret", count=SECRET_MIN)
    if not 1 <= given.per_minute <= 60_000:
        raise InvalidInput("Calls a minute are from 1 to {most}.", field="per_minute", most=60_000)
    for name in LIMITS:
        try:
            parse_limit(getattr(given, name))
        except InvalidInput as error:
            raise InvalidInput(error.template, field=name, **error.places) from error


def secret_of(partner: Partner) -> str:
    """The shared secret in the clear, for signing."""
    return vault(REGISTER).open(partner.secret, BOUND)


def current(db: Session, partner_id: int) -> Mapping:
    """The mapping that new transfers go by."""
    newest = select(Mapping).where(Mapping.partner_id == partner_id).order_by(Mapping.version.desc())
    return db.scalars(newest.limit(1)).one()


def mapping(db: Session, mapping_id: int) -> Mapping:
    """A mapping by id: the one that a transfer began with."""
    return db.get_one(Mapping, mapping_id)


def save_mapping(db: Session, viewer: Viewer, partner: Partner, classes: str, fields: str) -> Mapping:
    """A new version from two texts; running transfers keep theirs. Nothing new where nothing changed."""
    viewer.require("accounts.manage")
    lines, names = mapping_text.read_classes(db, classes), mapping_text.read_fields(fields)
    last = current(db, partner.id)
    if (last.classes, last.fields) == (lines, names):
        return last
    made = Mapping(
        partner_id=partner.id, version=last.version + 1, classes=lines, fields=names, made_by=viewer.name
    )  # fmt: skip
    db.add(made)
    db.flush()
    record(db, viewer, act="transfer.mapping", subject="partner", subject_id=partner.code,
           detail={"version": made.version, "classes": len(lines), "fields": len(names)})  # fmt: skip
    return made


def goes_out(one: Mapping, class_id: int) -> str | None:
    """What the partner calls a class that may be sent to it; None for others."""
    return next((str(line["theirs"]) for line in one.classes if line["class_id"] == class_id and line["out"]), None)


def comes_in(one: Mapping, theirs: str) -> int | None:
    """Our class for one of theirs that may come from it; None for others."""
    return next((int(line["class_id"]) for line in one.classes if line["theirs"] == theirs and line["in"]), None)


def enter(db: Session, given: Given[str, str], method: str, target: str, body: bytes) -> Partner:
    """The partner that signed a call, counted in the running minute; to be committed by itself.

    Raises BadSignature (also for a clock that is too far off, told by how much), TooMany.
    """
    partner = db.scalar(select(Partner).where(Partner.code == given.get(protocol.SYSTEM, "")[:40], Partner.is_active))
    if partner is None:
        raise protocol.BadSignature("The signature does not fit.")
    skew = protocol.check(given, secret_of(partner), method, target, body)
    minute = func.date_trunc("minute", func.now())
    counted = (
        update(Partner)
        .where(Partner.id == partner.id)
        .values(
            used=case((Partner.minute_at == minute, Partner.used + 1), else_=1), minute_at=minute,
            skew_s=skew, heard_at=func.now(),
        )
        .returning(Partner.used)
    )  # fmt: skip
    if db.scalars(counted).one() > partner.per_minute:
        raise TooMany("{count} calls a minute are taken from this partner.", count=partner.per_minute)
    return partner
