"""The transfers of a case: who has it, and which are still followed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.transfer.models import Direction, Holder, Transfer, TransferState

FOLLOWED = (TransferState.ACCEPTED, TransferState.HANDED_BACK)


def live(db: Session, case_id: int, *, lock: bool = False) -> Sequence[Transfer]:
    """The transfers of a case that are not over, the oldest first."""
    chosen = select(Transfer).where(Transfer.case_id == case_id, Transfer.ended_at.is_(None)).order_by(Transfer.id)
    return db.scalars(chosen.with_for_update() if lock else chosen).all()


def elsewhere(db: Session, case_id: int, *, lock: bool = False) -> Transfer | None:
    """The transfer by which somebody else has the case, or is asked to take it; None while it is ours."""
    return next((one for one in live(db, case_id, lock=lock) if one.holder != Holder.US), None)


def ours_from_outside(db: Session, case_id: int, *, lock: bool = False) -> Transfer | None:
    """The transfer by which a case came to us that we have now; None for others."""
    return next(
        (one for one in live(db, case_id, lock=lock)
         if one.direction == Direction.IN and one.holder == Holder.US and one.state == TransferState.ACCEPTED),
        None,
    )  # fmt: skip


def came_from(db: Session, case_id: int) -> Transfer | None:
    """The newest transfer by which a case came to us, over or not."""
    found = select(Transfer).where(Transfer.case_id == case_id, Transfer.direction == Direction.IN)
    return db.scalars(found.order_by(Transfer.id.desc()).limit(1)).first()
