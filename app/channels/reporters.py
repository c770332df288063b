"""Who reported: sealed, found again by number, masked where it is shown, opened with a right and a purpose."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import record
from app.cases import queries as cases
from app.cases.public import over_since
from app.channels.models import Channel, Reporter
from app.open311 import contacts
from app.sealing.vault import vault
from gis.errors import Conflict, InvalidInput, NotFound
from grid.reach import Viewer

REGISTER = contacts.REGISTER
KIND = "contact"
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that looks like another
CODE_LENGTH = 10  # 49 bits
NAME_MAX, PHONE_MAX, EMAIL_MAX, WORDS_MAX = 60, 40, 254, 4000
PHONE_DIGITS = range(5, 16)  # ITU-T E.164 has at most 15; 12345 has 5
MASK = "*"


class PhoneWrong(InvalidInput):
    """What was typed is no telephone number."""

    code = "channels.phone"


class EmailWrong(InvalidInput):
    """What was typed is no e-mail address."""

    code = "channels.email"


class MaskTyped(InvalidInput):
    """A number with hidden digits that is not the kept one: it would overwrite a number with stars."""

    code = "channels.masked"


class FormSent(Conflict):
    """The same form was sent a moment ago."""

    code = "channels.form_sent"


class Erased(Conflict):
    """Name and number were erased a year after the case was over."""

    code = "channels.erased"


@dataclass(frozen=True)
class Person:
    """What somebody said of themselves; empty texts for what they did not."""

    name: str = ""
    phone: str = ""
    email: str = ""


def read(name: str, phone: str, email: str = "") -> Person:
    """A checked person; PhoneWrong, EmailWrong."""
    made = Person(" ".join(name.split())[:NAME_MAX], " ".join(phone.split()), email.strip())
    if made.phone and (
        len(made.phone) > PHONE_MAX
        or len(contacts.digits(made.phone)) not in PHONE_DIGITS
        or not re.fullmatch(r"[+\d][\d\s()\-./]*((转|ext\.?|x|#)\s*\d{1,6})?", made.phone, re.IGNORECASE)
    ):
        raise PhoneWrong("{phone} is no telephone number.", field="phone", phone=made.phone[:PHONE_MAX])
    if made.email and (len(made.email) > EMAIL_MAX or not contacts.EMAIL.fullmatch(made.email)):
        raise EmailWrong("{email} is no e-mail address.", field="email", email=made.email[:80])
    return made


def keep(
    db: Session, case_id: int, channel: Channel, person: Person, *, is_first: bool, taken_by: int | None = None,
    wants_reply: bool = False, words: str = "", form_key: str | None = None,
) -> Reporter:  # fmt: skip
    """Write down who reported a case. FormSent where the same form was sent before."""
    made = Reporter(
        case_id=case_id, channel=channel, is_first=is_first, taken_by=taken_by, words=words[:WORDS_MAX],
        wants_reply=wants_reply and bool(person.phone or person.email), form_key=form_key, **_sealed(person),
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(made)
    except IntegrityError as error:
        raise FormSent("This form was sent already.") from error
    return made


def by_form(db: Session, form_key: str | None) -> Reporter | None:
    """The reporter whose form was sent under a key before."""
    return None if form_key is None else db.scalar(select(Reporter).where(Reporter.form_key == form_key))


def give_code(db: Session, reporter: Reporter) -> str:
    """A code for the reporter to follow the case by, told once; one given before no longer opens anything."""
    code = new_code()
    reporter.code_index = vault(REGISTER).index(f"{reporter.case_id}:{code}", "code")
    db.flush()
    return code


def _sealed(person: Person) -> dict[str, bytes | None]:
    kept, phone = vault(REGISTER), contacts.digits(person.phone)
    told = {name: value for name, value in vars(person).items() if value}
    return {
        "sealed": kept.seal(json.dumps(told, ensure_ascii=False), KIND) if told else None,
        "phone_index": kept.index(phone, "phone") if phone else None,
        "email_index": kept.index(person.email.lower(), "email") if person.email else None,
    }


def new_code() -> str:
    """A code to follow a case by."""
    return "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH))


def by_code(db: Session, case_id: int, code: str) -> Reporter | None:
    """The reporter of a case who was given this code; blanks, dashes and small letters don't matter."""
    plain = re.sub(r"[\s-]", "", code).upper()
    index = vault(REGISTER).index(f"{case_id}:{plain}", "code")
    return db.scalar(select(Reporter).where(Reporter.case_id == case_id, Reporter.code_index == index))


def person_of(reporter: Reporter) -> Person:
    """Who it is, unsealed: for showing masked, or with a purpose."""
    if reporter.sealed is None:
        return Person()
    return Person(**json.loads(vault(REGISTER).open(reporter.sealed, KIND)))


def masked(person: Person) -> Person:
    """The same with most of it hidden: enough to recognise who is on the line, too little to call or to find them."""
    return Person(_masked_name(person.name), masked_phone(person.phone), _masked_email(person.email))


def masked_phone(phone: str) -> str:
    """All digits but the first three and last four hidden; of a short number all but the last two."""
    digits = contacts.digits(phone)
    if not digits:
        return ""
    if len(digits) < 9:
        return MASK * (len(digits) - 2) + digits[-2:]
    return digits[:3] + MASK * (len(digits) - 7) + digits[-4:]


def _masked_name(name: str) -> str:
    return name[:1] + MASK * min(len(name) - 1, 2) if name else ""


def _masked_email(email: str) -> str:
    local, at, host = email.partition("@")
    return f"{local[:1]}{MASK * 3}@{host}" if at else ""


def history(db: Session, viewer: Viewer, phone: str, limit: int = 20) -> list[Row[Any]]:
    """The cases that a number reported before, in the viewer's reach, newest first.

    Numbers are compared by their blind index, and only with numbers: whoever gave the same digits as anything else is
    somebody else.
    """
    viewer.require("cases.create")
    digits = contacts.digits(phone)
    if len(digits) not in PHONE_DIGITS:
        return []
    index = vault(REGISTER).index(digits, "phone")
    told: Select[Any] = select(Reporter.case_id).where(Reporter.phone_index == index)
    both = told.union_all(contacts.cases_by_phone(index)).subquery("ids")
    return cases.page_of(db, viewer, select(both.c[0]), limit=limit)


def of_case(db: Session, case_id: int) -> list[Reporter]:
    """Everyone who reported a case, first one first."""
    return list(db.scalars(select(Reporter).where(Reporter.case_id == case_id).order_by(Reporter.id)))


def get(db: Session, viewer: Viewer, reporter_id: int, *, lock: bool = False) -> tuple[Reporter, Row[Any]]:
    """A reporter with the case; NotFound where the case is out of the viewer's reach."""
    asked = select(Reporter).where(Reporter.id == reporter_id)
    found = db.scalar(asked.with_for_update() if lock else asked)
    rows = [] if found is None else cases.by_ids(db, viewer, [found.case_id])
    if found is None or not rows:
        raise NotFound("There is no such reporter.")
    return found, rows[0]


def open_person(db: Session, viewer: Viewer, reporter_id: int, purpose: str) -> Person:
    """Name and number in full, for who may call back; each look is recorded with its purpose."""
    viewer.require("cases.reporter")
    purpose = purpose.strip()
    if len(purpose) < contacts.PURPOSE_MIN:
        raise InvalidInput("Say what for.", field="purpose")
    found, row = get(db, viewer, reporter_id)
    if found.sealed is None:
        raise Erased("Nothing is kept of who reported.")
    record(db, viewer, act="cases.reporter", subject="case", subject_id=row.number, purpose=purpose)
    return person_of(found)


def change(db: Session, viewer: Viewer, reporter_id: int, name: str, phone: str) -> Reporter:
    """Put a name or number right. A field that still shows the mask leaves what is kept as it is."""
    viewer.require("cases.reporter")
    found, row = get(db, viewer, reporter_id, lock=True)
    before = person_of(found)
    shown = masked(before)
    wanted = Person(
        before.name if name.strip() == shown.name else name, before.phone if phone.strip() == shown.phone else phone,
        before.email,
    )  # fmt: skip
    if MASK in wanted.name or MASK in wanted.phone:
        raise MaskTyped("Type the whole number or name, not one with hidden signs.", field="phone")
    made = read(wanted.name, wanted.phone, wanted.email)
    for column, value in _sealed(made).items():
        setattr(found, column, value)
    record(db, viewer, act="cases.reporter_changed", subject="case", subject_id=row.number)
    db.flush()
    return found


def forget_old(db: Session, now: datetime) -> int:
    """Erase who reported what has been over for a year; that somebody did, and what they thought of it, stays."""
    over = over_since(now - contacts.KEPT)
    gone = (
        update(Reporter)
        .where(Reporter.case_id.in_(over), or_(Reporter.sealed.is_not(None), Reporter.code_index.is_not(None)))
        .values(sealed=None, phone_index=None, email_index=None, code_index=None, wants_reply=False)
    )
    return len(db.scalars(gone.returning(Reporter.id)).all())
