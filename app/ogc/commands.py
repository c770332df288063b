"""Commands of the OGC API."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
