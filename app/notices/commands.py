"""Commands of notices: none; the worker sends them."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
