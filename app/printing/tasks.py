"""What the worker does for prints."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import cast

from flask_openapi3.openapi import OpenAPI

from app.jobs.queue import QUEUE
from app.printing import service
from app.printing.running import carry_out
from app.settings import Settings, read_settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis.db import transaction


@cache
def application(settings: Settings) -> OpenAPI:
    """The application that knows layers and words; put together once a worker."""
    return create_app(settings)


@QUEUE.task(name="printing.make")
def make_print(job: int) -> None:
    """Make a sheet or an atlas."""
    settings = read_settings()
    web = application(settings)
    registry = cast(Assembly, web.extensions["city"]).layers
    carry_out(web, registry, settings, job, service.folder(settings))


@QUEUE.periodic(cron="41 3 * * *")
@QUEUE.task(name="printing.tidy", queueing_lock="printing.tidy", pass_context=False)
def tidy_prints(timestamp: int) -> None:
    """Remove what was printed some days ago."""
    with transaction() as db:
        service.tidy(db, service.folder(read_settings()), datetime.fromtimestamp(timestamp, UTC))
