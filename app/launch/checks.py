"""What is looked at before a start: room on the disk, the port, a database that others run."""

from __future__ import annotations

import errno
import shutil
import socket
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.launch.cluster import EXTENSIONS
from app.launch.processes import who_listens
from gis import db as database
from gis.errors import Unavailable

MAKE_MB = 1000  # a new cluster with the demo city, and room to write
RUN_MB = 200
OLDEST_SERVER = 15  # unique indexes that take two NULLs for the same


def ensure_room(folder: Path, need_mb: int) -> None:
    """Unavailable, saying how much is needed, if the disk under a folder is too full."""
    free_mb = shutil.disk_usage(folder).free >> 20
    if free_mb < need_mb:
        raise Unavailable(
            "The disk under {folder} is full: {free} MB are left and {need} MB are needed. Make room, "
            "or set CITY_HOME to a folder on another disk.",
            folder=folder,
            free=free_mb,
            need=need_mb,
        )


def ensure_port(host: str, port: int) -> None:
    """Unavailable, naming who has it and a free one, if the web server could not listen there."""
    reason = _listen(host, port)
    if reason is None:
        return
    if reason == errno.EADDRINUSE:
        free = next((other for other in range(port + 1, port + 100) if _listen(host, other) is None), port + 100)
        raise Unavailable(
            "Port {port} is taken by {owner}. Stop that, or take another port: ./city up --port {free}",
            port=port,
            owner=who_listens(port) or "another process",
            free=free,
        )
    if reason == errno.EACCES:
        raise Unavailable(
            "Port {port} is kept for root. Take one above 1023: ./city up --port {free}", port=port, free=8000
        )
    raise Unavailable("The web server can't listen on {host}: it is no address of this machine.", host=host)


def _listen(host: str, port: int) -> int | None:
    """The error number that listening meets; None if it works."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno
    return None


def ensure_server(url: str) -> None:
    """Unavailable, saying what to ask for, unless the server at a URL can hold a city."""
    engine = database.make_engine(url)
    try:
        with engine.connect() as connection:
            lacking = _lacking(connection)
    except (OperationalError, ProgrammingError) as error:  # the second for an option that libpq does not know
        raise Unavailable("The database of DATABASE_URL does not answer: {reason}", reason=error.orig) from error
    finally:
        engine.dispose()
    if lacking:
        raise Unavailable(
            "The database of DATABASE_URL is not ready. Ask its administrator for:\n  {list}", list="\n  ".join(lacking)
        )


def _lacking(connection: Connection) -> list[str]:
    """What the server's administrator would have to do, one line each."""
    lacking = []
    version = int(connection.execute(text("SELECT current_setting('server_version_num')::int / 10000")).scalar_one())
    if version < OLDEST_SERVER:
        lacking.append(f"PostgreSQL {OLDEST_SERVER} or newer (this is {version})")
    if connection.execute(text("SELECT current_setting('server_encoding')")).scalar_one() != "UTF8":
        lacking.append("a database in the encoding UTF8")
    if not connection.execute(text("SELECT has_database_privilege(current_database(), 'CREATE')")).scalar_one():
        lacking.append("GRANT CREATE ON DATABASE … TO the role of DATABASE_URL")
    installed = set(connection.execute(text("SELECT extname FROM pg_extension")).scalars())
    offered = set(connection.execute(text("SELECT name FROM pg_available_extensions")).scalars())
    own = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    trusted = "SELECT name FROM pg_available_extension_versions WHERE trusted"
    allowed = (
        offered if connection.execute(text(own)).scalar_one() else set(connection.execute(text(trusted)).scalars())
    )
    for extension in EXTENSIONS:
        if extension in installed or extension in offered & allowed:
            continue
        package = "" if extension in offered else f"   -- after installing its package ({extension})"
        lacking.append(f"CREATE EXTENSION {extension};{package}")
    return lacking
