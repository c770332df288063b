"""What a start stands on: the cluster's place, room, ports, servers of others, libraries."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import AdminShutdown, CrashShutdown, DiskFull, QueryCanceled, UniqueViolation
from sqlalchemy import Engine, text

from app.cli import trouble
from app.launch import checks, cluster, processes, schema, start, vendor
from app.launch.cluster import Cluster
from app.launch.context import connection_environment, open_city
from app.launch.supervisor import Control, configuration, socket_of
from app.settings import PROJECT, Settings
from gis import db as database
from gis.errors import Unavailable
from tests.app.launch.homes import Home
from tests.conftest import copy_database


@pytest.fixture
def home() -> Iterator[Path]:
    made = Home()
    yield made.path
    made.remove()


def test_a_cluster_whose_making_was_broken_off_is_made_anew(home: Path) -> None:
    made = Cluster.at(home)
    unfinished = made.data.with_name("cluster.making")
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("15\n")
    assert made.create()
    assert not unfinished.exists()
    assert made.version is not None
    assert not made.create()


def test_what_is_no_cluster_is_never_deleted(home: Path) -> None:
    made = Cluster.at(home)
    (made.data / "base").mkdir(parents=True)
    with pytest.raises(Unavailable) as refused:
        made.create()
    assert str(made.data) in str(refused.value)
    assert (made.data / "base").is_dir()


def test_a_cluster_of_a_version_that_is_gone_says_what_to_install(home: Path) -> None:
    made = Cluster.at(home)
    made.data.mkdir()
    (made.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(Unavailable) as refused:
        made.server_command()
    assert "postgresql-9" in str(refused.value)


def test_the_database_of_another_user_is_left_to_that_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cluster, "runs_as", property(lambda _: "postgres"))
    made = Cluster.at(home)
    made.data.mkdir()
    (made.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(Unavailable) as refused:
        made.create()
    assert f"chown -R postgres {made.data}" in str(refused.value)
    assert made.data.stat().st_uid == os.geteuid()


def test_a_home_that_the_servers_user_can_not_enter_gets_its_cluster_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "ELSEWHERE", home / "elsewhere")
    monkeypatch.setattr(Cluster, "runs_as", property(lambda _: "postgres"))
    monkeypatch.setattr(Cluster, "can_enter", lambda _self, _folder: False)
    placed = Cluster.place(home)
    assert placed.data.is_relative_to(home / "elsewhere")
    assert Cluster.at(home) == placed


def test_a_home_that_can_be_entered_keeps_its_cluster(home: Path) -> None:
    assert Cluster.place(home).data == home / "cluster"


def test_a_lock_file_of_a_process_that_is_another_ones_is_removed(home: Path) -> None:
    made = Cluster.at(home)
    made.data.mkdir()
    lock = made.data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{made.data}\n")
    [said] = processes.mend(home, made)
    assert "lock file" in said
    assert not lock.exists()
    assert processes.mend(home, made) == []


def test_a_full_disk_is_told_with_what_is_needed(tmp_path: Path) -> None:
    free_mb = shutil.disk_usage(tmp_path).free >> 20
    checks.ensure_room(tmp_path, 1)
    with pytest.raises(Unavailable) as refused:
        checks.ensure_room(tmp_path, free_mb + 100_000)
    assert str(free_mb + 100_000) in str(refused.value)
    assert "CITY_HOME" in str(refused.value)


@pytest.mark.parametrize("letter", ["a", "城"])
def test_a_path_too_long_for_a_socket_gets_a_short_one_that_every_shell_finds(
    tmp_path: Path, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for length in range(1, 80):
        home = tmp_path / (letter * length)
        for longest in (Cluster.at(home).socket_dir / ".s.PGSQL.5432.lock", socket_of(home).with_suffix(".4194304")):
            assert len(os.fsencode(longest)) <= 107
    home = tmp_path / (letter * 79)
    short = socket_of(home)
    assert not short.is_relative_to(home)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert socket_of(home) == short
    assert socket_of(Path("/srv/north")) == Path("/srv/north/run/control")


def test_a_supervisor_outlives_a_full_disk(home: Path) -> None:
    text = configuration(Settings(home=home), []).replace(f"logfile={home}/log/supervisor.log", "logfile=/dev/full")
    (home / "log").mkdir()
    (home / "run").mkdir()
    (home / "run" / "full.conf").write_text(text.replace("logfile_maxbytes=5MB", "logfile_maxbytes=0"))
    command = [sys.executable, "-P", "-m", "app.launch.watch", "-c", str(home / "run" / "full.conf")]
    given = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with Path("/dev/full").open("w") as full, subprocess.Popen(command, env=given, stderr=full, stdout=full) as run:
        until = time.monotonic() + 60
        while not Control(home).answers():
            assert run.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        Control(home).shut_down()
    assert run.returncode == 0


def test_what_the_city_lacks_is_told_in_words() -> None:
    checks_of = {"database": {"is_ok": True, "detail": "here"}, "disk": {"is_ok": False, "detail": "3 MB free"}}
    assert start.lacking(json.dumps({"checks": checks_of}).encode()) == "disk: 3 MB free"
    assert start.lacking(b"<h1>Bad gateway</h1>\n") == "<h1>Bad gateway</h1>"


def test_trouble_of_the_database_is_one_message_and_mistakes_of_the_code_stay_visible() -> None:
    assert "make room" in (trouble(DiskFull()) or "")
    for error in (psycopg.OperationalError("the connection is closed"), AdminShutdown(), CrashShutdown()):
        assert "./city up" in (trouble(error) or "")
    assert trouble(UniqueViolation()) is None
    assert trouble(QueryCanceled()) is None


def test_a_taken_port_is_told_with_who_has_it_and_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable) as refused:
            checks.ensure_port("127.0.0.1", port)
    assert f"(process {os.getpid()})" in str(refused.value)
    assert "./city up --port" in str(refused.value)
    checks.ensure_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(Unavailable) as refused:
        checks.ensure_port(host, 8000)
    assert host in str(refused.value)


def test_another_server_without_extensions_says_what_to_ask_its_administrator_for(
    cluster: Cluster, template_url: str
) -> None:
    admin = database.make_engine(cluster.url("postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS plain"))
        connection.execute(text("DROP ROLE IF EXISTS tenant"))
        connection.execute(text("CREATE ROLE tenant LOGIN PASSWORD 'x'"))
        connection.execute(text("CREATE DATABASE plain OWNER tenant"))
    admin.dispose()
    url = cluster.url("plain").replace(cluster.url("plain").split("@")[0], "postgresql://tenant:x")
    with pytest.raises(Unavailable) as refused:
        checks.ensure_server(url)
    said = str(refused.value)
    assert "CREATE EXTENSION postgis;" in said
    assert "CREATE EXTENSION pgrouting;" in said
    assert "pg_trgm" not in said  # trusted: the owner makes it without help
    checks.ensure_server(template_url)


def test_a_server_that_does_not_answer_is_told_apart_from_a_city_that_is_not_up(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        open_city(Settings(home=tmp_path))
    assert "./city up" in str(refused.value)
    with pytest.raises(Unavailable) as refused:
        open_city(Settings(home=tmp_path, database_url="postgresql://x:y@127.0.0.1:1/z?connect_timeout=2"))
    assert "DATABASE_URL" in str(refused.value)
    for ask in (checks.ensure_server, lambda url: open_city(Settings(home=tmp_path, database_url=url))):
        with pytest.raises(Unavailable) as refused:
            ask("postgresql://x:secret@127.0.0.1:1/z?nonsense=1")
        assert "nonsense" in str(refused.value)


def test_a_database_of_another_version_is_told_and_not_tried(
    cluster: Cluster, template_url: str, tmp_path: Path
) -> None:
    assert template_url
    settings = Settings(home=tmp_path, database_url=copy_database(cluster, "city_other_version"))

    def opened(**given: bool) -> Engine:
        open_city(settings, **given)
        engine = database.bound()
        assert isinstance(engine, Engine)
        database.bind(None)
        engine.dispose()
        return engine

    engine = opened()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    with pytest.raises(Unavailable, match=r"0001.*\./city up"):
        opened()
    opened(of_any_version=True)  # the doctor and psql look at it all the same


def test_a_city_runs_on_a_server_of_others_and_leaves_it_running(cluster: Cluster, template_url: str) -> None:
    home = Home()
    given = {"DATABASE_URL": copy_database(cluster, "city_external")}
    try:
        said = home.must("up", "--detach", "--no-demo", **given)
        assert "postgres" not in said.splitlines()[-1]
        assert not (home.path / "cluster").exists()
        assert home.run("psql", "-XAtqc", "SELECT current_database()", **given).stdout == "city_external\n"
        home.must("down", **given)
        assert home.run("psql", "-XAtqc", "SELECT 1", **given).stdout == "1\n"
    finally:
        home.remove()


def test_a_database_of_newer_code_is_left_alone(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_newer"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable) as refused:
        schema.upgrade(engine)
    engine.dispose()
    assert "newer version" in str(refused.value)


def test_a_password_never_stands_on_a_command_line() -> None:
    given = connection_environment("postgresql+psycopg://me:secret@/city?host=%2Frun%2Fpg")
    tuned = connection_environment("postgresql://me@/city?connect_timeout=2&target_session_attrs=primary")
    assert (tuned["PGCONNECT_TIMEOUT"], tuned["PGTARGETSESSIONATTRS"]) == ("2", "primary")
    wanted = {"PGUSER": "me", "PGPASSWORD": "secret", "PGDATABASE": "city", "PGHOST": "/run/pg"}
    assert {name: value for name, value in given.items() if name in wanted} == wanted


def test_every_browser_library_is_here_with_its_licence() -> None:
    assert vendor.is_current()
    for library in vendor.LIBRARIES:
        folder = vendor.VENDOR / library.folder
        assert any(path.name.upper().startswith(("LICENSE", "LICENCE", "MIT-LICEN")) for path in folder.iterdir()), (
            folder
        )


def test_the_libraries_table_names_just_what_the_package_file_asks_for() -> None:
    asked = json.loads((PROJECT / "package.json").read_text())["dependencies"]
    assert {library.package for library in vendor.LIBRARIES} == set(asked)
    assert all(version[0].isdigit() for version in asked.values())


def test_run_time_and_development_locks_agree() -> None:
    def locked(name: str) -> dict[str, str]:
        lines = (PROJECT / name).read_text().splitlines()
        return dict(line.split("==") for line in lines)

    run, develop = locked("requirements.txt"), locked("requirements-dev.txt")
    assert {name: run[name] for name in run.keys() & develop.keys()} == {
        name: develop[name] for name in run.keys() & develop.keys()
    }
