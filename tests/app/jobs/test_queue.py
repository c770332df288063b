"""Jobs are queued with the transaction that asks for them, and a real worker runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from procrastinate import PsycopgConnector
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.jobs import worker
from app.jobs.queries import queue_state
from app.jobs.queue import QUEUE, defer
from app.launch.cluster import Cluster
from gis import db as database
from gis.db import transaction
from tests.conftest import copy_database


@QUEUE.task(name="test.note")
def note(words: str) -> None:
    """Leave a mark in the database."""
    with transaction() as db:
        db.execute(text("INSERT INTO notes VALUES (:words)"), {"words": words})


@QUEUE.task(name="test.fail")
def fail() -> None:
    raise RuntimeError("this job always fails")


@pytest.fixture
def own(cluster: Cluster, template_url: str) -> Iterator[tuple[str, Engine]]:
    """A database of its own, since a worker has connections of its own."""
    url = copy_database(cluster, "city_jobs")
    engine = database.make_engine(url)
    database.bind(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (words text)"))
    yield url, engine
    database.bind(None)
    engine.dispose()


def notes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT words FROM notes ORDER BY words")).scalars())


def test_a_committed_job_is_run_once_by_the_worker(own: tuple[str, Engine]) -> None:
    url, engine = own
    with transaction() as db:
        defer(db, "test.note", words="静安 % : '")
    worker.run(url, until_empty=True)
    worker.run(url, until_empty=True)
    assert notes(engine) == ["静安 % : '"]


def test_a_job_of_a_rolled_back_transaction_never_was(own: tuple[str, Engine]) -> None:
    url, engine = own

    def ask_and_break() -> None:
        with transaction() as db:
            defer(db, "test.note", words="lost")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask_and_break()
    worker.run(url, until_empty=True)
    assert notes(engine) == []


def test_a_failed_job_is_kept_and_counted_and_others_go_on(own: tuple[str, Engine]) -> None:
    url, engine = own
    with transaction() as db:
        defer(db, "test.fail")
        defer(db, "test.note", words="after")
    worker.run(url, until_empty=True)
    with transaction() as db:
        state = queue_state(db)
    assert (notes(engine), state.waiting, state.failed) == (["after"], 0, 1)


def test_a_job_whose_worker_was_killed_is_queued_again(own: tuple[str, Engine]) -> None:
    url, engine = own
    with transaction() as db:
        number = defer(db, "test.note", words="rescued")
        db.execute(text("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = :id"), {"id": number})

    async def rescue() -> None:
        with QUEUE.replace_connector(PsycopgConnector(conninfo=url)) as queue:
            async with queue.open_async():
                await worker.rescue()

    asyncio.run(rescue())
    worker.run(url, until_empty=True)
    assert notes(engine) == ["rescued"]


def test_a_job_asked_for_once_waits_once(db: Session) -> None:
    first = defer(db, "test.note", once="tidy", words="a")
    second = defer(db, "test.note", once="tidy", words="a")
    assert first is not None
    assert second is None
    assert queue_state(db).waiting == 1


def test_a_job_for_later_is_not_run_now(own: tuple[str, Engine]) -> None:
    url, engine = own
    with transaction() as db:
        defer(db, "test.note", at=datetime.now(UTC) + timedelta(hours=1), words="later")
    worker.run(url, until_empty=True)
    assert notes(engine) == []


def test_the_worker_is_known_to_be_alive_by_its_last_beat(db: Session) -> None:
    assert not queue_state(db).is_alive
    db.execute(text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (clock_timestamp() - interval '5 s')"))
    assert queue_state(db).is_alive
    db.execute(text("UPDATE procrastinate_workers SET last_heartbeat = clock_timestamp() - interval '31 s'"))
    assert not queue_state(db).is_alive


def test_the_migrations_make_the_schema_of_the_installed_queue_library() -> None:
    """When this fails, the library was upgraded: add a migration with its new SQL."""
    ours = Path("app/migrations/sql/0008_jobs.sql").read_text()
    assert ours == (files("procrastinate") / "sql" / "schema.sql").read_text()
