"""A city with real processes: it comes up, survives the killing of any part, and goes down in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.launch import processes
from app.launch.cluster import Cluster
from app.settings import PART, PROJECT
from tests.app.launch.homes import Home

ROLES = 11


def is_ready(home: Home) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{home.port}/readyz", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ready")
    except OSError:
        return False


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def part(home: Home, name: str) -> psutil.Process:
    """The head process of a part under the supervisor."""
    if name == "postgres":
        pid = processes.recorded_pid(Cluster.at(home.path).data / "postmaster.pid")
        return psutil.Process(pid)
    found = [p for p in processes.parts_running(home.path) if p.environ()[PART].startswith(name)]
    return min(found, key=lambda p: p.create_time())


def test_up_again_says_where_it_is_and_shows_no_password(city: Home) -> None:
    (city.path / "keys" / "first-logins").touch()  # as a first start leaves it
    began = time.monotonic()
    said = city.must("up", "--detach", CITY_PROT="8001")
    assert "CITY_PROT is no setting" in said
    assert f"already up: http://127.0.0.1:{city.port}/" in said
    assert "password" not in said
    assert f"The first logins still lie in {city.path}/keys/first-logins" in said
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("name", ["web", "worker", "postgres"])
def test_a_killed_part_comes_back_and_nothing_committed_is_lost(city: Home, name: str) -> None:
    city.sql(f"CREATE TABLE kept_{name} AS SELECT 'committed' AS words")
    part(city, name).kill()
    city.must("up", "--detach")
    assert is_ready(city)
    assert city.sql(f"SELECT words FROM kept_{name}") == "committed"


def test_a_killed_supervisor_is_mended_by_up(city: Home) -> None:
    city.sql("CREATE TABLE kept_supervisor AS SELECT 'committed' AS words")
    part(city, "supervisor").kill()
    wait_for(lambda: not city.control.answers())
    said = city.must("up", "--detach")
    assert "mended" in said
    assert city.sql("SELECT words FROM kept_supervisor") == "committed"
    assert is_ready(city)


def test_everything_killed_at_once_with_a_stale_lock_file_recovers(city: Home) -> None:
    city.sql("CREATE TABLE kept_all AS SELECT 'committed' AS words")
    for process in [part(city, "supervisor"), *processes.parts_running(city.path), part(city, "postgres")]:
        if process.is_running():
            process.kill()
    wait_for(lambda: not processes.servers_on(Cluster.at(city.path).data))
    lock = Cluster.at(city.path).data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # its number now belongs to someone else
    said = city.must("up", "--detach")
    assert "lock file of a killed database" in said
    assert city.sql("SELECT words FROM kept_all") == "committed"


def test_doctor_finds_all_well_and_says_so_in_json(city: Home) -> None:
    done = city.run("doctor", "--json")
    found = {row["part"]: row["state"] for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0
    assert {"postgres", "web", "worker", "database", "extensions", "schema", "queue", "address", "disk"} <= set(found)
    assert "bad" not in found.values()


def test_doctor_names_a_part_that_was_stopped_and_how_to_mend_it(city: Home) -> None:
    city.control.stop("worker")
    done = city.run("doctor", CITY_PROT="8001")
    assert done.returncode == 1
    assert "stopped" in done.stdout
    assert "not heeded: CITY_PROT" in done.stdout
    assert "./city up" in done.stdout
    city.must("up", "--detach")


def test_a_second_home_runs_beside_the_first_and_a_taken_port_is_named(city: Home) -> None:
    other = Home()
    try:
        taken = other.run("up", "--detach", "--no-demo", "--port", str(city.port))
        assert taken.returncode == 1
        assert f"Port {city.port} is taken by" in taken.stderr
        assert "./city up --port" in taken.stderr
        assert not other.control.answers()
        other.must("up", "--detach", "--no-demo")
        other.sql("CREATE TABLE only_here ()")
        assert is_ready(city)
        assert is_ready(other)
        assert city.sql("SELECT to_regclass('only_here') IS NULL") == "True"
        assert "only_here" in other.must("psql", "-XAtqc", "SELECT to_regclass('only_here')")
        assert_first_logins_are_for_the_owner(other.path / "keys" / "first-logins")
    finally:
        other.remove()


def assert_first_logins_are_for_the_owner(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    rows = [line.split("\t") for line in file.read_text().splitlines()]
    assert len(rows) == len({password for _, _, password in rows}) == ROLES


def test_logs_show_what_a_part_wrote(city: Home) -> None:
    assert "Listening at" in city.must("logs", "web")
    assert "/readyz" in city.must("logs", "access")


def test_down_stops_all_parts_in_order_and_down_again_is_no_error(city: Home) -> None:
    said = city.must("down")
    assert said.index("worker") < said.index("web") < said.index("postgres")
    assert processes.parts_running(city.path) == []
    assert processes.servers_on(Cluster.at(city.path).data) == []
    assert "was not running" in city.must("down")
    down = city.run("doctor")
    assert (down.returncode, "./city up" in down.stdout) == (1, True)


def in_the_foreground(city: Home) -> subprocess.Popen[str]:
    """`./city up` as a terminal runs it: what it says comes through a pipe."""
    environment = {**os.environ, "CITY_HOME": str(city.path), "CITY_PORT": str(city.port), "PYTHONPATH": str(PROJECT)}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "app", "up"], cwd="/", env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background run hands on "ignore"
    )  # fmt: skip


def test_ctrl_c_stops_a_city_in_the_foreground(running_city: Home) -> None:
    city = running_city  # down, from the test before
    running = in_the_foreground(city)
    assert running.stdout is not None
    said = next(line for line in running.stdout if "The city is up" in line)
    assert str(city.port) in said
    running.send_signal(signal.SIGINT)
    rest = running.communicate(timeout=60)[0]
    assert "The city is down." in rest
    assert running.returncode == 0
    assert processes.servers_on(Cluster.at(city.path).data) == []


def test_ctrl_c_before_the_city_is_ready_leaves_nothing_running_and_is_no_success(running_city: Home) -> None:
    city = running_city  # down, from the test before
    running = in_the_foreground(city)
    assert running.stdout is not None
    assert any("database: done" in line for line in running.stdout)
    running.send_signal(signal.SIGINT)
    assert "broken off before the city was ready" in running.communicate(timeout=60)[0]
    assert running.returncode == 130
    assert processes.servers_on(Cluster.at(city.path).data) == []
    assert not city.control.answers()
