"""Taking in what a phone sends exactly once: the receipt is written in the transaction of what it proves.

A repetition gets the first answer again, days later too, and after a server that died between the two: either both
were committed or neither. Of two at once the second waits on the row of the first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.field.clocks import PhoneClock
from app.field.models import FieldReceipt, Sent
from app.workflow import timing
from gis.errors import Conflict, Forbidden, InvalidInput
from grid.reach import Viewer

Take = Callable[[FieldReceipt], dict[str, Any]]


class IdReused(InvalidInput):
    """The phone's id was used for something else."""

    code = "field.id_reused"


class OthersId(Forbidden):
    """The phone's id belongs to another account."""

    code = "field.other_account"


class NoReport(Conflict):
    """A photo came before the report that it belongs to."""

    code = "field.report_missing"


class PhotoGone(Conflict):
    """A photo that the step names is not here (any more): send it again."""

    code = "field.photo_missing"


def digest_of(what: object) -> str:
    """The same for the same content, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()


def once(
    db: Session,
    viewer: Viewer,
    client_id: UUID,
    kind: Sent,
    content: object,
    take: Take,
    *,
    made_at: datetime | None = None,
    sent_at: datetime | None = None,
) -> tuple[dict[str, Any], bool]:
    """The answer to something sent, and whether it was there already; `take` runs only the first time.

    Raises OthersId, IdReused, and what `take` raises: then nothing is kept and it may be sent again.
    """
    if viewer.account_id is None:
        raise Forbidden("Only a person with an account sends from a phone.")
    digest = digest_of(content)
    facts = {"id": client_id, "account_id": viewer.account_id, "kind": kind, "digest": digest}
    claim = insert(FieldReceipt).values(facts).on_conflict_do_nothing().returning(FieldReceipt.id)
    if db.scalar(claim) is None:
        return _again(db, viewer, client_id, digest), True
    receipt = db.get_one(FieldReceipt, client_id)
    _keep_times(db, receipt, made_at, sent_at)
    receipt.answer = take(receipt) | {
        "client_id": str(client_id), "kind": kind.value, "received_at": receipt.received_at.isoformat(),
    }  # fmt: skip
    db.flush()
    return receipt.answer, False


def _again(db: Session, viewer: Viewer, client_id: UUID, digest: str) -> dict[str, Any]:
    first = db.get_one(FieldReceipt, client_id)
    if first.account_id != viewer.account_id:
        raise OthersId("This was sent by another account.")
    if first.digest != digest:
        raise IdReused("The id {id} was used for something else.", id=client_id, field="client_id")
    return first.answer


def _keep_times(db: Session, receipt: FieldReceipt, made_at: datetime | None, sent_at: datetime | None) -> None:
    if made_at is None or sent_at is None:
        return
    clock = PhoneClock.of(sent_at, timing.now(db))
    receipt.made_at, receipt.sent_at, receipt.offset_s = made_at, sent_at, clock.offset_s
    receipt.seen_at = clock.right(made_at)


def case_of(db: Session, viewer: Viewer, report: UUID) -> str:
    """The number of the case that a report of the viewer's became. Raises NoReport."""
    mine = (FieldReceipt.account_id == viewer.account_id, FieldReceipt.kind == Sent.REPORT)
    number = db.scalar(select(FieldReceipt.case_number).where(FieldReceipt.id == report, *mine))
    if number is None:
        raise NoReport("The report of this photo has not come yet.", field="report")
    return number


def photo_keys(db: Session, viewer: Viewer, client_ids: list[UUID]) -> list[str]:
    """The keys of photos that the viewer's phone sent, in the order named. Raises PhotoGone."""
    mine = (FieldReceipt.account_id == viewer.account_id, FieldReceipt.kind == Sent.PHOTO)
    found = dict(
        db.execute(select(FieldReceipt.id, FieldReceipt.photo_key).where(FieldReceipt.id.in_(client_ids), *mine)).all()
    )
    if len(found) != len(set(client_ids)):
        raise PhotoGone("A photo of this step is not here yet: it is sent again.", field="photos")
    return [str(found[one]) for one in dict.fromkeys(client_ids)]


def forget_photo(db: Session, client_id: UUID) -> None:
    """Drop the receipt of a photo whose file was taken away before anything used it, so that it may come again."""
    db.execute(delete(FieldReceipt).where(FieldReceipt.id == client_id, FieldReceipt.kind == Sent.PHOTO))
