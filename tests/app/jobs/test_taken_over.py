"""A run whose worker was lost is taken by the next one, and what the lost one still waits for is ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from app.jobs.taken_over import take
from gis import db as database
from tests.conftest import copy_database

TABLE = "test_runs"


@pytest.fixture
def engine(cluster: Any, template_url: str) -> Iterator[Engine]:
    made = database.make_engine(copy_database(cluster, "city_taken_over"))
    with made.begin() as connection:
        connection.execute(text(f"CREATE TABLE {TABLE} (id bigint, state text, backend int, began_at timestamptz)"))
        connection.execute(text(f"INSERT INTO {TABLE} VALUES (1, 'waiting'), (2, 'done'), (3, 'cancelled')"))
    database.bind(made)
    yield made
    database.bind(None)
    made.dispose()


def held(engine: Engine, run_id: int) -> tuple[str, int | None]:
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT state, backend FROM {TABLE} WHERE id = :id"), {"id": run_id}).one()
        return str(found[0]), found[1]


def test_a_waiting_run_is_taken_and_one_that_is_over_is_not(engine: Engine) -> None:
    assert take(TABLE, 1, 4242)
    assert held(engine, 1) == ("running", 4242)
    assert not take(TABLE, 2, 4242)
    assert not take(TABLE, 3, 4242)
    assert held(engine, 2) == ("done", None)


def test_a_lost_worker_s_statement_is_ended_and_its_run_taken(engine: Engine) -> None:
    ended: list[str] = []
    lost = engine.connect()
    pid = lost.scalar(text("SELECT pg_backend_pid()"))

    def wait() -> None:
        try:
            lost.execute(text("SELECT pg_sleep(120)"))
        except OperationalError as error:
            ended.append(type(error).__name__)

    assert take(TABLE, 1, pid)
    waiting = threading.Thread(target=wait)
    waiting.start()
    began = time.monotonic()
    assert take(TABLE, 1, 4243)
    waiting.join(20)
    assert time.monotonic() - began < 20
    assert ended == ["OperationalError"]
    assert held(engine, 1) == ("running", 4243)
    lost.invalidate()
