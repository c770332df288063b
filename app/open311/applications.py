"""Keys of outside applications: random, shown once, kept as SHA-256; how many reports a minute each may send."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audit.service import record
from app.open311.errors import BadKey, TooMany
from app.open311.models import Application
from gis.errors import Conflict, InvalidInput, NotFound
from grid.reach import Viewer

PREFIX = "o311_"
PER_MINUTE = 60
PER_MINUTE_MAX = 6000
NAME = re.compile(r"[^\x00-\x1f\x7f]{2,60}")


class ApplicationTaken(Conflict):
    """Another application has this name."""

    code = "open311.application_taken"


@dataclass(frozen=True)
class Caller:
    """The application behind a key."""

    id: int
    name: str


def digest_of(key: str) -> str:
    """SHA-256 of a key, hexadecimal. The key is 256 random bits: no salt or stretching is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def make(
    db: Session, viewer: Viewer, name: str, *, contact: str = "", per_minute: int = PER_MINUTE
) -> tuple[str, Application]:
    """A new application and its key, which is never to be had again. Raises InvalidInput, ApplicationTaken."""
    viewer.require("accounts.manage")
    name = name.strip()
    if not NAME.fullmatch(name):
        raise InvalidInput("A name has 2 to 60 characters.", field="name")
    if not 1 <= per_minute <= PER_MINUTE_MAX:
        raise InvalidInput("Reports a minute are from 1 to {most}.", field="per_minute", most=PER_MINUTE_MAX)
    key = PREFIX + secrets.token_urlsafe(32)
    made = Application(
        name=name, contact=contact.strip()[:200], digest=digest_of(key), per_minute=per_minute, made_by=viewer.name
    )
    try:
        with db.begin_nested():
            db.add(made)
    except IntegrityError as error:
        raise ApplicationTaken("There is already an application named {name}.", field="name", name=name) from error
    detail = {"name": name, "per_minute": per_minute}
    record(db, viewer, act="open311.key", subject="application", subject_id=made.id, detail=detail)
    return key, made


def end(db: Session, viewer: Viewer, application: Application) -> None:
    """End an application's key: the next call with it is refused. What it sent stays."""
    viewer.require("accounts.manage")
    if application.ended_at is None:
        application.ended_at = db.scalars(select(func.now())).one()
        record(db, viewer, act="open311.end", subject="application", subject_id=application.id)
        db.flush()


def get(db: Session, application_id: int) -> Application:
    """An application by id; NotFound."""
    found = db.get(Application, application_id)
    if found is None:
        raise NotFound("There is no such application.")
    return found


def need(db: Session, name: str) -> Application:
    """An application by name, letters' case aside; NotFound."""
    found = db.scalar(select(Application).where(func.lower(Application.name) == name.strip().lower()))
    if found is None:
        raise NotFound("There is no application named {name}.", name=name)
    return found


def list_all(db: Session) -> Sequence[Application]:
    """All applications, those that may report first, by name."""
    order = (Application.ended_at.is_not(None), func.lower(Application.name))
    return db.scalars(select(Application).order_by(*order)).all()


def enter(db: Session, key: str | None) -> Caller:
    """Who calls, counted: one statement finds the key and counts the call in the running minute.

    To be committed by itself, so that refused reports count too and the row is not locked while a report is taken.
    Raises BadKey, TooMany.
    """
    if not key:
        raise BadKey("Send your api_key in the form.", field="api_key")
    minute = func.date_trunc("minute", func.now())
    counted = (
        update(Application)
        .where(Application.digest == digest_of(key), Application.ended_at.is_(None))
        .values(
            used=case((Application.minute_at == minute, Application.used + 1), else_=1),
            minute_at=minute,
            last_used_at=func.now(),
        )
        .returning(
            Application.id, Application.name, Application.used, Application.per_minute,
            func.ceil(60 - func.extract("second", func.now())).label("left_s"),
        )
    )  # fmt: skip
    found = db.execute(counted).one_or_none()
    if found is None:
        raise BadKey("The api_key is not one of ours, or has ended.", field="api_key")
    if found.used > found.per_minute:
        raise TooMany(
            "{count} reports a minute are taken from this application. Try again in {seconds} seconds.",
            retry_after_s=int(found.left_s), count=found.per_minute, seconds=int(found.left_s),
        )  # fmt: skip
    return Caller(found.id, found.name)
