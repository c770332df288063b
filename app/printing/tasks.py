"""What the worker does for prints."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from app.jobs.queue import QUEUE
from app.printing import service
from app.printing.running import carry_out
from app.settings import read_settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis.db import transaction


@QUEUE.task(name="printing.make")
def make_print(job: int) -> None:
    """Make a sheet or an atlas."""
    settings = read_settings()
    web = create_app(settings)
    registry = cast(Assembly, web.extensions["city"]).layers
    carry_out(web, registry, settings, job, service.folder(settings))


@QUEUE.periodic(cron="41 3 * * *")
@QUEUE.task(name="printing.tidy", queueing_lock="printing.tidy", pass_context=False)
def tidy_prints(timestamp: int) -> None:
    """Remove what was printed some days ago."""
    with transaction() as db:
        service.tidy(db, service.folder(read_settings()), datetime.fromtimestamp(timestamp, UTC))
