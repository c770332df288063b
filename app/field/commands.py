"""Commands of the field page."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
