"""Telling: an event is written with what happened; who is told of it, and how, is the worker's turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts.receivers import email_of
from app.notices import wording
from app.notices.models import Channel, Notice, NoticeDelivery, NoticeEvent
from app.notices.topics import kind_of
from app.notices.words_of_city import worded
from app.sealing.vault import vault
from app.settings import read_settings
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

REGISTER = "notices"
ADDRESS = "address"


class MissingFacts(InvalidInput):
    """The wording needs something that was not given."""

    code = "notices.missing_facts"


class NoSuchNotice(NotFound):
    """There is no such notice, or it is another's."""

    code = "notices.no_such_notice"


def occur(db: Session, event: str, subject_id: int, **facts: Any) -> None:
    """Write down that something happened; one row with the transaction, told on by the worker when it is committed.

    `actor_id` among the facts names the account that did it, which is not told of it. Raises NoSuchEvent.
    """
    kind_of(event)
    db.add(NoticeEvent(event=event, subject_id=subject_id, facts=facts))


def notify_address(db: Session, event: str, address: str, language: str, facts: Mapping[str, str]) -> bool:
    """Write an e-mail to somebody without account; it leaves when the transaction is committed.

    The address is sealed and forgotten once the e-mail is sent or given up. `facts` must hold every field that the
    event's wording names, and `link` if there is one. False where no mail server is set: then nothing is written.

    Raises NoSuchEvent, InvalidInput for what is no address, MissingFacts.
    """
    _topic, kind = kind_of(event)
    kept = email_of(address, field="address")
    if kept is None:
        raise InvalidInput("This is no e-mail address.", field="address")
    title, body = worded(db, event, kind, language)
    try:
        payload = {"title": wording.fill(title, facts), "body": wording.fill(body, facts), "language": language}
    except KeyError as error:
        raise MissingFacts("The wording of {event} needs {name}.", event=event, name=str(error.args[0])) from error
    if not read_settings().smtp_host:
        return False
    payload["link"] = facts.get("link", "")
    sealed = vault(REGISTER).seal(kept, ADDRESS)
    db.add(NoticeDelivery(channel=Channel.EMAIL, event=event, sealed_address=sealed, payload=payload))
    db.flush()
    return True


# --- one's own notices ----------------------------------------------------------------------------------------------


def unread(db: Session, viewer: Viewer) -> int:
    """How many of the viewer's notices are unread."""
    mine = select(func.count()).where(Notice.account_id == viewer.account_id, Notice.read_at.is_(None))
    return db.scalar(mine) or 0


def page(db: Session, viewer: Viewer, *, only_unread: bool, limit: int, before_id: int | None = None) -> list[Notice]:
    """The viewer's notices, newest first."""
    mine = select(Notice).where(Notice.account_id == viewer.account_id)
    if only_unread:
        mine = mine.where(Notice.read_at.is_(None))
    if before_id is not None:
        mine = mine.where(Notice.id < before_id)
    return list(db.scalars(mine.order_by(Notice.id.desc()).limit(limit)))


def mark_read(db: Session, viewer: Viewer, ids: list[int] | None, now: datetime | None = None) -> int:
    """Mark some of the viewer's notices as read, or all (None); gives how many were not yet. NoSuchNotice."""
    mine = Notice.account_id == viewer.account_id
    if ids is not None:
        there = db.scalar(select(func.count()).where(mine, Notice.id.in_(ids))) or 0
        if there != len(set(ids)):
            raise NoSuchNotice("There is no such notice of yours.")
        mine = mine & Notice.id.in_(ids)
    read = update(Notice).where(mine, Notice.read_at.is_(None)).values(read_at=now or datetime.now(UTC))
    return len(db.scalars(read.returning(Notice.id), execution_options={"synchronize_session": False}).all())
