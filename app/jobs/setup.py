"""What jobs adds to the application."""

from __future__ import annotations

from app.web.assembly import Assembly


def init(city: Assembly) -> None:
    """Nothing: jobs have no pages; tasks are deferred through `app.jobs.queue`."""
