"""What the worker does for reporters."""

from __future__ import annotations

from datetime import UTC, datetime

from app.channels import reporters, throttle
from app.jobs.queue import QUEUE
from gis.db import transaction


@QUEUE.periodic(cron="47 3 * * *")
@QUEUE.task(name="channels.forget_reporters", queueing_lock="channels.forget_reporters", pass_context=False)
def forget_reporters(timestamp: int) -> None:
    """Erase who reported what has been over for a year, and who used the public page days ago."""
    now = datetime.fromtimestamp(timestamp, UTC)
    with transaction() as db:
        reporters.forget_old(db, now)
        throttle.forget_old(db, now)
