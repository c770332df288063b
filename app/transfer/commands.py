"""Commands of transfer: `./city peer`."""

from __future__ import annotations

import click

from app.transfer.peer.__main__ import main as peer

COMMANDS: tuple[click.Command, ...] = (peer,)
