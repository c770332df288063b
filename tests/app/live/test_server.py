"""A real gunicorn with gevent workers: streams are quick, many, and small."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from app.accounts import service, tokens
from app.accounts.models import Role
from app.live.service import announce
from app.settings import PROJECT
from gis import db as database
from tests import make_accounts
from tests.conftest import copy_database
from tests.ports import free_port

STREAMS = 200
BYTES_A_STREAM = 200_000  # some four times what was measured


@dataclass
class Server:
    """A running server: its address, its processes, a bearer token of one street and one of the whole city."""

    port: int
    process: psutil.Process
    street_token: str
    city_token: str

    @property
    def worker(self) -> psutil.Process:
        [worker] = self.process.children()
        return worker

    def open_stream(self, token: str) -> socket.socket:
        """A raw connection that has asked for /live and read the first bytes of the answer."""
        line = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        line.sendall(
            f"GET /live?channels=cases HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        assert b" 200 " in read_until(line, b": open\n\n", 20)
        return line


@pytest.fixture
def server(cluster, template_url: str, tmp_path: Path) -> Iterator[Server]:
    url = copy_database(cluster, "city_server")
    engine = database.make_engine(url)
    database.bind(engine)
    with database.transaction() as db:
        issued = []
        for areas in (["310199001"], [""]):
            who = make_accounts.account(db, role=Role.LEADER, areas=areas)
            issued.append(tokens.issue(db, service.viewer_of(who), who)[0])
    port = free_port()
    environment = os.environ | {
        "CITY_HOME": str(tmp_path), "DATABASE_URL": url, "CITY_PORT": str(port), "CITY_WEB_PROCESSES": "1",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"]
    log = (tmp_path / "web.log").open("wb")
    started = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", tmp_path / "web.log")
        yield Server(port, psutil.Process(started.pid), *issued)
    finally:
        started.terminate()
        started.wait(20)
        log.close()
        database.bind(None)
        engine.dispose()


def wait_for(address: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


def read_until(line: socket.socket, wanted: bytes, within_s: float) -> bytes:
    """What came until `wanted` was in it; AssertionError after `within_s`."""
    line.settimeout(within_s)
    got = b""
    until = time.monotonic() + within_s
    while wanted not in got:
        assert time.monotonic() < until, got
        try:
            got += line.recv(4096)
        except TimeoutError:
            raise AssertionError(got) from None
    return got


def test_another_person_sees_a_change_within_a_second_if_it_is_theirs_to_see(server: Server) -> None:
    street, city = server.open_stream(server.street_token), server.open_stream(server.city_token)
    time.sleep(1)  # the listener of the first stream has connected
    with database.transaction() as db:
        announce(db, channel="cases", kind="created", record_id=11, area_code="310199002001")
    assert b'"id": 11' in read_until(city, b"\n\n", 1)
    with database.transaction() as db:
        announce(db, channel="cases", kind="created", record_id=12, area_code="310199001001")
    told = read_until(street, b'"id": 12', 1)
    assert b'"id": 11' not in told
    street.close()
    city.close()


def test_two_hundred_streams_are_small_and_all_hear_of_a_change(server: Server) -> None:
    first = server.open_stream(server.city_token)
    before = server.worker.memory_info().rss
    lines = [server.open_stream(server.city_token) for _ in range(STREAMS)]
    grown = server.worker.memory_info().rss - before
    assert grown < STREAMS * BYTES_A_STREAM, f"{grown / STREAMS:.0f} bytes a stream"
    assert server.worker.num_threads() < 20
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as answer:
        assert f"city_live_streams {STREAMS + 1}.0" in answer.read().decode()
    with database.transaction() as db:
        announce(db, channel="cases", kind="changed", record_id=13, area_code="310199001001")
    for line in [first, *lines]:
        read_until(line, b'"id": 13', 5)
        line.close()
    with database.transaction() as db:  # a write to a closed line lets the server see that it is gone
        announce(db, channel="cases", kind="changed", record_id=14, area_code="310199001001")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=5) as answer:
            if "city_live_streams 0.0" in answer.read().decode():
                return
        time.sleep(0.5)
    raise AssertionError("closed streams are not forgotten")
