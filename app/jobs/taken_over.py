"""Taking a long run, also from a worker that was lost in the middle of it: one way for recipes, scenarios and prints.

The table of runs has ``state`` (waiting, running …), ``backend`` (the database process that works) and ``began_at``.
A job that comes again has lost its worker. The statement that the lost one waited for may go on for minutes and know
nothing of it: it is ended, for the run is this worker's now.
"""

from __future__ import annotations

import time
from functools import cache

from sqlalchemy import TextClause, text

from gis.db import look

TRIES, PAUSE_S = 200, 0.1


@cache
def _statements(table: str) -> tuple[TextClause, TextClause]:
    start = f"""
    UPDATE {table} SET state = 'running', backend = :pid, began_at = clock_timestamp()
    WHERE id = :id AND (state = 'waiting' OR (
        state = 'running' AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = {table}.backend)))
    """  # noqa: S608 - a table's name from our own code
    end_lost = f"""
    SELECT pg_terminate_backend(a.pid) FROM {table} r JOIN pg_stat_activity a ON a.pid = r.backend
    WHERE r.id = :id AND r.state = 'running' AND a.backend_start <= r.began_at AND a.pid <> pg_backend_pid()
    """  # noqa: S608 - the same
    return text(start), text(end_lost)


def take(table: str, run_id: int, pid: int | None) -> bool:
    """Take a run for the database process `pid`; False where it is over, or under way elsewhere."""
    start, end_lost = _statements(table)
    with look() as connection:
        for _ in range(TRIES):
            if connection.execute(start, {"id": run_id, "pid": pid}).rowcount:
                return True
            if not connection.execute(end_lost, {"id": run_id}).rowcount:
                return False
            time.sleep(PAUSE_S)
    return False
