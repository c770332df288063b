"""The worker: runs deferred and periodic tasks until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec

from procrastinate import PsycopgConnector

from app import import_models
from app.jobs.chores import CHORES, run_for_ever
from app.jobs.queue import QUEUE
from app.launch.context import libpq_url
from app.web.assembly import DOMAINS

logger = logging.getLogger(__name__)
RESCUE_EVERY = timedelta(seconds=30)


def import_tasks() -> None:
    """Import `tasks.py` of each domain that has one, and every model: a row may point to a table of any domain."""
    import_models()
    for domain in DOMAINS:
        if find_spec(f"app.{domain}.tasks"):
            import_module(f"app.{domain}.tasks")


def run(database_url: str, *, until_empty: bool = False) -> None:
    """Work on the queue of a database; with `until_empty`, stop once nothing is left to do now."""
    import_tasks()
    asyncio.run(_work(database_url, until_empty))


async def _work(database_url: str, until_empty: bool) -> None:
    connector = PsycopgConnector(conninfo=libpq_url(database_url), min_size=1, max_size=4)
    with QUEUE.replace_connector(connector) as queue:
        async with queue.open_async():
            steady = [] if until_empty else [asyncio.create_task(run_for_ever(chore)) for chore in CHORES.values()]
            rescuer = asyncio.create_task(_rescue_for_ever())
            try:
                await queue.run_worker_async(
                    concurrency=2, wait=not until_empty, install_signal_handlers=not until_empty,
                    listen_notify=not until_empty, delete_jobs="successful", shutdown_graceful_timeout=20,
                )  # fmt: skip
            finally:
                for one in (rescuer, *steady):
                    one.cancel()


async def _rescue_for_ever() -> None:
    while True:
        await rescue()
        await asyncio.sleep(RESCUE_EVERY.total_seconds())


async def rescue() -> None:
    """Queue again the jobs whose worker was killed in the middle."""
    for job in await QUEUE.job_manager.get_stalled_jobs():
        logger.warning("job %s (%s) lost its worker and is queued again", job.id, job.task_name)
        await QUEUE.job_manager.retry_job(job)
