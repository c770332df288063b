"""What the worker does for Open311."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.jobs.queue import QUEUE
from app.open311 import contacts, filing
from gis.db import transaction

WAITED = timedelta(minutes=5)


@QUEUE.task(name=filing.TASK, retry=5)
def file_report(submission_id: int) -> None:
    """Make the case of a batch report."""
    with transaction() as db:
        filing.file_waiting(db, submission_id)


@QUEUE.periodic(cron="*/10 * * * *")
@QUEUE.task(name="open311.ask_again", queueing_lock="open311.ask_again", pass_context=False)
def ask_again(timestamp: int) -> None:
    """Queue batch reports again whose job was lost or failed for good, so that none waits for ever."""
    before = datetime.fromtimestamp(timestamp, UTC) - WAITED
    with transaction() as db:
        filing.ask_again(db, before)


@QUEUE.periodic(cron="41 3 * * *")
@QUEUE.task(name="open311.forget_contacts", queueing_lock="open311.forget_contacts", pass_context=False)
def forget_contacts(timestamp: int) -> None:
    """Erase who reported what has been over for a year."""
    with transaction() as db:
        contacts.forget_old(db, datetime.fromtimestamp(timestamp, UTC))
