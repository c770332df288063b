"""Commands of jobs."""

from __future__ import annotations

import click

from app.jobs import worker
from app.launch.context import open_city


@click.command("worker", hidden=True)
def run_worker() -> None:
    """Run background jobs in the foreground; ./city up starts one."""
    settings = open_city()
    assert settings.database_url is not None  # open_city sets it
    worker.run(settings.database_url)


COMMANDS: tuple[click.Command, ...] = (run_worker,)
