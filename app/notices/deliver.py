"""Sending what waits, at least once: claimed for a while, sent outside of any transaction, then marked.

If the worker dies between sending and marking, the claim runs out and the message goes again under the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.receivers import Receiver, receivers
from app.notices.models import Channel, DeliveryStatus, NoticeDelivery, NoticeWebhook
from app.notices.service import ADDRESS, REGISTER
from app.notices.topics import NoSuchEvent, Occurrence, kind_of
from app.sealing.vault import KeyMissing, vault
from gis.db import transaction

log = logging.getLogger(__name__)
CLAIMED = timedelta(minutes=5)  # longer than a batch can take
BATCH = 10
# Between one try and the next; when all are used up, the message is dead and waits for an administrator.
BACK_OFF = tuple(timedelta(seconds=one) for one in (30, 2 * 60, 10 * 60, 60 * 60, 4 * 3600, 12 * 3600))


class NotTaken(Exception):
    """The other side did not take a message. `for_good`: trying again is no use."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


@dataclass(frozen=True)
class Message:
    """One message as a sender needs it; `to` is an e-mail address or a URL, `secret` signs what goes to a URL."""

    delivery_id: int
    message_id: str
    to: str
    payload: Mapping[str, Any]
    secret: str = ""


Sender = Callable[[Sequence[Message]], Mapping[int, NotTaken | None]]  # by delivery


def send_waiting(channel: Channel, send: Sender, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> int:
    """Send what is due by one channel; gives how many messages were claimed."""
    with transaction() as db:
        messages, claimed = claim(db, channel, now())
    if messages:
        outcomes = send(messages)
        with transaction() as db:
            for one in messages:
                mark(db, one.delivery_id, outcomes.get(one.delivery_id, NotTaken("no answer")), now())
    return claimed


def claim(db: Session, channel: Channel, now: datetime) -> tuple[list[Message], int]:
    """Take what is due for a while; what its receiver may no longer see is dropped. Also gives how many were due."""
    waits = (NoticeDelivery.status == DeliveryStatus.WAITING, NoticeDelivery.channel == channel)
    due = select(NoticeDelivery).where(*waits, NoticeDelivery.next_at <= now)
    rows = list(db.scalars(due.order_by(NoticeDelivery.next_at).limit(BATCH).with_for_update(skip_locked=True)))
    if not rows:
        return [], 0
    people = {one.account_id: one for one in receivers(db)} if any(row.account_id for row in rows) else {}
    hooks = _hooks(db, rows)
    seen = _seen(db, rows, people)
    messages = []
    for row in rows:
        row.next_at, row.tries = now + CLAIMED, row.tries + 1
        try:
            message = _message(row, people.get(row.account_id or 0), hooks) if row.id in seen else None
        except KeyMissing as error:
            row.status, row.problem = DeliveryStatus.DEAD, error.code
            continue
        if message is None:
            row.status, row.problem, row.sealed_address = DeliveryStatus.DROPPED, "", None
        else:
            messages.append(message)
    db.flush()
    return messages, len(rows)


def _hooks(db: Session, rows: Sequence[NoticeDelivery]) -> dict[int, NoticeWebhook]:
    ids = {row.webhook_id for row in rows if row.webhook_id}
    open_ones = select(NoticeWebhook).where(NoticeWebhook.id.in_(ids), NoticeWebhook.ended_at.is_(None))
    return {one.id: one for one in db.scalars(open_ones)} if ids else {}


def _seen(db: Session, rows: Sequence[NoticeDelivery], people: Mapping[int, Receiver]) -> set[int]:
    """The deliveries whose receiver may see, at this moment, what they speak of; those to no account may always go."""
    seen = {row.id for row in rows if row.account_id is None}
    by_topic: dict[str, list[NoticeDelivery]] = {}
    for row in rows:
        if row.account_id in people and row.subject_id is not None:
            by_topic.setdefault(row.event.partition(".")[0], []).append(row)
    for some in by_topic.values():
        try:
            topic, _kind = kind_of(some[0].event)
        except NoSuchEvent:
            continue
        asked = [Occurrence(row.event.partition(".")[2], row.subject_id or 0, {}) for row in some]
        told = topic.look(db, asked)
        for place, row in enumerate(some):
            if place in told and topic.may_see(people[row.account_id or 0].viewer, told[place]):
                seen.add(row.id)
    return seen


def _message(row: NoticeDelivery, receiver: Receiver | None, hooks: Mapping[int, NoticeWebhook]) -> Message | None:
    """The message of a row; None where its receiver is gone or has no address any more."""
    to, secret = None, ""
    if row.webhook_id is not None:
        hook = hooks.get(row.webhook_id)
        if hook is not None:
            to, secret = hook.url, vault(REGISTER).open(hook.sealed_secret, "secret")
    elif row.sealed_address is not None:
        to = vault(REGISTER).open(row.sealed_address, ADDRESS)
    elif receiver is not None:
        to = receiver.email
    return None if to is None else Message(row.id, str(row.message_id), to, row.payload, secret)


def mark(db: Session, delivery_id: int, outcome: NotTaken | None, now: datetime) -> None:
    """Note what became of a message: sent, to be tried again, or dead."""
    row = db.get(NoticeDelivery, delivery_id, with_for_update=True)
    if row is None or row.status is not DeliveryStatus.WAITING:
        return
    if outcome is None:
        row.status, row.sent_at, row.problem, row.sealed_address = DeliveryStatus.SENT, now, "", None
        return
    row.problem = outcome.reason[:300]
    if outcome.for_good or row.tries > len(BACK_OFF):
        row.status = DeliveryStatus.DEAD
        log.warning("message %s is given up after %s tries: %s", row.message_id, row.tries, row.problem)
    else:
        row.next_at = now + BACK_OFF[row.tries - 1]


def again(db: Session, delivery_id: int, now: datetime) -> bool:
    """Let a dead message be tried anew, under its own id; False where it is not dead."""
    dead = (NoticeDelivery.id == delivery_id, NoticeDelivery.status == DeliveryStatus.DEAD)
    values = {"status": DeliveryStatus.WAITING, "tries": 0, "next_at": now, "problem": ""}
    done = update(NoticeDelivery).where(*dead).values(values).returning(NoticeDelivery.id)
    return db.scalar(done, execution_options={"synchronize_session": False}) is not None
