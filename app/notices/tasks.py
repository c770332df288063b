"""What the worker does for notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.jobs.chores import every
from app.jobs.queue import QUEUE
from app.notices import mail, webhook
from app.notices.deliver import send_waiting
from app.notices.models import Channel, DeliveryStatus, Notice, NoticeDelivery, NoticeEvent
from app.notices.spread import spread
from app.settings import read_settings
from gis.db import transaction

EVENTS_KEPT, SENT_KEPT, NOTICES_KEPT = timedelta(days=30), timedelta(days=90), timedelta(days=365)


@every(1.0)
def spread_now() -> int:
    """Tell on what has happened."""
    with transaction() as db:
        return spread(db, sends_mail=bool(read_settings().smtp_host))


@every(2.0)
def mail_now() -> int:
    """Send the e-mails that wait."""
    settings = read_settings()
    return send_waiting(Channel.EMAIL, partial(mail.send, settings)) if settings.smtp_host else 0


@every(2.0)
def call_now() -> int:
    """Call the webhooks that wait."""
    return send_waiting(Channel.WEBHOOK, webhook.send)


@QUEUE.periodic(cron="23 4 * * *")
@QUEUE.task(name="notices.forget_old", queueing_lock="notices.forget_old", pass_context=False)
def forget_old_now(timestamp: int) -> None:
    """Take away what nobody asks for any more."""
    with transaction() as db:
        forget_old(db, datetime.fromtimestamp(timestamp, UTC))


def forget_old(db: Session, now: datetime) -> None:
    """Events told on a month ago, messages over since a quarter, notices of a year ago. Dead messages stay."""
    over = (DeliveryStatus.SENT, DeliveryStatus.DROPPED)
    db.execute(delete(NoticeEvent).where(NoticeEvent.spread_at < now - EVENTS_KEPT))
    db.execute(delete(NoticeDelivery).where(NoticeDelivery.status.in_(over), NoticeDelivery.made_at < now - SENT_KEPT))
    db.execute(delete(Notice).where(Notice.made_at < now - NOTICES_KEPT))
