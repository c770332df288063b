"""Commands of the phone desk and the public page."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
