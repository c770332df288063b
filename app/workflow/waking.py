"""What a matter does by itself when its time has come: a suspended one goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.workflow.moves import Workflow
from app.workflow.situation import Given
from grid.reach import whole_city

BATCH = 500


def wake(db: Session, workflow: Workflow[Any], now: datetime) -> int:
    """Do the acts whose time has come, in the system's name; gives how many. Matters that others hold wait a round."""
    matter = workflow.matter
    ripe = select(matter).where(matter.wake_at <= now).order_by(matter.wake_at).limit(BATCH)
    found = list(db.scalars(ripe.with_for_update(skip_locked=True)))
    system = whole_city((workflow.right,))
    for one in found:
        name, one.wake_at, one.wake_act = one.wake_act, None, None
        act = workflow.kind.act(name or "")
        if act is not None and workflow.kind.starts(act, one.status):
            workflow.apply(db, system, one, act, Given())
    return len(found)
