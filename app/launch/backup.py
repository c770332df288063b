"""`./city backup`: the whole city in one file, made while it runs.

The file is a tar: ``city.json`` (what it is), ``database.dump`` (pg_dump, custom format), ``uploads/`` and ``keys/``.
The password of the private cluster and the first logins stay behind: they belong to a home, not to a city.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import Connection, Engine, text

from app.launch import schema, start
from app.launch.cluster import Cluster, bin_dir
from app.launch.context import connection_environment
from app.launch.progress import bar, screen
from app.launch.swap import STAYS
from app.settings import Settings, read_settings
from gis import db as database
from gis.errors import InvalidInput, Unavailable

FORMAT = 1


@dataclass(frozen=True)
class Facts:
    """What a backup says of itself."""

    format: int
    made_at: str
    revision: str | None
    profile: str
    name_zh: str
    name_en: str
    server: str


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def backup(file: Path, force: bool) -> None:
    """Write the whole city into FILE: database, uploads and keys.

    Whoever has the file has the city, the sealed numbers of its people included: keep it as safe as the city itself.
    """
    settings = read_settings()
    if file.exists() and not force:
        raise InvalidInput("{file} is there already; --force writes over it.", file=file)
    if not (settings.home / "keys").is_dir():
        raise Unavailable("There is no city in {home} yet.", home=settings.home)
    with start.alone(settings.home), start.database_only(settings) as url:
        write(settings, url, file)
    click.echo(f"{file}: {file.stat().st_size / 1e6:,.1f} MB")


def write(settings: Settings, url: str, file: Path) -> None:
    """Write a backup; the file appears whole or not at all."""
    engine = database.make_engine(url)
    unfinished = file.with_name(file.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
            dump = Path(folder) / "database.dump"
            with engine.connect() as connection:
                facts = facts_of(connection, engine)
                _ensure_room(connection, settings, file.parent)
                tables = connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
                dump_database(url, dump, tables.scalar_one())
            unfinished.touch(mode=0o600)
            with unfinished.open("wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
                _add_all(archive, facts, dump, settings.home)
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
        engine.dispose()


def facts_of(connection: Connection, engine: Engine) -> Facts:
    """What there is to say of the city of a database."""
    city = connection.execute(text("SELECT profile, name_zh, name_en FROM city")).first()
    profile, name_zh, name_en = city or ("", "", "")
    server = connection.execute(text("SHOW server_version")).scalar_one()
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Facts(FORMAT, made_at, schema.revision(engine), profile, name_zh, name_en, server)


def _ensure_room(connection: Connection, settings: Settings, folder: Path) -> None:
    size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    uploads = sum(path.stat().st_size for path in files_below(settings.home / "uploads"))
    need, free = (size // 2 + uploads) >> 20, shutil.disk_usage(folder).free >> 20
    if free < need:
        raise Unavailable(
            "The backup may need {need} MB, and the disk under {folder} has {free} MB left.",
            need=need,
            folder=folder,
            free=free,
        )


def dump_database(url: str, to: Path, tables: int) -> None:
    """Write pg_dump's custom format, with a bar over the tables."""
    command = [program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--verbose", f"--file={to}"]
    run_counting("database", "tables", tables, "dumping contents of table", command, url)


def program(name: str) -> str:
    """A PostgreSQL client program of the version that made the city's cluster, or of the newest installed."""
    version = Cluster.at(read_settings().home).version
    beside = bin_dir(version) / name
    return str(beside) if beside.exists() else name


def run_counting(what: str, unit: str, total: int, counted: str, command: list[str], url: str) -> None:
    """Run a verbose program; a bar moves at each line with the counted words. Unavailable with its last words."""
    process = subprocess.Popen(
        command, env=connection_environment(url), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace",
    )  # fmt: skip
    last: list[str] = []
    with bar(what, total, unit) as advance:
        for line in process.stderr or ():
            advance(counted in line)
            last = [*last[-5:], line.rstrip()]
    if process.wait() != 0:
        raise Unavailable("{program} failed: {reason}", program=Path(command[0]).name, reason="\n".join(last))


def files_below(folder: Path) -> Iterator[Path]:
    """Regular files below a folder, in order."""
    yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _add_all(archive: tarfile.TarFile, facts: Facts, dump: Path, home: Path) -> None:
    about = json.dumps(asdict(facts), ensure_ascii=False, indent=1).encode()
    head = tarfile.TarInfo("city.json")
    head.size = len(about)
    archive.addfile(head, io.BytesIO(about))
    archive.add(dump, "database.dump", recursive=False)
    kept = [path for path in files_below(home / "keys") if path.name not in STAYS]
    uploads = [path for path in files_below(home / "uploads") if path.name not in STAYS]
    with bar("uploads", len(uploads), "files") as advance:
        for path in [*kept, *uploads]:
            archive.add(path, str(path.relative_to(home)), recursive=False)
            advance(1)
    screen.print(f"  {len(uploads)} uploads, {len(kept)} keys")
