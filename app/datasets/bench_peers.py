"""Other servers of tiles and features from PostGIS, each in an environment of its own: what ours is compared with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from app.maps.bench_city import PROCESSES, Town, free_port, wait_until_up
from gis.errors import Unavailable

TIPG = ("tipg==1.6.1", "uvicorn==0.54.0")
PYGEOAPI = ("pygeoapi==0.21.0", "psycopg2-binary==2.9.13", "GeoAlchemy2==0.20.0", "gunicorn==27.0.1")


def python(name: str, wanted: tuple[str, ...]) -> Path:
    """A peer's Python, brought in from the package registry at the first need."""
    home = Path(tempfile.gettempdir()) / f"citygrid-bench-{name}"
    found = home / "bin" / "python"
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
        asked = [str(found), "-m", "pip", "install", "--quiet", "--no-input", *wanted]
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable("The peer of the benchmark can't be installed: {reason}", reason=done.stderr[-500:])
        (home / "ready").touch()
    return found


# tipg takes no socket's path as a host: its connections are sent there where they are made
NOWHERE = "localhost:5432"
TIPG_APP = """
import tipg.database
make = tipg.database.asyncpg.create_pool
tipg.database.asyncpg.create_pool = lambda url, **k: make(url.replace("@{nowhere}/", "@{socket}:5432/"), **k)
from tipg.main import app
"""


@contextmanager
def tipg(of: Town) -> Iterator[int]:
    """tipg on the same database, with as many processes as ours; its port."""
    port = free_port()
    login, socket = _login(of)
    (of.home / "peer.py").write_text(TIPG_APP.format(nowhere=NOWHERE, socket=socket))
    command = ["-m", "uvicorn", "peer:app", "--port", str(port), "--workers", str(PROCESSES)]
    environ = {
        "DATABASE_URL": f"postgresql://{login}@{NOWHERE}/bench", "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_CACHE_DISABLE": "TRUE",
    }  # fmt: skip
    with _running(of, [str(python("tipg", TIPG)), *command], environ, port, "/healthz"):
        yield port


@contextmanager
def pygeoapi(of: Town, table: str) -> Iterator[int]:
    """pygeoapi with a table as its collection ``big``, with as many processes as ours, four threads each; its port."""
    port = free_port()
    own = str(python("pygeoapi", PYGEOAPI))
    told, described = of.home / "pygeoapi.yml", of.home / "pygeoapi-openapi.yml"
    told.write_text(json.dumps(_pygeoapi_facts(of, table, port)))  # JSON is YAML as well
    environ = {"PYGEOAPI_CONFIG": str(told), "PYGEOAPI_OPENAPI": str(described)}
    make = "import sys; from pygeoapi import cli; sys.argv[0] = 'pygeoapi'; cli()"
    asked = [own, "-c", make, "openapi", "generate", str(told), "--output-file", str(described)]
    done = subprocess.run(asked, env=_environ(environ), check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable("The peer of the benchmark does not start: {reason}", reason=done.stderr[-500:])
    command = [
        own,
        "-m",
        "gunicorn",
        "-k",
        "gthread",
        "--threads",
        "4",
        "-w",
        str(PROCESSES),
        "-b",
        f"127.0.0.1:{port}",
    ]
    with _running(of, [*command, "pygeoapi.flask_app:APP"], environ, port, "/conformance?f=json"):
        yield port


def _pygeoapi_facts(of: Town, table: str, port: int) -> dict[str, object]:
    login, socket = _login(of)
    user, password = login.split(":")
    url = f"http://127.0.0.1:{port}"
    database = {"host": unquote(socket), "port": 5432, "dbname": "bench", "user": user, "password": password}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port}, "url": url, "mimetype": "application/json",
            "encoding": "utf-8", "gzip": True, "languages": ["en-US"],
            "limits": {"default_items": 100, "max_items": 1000},
            "map": {"url": url, "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "bench", "description": "bench", "keywords": ["bench"], "keywords_type": "theme",
                "terms_of_service": url, "url": url,
            },
            "license": {"name": "none", "url": url},
            "provider": {"name": "bench", "url": url},
            "contact": {"name": "bench", "position": "bench", "email": "bench@example.org", "url": url},
        },
        "resources": {
            "big": {
                "type": "collection", "title": "big", "description": "big", "keywords": ["bench"], "links": [],
                "extents": {"spatial": {"bbox": [-180, -90, 180, 90],
                                        "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
                "providers": [{
                    "type": "feature", "name": "PostgreSQL", "data": {**database, "search_path": ["public"]},
                    "id_field": "id", "table": table, "geom_field": "geom",
                }],
            },
        },
    }  # fmt: skip


def _login(of: Town) -> tuple[str, str]:
    """Name and password of the database, and the folder of its socket, as they stand in its address."""
    login, socket = of.url.removeprefix("postgresql://").split("@/bench?host=")
    return login, socket


def _environ(more: Mapping[str, str]) -> dict[str, str]:
    ours = ("CITY_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | dict(more)


@contextmanager
def _running(of: Town, command: list[str], environ: Mapping[str, str], port: int, probe_at: str) -> Iterator[None]:
    log = of.home / "peer.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=of.home, env=_environ(environ), stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until_up(process, port, log, probe_at=probe_at)
        yield
    finally:
        process.terminate()
        process.wait(20)
