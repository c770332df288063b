"""What the worker does for transfers."""

from __future__ import annotations

from sqlalchemy import select

from app.jobs.queue import QUEUE
from app.transfer import files, following, inbox, outbox, reconcile
from app.transfer.models import Partner
from app.workflow import timing
from gis.db import transaction

following.register()


@QUEUE.task(name=outbox.SEND, retry=5)
def send(transfer_id: int) -> None:
    """Send a transfer's waiting messages."""
    outbox.send(transfer_id)


@QUEUE.task(name=inbox.APPLY, retry=5)
def apply(partner_id: int, key: str) -> None:
    """Do the messages of a transfer whose turn has come."""
    inbox.apply(partner_id, key)


@QUEUE.task(name=files.FETCH, retry=5)
def fetch(transfer_id: int) -> None:
    """Fetch the files that a transfer lacks."""
    files.fetch(transfer_id)


@QUEUE.periodic(cron="* * * * *")
@QUEUE.task(name="transfer.sweep", queueing_lock="transfer.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Queue again what waits although its time has come: a job lost with its worker, a partner that was away."""
    with transaction() as db:
        outbox.sweep(db, timing.now(db))
        inbox.sweep(db)
        files.sweep(db)


@QUEUE.task(name="transfer.reconcile", retry=2)
def reconcile_with(partner_id: int) -> None:
    """Compare with one partner now."""
    reconcile.run(partner_id)


@QUEUE.periodic(cron="23 2 * * *")
@QUEUE.task(name="transfer.reconcile_all", queueing_lock="transfer.reconcile_all", pass_context=False)
def reconcile_all(timestamp: int) -> None:
    """The daily comparison with every partner."""
    with transaction() as db:
        found = db.scalars(select(Partner.id).where(Partner.is_active)).all()
    for one in found:
        reconcile.run(one)
