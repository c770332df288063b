"""Taking in a report: the same one counts once, and it becomes a case at once or in the worker's turn."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.cases import photos, public, service
from app.cases.photos import PhotoStore
from app.cases.schemas import CaseIn
from app.jobs.queue import defer
from app.open311 import applications, contacts
from app.open311.applications import Caller
from app.open311.errors import KeyReused
from app.open311.models import ServiceType, Submission
from app.open311.report import Report, Spot, read
from gis.errors import CityError
from grid.reach import Viewer

TASK = "open311.file"


@dataclass(frozen=True)
class Received:
    """What the sender is told: a number, or a token for it."""

    number: str | None
    token: str | None
    is_repeated: bool = False


def viewer_for(caller_name: str) -> Viewer:
    """Who logs the case: the public, by an application. It may create cases anywhere in the city and nothing else."""
    return Viewer(None, f"Open311: {caller_name}", "public", ("",), rights=frozenset({"cases.create"}))


def receive(
    db: Session, caller: Caller, form: MultiDict[str, str], files: Sequence[bytes], store: PhotoStore, key: str | None
) -> Received:
    """Take in one report. Under the same Idempotency-Key the first one's answer is given again.

    The claim of the key, the case and the sender's contact are written in one transaction: a repetition that comes
    meanwhile waits for it, and a report that was refused may be sent again under its key.

    Raises the errors of `app.open311.errors`, OutsideCity, NotAPhoto, PhotoTooLarge.
    """
    digest = _digest(form, files)
    submission = _claim(db, caller, key, digest)
    if submission is None:
        return _again(db, caller, key, digest)
    report, contact, kind = read(db, form)
    contacts.keep(db, submission, contact)
    keys: list[str] = []
    viewer = viewer_for(caller.name)
    try:
        for data in files:
            keys.append(photos.add(db, viewer, data, store).key)
        if kind is ServiceType.BATCH:
            return _wait(db, submission, report, keys)
        return Received(_file(db, viewer, submission, report, keys), None)
    except BaseException:
        for made in keys:
            store.remove(made)
        raise


def file_waiting(db: Session, submission_id: int) -> None:
    """Make the case of a batch report; once, however often it is asked for. What can't be filed keeps the reason."""
    submission = db.get(Submission, submission_id, with_for_update=True)
    if submission is None or submission.payload is None:
        return
    told, caller = submission.payload, applications.get(db, submission.application_id)
    report = Report(**told["report"] | {"spot": Spot(**told["report"]["spot"])})
    try:
        with db.begin_nested():
            _file(db, viewer_for(caller.name), submission, report, told["photo_keys"])
    except CityError as error:
        submission.problem = error.code
    submission.payload = None


def ask_again(db: Session, before: datetime) -> int:
    """Queue what has waited since before a moment, if its job is not waiting too; gives how many were queued."""
    waiting = select(Submission.id).where(Submission.payload.is_not(None), Submission.received_at < before)
    return sum(_queue(db, one) for one in db.scalars(waiting.order_by(Submission.id).limit(1000)))


def _queue(db: Session, submission_id: int) -> bool:
    return defer(db, TASK, once=f"{TASK}:{submission_id}", submission_id=submission_id) is not None


def _claim(db: Session, caller: Caller, key: str | None, digest: str) -> Submission | None:
    values = {"application_id": caller.id, "key": key, "digest": digest}
    claim = insert(Submission).values(values).on_conflict_do_nothing().returning(Submission)
    return db.scalars(claim).one_or_none()


def _again(db: Session, caller: Caller, key: str | None, digest: str) -> Received:
    first = db.scalars(select(Submission).where(Submission.application_id == caller.id, Submission.key == key)).one()
    if first.digest != digest:
        raise KeyReused("The idempotency key {key} was used for another request.", field="Idempotency-Key", key=key)
    if first.token:
        return Received(None, first.token, is_repeated=True)
    return Received(public.number_of(db, first.case_id or 0), None, is_repeated=True)


def _digest(form: MultiDict[str, str], files: Sequence[bytes]) -> str:
    """A mark of what was sent; how a multipart body was cut up, and the key, don't count."""
    sent = sorted((name, value) for name, value in form.items(multi=True) if name != "api_key")
    marks = [hashlib.sha256(data).hexdigest() for data in files]
    return hashlib.sha256(json.dumps([sent, marks]).encode("utf-8", "replace")).hexdigest()


def _file(db: Session, viewer: Viewer, submission: Submission, report: Report, photo_keys: list[str]) -> str:
    spot = report.spot
    case = service.create(db, viewer, CaseIn(
        class_id=report.class_id, lon=spot.lon, lat=spot.lat, located_by=spot.located_by, address_id=spot.address_id,
        accuracy_m=report.accuracy_m, description=report.description, photo_keys=photo_keys, source="public",
        reported_at=submission.received_at,
    ))  # fmt: skip
    if report.extra:
        case.attributes = {public.ATTRIBUTES: report.extra}
    submission.case_id = case.id
    db.flush()
    return case.number


def _wait(db: Session, submission: Submission, report: Report, photo_keys: list[str]) -> Received:
    submission.token = secrets.token_urlsafe(16)
    submission.payload = {"report": asdict(report), "photo_keys": photo_keys}
    db.flush()
    _queue(db, submission.id)
    return Received(None, submission.token)
