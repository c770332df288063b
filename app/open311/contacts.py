"""Who reported: kept apart from the case, sealed, opened only with a right and a purpose, erased when it is old.

Name, e-mail, phone and the ids that an application gave are one sealed text. Blind indexes of phone and e-mail find
what else the same person reported, without telling who that is. No answer of Open311 ever holds any of it.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.cases import queries as cases
from app.cases.public import over_since
from app.open311.arguments import Arguments
from app.open311.errors import BadArgument
from app.open311.models import Contact, Submission
from app.sealing.vault import vault
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

REGISTER = "reporters"
KIND = "contact"
LONGEST = {"first_name": 100, "last_name": 100, "email": 254, "phone": 40, "device_id": 200, "account_id": 200}
EXTENSION = re.compile(r"(?:转|ext\.?|x|#)", re.IGNORECASE)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
KEPT = timedelta(days=365)  # after the case is over
PURPOSE_MIN = 4


class NoContact(NotFound):
    """Nobody left a name or number with this case, or they were erased."""

    code = "open311.no_contact"


def read(given: Arguments) -> dict[str, str]:
    """What a report says of its sender; BadArgument."""
    found = {name: given.text(name, most=most) for name, most in LONGEST.items()}
    contact = {name: value for name, value in found.items() if value is not None}
    if "email" in contact and not EMAIL.fullmatch(contact["email"]):
        raise BadArgument("email is no e-mail address.", field="email")
    return contact


def keep(db: Session, submission: Submission, contact: dict[str, str]) -> None:
    """Seal what a report says of its sender; nothing is kept where nothing was said."""
    if not contact:
        return
    kept = vault(REGISTER)
    phone, email = digits(contact.get("phone", "")), contact.get("email", "").lower()
    db.add(Contact(
        submission_id=submission.id,
        sealed=kept.seal(json.dumps(contact, ensure_ascii=False), KIND),
        phone_index=kept.index(phone, "phone") if phone else None,
        email_index=kept.index(email, "email") if email else None,
    ))  # fmt: skip
    db.flush()


def digits(phone: str) -> str:
    """A phone number as it is compared: its digits, without the country's own code in front or an extension behind."""
    plain = EXTENSION.split(phone.strip(), maxsplit=1)[0]
    found = "".join(letter for letter in plain if letter.isascii() and letter.isdigit())
    return found.removeprefix("00").removeprefix("86") if plain.startswith(("+86", "0086")) else found


def cases_by_phone(index: bytes) -> Select[Any]:
    """Ids of the cases that applications sent for a number, by its blind index."""
    sent = select(Submission.case_id).join(Contact, Contact.submission_id == Submission.id)
    return sent.where(Contact.phone_index == index, Submission.case_id.is_not(None))


def open_contact(db: Session, viewer: Viewer, number: str, purpose: str) -> dict[str, str]:
    """Who reported a case, for who may call back; each look is recorded with its purpose.

    Raises Forbidden, InvalidInput without a purpose, NotFound for a case out of reach, NoContact, KeyMissing.
    """
    viewer.require("cases.reporter")
    purpose = purpose.strip()
    if len(purpose) < PURPOSE_MIN:
        raise InvalidInput("Say what for.", field="purpose")
    case = cases.get(db, viewer, number)
    kept = select(Contact).join(Submission, Submission.id == Contact.submission_id)
    found = db.scalars(kept.where(Submission.case_id == case.id).order_by(Submission.id).limit(1)).one_or_none()
    if found is None:
        raise NoContact("Nobody left a name or number with this case.")
    told: dict[str, str] = json.loads(vault(REGISTER).open(found.sealed, KIND))
    record(db, viewer, act="cases.reporter", subject="case", subject_id=number, purpose=purpose)
    return told


def forget_old(db: Session, now: datetime) -> int:
    """Erase who reported what was over a year ago, or what never became a case; gives how many."""
    before = now - KEPT
    over = select(Submission.id).where(Submission.case_id.in_(over_since(before)))
    failed = select(Submission.id).where(Submission.case_id.is_(None), Submission.received_at < before)
    gone = delete(Contact).where(Contact.submission_id.in_(over) | Contact.submission_id.in_(failed))
    return len(db.scalars(gone.returning(Contact.submission_id)).all())
