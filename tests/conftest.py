"""Fixtures shared by all tests: a real PostGIS of the run's own, and one rolled-back transaction a test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.launch import schema
from app.launch.cluster import Cluster
from gis import db as database

settings.register_profile("city", deadline=None)  # a busy machine is no failure
settings.load_profile("city")
LONG = ("real", "launch", "browser", "transfer", "cities")  # folders of tests that start cities and browsers
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests on the shared data are collected only where it lies beside the project."""
    return (
        True
        if "real" in collection_path.parts and collection_path.parent.name == "tests" and not SHARED.is_dir()
        else None
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that start cities and browsers among the others (`--no-loadscope-reorder`).

    Two browsers at once take the machine from each other, and a long file at the end leaves a process alone with it.
    """
    files = list(dict.fromkeys(item.path for item in items))
    long = [file for file in files if any(folder in file.parts for folder in LONG)]
    short = [file for file in files if file not in set(long)]
    between = len(short) // (len(long) + 1)
    spread = []
    for number, file in enumerate(long):
        spread += [file, *short[number * between : (number + 1) * between]]
    place = {file: number for number, file in enumerate([*spread, *short[len(long) * between :]])}
    items.sort(key=lambda item: place[item.path])


def pytest_report_header() -> str:
    return f"shared data: {SHARED if SHARED.is_dir() else 'not here, tests/real is not collected'}"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster made for this run and thrown away after it."""
    home = Path(tempfile.mkdtemp(prefix="citygrid-test-"))
    home.chmod(0o755)
    made = Cluster.at(home, durable=False)
    made.create()
    made.start()
    yield made
    made.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template_url(cluster: Cluster) -> str:
    """A migrated, empty database that others are copied from."""
    admin = database.make_engine(cluster.url("postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE city_template"))
    admin.dispose()
    url = cluster.url("city_template")
    engine = database.make_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    return url


def copy_database(cluster: Cluster, name: str, template: str = "city_template") -> str:
    """A database of its own for tests of races, migrations and servers; returns its URL."""
    admin = database.make_engine(cluster.url("postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    admin.dispose()
    return cluster.url(name)


@pytest.fixture(scope="session")
def engine(cluster: Cluster, template_url: str) -> Iterator[Engine]:
    """The engine of the database that rolled-back tests share."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    made = database.make_engine(copy_database(cluster, f"city_{worker}"))
    yield made
    made.dispose()


@pytest.fixture
def db(engine: Engine) -> Iterator[Session]:
    """A session inside an outer transaction: commits become savepoints and vanish after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        database.bind(connection)
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            yield session
        database.bind(None)
        outer.rollback()
