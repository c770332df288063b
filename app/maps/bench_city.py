"""What the benchmarks of the map measure on: a scratch city of cases, and a real server in front of it."""

from __future__ import annotations

import http.client
import math
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts import service, tokens
from app.accounts.rights import RIGHTS
from app.cases.squares import sum_up
from app.launch import schema
from app.launch.cluster import Cluster
from app.settings import PROJECT
from gis import db as database
from gis.errors import Unavailable
from grid.reach import whole_city

WEST, SOUTH = 121.4, 31.2
MIDDLE = (121.45, 31.23)
ACROSS = 100  # unit cells a side
TILE_DEG = 360 / 2**14  # the width of a tile at zoom 14
ROWS_A_TILE = 4_500  # at zoom 14: the busiest quarter whose rows are still sent one by one
START_S = 60
PROCESSES = 2
CALM_S = 0.5


@dataclass(frozen=True)
class Town:
    """The scratch city: how to reach its database, and its extent in degrees."""

    url: str
    home: Path
    engine: Engine
    token: str
    span_deg: float


@dataclass(frozen=True)
class Served:
    """The city's server: its port, and its processes."""

    port: int
    token: str
    process: subprocess.Popen[bytes]

    def connect(self) -> http.client.HTTPConnection:
        """A connection that stays open from one request to the next, as a browser's does."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def workers(self) -> list[psutil.Process]:
        """The web processes that answer requests."""
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def town(rows: int) -> Iterator[Town]:
    """A city with so many cases strewn evenly, `ROWS_A_TILE` to a tile of zoom 14; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="citygrid-bench-"))
    home.chmod(0o755)
    cluster = Cluster.at(home, durable=False)
    cluster.create()
    cluster.start()
    engine = database.make_engine(cluster.url("postgres"))
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE bench"))
        engine.dispose()
        engine = database.make_engine(cluster.url("bench"))
        span = max(2.0, math.sqrt(rows / ROWS_A_TILE)) * TILE_DEG
        yield Town(cluster.url("bench"), home, engine, _build(engine, rows, span), span)
    finally:
        engine.dispose()
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


def _build(engine: Engine, rows: int, span_deg: float) -> str:
    """Schema, city, cases and one planner; the planner's token."""
    schema.upgrade(engine)
    binds = {"west": WEST, "south": SOUTH, "side": span_deg / ACROSS, "across": ACROSS, "rows": rows}
    statements = Path(__file__).with_name("bench_city.sql").read_text(encoding="utf-8")
    with engine.begin() as connection:
        for statement in statements.split(";\n"):
            used = {name: value for name, value in binds.items() if f":{name}" in statement}
            connection.execute(text(statement), used)
    operator = whole_city(RIGHTS)
    with Session(engine) as db, db.begin():
        sum_up(db)  # as the worker does each minute
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) case_squares, case_square_deltas"))  # as autovacuum does soon after
    with Session(engine) as db, db.begin():
        role = service.parse_role("planner")
        password = secrets.token_urlsafe(24)
        account = service.create(db, operator, name="bench", role=role, areas=[""], password=password)
        return tokens.issue(db, operator, account)[0]


@contextmanager
def served(of: Town, *, tile_cache_mb: int = 64) -> Iterator[Served]:
    """The city behind gunicorn as `./city up` serves it, with `PROCESSES` web processes."""
    port = free_port()
    environ = os.environ | {
        "CITY_HOME": str(of.home), "CITY_PORT": str(port), "DATABASE_URL": of.url, "CITY_WEB_PROCESSES": str(PROCESSES),
        "CITY_LOG_LEVEL": "warning", "CITY_TILE_CACHE_MB": str(tile_cache_mb),
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"]
    with (of.home / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_up(process, port, of.home / "web.log")
        server = Served(port, of.token, process)
        _wait_for_calm(server)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait_for_calm(server: Served) -> None:
    """Until all web processes have loaded, not just the one that answered: it would be given all connections."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        before = [sum(one.cpu_times()[:2]) for one in server.workers()]
        time.sleep(CALM_S)
        after = [sum(one.cpu_times()[:2]) for one in server.workers()]
        if len(before) == len(after) == PROCESSES and sum(after) - sum(before) < CALM_S / 10:
            return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path, *, probe_at: str = "/healthz") -> None:
    """Until `probe_at` is answered with 200; Unavailable with the end of the log when the server ends before."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as probe:
                probe.request("GET", probe_at)
                if probe.getresponse().status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise Unavailable("The server of the benchmark did not come up: {reason}", reason=log.read_text()[-2000:])
