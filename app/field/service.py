"""Reports, steps and photos that come from phones: each once, each with its receipt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import acts, photos
from app.cases import service as cases
from app.field import receipts
from app.field.models import FieldReceipt, Sent
from app.field.schemas import PhotoForm, ReportIn, StepIn
from app.workflow.situation import Given
from grid.reach import Viewer

Answer = tuple[dict[str, Any], bool]


def report(db: Session, viewer: Viewer, given: ReportIn) -> Answer:
    """Log a case from a phone. It counts as reported now, by our clock; when it was seen is kept beside it."""
    content = given.model_dump(mode="json", exclude={"sent_at", "client_id"})

    def take(receipt: FieldReceipt) -> dict[str, Any]:
        facts = given.case.model_copy(update={"reported_at": None, "seen_at": receipt.seen_at})
        case = cases.create(db, viewer, facts)
        receipt.case_number = case.number
        return {"number": case.number, "revision": case.revision, "reported_at": case.reported_at.isoformat()}

    return receipts.once(
        db, viewer, given.client_id, Sent.REPORT, content, take, made_at=given.made_at, sent_at=given.sent_at
    )


def step(db: Session, viewer: Viewer, given: StepIn) -> Answer:
    """Do an act from a phone. Raises what `acts.act` raises, and PhotoGone while a photo is missing."""
    content = given.model_dump(mode="json", exclude={"sent_at": True, "client_id": True, "move": {"revision"}})

    def take(receipt: FieldReceipt) -> dict[str, Any]:
        answers = dict(given.move.answers)
        if given.photos:
            answers["photos"] = _usable(db, viewer, given.photos)
        asked = Given(answers, given.move.note, given.move.lon, given.move.lat)
        done = acts.act(db, viewer, given.number, given.move.act, asked, revision=given.move.revision)
        receipt.case_number = done.case.number
        return {
            "number": done.case.number, "revision": done.case.revision, "status": str(done.case.status),
            "asked": done.request is not None,
        }  # fmt: skip

    return receipts.once(
        db, viewer, given.client_id, Sent.MOVE, content, take, made_at=given.made_at, sent_at=given.sent_at
    )


def _usable(db: Session, viewer: Viewer, client_ids: list[UUID]) -> list[str]:
    """Keys of photos that are still there: unused ones are taken away after a day, then the phone sends them again."""
    keys = receipts.photo_keys(db, viewer, client_ids)
    if not all(photos.is_unused(db, viewer, key) for key in keys):
        raise receipts.PhotoGone("A photo of this step is not here yet: it is sent again.", field="photos")
    return keys


def photo(db: Session, viewer: Viewer, form: PhotoForm, data: bytes, store: photos.PhotoStore) -> Answer:
    """Take in a photo; with `report` it is given to that report's case at once, else a step names it later."""
    _forget_if_gone(db, viewer, form.client_id)
    content = {"photo": receipts.digest_of(data.hex()), "report": form.report}

    def take(receipt: FieldReceipt) -> dict[str, Any]:
        number = None if form.report is None else receipts.case_of(db, viewer, form.report)
        made = photos.add(db, viewer, data, store)
        receipt.photo_key, receipt.case_number = made.key, number
        if number is not None:
            photos.attach(db, viewer, acts.get(db, viewer, number), [made.key])
        return {"key": made.key, "number": number, "lon": made.lon, "lat": made.lat}

    return receipts.once(
        db, viewer, form.client_id, Sent.PHOTO, content, take, made_at=form.made_at, sent_at=form.sent_at
    )


def _forget_if_gone(db: Session, viewer: Viewer, client_id: UUID) -> None:
    mine = (FieldReceipt.account_id == viewer.account_id, FieldReceipt.kind == Sent.PHOTO)
    key = db.scalar(select(FieldReceipt.photo_key).where(FieldReceipt.id == client_id, *mine))
    if key is not None and not photos.is_kept(db, key):
        receipts.forget_photo(db, client_id)
