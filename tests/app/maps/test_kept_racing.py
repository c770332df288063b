"""Writers and readers race at a real server of two processes: no tile that is asked for after a commit is older."""

from __future__ import annotations

import gzip
import http.client
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest
from mapbox_vector_tile import decode
from sqlalchemy import Engine

from app.accounts import tokens
from app.accounts.service import viewer_of
from app.settings import PROJECT
from gis import db as database
from layers.mercator import Tile, tile_at
from tests import make, make_accounts, make_cases
from tests.app.live.test_server import wait_for
from tests.app.maps.test_kept_tiles import MOVE, A, B
from tests.conftest import copy_database
from tests.ports import free_port

WRITERS, READERS, ROUNDS = 4, 4, 25
FINE, COARSE = 20, 11


@dataclass
class Server:
    """Its port, a bearer token of the whole city, the database behind it, and a case for each writer."""

    port: int
    bearer: dict[str, str]
    engine: Engine
    cases: list[int]

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ids(self, line: http.client.HTTPConnection, at: Tile) -> set[int]:
        line.request("GET", f"/tiles/cases/{at.z}/{at.x}/{at.y}.mvt", headers=self.bearer | {"Accept-Encoding": "gzip"})
        answer = line.getresponse()
        body = answer.read()
        assert answer.status in (200, 204), answer.status
        if answer.getheader("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return {one["id"] for one in decode(body).get("cases", {}).get("features", [])} if body else set()


@pytest.fixture
def server(cluster, template_url: str, tmp_path) -> Iterator[Server]:
    url = copy_database(cluster, "city_racing")
    engine = database.make_engine(url)
    database.bind(engine)
    with database.transaction() as db:
        make.city(db)
        class_id = make_cases.case_class(db).id
        cases = [make_cases.case(db, at=A, class_id=class_id).id for _ in range(WRITERS)]
        who = make_accounts.account(db, role="planner")
        bearer = {"Authorization": f"Bearer {tokens.issue(db, viewer_of(who), who)[0]}"}
    port = free_port()
    environ = os.environ | {
        "CITY_HOME": str(tmp_path), "DATABASE_URL": url, "CITY_PORT": str(port), "CITY_WEB_PROCESSES": "2",
        "CITY_LOG_LEVEL": "warning",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"]
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", tmp_path / "web.log")
        yield Server(port, bearer, engine, cases)
    finally:
        process.terminate()
        process.wait(20)
        database.bind(None)
        engine.dispose()


def test_no_tile_asked_for_after_a_commit_is_older_than_it(server: Server) -> None:
    stop = threading.Event()
    asked = [0] * READERS

    def read(number: int) -> None:
        """Keep both processes' memories full of whatever there is at the moment."""
        chance = random.Random(number)
        while not stop.is_set():
            with closing(server.connect()) as line:  # a new connection: either process may take it
                for _ in range(10):
                    server.ids(line, tile_at(*chance.choice((A, B)), chance.choice((FINE, COARSE, 16))))
                    asked[number] += 1

    def write(number: int) -> list[str]:
        """Move one case to and fro; what is asked after each commit must hold it where it is, and nowhere else."""
        chance, mine, stale = random.Random(100 + number), server.cases[number], []
        for turn in range(ROUNDS):
            here, gone = (B, A) if turn % 2 == 0 else (A, B)
            with server.engine.begin() as db:
                db.execute(MOVE, {"x": here[0], "y": here[1], "id": mine})
                if chance.random() < 0.3:
                    stop.wait(0.03)  # others end before this one does
            for _ in range(2):
                with closing(server.connect()) as line:
                    stale += [f"{turn}: not there"] if mine not in server.ids(line, tile_at(*here, FINE)) else []
                    stale += [f"{turn}: still there"] if mine in server.ids(line, tile_at(*gone, FINE)) else []
                    stale += [f"{turn}: lost"] if mine not in server.ids(line, tile_at(*here, COARSE)) else []
        return stale

    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        reading = [pool.submit(read, number) for number in range(READERS)]
        found = [one.result() for one in [pool.submit(write, number) for number in range(WRITERS)]]
        stop.set()
        for one in reading:
            one.result()
    assert found == [[]] * WRITERS
    assert min(asked) > 10
