"""Commands of organisation."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
