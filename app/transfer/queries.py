"""Transfers as lists and histories, for who may see their cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session

from app.cases import queries as cases
from app.transfer import protocol
from app.transfer.models import (
    Direction,
    Incoming,
    Mapping,
    Outgoing,
    Partner,
    Transfer,
    TransferFile,
    TransferState,
)
from app.transfer.outbox import FAILED_AFTER
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

SHOWN = ("waiting", "in", "out", "late", "failed", "all")
PAGE = 50


@dataclass(frozen=True)
class Row:
    """A transfer in a list. `unsent` messages wait, the oldest `tried` so often for `problem`."""

    transfer: Transfer
    partner: Partner
    number: str | None
    unsent: int
    tried: int
    problem: str


def seen(viewer: Viewer) -> ColumnElement[bool]:
    """Transfers of cases that the viewer sees; offers without a place are for who reaches the whole city."""
    mine: ColumnElement[bool] = Transfer.case_id.in_(cases.ids_seen(viewer))
    return or_(mine, Transfer.case_id.is_(None)) if "" in viewer.prefixes else mine


def _failed() -> ColumnElement[bool]:
    stuck = select(Outgoing.id).where(
        Outgoing.transfer_id == Transfer.id, Outgoing.sent_at.is_(None), Outgoing.tried >= FAILED_AFTER
    )
    lost = select(TransferFile.id).where(
        TransferFile.transfer_id == Transfer.id, TransferFile.photo_key.is_(None), TransferFile.tried >= FAILED_AFTER
    )
    return or_(stuck.exists(), lost.exists())


def _late(now: datetime) -> ColumnElement[bool]:
    unanswered = and_(Transfer.state == TransferState.OFFERED, Transfer.contact_due_at < now)
    unfinished = and_(
        Transfer.state == TransferState.ACCEPTED, Transfer.reply_due_at < now, Transfer.case_state.not_in(protocol.OVER)
    )
    return and_(Transfer.ended_at.is_(None), or_(unanswered, unfinished))


def _shown(which: str, now: datetime) -> ColumnElement[bool]:
    chosen: dict[str, ColumnElement[bool]] = {
        "waiting": Transfer.state == TransferState.OFFERED,
        "in": Transfer.direction == Direction.IN,
        "out": Transfer.direction == Direction.OUT,
        "late": _late(now),
        "failed": _failed(),
        "all": true(),
    }
    if which not in chosen:
        raise InvalidInput("{value} is not a value of {name}.", value=which[:40], name="show", field="show")
    return chosen[which]


def counts(db: Session, viewer: Viewer, now: datetime) -> dict[str, int]:
    """How many transfers each list shows."""
    viewer.require("cases.transfer")
    columns = [func.count().filter(_shown(which, now)).label(f"n_{which}") for which in SHOWN]
    row = db.execute(select(*columns).select_from(Transfer).where(seen(viewer))).one()
    return {which: row._mapping[f"n_{which}"] for which in SHOWN}


def page(db: Session, viewer: Viewer, which: str, now: datetime, *, before: int | None = None) -> list[Row]:
    """One page of a list, the newest first; one row more than a page when there are more."""
    viewer.require("cases.transfer")
    chosen = select(Transfer).where(seen(viewer), _shown(which, now))
    if before is not None:
        chosen = chosen.where(Transfer.id < before)
    return _rows(db, db.scalars(chosen.order_by(Transfer.id.desc()).limit(PAGE + 1)).all())


def get(db: Session, viewer: Viewer, transfer_id: int, *, lock: bool = False) -> Row:
    """One transfer; NotFound when there is none, or none for this viewer."""
    viewer.require("cases.transfer")
    chosen = select(Transfer).where(Transfer.id == transfer_id, seen(viewer))
    found = db.scalars(chosen.with_for_update(of=Transfer) if lock else chosen).one_or_none()
    if found is None:
        raise NotFound("There is no such transfer, or not in your areas.")
    return _rows(db, [found])[0]


def of_case(db: Session, viewer: Viewer, case_id: int) -> list[Row]:
    """The transfers of a case that the viewer sees, the newest first."""
    viewer.require("cases.read")
    chosen = select(Transfer).where(Transfer.case_id == case_id, seen(viewer)).order_by(Transfer.id.desc())
    return _rows(db, db.scalars(chosen).all())


def _rows(db: Session, found: Sequence[Transfer]) -> list[Row]:
    by_id = {one.id: one for one in db.scalars(select(Partner))}
    numbers = cases.numbers(db, [one.case_id for one in found if one.case_id])
    unsent = (
        select(Outgoing.transfer_id, func.count(), func.max(Outgoing.tried), func.max(Outgoing.problem))
        .where(Outgoing.transfer_id.in_([one.id for one in found]), Outgoing.sent_at.is_(None))
        .group_by(Outgoing.transfer_id)
    )
    waiting: dict[int, tuple[int, int, str]] = {row[0]: (row[1], row[2], row[3]) for row in db.execute(unsent)}
    return [
        Row(one, by_id[one.partner_id], numbers.get(one.case_id or 0), *waiting.get(one.id, (0, 0, "")))
        for one in found
    ]


def messages(db: Session, transfer: Transfer) -> list[dict[str, Any]]:
    """What both sides said in a transfer, oldest first; `through` is when it was received or done."""
    out = select(
        literal("out").label("direction"), Outgoing.seq, Outgoing.kind, Outgoing.body, Outgoing.made_at.label("at"),
        Outgoing.sent_at.label("through"), Outgoing.problem, Outgoing.tried,
    ).where(Outgoing.transfer_id == transfer.id)  # fmt: skip
    into = select(
        literal("in"), Incoming.seq, Incoming.kind, Incoming.body, Incoming.at, Incoming.done_at, Incoming.problem,
        literal(1),
    ).where(Incoming.partner_id == transfer.partner_id, Incoming.transfer_key == transfer.key)  # fmt: skip
    both = union_all(out, into).subquery("both")
    return [dict(row._mapping) for row in db.execute(select(both).order_by(both.c.at, both.c.seq))]


def files(db: Session, transfer: Transfer) -> list[TransferFile]:
    """The attachments of a transfer, with those that could not be fetched."""
    kept = select(TransferFile).where(TransferFile.transfer_id == transfer.id).order_by(TransferFile.id)
    return list(db.scalars(kept))


def mapping_version(db: Session, transfer: Transfer) -> int:
    """The version of the mapping that a transfer goes by."""
    return db.scalars(select(Mapping.version).where(Mapping.id == transfer.mapping_id)).one()
