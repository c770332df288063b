"""What the worker does for the evaluation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.evaluation import hotspots, report_making, reports
from app.jobs.queue import QUEUE
from app.settings import read_settings
from app.web.create import create_app
from gis.db import transaction
from grid.reach import Viewer


@QUEUE.task(name="evaluation.hot_spots", retry=1)
def hot_spots(key: str, chosen: dict[str, Any], prefixes: list[str], department: str | None) -> None:
    """Work out hot spots for whoever has this reach, and keep them."""
    viewer = Viewer(None, "system", "system", tuple(prefixes), department, frozenset({"cases.read", "evaluation.read"}))
    given = hotspots.Parameters(**chosen | {"classes": tuple(chosen["classes"])})
    with transaction() as db:
        hotspots.keep(db, key, hotspots.work_out(db, viewer, given))


@QUEUE.periodic(cron="23 * * * *")
@QUEUE.task(name="evaluation.make_reports", queueing_lock="evaluation.make_reports", pass_context=False)
def make_reports(timestamp: int) -> None:
    """Make the reports of the periods that are over; those that are made already are left."""
    with transaction() as db:
        settings = read_settings()
        report_making.make_due(
            db, create_app(settings), datetime.fromtimestamp(timestamp, UTC), reports.folder(settings)
        )
