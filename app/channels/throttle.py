"""How often one address may use the public page: counted by the hour, under a keyed digest of the address."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.errors import TooManyTries
from app.channels.models import PublicUse
from app.sealing.vault import vault

REGISTER = "reporters"
PER_HOUR = {"report": 30, "look": 300, "follow": 60}  # a house or an office may share one address
KEPT = timedelta(days=2)


class TooOften(TooManyTries):
    """The address used the public page too often within an hour."""

    code = "channels.too_often"


def count(db: Session, address: str, act: str) -> None:
    """Count one use; TooOften beyond the limit. Count in a transaction of its own, so that a refusal stays counted."""
    hour = func.date_trunc("hour", func.now())
    values = {"who": vault(REGISTER).index(address, "address"), "act": act, "hour": hour, "used": 1}
    again = insert(PublicUse).values(values).on_conflict_do_update(
        index_elements=[PublicUse.who, PublicUse.act, PublicUse.hour], set_={"used": PublicUse.used + 1}
    )  # fmt: skip
    used = db.scalars(again.returning(PublicUse.used)).one()
    if used > PER_HOUR[act]:
        raise TooOften("Too much was sent from here within an hour. Please try again later.")


def forget_old(db: Session, now: datetime) -> None:
    """Drop what was counted long ago."""
    db.execute(delete(PublicUse).where(PublicUse.hour < now - KEPT))
