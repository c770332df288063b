"""What can be asked about the queue."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

BEAT_IS_LATE_S = 30.0  # the worker beats every 10 s


@dataclass(frozen=True)
class QueueState:
    """Seconds since a worker last gave a sign (None: there is no worker), and jobs by state."""

    last_beat_s: float | None
    waiting: int
    running: int
    failed: int

    @property
    def is_alive(self) -> bool:
        """Whether a worker gave a sign lately."""
        return self.last_beat_s is not None and self.last_beat_s < BEAT_IS_LATE_S


def queue_state(db: Session) -> QueueState:
    """How the worker and its queue are."""
    row = db.execute(
        text(
            "SELECT (SELECT extract(epoch FROM clock_timestamp() - max(last_heartbeat)) FROM procrastinate_workers),"
            " count(*) FILTER (WHERE status = 'todo'), count(*) FILTER (WHERE status = 'doing'),"
            " count(*) FILTER (WHERE status = 'failed') FROM procrastinate_jobs"
        )
    ).one()
    return QueueState(None if row[0] is None else float(row[0]), *row[1:])
