"""Messages to partners: written with what they tell of, sent by the worker until they are received."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.jobs.queue import defer
from app.transfer import partners, protocol, wire
from app.transfer.errors import PartnerAway
from app.transfer.models import Outgoing, Partner, Transfer
from app.workflow import timing
from gis.db import transaction

SEND, RETRY = "transfer.send", "transfer.retry"
FIRST_S, MOST_S = 5, 3600  # back-off: doubled each time
FAILED_AFTER = 5  # tries after which a message counts as failed on screens; it is tried on all the same


def put(db: Session, transfer: Transfer, kind: str, body: dict[str, Any]) -> Outgoing:
    """Write a message of a locked transfer, to be sent once the transaction stands."""
    transfer.sent += 1
    made = Outgoing(
        transfer_id=transfer.id, message_id=protocol.new_key(), seq=transfer.sent, kind=kind, body=body
    )  # fmt: skip
    db.add(made)
    db.flush()
    queue(db, transfer.id)
    return made


def queue(db: Session, transfer_id: int) -> None:
    """Ask the worker to send what a transfer has waiting."""
    defer(db, SEND, once=f"{SEND}:{transfer_id}", transfer_id=transfer_id)


def send(transfer_id: int) -> None:
    """Send what waits, in order, until all is received or one is not.

    A worker killed between the call and its note sends the message again: the receiver knows it by its id.
    """
    while (ready := _next(transfer_id)) is not None:
        message_id, to, body = ready
        problem = ""
        try:
            wire.call_json(*to, "POST", f"{protocol.PREFIX}/messages", body)
        except PartnerAway as error:
            problem = str(error)
        with transaction() as db:
            _note(db, transfer_id, message_id, problem)
        if problem:
            return


def _next(transfer_id: int) -> tuple[str, tuple[str, str, str], bytes] | None:
    """The first message that was not received, whom to call with which secret, and what; None while it must wait."""
    with transaction() as db:
        first = select(Outgoing).where(Outgoing.transfer_id == transfer_id, Outgoing.sent_at.is_(None))
        found = db.scalars(first.order_by(Outgoing.seq).limit(1)).first()
        if found is None or found.next_at > timing.now(db):
            return None
        transfer = db.get_one(Transfer, transfer_id)
        body = protocol.packed({
            "id": found.message_id, "transfer": transfer.key, "seq": found.seq, "kind": found.kind,
            "at": found.made_at.isoformat(), "body": found.body,
        })  # fmt: skip
        return found.message_id, line_to(db, partners.get(db, transfer.partner_id)), body


def line_to(db: Session, partner: Partner) -> tuple[str, str, str]:
    """Where a partner is called, as whom, and by which secret."""
    return partner.base_url, partners.own_code(db), partners.secret_of(partner)


def _note(db: Session, transfer_id: int, message_id: str, problem: str) -> None:
    found = db.scalars(select(Outgoing).where(Outgoing.message_id == message_id).with_for_update()).one()
    if found.sent_at is not None:
        return
    now = timing.now(db)
    found.tried += 1
    found.problem = problem
    if not problem:
        found.sent_at = now
        return
    found.next_at = later(now, found.tried)
    defer(db, SEND, once=f"{RETRY}:{transfer_id}", at=found.next_at, transfer_id=transfer_id)


def later(now: datetime, tried: int) -> datetime:
    """When to try again after so many tries."""
    return now + timedelta(seconds=min(FIRST_S * 2 ** min(tried - 1, 20), MOST_S))


def sweep(db: Session, now: datetime) -> int:
    """Queue what should have been sent by now, whatever became of its job; gives how many transfers."""
    waiting = select(Outgoing.transfer_id).where(Outgoing.sent_at.is_(None), Outgoing.next_at <= now).distinct()
    found = db.scalars(waiting.limit(1000)).all()
    for one in found:
        queue(db, one)
    return len(found)


def retry(db: Session, transfer_id: int) -> None:
    """Send a transfer's waiting messages now."""
    now = timing.now(db)
    waiting = (Outgoing.transfer_id == transfer_id, Outgoing.sent_at.is_(None))
    db.execute(update(Outgoing).where(*waiting).values(next_at=now))
    queue(db, transfer_id)
