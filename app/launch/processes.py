"""Processes of a home that nobody watches over any more, and what they left behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil

from app.launch.cluster import Cluster
from app.settings import PART

PATIENCE_S = 15.0


def mark(part: str, home: Path) -> str:
    """What a part of a home carries in its environment, so that it is known again."""
    return f"{part}@{home}"


def parts_running(home: Path) -> list[psutil.Process]:
    """Supervisor, web and worker processes of a home, by the mark in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(PART, "").partition("@")[2] == str(home):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return [process for process in found if process.pid != os.getpid()]


def strays(home: Path, heads: set[int]) -> list[psutil.Process]:
    """Web and worker processes of a home whose head was killed: they may answer for a last moment."""
    found = []
    for process in parts_running(home):
        try:
            part = process.environ()[PART].partition("@")[0]
            family = {process.pid, *(parent.pid for parent in process.parents())}
            if part != "supervisor" and not family & heads:
                found.append(process)
        except (psutil.Error, OSError, KeyError):
            continue
    return found


def servers_on(data: Path) -> list[psutil.Process]:
    """Processes of a PostgreSQL server on this data folder: all of them have it as their working directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(data) and "postgres" in process.name():
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end(processes: list[psutil.Process], first: signal.Signals = signal.SIGTERM) -> None:
    """Ask processes to end, wait, and kill those that do not."""
    for process in processes:
        _send(process, first)
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=PATIENCE_S)


def _send(process: psutil.Process, chosen: signal.Signals) -> None:
    try:
        process.send_signal(chosen)
    except psutil.Error:
        return


def mend(home: Path, cluster: Cluster) -> list[str]:
    """End what an earlier start left running and remove what it left lying; says what was done, in words for people.

    To be called while no supervisor answers for the home.
    """
    done = []
    left = parts_running(home)
    if left:
        end(left)
        done.append(f"ended {len(left)} processes that an earlier start had left running")
    return done + mend_server(cluster)


def mend_server(cluster: Cluster) -> list[str]:
    """End a server that runs without a supervisor, and remove the lock files of one that is gone."""
    done = []
    file = cluster.data / "postmaster.pid"
    running = servers_on(cluster.data)
    head = recorded_pid(file)
    if any(process.pid == head for process in running):
        end([process for process in running if process.pid == head], signal.SIGINT)  # fast shutdown: nothing is lost
        done.append("ended a database that an earlier start had left running")
    left = servers_on(cluster.data)
    if left:  # without their head: they hold the shared memory
        end(left, signal.SIGQUIT)
        done.append("ended what was left of a killed database")
    if file.exists():
        file.unlink()
        done.append("removed the lock file of a killed database (it recovers by itself, nothing committed is lost)")
    for leftover in cluster.socket_dir.glob(".s.PGSQL.*"):
        leftover.unlink()
    return done


def recorded_pid(file: Path) -> int | None:
    """The process id in the first line of a lock file."""
    try:
        return int(file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log under its name, and a hint where the disk is full."""
    try:
        last = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        last = []
    hint = ["The disk is full: make room and run ./city up again."] if any("No space left" in x for x in last) else []
    return "\n".join([f"The last lines of {log}:", *(f"    {line}" for line in last), *hint])


def who_listens(port: int) -> str | None:
    """Name and process id of what listens on a TCP port, where that may be seen."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return None
    return None
