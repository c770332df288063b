"""Commands of jobs: none; the worker is started by `python -m app.jobs`."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
