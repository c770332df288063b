"""`./city doctor`: looks at every part and says how to mend what is wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.jobs.queries import queue_state
from app.launch import checks, processes, schema, start, vendor
from app.launch.cluster import EXTENSIONS, Cluster
from app.launch.context import open_city
from app.launch.supervisor import Control
from app.routing.home import problems
from app.settings import PROJECT, Settings, read_settings, unknown_settings
from gis import db as database
from gis.errors import CityError, Unavailable

COLOURS = {"ok": "green", "note": "yellow", "bad": "red"}


@dataclass(frozen=True)
class Finding:
    """How one part is (ok, note, bad), in what state, and how to mend it."""

    part: str
    state: str
    detail: str
    mend: str = ""


Look = Callable[[Settings], Finding]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def doctor(as_json: bool) -> None:
    """Check every part of the city and say how to mend it. Exit 1 if anything is bad."""
    is_whole = True
    for finding in findings(read_settings()):
        is_whole &= finding.state != "bad"
        if as_json:
            click.echo(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            show(finding)
    if not as_json:
        click.echo("Everything is well." if is_whole else "Something needs mending.")
    sys.exit(0 if is_whole else 1)


def show(finding: Finding) -> None:
    """One line for a finding, and one that says how to mend it."""
    click.secho(f"{finding.state:5}", fg=COLOURS[finding.state], nl=False)
    click.echo(f"{finding.part:18}{finding.detail}")
    if finding.mend:
        click.echo(f"{'':23}mend: {finding.mend}")


def findings(settings: Settings) -> Iterator[Finding]:
    """All findings, from the ground up. Database and worker are only asked for while the city runs."""
    ground: tuple[Look, ...] = (packages, libraries, browser_libraries, fonts, variables, home, disk)
    for check in ground:
        yield check(settings)
    yield from supervised(settings)
    yield from served(settings)


def packages(_: Settings) -> Finding:
    """Debian packages, as the launcher sees them."""
    asked = subprocess.run([PROJECT / "city", "setup", "--check"], capture_output=True, text=True, check=False)
    missing = (asked.stdout + asked.stderr).strip()
    if asked.returncode == 0:
        return Finding("packages", "ok", "all Debian packages are installed")
    return Finding("packages", "bad", f"missing: {missing}", "./city setup, as root")


def libraries(_: Settings) -> Finding:
    """Python itself, and the versions that the lock file names."""
    wrong = []
    for line in (PROJECT / "requirements.txt").read_text().splitlines():
        name, wanted = line.split("==")
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "none"
        if found != wanted:
            wrong.append(f"{name} {found}, not {wanted}")
    python = ".".join(map(str, sys.version_info[:3]))
    if wrong:
        return Finding("python", "bad", "; ".join(wrong[:5]), "./city setup; if that fails, delete .venv first")
    return Finding("python", "ok", f"Python {python} in {sys.prefix}, libraries as locked")


def browser_libraries(_: Settings) -> Finding:
    """What pages load from `static/vendor/`."""
    if vendor.is_current():
        return Finding("browser libraries", "ok", "as locked")
    return Finding("browser libraries", "bad", "static/vendor is not as the lock file says", "./city setup")


def fonts(_: Settings) -> Finding:
    """Chinese glyphs on this machine: only pictures made here need them, browsers bring their own."""
    if any(Path("/usr/share/fonts").rglob("*CJK*")):
        return Finding("fonts", "ok", "Chinese glyphs are here")
    return Finding(
        "fonts", "note", "no Chinese font on this machine", "apt-get install fonts-noto-cjk (for ./city test)"
    )


def variables(_: Settings) -> Finding:
    """Environment variables that look like settings."""
    unknown = unknown_settings()
    if unknown:
        return Finding("settings", "note", f"not heeded: {', '.join(unknown)}", "docs/settings.md lists them all")
    return Finding("settings", "ok", "all that are set are known")


def home(settings: Settings) -> Finding:
    """The city's folder, and what lies in it that should not."""
    if not settings.home.is_dir():
        return Finding("home", "note", f"{settings.home} is not there yet", "./city up")
    if not os.access(settings.home, os.W_OK):
        return Finding("home", "bad", f"{settings.home} can't be written", "give it to the user who runs ./city")
    logins = start.logins_file(settings.home)
    if logins.exists():
        return Finding("home", "note", f"the first passwords still lie in {logins}", "note them, then delete the file")
    return Finding("home", "ok", str(settings.home))


def disk(settings: Settings) -> Finding:
    """Room for the database to write."""
    folder = next(place for place in (settings.home, *settings.home.parents) if place.is_dir())
    free_mb = shutil.disk_usage(folder).free >> 20
    state = "bad" if free_mb < checks.RUN_MB else "note" if free_mb < checks.MAKE_MB else "ok"
    return Finding("disk", state, f"{free_mb} MB left under {folder}", "make room" if state != "ok" else "")


def supervised(settings: Settings) -> Iterator[Finding]:
    """The supervisor and the parts under it."""
    control = Control(settings.home)
    if control.answers():
        for part, state in control.states().items():
            is_well = state in start.WORKING
            yield Finding(
                part, "ok" if is_well else "bad", state.lower(), "" if is_well else f"./city logs {part}; ./city up"
            )
        return
    left = processes.parts_running(settings.home) or processes.servers_on(Cluster.at(settings.home).data)
    if left:
        pids = ", ".join(str(process.pid) for process in left[:5])
        yield Finding("supervisor", "bad", f"gone, and left processes running ({pids})", "./city up mends it")
    else:
        yield Finding("supervisor", "bad", "the city is not running", "./city up")


def served(settings: Settings) -> Iterator[Finding]:
    """Database, schema, worker and web server, each by asking it."""
    try:
        if settings.database_url:
            checks.ensure_server(settings.database_url)
        open_city(settings, of_any_version=True)
    except CityError as error:
        yield Finding("database", "bad", str(error), "./city up, ./city logs postgres")
        return
    engine = database.bound()
    if isinstance(engine, Engine):
        yield from _database(engine)
        if schema.revision(engine) == schema.head():
            yield from _routing()
    yield _worker()
    where = start.running_at(settings.home)
    wrong = start.ask_ready(settings.model_copy(update=start.place_of(where))) if where else "it was never started"
    yield (
        Finding("address", "ok", f"ready at {where}")
        if not wrong
        else Finding("address", "bad", wrong, "./city up, ./city logs web")
    )


def _database(engine: Engine) -> Iterator[Finding]:
    with engine.connect() as connection:
        server = connection.execute(text("SHOW server_version")).scalar_one()
        rows = connection.execute(text("SELECT extname, extversion FROM pg_extension"))
        found: dict[str, str] = {row.extname: row.extversion for row in rows}
    yield Finding("database", "ok", f"PostgreSQL {server}")
    missing = [name for name in EXTENSIONS if name not in found]
    if missing:
        yield Finding("extensions", "bad", f"missing: {', '.join(missing)}", "./city up")
    else:
        yield Finding("extensions", "ok", ", ".join(f"{name} {found[name]}" for name in EXTENSIONS))
    is_at, newest = schema.revision(engine), schema.head()
    if is_at == newest:
        yield Finding("schema", "ok", f"revision {is_at}")
    else:
        yield Finding("schema", "bad", f"revision {is_at}, the code needs {newest}", "./city down, ./city up")


def _routing() -> Iterator[Finding]:
    """Routing rules in force that name what is not there any more: cases may go to nobody."""
    with database.transaction() as db:
        wrong = problems(db)
    if wrong:
        yield Finding("routing rules", "bad", "; ".join(map(str, wrong)), "Admin, Routing rules")
    else:
        yield Finding("routing rules", "ok", "all name what is there")


def _worker() -> Finding:
    try:
        with database.transaction() as db:
            state = queue_state(db)
    except (SQLAlchemyError, Unavailable):
        return Finding("queue", "bad", "the queue can't be read", "./city up")
    if not state.is_alive:
        return Finding("queue", "bad", "the worker gave no sign for 30 s", "./city up, ./city logs worker")
    jobs = f"{state.waiting} jobs wait, {state.running} run, {state.failed} failed"
    return Finding("queue", "note" if state.failed else "ok", jobs, "./city logs worker" if state.failed else "")
