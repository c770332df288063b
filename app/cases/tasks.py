"""What the worker does for cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from app.cases import photos, squares
from app.cases.watch import watch
from app.cases.workflow import CASES
from app.jobs.queue import QUEUE
from app.settings import read_settings
from app.workflow.waking import wake
from gis.db import transaction

KEPT = timedelta(days=1)  # a form may lie open over a shift


@QUEUE.periodic(cron="17 * * * *")
@QUEUE.task(name="cases.remove_unused_photos", queueing_lock="cases.remove_unused_photos", pass_context=False)
def remove_unused_photos(timestamp: int) -> None:
    """Take away photos that no case was logged with within a day of the hour that the worker was asked for."""
    before = datetime.fromtimestamp(timestamp, UTC) - KEPT
    with transaction() as db:
        photos.remove_unused(db, photos.PhotoStore.of(read_settings()), before=before)


@QUEUE.periodic(cron="* * * * *")
@QUEUE.task(name="cases.wake_suspended", queueing_lock="cases.wake_suspended", pass_context=False)
def wake_suspended_now(timestamp: int) -> None:
    """Let suspended cases go on whose day has come."""
    with transaction() as db:
        wake_suspended(db, datetime.fromtimestamp(timestamp, UTC))


def wake_suspended(db: Session, now: datetime) -> int:
    """The same at a moment; gives how many went on."""
    return wake(db, CASES, now)


@QUEUE.periodic(cron="* * * * *")
@QUEUE.task(name="cases.watch_clocks", queueing_lock="cases.watch_clocks", pass_context=False)
def watch_clocks(timestamp: int) -> None:
    """Tell of the cases that turned yellow or red, and take those that stay red to the levels above."""
    with transaction() as db:
        watch(db, datetime.fromtimestamp(timestamp, UTC))


@QUEUE.periodic(cron="* * * * *")
@QUEUE.task(name="cases.sum_squares", queueing_lock="cases.sum_squares", pass_context=False)
def sum_squares(timestamp: int) -> None:
    """Sum up what writes left of counts by square, so that reading adds few rows."""
    with transaction() as db:
        squares.sum_up(db)


@QUEUE.periodic(cron="41 3 * * *")
@QUEUE.task(name="cases.sweep_squares", queueing_lock="cases.sweep_squares", pass_context=False)
def sweep_squares(timestamp: int) -> None:
    """Drop the counts by square that came to nothing."""
    with transaction() as db:
        squares.sweep(db)
