"""Messages from partners: kept once when they come, done by the worker in the order they were numbered."""

from __future__ import annotations

import logging

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cases import queries as cases
from app.jobs.queue import defer
from app.transfer import incoming
from app.transfer.errors import SequenceUsed
from app.transfer.models import Incoming, Transfer
from app.transfer.protocol import Message
from app.workflow import timing
from gis.db import transaction
from gis.errors import CityError

APPLY = "transfer.apply"
log = logging.getLogger(__name__)


def receive(db: Session, partner_id: int, message: Message) -> bool:
    """Keep a message; False when it was there already. SequenceUsed for another message of the same number."""
    values = {
        "partner_id": partner_id, "message_id": message.id, "transfer_key": message.transfer, "seq": message.seq,
        "kind": message.kind, "body": message.body, "at": message.at,
    }  # fmt: skip
    kept = db.scalar(insert(Incoming).values(values).on_conflict_do_nothing().returning(Incoming.id))
    if kept is None:
        same = select(Incoming.id).where(Incoming.partner_id == partner_id, Incoming.message_id == message.id)
        if db.scalar(same) is None:
            raise SequenceUsed("Message {seq} of this transfer was another one.", seq=message.seq)
    queue(db, partner_id, message.transfer)
    return kept is not None


def queue(db: Session, partner_id: int, key: str) -> None:
    """Ask the worker to do what a transfer has waiting."""
    defer(db, APPLY, once=f"{APPLY}:{partner_id}:{key}", partner_id=partner_id, key=key)


def apply(partner_id: int, key: str) -> None:
    """Do the messages of a transfer whose turn has come, each in a transaction of its own."""
    done = True
    while done:
        with transaction() as db:
            done = _apply_next(db, partner_id, key)


def _apply_next(db: Session, partner_id: int, key: str) -> bool:
    transfer = _locked(db, partner_id, key)
    turn = transfer.done + 1 if transfer else 1
    waiting = select(Incoming).where(
        Incoming.partner_id == partner_id, Incoming.transfer_key == key, Incoming.seq == turn,
        Incoming.done_at.is_(None),
    )  # fmt: skip
    message = db.scalars(waiting.with_for_update()).one_or_none()
    if message is None:
        return False
    try:
        with db.begin_nested():
            transfer = incoming.do(db, partner_id, transfer, message)
    except (CityError, ValidationError) as error:
        code = error.code if isinstance(error, CityError) else "invalid_input"
        message.problem = f"{code}: {error}"[:1000]
        log.warning("message %s of transfer %s was not done: %s", message.kind, key, code)
        if transfer is None:
            transfer = incoming.not_understood(db, partner_id, message)
    message.done_at = timing.now(db)
    transfer.done = message.seq
    db.flush()
    return True


def _locked(db: Session, partner_id: int, key: str) -> Transfer | None:
    """A transfer and its case, locked in the order in which acts lock them: the case first."""
    chosen = select(Transfer).where(Transfer.partner_id == partner_id, Transfer.key == key)
    seen = db.scalar(chosen)
    if seen is None:
        return None
    if seen.case_id is not None:
        cases.by_id(db, seen.case_id, lock=True)
    return db.scalars(chosen.with_for_update().execution_options(populate_existing=True)).one()


def sweep(db: Session) -> int:
    """Queue messages that wait although their job is gone; gives how many transfers."""
    waiting = select(Incoming.partner_id, Incoming.transfer_key).where(Incoming.done_at.is_(None)).distinct()
    found = db.execute(waiting.limit(1000)).all()
    for partner_id, key in found:
        queue(db, partner_id, key)
    return len(found)
