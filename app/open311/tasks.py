"""What the worker does for Open311."""

from __future__ import annotations

from datetime import UTC, datetime

from app.jobs.queue import QUEUE
from app.open311 import contacts, filing
from gis.db import transaction


@QUEUE.task(name=filing.TASK, retry=5)
def file_report(submission_id: int) -> None:
    """Make the case of a batch report."""
    with transaction() as db:
        filing.file_waiting(db, submission_id)


@QUEUE.periodic(cron="41 3 * * *")
@QUEUE.task(name="open311.forget_contacts", queueing_lock="open311.forget_contacts", pass_context=False)
def forget_contacts(timestamp: int) -> None:
    """Erase who reported what has been over for a year."""
    with transaction() as db:
        contacts.forget_old(db, datetime.fromtimestamp(timestamp, UTC))
