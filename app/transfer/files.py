"""Attachments: named by the hash of what is sent, fetched by the receiver, checked, and made safe as any photo is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from flask import current_app, has_app_context
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cases import photos
from app.cases import queries as cases
from app.cases.photos import PhotoStore
from app.jobs.queue import defer
from app.settings import read_settings
from app.transfer import outbox, partners, protocol, wire
from app.transfer.models import Direction, Transfer, TransferFile
from app.workflow import timing
from gis.db import transaction
from gis.errors import CityError, InvalidInput, NotFound
from grid.reach import whole_city

FETCH = "transfer.fetch"
NEVER_AGAIN = 1000  # tries: what is no photo becomes none by asking again


def store() -> PhotoStore:
    """Where this city keeps its photos, in a web process and in the worker."""
    if has_app_context():
        return PhotoStore.of(current_app.extensions["city"].settings)
    return PhotoStore.of(read_settings())


def to_send(db: Session, transfer: Transfer) -> list[dict[str, Any]]:
    """The photos of the case that the other side does not know yet, noted as sent with this message."""
    known = set(db.scalars(select(TransferFile.photo_key).where(TransferFile.transfer_id == transfer.id)))
    told, kept = [], store()
    for photo in photos.of_case(db, transfer.case_id or 0):
        if photo.key in known:
            continue
        try:
            data = kept.find(photo.key).read_bytes()
        except NotFound:
            continue  # a lost file can't be sent
        mark = hashlib.sha256(data).hexdigest()
        row = {"transfer_id": transfer.id, "direction": Direction.OUT, "sha256": mark, "stage": photo.stage,
               "photo_key": photo.key}  # fmt: skip
        db.execute(insert(TransferFile).values(row).on_conflict_do_nothing())
        told.append({"sha256": mark, "bytes": len(data), "stage": photo.stage})
    return told


def expect(db: Session, transfer: Transfer, told: Sequence[protocol.File]) -> None:
    """Note the files that a message named; they are fetched once the case is there."""
    for one in told:
        row = {"transfer_id": transfer.id, "direction": Direction.IN, "sha256": one.sha256, "stage": one.stage}
        db.execute(insert(TransferFile).values(row).on_conflict_do_nothing())
    queue(db, transfer)


def queue(db: Session, transfer: Transfer) -> None:
    """Ask the worker to fetch what a transfer lacks, if its case is there."""
    if transfer.case_id is not None:
        defer(db, FETCH, once=f"{FETCH}:{transfer.id}", transfer_id=transfer.id)


def fetch(transfer_id: int) -> None:
    """Fetch the files that a transfer lacks, each by itself; what fails is tried again later."""
    with transaction() as db:
        ready = select(TransferFile.id, TransferFile.sha256).where(
            TransferFile.transfer_id == transfer_id, TransferFile.photo_key.is_(None),
            TransferFile.next_at <= timing.now(db), TransferFile.tried < NEVER_AGAIN,
        )  # fmt: skip
        wanted = db.execute(ready.order_by(TransferFile.id)).all()
        transfer = db.get_one(Transfer, transfer_id)
        if not wanted or transfer.case_id is None:
            return
        line = outbox.line_to(db, partners.get(db, transfer.partner_id))
    for file_id, mark in wanted:
        _fetch_one(file_id, mark, line)


def _fetch_one(file_id: int, mark: str, line: tuple[str, str, str]) -> None:
    made: str | None = None
    try:
        data = wire.call(*line, "GET", f"{protocol.PREFIX}/files/{mark}")
        if hashlib.sha256(data).hexdigest() != mark:
            raise InvalidInput("The file is not the one that was named.")
        with transaction() as db:
            made = _keep(db, file_id, data)
    except CityError as error:
        if made is not None:
            store().remove(made)
        with transaction() as db:
            _note(db, file_id, error)


def _keep(db: Session, file_id: int, data: bytes) -> str | None:
    """Attach a fetched photo to its case, once."""
    row = db.get_one(TransferFile, file_id, with_for_update=True)
    if row.photo_key is not None:
        return None
    transfer = db.get_one(Transfer, row.transfer_id)
    system = whole_city({"cases.read", "cases.create"}, name=partners.get(db, transfer.partner_id).code)
    photo = photos.add(db, system, data, store())
    case = cases.by_id(db, transfer.case_id or 0)
    photos.attach(db, system, case, [photo.key], stage=row.stage)
    row.photo_key, row.problem = photo.key, ""
    db.flush()
    return photo.key


def _note(db: Session, file_id: int, error: CityError) -> None:
    row = db.get_one(TransferFile, file_id, with_for_update=True)
    if row.photo_key is None:
        row.tried = NEVER_AGAIN if isinstance(error, InvalidInput) else row.tried + 1
        row.problem, row.next_at = f"{error.code}: {error}"[:500], outbox.later(timing.now(db), row.tried)


def sweep(db: Session) -> int:
    """Queue transfers whose files should have been fetched by now; gives how many."""
    late = (
        select(TransferFile.transfer_id)
        .join(Transfer, Transfer.id == TransferFile.transfer_id)
        .where(TransferFile.photo_key.is_(None), TransferFile.next_at <= timing.now(db),
               TransferFile.tried < NEVER_AGAIN, Transfer.case_id.is_not(None))
    )  # fmt: skip
    found = db.scalars(late.distinct().limit(1000)).all()
    for one in found:
        queue(db, db.get_one(Transfer, one))
    return len(found)


def key_for(db: Session, partner_id: int, mark: str) -> str:
    """The photo that a partner may fetch under a hash: one that was named to it. NotFound for others."""
    named = (
        select(TransferFile.photo_key)
        .join(Transfer, Transfer.id == TransferFile.transfer_id)
        .where(Transfer.partner_id == partner_id, TransferFile.sha256 == mark, TransferFile.direction == Direction.OUT)
    )
    key = db.scalars(named.limit(1)).first()
    if key is None:
        raise NotFound("There is no such photo.")
    return key


def marks(db: Session, transfer_id: int) -> list[str]:
    """The hashes of the files that both sides should have and we do."""
    kept = select(TransferFile.sha256).where(TransferFile.transfer_id == transfer_id)
    return list(db.scalars(kept.where(TransferFile.photo_key.is_not(None))))
