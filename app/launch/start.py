"""Bringing a city up: home, database, schema, first accounts, demo city, web server and worker, in this order."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.accounts.first import make_first_accounts
from app.launch import checks, processes, schema
from app.launch.cluster import Cluster
from app.launch.progress import screen, step
from app.launch.supervisor import Control, is_alive, launch
from app.launch.swap import settle
from app.organisation import first as organisation
from app.settings import PROJECT, Settings
from gis import db as database
from gis.errors import Unavailable

DEMO = "jingan"
NO_DEMO = "no-demo"  # a file in a home whose database was meant to be empty
WORKING = ("RUNNING", "STARTING")
READY_PATIENCE_S = 90.0
SERVER_PATIENCE_S = 300.0  # a killed server may have much to recover


def address(settings: Settings) -> str:
    """Where a browser on this machine finds the city."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    return f"http://{host}:{settings.port}/"


def prepare_home(home: Path) -> None:
    """Make the folders of a home; only its owner reads keys, logs and uploads."""
    try:
        for name, mode in (("", 0o711), ("run", 0o711), ("log", 0o700), ("keys", 0o700), ("uploads", 0o700)):
            folder = home / name
            if not folder.is_dir():
                folder.mkdir(parents=True)
                folder.chmod(mode)
            elif name and folder.stat().st_uid == os.geteuid():
                folder.chmod(mode)
        (home / "run" / "start.lock").touch()
    except OSError as error:
        raise Unavailable(
            "The city's home {home} can't be written: {reason}", home=home, reason=error.strerror
        ) from error


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One start or stop at a time for a home; the kernel frees the lock of a process that dies."""
    with (home / "run" / "start.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            screen.print("  Another ./city is at work on this home; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def begin(settings: Settings, *, demo: bool) -> list[tuple[str, str, str]]:
    """Start everything that does not run yet; gives the first logins if they were made now (name, role, password).

    Raises Unavailable with what is wrong and how to mend it; then nothing is left running.
    """
    control = Control(settings.home)
    mend(settings)
    checks.ensure_port(settings.host, settings.port)
    url = start_database(settings)
    try:
        return _fill_and_serve(settings, control, url, demo)
    except BaseException:
        control.shut_down()
        raise


def mend(settings: Settings) -> None:
    """Put right what a killed start left; to be called while no supervisor answers."""
    for line in processes.mend(settings.home, Cluster.at(settings.home)):
        screen.print(f"  mended: {line}")


def start_database(settings: Settings) -> str:
    """Start the supervisor and under it the database, which is made if there is none; gives its URL."""
    if settings.database_url:
        checks.ensure_server(settings.database_url)
        launch(settings, None)
        return settings.database_url
    cluster = Cluster.place(settings.home)
    checks.ensure_room(cluster.data.parent, checks.RUN_MB if cluster.version else checks.MAKE_MB)
    if cluster.version is None:
        with step("new database"):
            cluster.create()
    else:
        cluster.create()
    launch(settings, cluster)
    control = Control(settings.home)
    try:
        with step("database"):
            control.start("postgres")
            _wait_for_server(settings, cluster)
    except BaseException:
        control.shut_down()
        raise
    return cluster.url()


@contextmanager
def database_only(settings: Settings) -> Iterator[str]:
    """The city's database for a while, with its URL: the running one, or one that is started and stopped again."""
    control = Control(settings.home)
    if control.answers():
        yield settings.database_url or Cluster.at(settings.home).url()
        return
    mend(settings)
    url = start_database(settings)
    try:
        yield url
    finally:
        control.shut_down()


def _fill_and_serve(settings: Settings, control: Control, url: str, demo: bool) -> list[tuple[str, str, str]]:
    engine = database.make_engine(url)
    database.bind(engine)
    try:
        settle(settings.home, url)
        with step("schema") as ending:
            schema.upgrade(engine)
            ending(f"revision {schema.revision(engine)}")
        if not demo:
            (settings.home / NO_DEMO).touch()
        elif is_empty() and not (settings.home / NO_DEMO).exists():
            load_demo()
        logins = first_logins(settings.home)
    finally:
        database.bind(None)
        engine.dispose()
    serve(settings, control)
    return logins


def serve(settings: Settings, control: Control) -> None:
    """Start what does not run of web and worker, and wait until the city says that it is ready."""
    with step("web and worker"):
        for part, state in control.states().items():
            if state not in WORKING and state != "BACKOFF":
                control.start(part)
        wait_until_ready(settings, control)
    facts = {"address": address(settings), "host": settings.host, "port": settings.port}
    (settings.run_dir / "state.json").write_text(json.dumps(facts))


def running_at(home: Path) -> str:
    """The address at which the city of a home was last brought up."""
    try:
        return str(json.loads((home / "run" / "state.json").read_text())["address"])
    except (OSError, ValueError, KeyError):
        return ""


def place_of(where: str) -> dict[str, str | int]:
    """Host and port of an address that `address` made."""
    host, _, port = where.removeprefix("http://").rstrip("/").rpartition(":")
    return {"host": host.strip("[]"), "port": int(port)}


def _wait_for_server(settings: Settings, cluster: Cluster) -> None:
    """Wait for the cluster's server, and make the city's database in it."""
    admin = database.make_engine(cluster.url("postgres"), pool_size=1)
    until = time.monotonic() + SERVER_PATIENCE_S
    log = settings.home / "log" / "postgres.log"
    try:
        while True:
            try:
                with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    asked = {"name": cluster.database}
                    found = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), asked).first()
                    if not found:
                        connection.execute(text(f'CREATE DATABASE "{cluster.database}"'))
                    return
            except OperationalError as error:
                state = Control(settings.home).states().get("postgres", "")
                if state == "FATAL" or time.monotonic() > until:
                    raise Unavailable("The database does not start.\n{log}", log=processes.tail(log)) from error
                time.sleep(0.1)
    finally:
        admin.dispose()


def is_empty() -> bool:
    """Whether no city was loaded yet."""
    with database.transaction() as db:
        return db.execute(text("SELECT 1 FROM city")).first() is None


def load_demo() -> None:
    """Load the demo city, with its own progress on the screen."""
    command = [sys.executable, "-P", "-m", "app", "load", DEMO]
    if subprocess.run(command, cwd=PROJECT, check=False).returncode != 0:
        raise Unavailable("The demo city could not be loaded. ./city up --no-demo starts without it.")


def first_logins(home: Path) -> list[tuple[str, str, str]]:
    """Make the first accounts of a database without any; their passwords stay in one file that only the owner reads."""
    with database.transaction() as db:
        made = make_first_accounts(db)
        if made:  # written before the commit: a password that nobody has seen must not be lost
            file = logins_file(home)
            file.unlink(missing_ok=True)
            file.touch(mode=0o600)
            file.write_text("".join(f"{name}\t{role}\t{password}\n" for name, role, password in made))
            organisation.staff(db)
    return made


def logins_file(home: Path) -> Path:
    """Where the first passwords are kept until the operator deletes them."""
    return home / "keys" / "first-logins"


def wait_until_ready(settings: Settings, control: Control) -> None:
    """Wait until /readyz answers 200; Unavailable with the log of the part that fails."""
    until = time.monotonic() + READY_PATIENCE_S
    while True:
        answer = ask_ready(settings) or ask_family(settings, control)
        if answer is None:
            return
        states = control.states()
        if "FATAL" in states.values() or time.monotonic() > until:
            weak = next((part for part, state in states.items() if state not in WORKING), "web")
            log = settings.home / "log" / f"{weak}.log"
            raise Unavailable("The city does not get ready: {answer}\n{log}", answer=answer, log=processes.tail(log))
        time.sleep(0.3)


def ask_family(settings: Settings, control: Control) -> str | None:
    """What is wrong with the processes behind the answer: a killed web server's children answer for a last moment."""
    heads = {pid for pid in control.heads().values() if is_alive(pid)}
    if len(heads) < len(control.states()):
        return "a part was killed, and is started again"
    left = processes.strays(settings.home, heads)
    return f"{len(left)} processes of a killed part still run" if left else None


def ask_ready(settings: Settings) -> str | None:
    """What /readyz says is wrong; None if the city is ready."""
    try:
        with urllib.request.urlopen(address(settings) + "readyz", timeout=5) as answer:
            answer.read()
            return None
    except urllib.error.HTTPError as error:
        return lacking(error.read()) or str(error)
    except OSError as error:
        return str(error)


def lacking(answer: bytes) -> str:
    """The checks of a /readyz answer that fail, in words; any other answer as it is."""
    try:
        checks = json.loads(answer)["checks"].items()
        return "; ".join(f"{name}: {check['detail']}" for name, check in checks if not check["is_ok"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.decode(errors="replace").strip()[:500]
