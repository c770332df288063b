"""`./city restore`: a city from its backup, all or nothing: one transaction, and the files with it (see `swap`)."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import click
from sqlalchemy import text

from app.launch import schema, start
from app.launch.backup import FORMAT, Facts, program
from app.launch.cluster import EXTENSIONS
from app.launch.context import connection_environment
from app.launch.progress import bar, step
from app.launch.supervisor import Control
from app.launch.swap import extract, settle, swap_in, unpack
from app.settings import Settings, read_settings
from gis import db as database
from gis.errors import Conflict, InvalidInput, Unavailable

NO_BACKUP = "This file is not a backup made by ./city backup."
EMPTY = Path(__file__).with_name("empty.sql")
NO_PATH = b"SELECT pg_catalog.set_config('search_path', '', false);"
PUBLIC = b"SELECT pg_catalog.set_config('search_path', 'public', false);"  # our SQL functions call PostGIS by bare name


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of the city that is here; its name has to be typed.")
def restore(file: Path, replace: bool) -> None:
    """Bring back the city of a backup FILE: database, uploads and keys.

    The home must be empty, or --replace is given and the present city's name typed. If anything fails, all stays as
    it was. Web server and worker rest meanwhile.
    """
    settings = read_settings()
    start.prepare_home(settings.home)
    with start.alone(settings.home), open_archive(file) as archive:
        facts = read_facts(archive)
        with start.database_only(settings) as url:
            settle(settings.home, url)
            confirm(url, replace)
            control = Control(settings.home)
            resting = [part for part in ("worker", "web") if control.states().get(part) in (*start.WORKING, "BACKOFF")]
            for part in resting:
                control.stop(part)
            try:
                bring_back(settings, url, archive)
            finally:
                if resting:
                    start.serve(settings.model_copy(update=start.place_of(start.running_at(settings.home))), control)
    click.echo(f"Restored {facts.name_zh} {facts.name_en} of {facts.made_at}.")


def open_archive(file: Path) -> tarfile.TarFile:
    """The backup, opened; InvalidInput if it is none."""
    try:
        return tarfile.open(file, "r:")
    except tarfile.TarError as error:
        raise InvalidInput(NO_BACKUP) from error


def read_facts(archive: tarfile.TarFile) -> Facts:
    """What a backup says of itself; InvalidInput if it is none, or one that this code can't read."""
    try:
        head = archive.extractfile("city.json")
        facts = Facts(**json.loads(head.read() if head else b""))
        archive.getmember("database.dump")
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidInput(NO_BACKUP) from error
    if facts.format > FORMAT or (facts.revision and not schema.knows(facts.revision)):
        raise InvalidInput("This backup was made by a newer version of CityGrid. Update the code first.")
    return facts


def confirm(url: str, replace: bool) -> None:
    """Refuse to touch a city that is there, unless it is named."""
    engine = database.make_engine(url)
    try:
        with engine.connect() as connection:
            if not connection.execute(text("SELECT to_regclass('city') IS NOT NULL")).scalar_one():
                return
            city = connection.execute(text("SELECT name_zh, name_en FROM city")).first()
            people = connection.execute(text("SELECT count(*) FROM accounts")).scalar_one()
    finally:
        engine.dispose()
    if city is None and not people:
        return
    names = [name for name in city or ("",) if name] or ["city"]
    if not replace:
        raise Conflict("{name} is here. --replace puts the backup in its place.", name=" / ".join(names))
    typed = click.prompt(f"This replaces {' / '.join(names)}. Type its name", err=True)
    if typed.strip() not in names:
        raise Conflict("{typed} is not its name: nothing was changed.", typed=typed)


def bring_back(settings: Settings, url: str, archive: tarfile.TarFile) -> None:
    """Put files and database in place, whole or not at all."""
    home, mark = settings.home, secrets.token_hex(8)
    try:
        unpack(archive, home, mark)
        with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as folder:
            extract(archive, archive.getmember("database.dump"), Path(folder), "database.dump")
            prepare(url)
            swap_in(home)
            fill(url, Path(folder) / "database.dump", mark)
    finally:
        settle(home, url)
    engine = database.make_engine(url)
    with step("schema"):
        schema.upgrade(engine)
    engine.dispose()


def prepare(url: str) -> None:
    """The extensions, before the one transaction that fills the database."""
    engine = database.make_engine(url)
    with engine.begin() as connection:
        for extension in EXTENSIONS:
            connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension}"))
    engine.dispose()


def fill(url: str, dump: Path, mark: str) -> None:
    """Empty the database and fill it from a dump in one transaction; Unavailable with the first error."""
    with tempfile.NamedTemporaryFile("w", prefix="citygrid-") as wanted:
        total = _choose(dump, wanted)
        reading = subprocess.Popen(
            [program("pg_restore"), "--no-owner", "--no-privileges", "--verbose", f"--use-list={wanted.name}",
             "--file=-", dump],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        writing = subprocess.Popen(
            [program("psql"), "--single-transaction", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1",
             "--output=/dev/null"],
            env=connection_environment(url), stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        said: list[bytes] = []
        listening = threading.Thread(target=lambda: said.extend(writing.stderr or ()))
        listening.start()
        with bar("database", total, "objects") as advance:
            counting = threading.Thread(
                target=lambda: [advance(b": creating " in x or b": processing " in x) for x in reading.stderr or ()]
            )
            counting.start()
            read_whole = _pour(reading, writing, mark)
            counting.join()
        listening.join()
    failed = writing.wait() != 0
    errors = [line.decode(errors="replace").strip() for line in said if b"ERROR" in line or b"FATAL" in line]
    if failed or not read_whole:
        raise Unavailable("The backup could not be restored: {reason}", reason=(errors or ["the dump is damaged"])[0])


def _choose(dump: Path, wanted: IO[str]) -> int:
    """Write the list of what to restore: all but extensions, which only an administrator may make. Gives its length."""
    listed = subprocess.run([program("pg_restore"), "--list", dump], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        raise InvalidInput("The database in this backup is damaged: {reason}", reason=listed.stderr.strip())
    lines = [
        line
        for line in listed.stdout.splitlines()
        if not re.match(r"\d+; \d+ \d+ (EXTENSION|COMMENT - EXTENSION|SCHEMA - public)", line)
    ]
    wanted.write("\n".join(lines) + "\n")
    wanted.flush()
    return sum(not line.startswith(";") for line in lines)


def _pour(reading: subprocess.Popen[bytes], writing: subprocess.Popen[bytes], mark: str) -> bool:
    """Send what pg_restore writes to psql, between emptying and marking; without a whole dump nothing is committed."""
    assert reading.stdout is not None
    assert writing.stdin is not None
    try:
        with writing.stdin as into:
            into.write(EMPTY.read_bytes())
            into.writelines(_with_path(reading.stdout))
            is_whole = reading.wait() == 0
            into.write(f"COMMENT ON TABLE city IS '{mark}';\n".encode() if is_whole else b"ROLLBACK; SELECT 1/0;\n")
    except BrokenPipeError:  # psql stopped at an error
        reading.kill()
        return reading.wait() == 0
    return is_whole


def _with_path(lines: Iterable[bytes]) -> Iterable[bytes]:
    """The dump's lines, with the schema public on the search path."""
    for line in lines:
        yield PUBLIC + b"\n" if line.startswith(NO_PATH) else line
