"""The job queue: tasks are declared here by name, and deferred inside the transaction that asks for them.

A domain declares its tasks in `app/<domain>/tasks.py`; only the worker imports those modules::

    @QUEUE.task(name="cases.tidy", retry=3)
    def tidy(before: str) -> None:
        with transaction() as db: ...

A task may run twice (its worker can be killed at any point), so it must be safe to repeat.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

QUEUE = App(connector=SyncPsycopgConnector())  # a table of tasks; only the worker gives it a live connection

_DEFER = text(
    "SELECT (procrastinate_defer_jobs_v1(ARRAY[ROW('default', :task, :priority, :lock, :once, "
    "CAST(:args AS jsonb), :at)::procrastinate_job_to_defer_v1]))[1]"
)


def defer(
    db: Session,
    task: str,
    *,
    once: str | None = None,
    lock: str | None = None,
    at: datetime | None = None,
    priority: int = 0,
    **args: Any,
) -> int | None:
    """Put a task into the queue; it starts when the transaction of `db` is committed, and never if it is not.

    Parameters
    ----------
    task : str
        The name the task was declared under.
    once : str, optional
        While a job with this key waits, another is not added and None is returned.
    lock : str, optional
        Jobs of one lock run one after the other, in the order they came.
    at : datetime, optional
        Aware; not started before.
    **args
        What JSON can hold.
    """
    values = {"task": task, "priority": priority, "lock": lock, "once": once, "args": json.dumps(args), "at": at}
    try:
        with db.begin_nested():
            made: int = db.execute(_DEFER, values).scalar_one()
    except IntegrityError:
        if once is None:
            raise
        return None
    return made
