"""Commands of residents."""

from __future__ import annotations

import click

from app.residents.sealing import REGISTER
from app.sealing.ciphers import CIPHERS
from app.sealing.vault import add_key
from app.settings import read_settings


@click.group()
def residents() -> None:
    """The residents' register."""


@residents.command("new-key")
@click.option("--cipher", type=click.Choice(sorted(CIPHERS)), default="aes-256-gcm", show_default=True)
def new_key(cipher: str) -> None:
    """Make a new key for sealing numbers; what older keys sealed stays readable. Back up keys/residents after it."""
    click.echo(add_key(read_settings().home, REGISTER, cipher))


COMMANDS: tuple[click.Command, ...] = (residents,)
