"""What the worker does for data sets: large files examined and made into layers, unused uploads forgotten."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.datasets import making, uploads
from app.datasets.models import Upload, UploadState
from app.datasets.originals import Originals
from app.jobs.queue import QUEUE
from app.settings import read_settings
from gis.db import transaction
from gis.errors import CityError

log = logging.getLogger(__name__)
TELL_EVERY_S = 1.0


class Broken(CityError):
    """The worker met an error that nobody foresaw."""

    code = "internal"


@QUEUE.task(name=uploads.EXAMINE, retry=1)
def examine(upload_id: int, table: str | None = None, given: dict[str, str] | None = None) -> None:
    """Examine a large upload, or one of its tables read in another way; safe to repeat."""
    originals = Originals.of(read_settings())

    def act(db: Session, upload: Upload) -> None:
        reading = None if table is None else uploads.Reading(table, **(given or {}))
        uploads.examine(db, upload, originals, reading=reading, progress=_teller(upload_id))

    def fail(db: Session, upload: Upload, error: CityError) -> None:
        if table is None:
            uploads.fail(db, upload, originals, error)
        else:
            _give_back(db, upload, error)

    _work(upload_id, UploadState.EXAMINING, act, fail)


@QUEUE.task(name=uploads.MAKE, retry=1)
def make(upload_id: int) -> None:
    """Make the layers that were ordered of a large upload; safe to repeat."""
    originals = Originals.of(read_settings())

    def act(db: Session, upload: Upload) -> None:
        viewer = accounts.viewer_of(accounts.get(db, upload.work["by"]))
        making.carry_out(db, viewer, upload, upload.work["orders"], originals, _teller(upload_id))

    _work(upload_id, UploadState.MAKING, act, _give_back)


def _give_back(db: Session, upload: Upload, error: CityError) -> None:
    """The upload is as it was before, and says what could not be done with it."""
    upload.state, upload.work, upload.problem = UploadState.READY, {}, uploads.problem_of(error)
    uploads.touch(db, upload)


def _work(
    upload_id: int, state: UploadState, act: Callable[[Session, Upload], None],
    fail: Callable[[Session, Upload, CityError], None],
) -> None:  # fmt: skip
    """Do it in one transaction; what went wrong is told in another, and nothing of the first stays."""
    try:
        with transaction() as db:
            upload = db.scalar(select(Upload).where(Upload.id == upload_id))
            if upload is not None and upload.state == state:
                act(db, upload)
        return
    except CityError as error:
        failed: CityError = error
    except Exception:
        log.exception("upload %s could not be worked on", upload_id)
        failed = Broken("An error that nobody foresaw kept the file from being worked on.")
    with transaction() as db:
        upload = db.scalar(select(Upload).where(Upload.id == upload_id).with_for_update())
        if upload is not None and upload.state == state:
            fail(db, upload, failed)


def _teller(upload_id: int) -> Callable[[float], None]:
    """Writes how far the work is, once a second at most, in transactions of its own."""
    told_at = time.monotonic()

    def tell(share: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at < TELL_EVERY_S:
            return
        told_at = time.monotonic()
        with transaction() as db:
            values = {"share": min(max(share, 0.0), 1.0), "changed_at": func.clock_timestamp()}
            db.execute(update(Upload).where(Upload.id == upload_id).values(values))

    return tell


@QUEUE.periodic(cron="41 3 * * *")
@QUEUE.task(name="datasets.sweep", queueing_lock="datasets.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Forget uploads of which nothing was made for a week."""
    with transaction() as db:
        uploads.sweep(db, Originals.of(read_settings()))
