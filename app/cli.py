"""The command line: the operator's commands, and those of every domain. Modules are imported when they are needed."""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from importlib.util import find_spec

import click
import psycopg
from psycopg.errors import AdminShutdown, CannotConnectNow, CrashShutdown, DiskFull
from sqlalchemy.exc import DBAPIError

from gis.errors import CityError

OPERATING = {
    "up": "app.launch.commands:up",
    "down": "app.launch.commands:down",
    "logs": "app.launch.commands:logs",
    "psql": "app.launch.commands:psql",
    "doctor": "app.launch.doctor:doctor",
    "backup": "app.launch.backup:backup",
    "restore": "app.launch.restore:restore",
    "test": "app.launch.suite:suite",
    "bench": "app.launch.bench:bench",
}


GONE = (AdminShutdown, CrashShutdown, CannotConnectNow)


class Commands(click.Group):
    """Finds a command by name: the operator's first, then those that domains bring."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return [*OPERATING, *sorted(self._of_domains())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name; None if there is none."""
        if cmd_name in OPERATING:
            module, _, name = OPERATING[cmd_name].partition(":")
            found: click.Command = getattr(import_module(module), name)
            return found
        return self._of_domains().get(cmd_name)

    @staticmethod
    def _of_domains() -> dict[str, click.Command]:
        commands: dict[str, click.Command] = {}
        for domain in import_module("app.web.assembly").DOMAINS:
            if find_spec(f"app.{domain}.commands") is not None:
                commands |= {one.name: one for one in import_module(f"app.{domain}.commands").COMMANDS}
        return commands


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def city() -> None:
    """CityGrid: a whole city on a map."""


def main() -> None:
    """Run a command; an error that a person can be told about is one message and exit 1."""
    try:
        code = city.main(prog_name="./city", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        fail("stopped", 130)
    except CityError as error:
        fail(str(error))
    except (DBAPIError, psycopg.Error) as error:
        words = trouble(error.orig if isinstance(error, DBAPIError) else error)
        if words is None:
            raise
        fail(words)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        fail(f"the disk is full (writing {error.filename or 'a file'}): make room and try again")


def trouble(error: BaseException | None) -> str | None:
    """What an operator can do about an error of the database; None where the code is at fault."""
    if isinstance(error, DiskFull):
        return "the disk of the database is full: make room and try again; nothing was half written"
    if isinstance(error, GONE) or type(error) is psycopg.OperationalError:  # without a code: the connection broke
        return "the database stopped answering; nothing was half written. ./city up brings it back, then try again"
    return None


def fail(words: str, code: int = 1) -> None:
    """End with a message."""
    click.echo(f"city: {words}", err=True)
    sys.exit(code)
