"""The operator's commands: up, down, logs, psql."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

import click
from rich.table import Table

from app.launch import checks, processes, start
from app.launch.cluster import Cluster, bin_dir
from app.launch.context import connection_environment, open_city
from app.launch.progress import screen, step
from app.launch.supervisor import PARTS, Control
from app.settings import Settings, read_settings, unknown_settings
from gis.errors import Unavailable

LOGS = {
    "web": ("web.log",), "access": ("access.log",), "worker": ("worker.log",), "postgres": ("postgres.log",),
    "supervisor": ("supervisor.log",), "setup": ("setup.log",),
}  # fmt: skip
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class Port(click.IntRange):
    """A TCP port."""

    name = "port"


@click.command()
@click.option("--host", help="Address to listen on. [default: CITY_HOST or 127.0.0.1]")
@click.option("--port", type=Port(1, 65535), help="Port to listen on. [default: CITY_PORT or 8000]")
@click.option("--detach", is_flag=True, help="Return once the city is ready, and leave it running.")
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty, now and at later starts.")
def up(host: str | None, port: int | None, detach: bool, no_demo: bool) -> None:
    """Start the city: database, web server and worker.

    Installs what is missing, loads the demo city into an empty database, and prints the address and, the first time,
    one login for each role. Ctrl-C stops all parts in order. Run again while the city is up, it starts what has
    died and prints where the city is.
    """
    given = {name: value for name, value in (("host", host), ("port", port)) if value}  # blank as in the environment
    settings = read_settings().model_copy(update=given)
    for name in unknown_settings():
        screen.print(f"  {name} is no setting, and was not heeded; docs/settings.md lists them all.")
    stop_on_signals()
    control, was_up, is_ready = Control(settings.home), False, False
    try:
        start.prepare_home(settings.home)
        with start.alone(settings.home):
            was_up = control.answers()
            tell = bring_up(settings, control, is_moved=bool(given), demo=not no_demo)
        is_ready = True  # before it is told: who reads that the city is up may stop it at once
        tell()
        if not (detach or was_up):
            watch(control)
    except KeyboardInterrupt:
        if not was_up and stop(settings.home):
            click.echo("The city is down.")
        if not is_ready:
            click.echo("city: broken off before the city was ready; ./city up begins again.", err=True)
            sys.exit(INTERRUPTED)


def bring_up(settings: Settings, control: Control, *, is_moved: bool, demo: bool) -> Callable[[], None]:
    """Start what does not run, all of it or a part; gives what says where the city is."""
    began, was_up = time.monotonic(), control.answers()
    logins: list[tuple[str, str, str]] = []
    if was_up:
        settings = _as_running(settings, is_asked=is_moved)
        checks.ensure_room(settings.home, checks.RUN_MB)
        start.serve(settings, control)
    else:
        logins = start.begin(settings, demo=demo)
    return partial(show, settings, logins, control.states(), was_up, time.monotonic() - began)


def watch(control: Control) -> None:
    """Stay until the city is stopped from elsewhere; Ctrl-C ends it as KeyboardInterrupt."""
    screen.print("Ctrl-C stops it.")
    while control.answers():
        time.sleep(1)
    screen.print("The city was stopped from elsewhere.")


def stop_on_signals() -> None:
    """SIGTERM and a closed terminal stop the city just as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _as_running(settings: Settings, *, is_asked: bool) -> Settings:
    """The settings with the address that the running city has; it wins over what was asked now."""
    address = start.running_at(settings.home)
    if not address or address == start.address(settings):
        return settings
    if is_asked:
        screen.print(f"  The city already runs at {address}; ./city down first to move it.")
    return settings.model_copy(update=start.place_of(address))


def show(
    settings: Settings, logins: list[tuple[str, str, str]], states: dict[str, str], was_up: bool, spent_s: float
) -> None:
    """Print the address and, once, the first logins."""
    weak = [f"{part} is {state.lower()}" for part, state in states.items() if state not in start.WORKING]
    running = "; ".join(weak) or f"{', '.join(states)} running"
    click.echo(
        f"The city is {'already ' if was_up else ''}up: {start.address(settings)}   ({running}; {spent_s:.0f} s)"
    )
    if logins:
        table = Table("role", "name", "password", title="First logins, shown once", title_justify="left")
        for name, role, password in logins:
            table.add_row(role, name, password)
        screen.print(table)
        screen.print(
            f"They are also in {start.logins_file(settings.home)} (only you can read it); delete it when noted."
        )
    elif start.logins_file(settings.home).exists():
        screen.print(f"The first logins still lie in {start.logins_file(settings.home)}; delete it when noted.")


@click.command()
def down() -> None:
    """Stop the city: worker, web server, then database."""
    home = read_settings().home
    if not home.is_dir():
        click.echo(f"There is no city in {home}.")
        return
    start.prepare_home(home)
    with start.alone(home):
        click.echo("The city is down." if stop(home) else "The city was not running.")


def stop(home: Path) -> bool:
    """Stop all parts of a home in order, and whatever a killed supervisor left; says whether anything ran."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
    control = Control(home)
    if control.answers():
        for part in reversed(PARTS):
            if control.states().get(part) in ("RUNNING", "STARTING", "BACKOFF"):
                with step(part) as ending:
                    control.stop(part)
                    ending("stopped")
        control.shut_down()
        return True
    left = processes.mend(home, Cluster.at(home))
    for line in left:
        screen.print(f"  {line}")
    return bool(left)


@click.command()
@click.argument("part", required=False, type=click.Choice([*LOGS]))
@click.option("-f", "--follow", is_flag=True, help="Go on showing what is added.")
@click.option("-n", "--lines", default=50, show_default=True, help="How many lines of each.")
def logs(part: str | None, follow: bool, lines: int) -> None:
    """Show what a part wrote, or all of them."""
    folder = read_settings().home / "log"
    wanted = LOGS[part] if part else [name for names in LOGS.values() for name in names]
    files = [str(folder / name) for name in wanted if (folder / name).is_file()]
    if not files:
        raise Unavailable("There is no log in {folder} yet.", folder=folder)
    os.execvp("tail", ["tail", "-n", str(lines), *(["-F"] if follow else []), *files])


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(arguments: tuple[str, ...]) -> None:
    """A SQL prompt on the city's database; ARGUMENTS are psql's own, for example -c 'SELECT 1'."""
    url = open_city(of_any_version=True).database_url
    program = bin_dir() / "psql"
    os.execvpe(str(program) if program.exists() else "psql", ["psql", *arguments], connection_environment(url or ""))
