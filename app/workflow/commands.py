"""Commands of the workflow engine: none."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
