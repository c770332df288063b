"""Messages that were given up, as administrators see them and send them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.service import list_managed
from app.audit.service import record
from app.notices import deliver, webhooks
from app.notices.models import DeliveryStatus, NoticeDelivery, NoticeEvent
from app.notices.words_of_city import RIGHT
from gis.errors import NotFound
from grid.reach import Viewer

SHOWN = 100


class NotFailed(NotFound):
    """There is no failed message of this id, or not in your areas."""

    code = "notices.not_failed"


def list_of(db: Session, viewer: Viewer) -> tuple[Sequence[NoticeDelivery], dict[int, str], dict[int, str]]:
    """Given-up messages to accounts and webhooks that the viewer manages, with the names of both.

    Those to addresses without account are shown to who manages the whole city.
    """
    viewer.require(RIGHT)
    names = {one.id: one.full_name or one.name for one in list_managed(db, viewer)}
    hooks = {one.id: one.name for one in webhooks.list_of(db, viewer)}
    mine = NoticeDelivery.account_id.in_(list(names)) | NoticeDelivery.webhook_id.in_(list(hooks))
    if "" in viewer.prefixes:
        mine |= NoticeDelivery.account_id.is_(None) & NoticeDelivery.webhook_id.is_(None)
    dead = select(NoticeDelivery).where(NoticeDelivery.status == DeliveryStatus.DEAD, mine)
    return db.scalars(dead.order_by(NoticeDelivery.id.desc()).limit(SHOWN)).all(), names, hooks


def send_again(db: Session, viewer: Viewer, delivery_id: int) -> None:
    """Let one be tried anew. Raises Forbidden, NotFailed."""
    found, _names, _hooks = list_of(db, viewer)
    if delivery_id not in {one.id for one in found} or not deliver.again(db, delivery_id, datetime.now(UTC)):
        raise NotFailed("There is no failed message of this number.")
    record(db, viewer, act="notices.resend", subject="notice", subject_id=delivery_id)


def send_all_again(db: Session, viewer: Viewer) -> int:
    """Let all that are shown be tried anew; gives how many."""
    found, _names, _hooks = list_of(db, viewer)
    now = datetime.now(UTC)
    done = sum(deliver.again(db, one.id, now) for one in found)
    if done:
        record(db, viewer, act="notices.resend", subject="notice", detail={"count": done})
    return done


def counts(db: Session) -> dict[str, int]:
    """How many messages wait and were given up, and events that wait to be told or could not be."""
    by_status = select(NoticeDelivery.status, func.count()).where(
        NoticeDelivery.status.in_((DeliveryStatus.WAITING, DeliveryStatus.DEAD))
    )
    found = {status.value: count for status, count in db.execute(by_status.group_by(NoticeDelivery.status))}
    untold = db.scalar(select(func.count()).where(NoticeEvent.spread_at.is_(None))) or 0
    broken = db.scalar(select(func.count()).where(NoticeEvent.problem != "")) or 0
    return {"waiting": found.get("waiting", 0), "dead": found.get("dead", 0), "untold": untold, "broken": broken}
