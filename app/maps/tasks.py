"""What the worker does for maps."""

from __future__ import annotations

from sqlalchemy import text

from app.jobs.queue import QUEUE
from gis.db import transaction


@QUEUE.periodic(cron="*/5 * * * *")
@QUEUE.task(name="maps.forget_touches", queueing_lock="maps.forget_touches", pass_context=False)
def forget_touches(timestamp: int) -> None:
    """Take away what the log of touches tells of more than a quarter of an hour ago."""
    with transaction() as db:
        db.execute(text("SELECT forget_touches()"))
