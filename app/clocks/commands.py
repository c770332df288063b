"""Commands of clocks: none; calendars are kept on their page and through the API."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
