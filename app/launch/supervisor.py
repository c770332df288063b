"""The supervisor of a home: its configuration, and talking to it over its socket."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import xmlrpc.client
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from app.launch.cluster import Cluster, short_folder
from app.launch.processes import mark, tail
from app.settings import PART, PROJECT, Settings
from gis.errors import Unavailable

PARTS = ("postgres", "web", "worker")  # in the order they start; they stop the other way round
STOP_PATIENCE_S = 180.0


@dataclass(frozen=True)
class Part:
    """One program under the supervisor."""

    name: str
    command: list[str]
    logs: str
    options: str


def parts_of(settings: Settings, cluster: Cluster | None) -> list[Part]:
    """The programs of a city; without a cluster of its own there is no database among them."""
    log = settings.home / "log"
    python = [sys.executable, "-P", "-m"]
    found = []
    if cluster is not None:
        user = f"user={cluster.runs_as}\n" if cluster.runs_as else ""
        found.append(
            Part(
                "postgres", cluster.server_command(), f"redirect_stderr=true\nstdout_logfile={log}/postgres.log",
                f"{user}stopsignal=INT\nstopwaitsecs=120\nstartsecs=1\nstartretries=20",
            )
        )  # fmt: skip
    found.append(
        Part(
            "web", [*python, "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"],
            f"stdout_logfile={log}/access.log\nstderr_logfile={log}/web.log",
            "stopsignal=TERM\nstopwaitsecs=20\nstartsecs=8\nstartretries=5\nkillasgroup=true",
        )
    )  # fmt: skip
    found.append(
        Part(
            "worker", [*python, "app.jobs"], f"redirect_stderr=true\nstdout_logfile={log}/worker.log",
            "stopsignal=TERM\nstopwaitsecs=30\nstartsecs=8\nstartretries=5\nkillasgroup=true",
        )
    )  # fmt: skip
    return found


def configuration(settings: Settings, parts: list[Part]) -> str:
    """The supervisor's configuration file."""
    home = settings.home
    text = f"""[supervisord]
nodaemon=true
{"user=root" if os.geteuid() == 0 else ""}
logfile={_safe(home)}/log/supervisor.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile={_safe(home)}/run/supervisor.pid
childlogdir={_safe(home)}/log
[unix_http_server]
file={_safe(socket_of(home))}
chmod=0700
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
    for number, part in enumerate(parts):
        text += f"""
[program:{part.name}]
command={_safe(shlex.join(part.command))}
directory={_safe(PROJECT)}
environment={PART}="{_safe(mark(part.name, home))}"
priority={100 * (number + 1)}
autostart=false
autorestart=true
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
stderr_logfile_maxbytes=10MB
stderr_logfile_backups=3
{_safe(part.logs)}
{part.options}
"""
    return text


def _safe(value: object) -> str:
    """Percent signs have a meaning in the file."""
    return str(value).replace("%", "%%")


def socket_of(home: Path) -> Path:
    """Where the supervisor listens."""
    return short_folder(home / "run", home) / "control"


def launch(settings: Settings, cluster: Cluster | None) -> subprocess.Popen[bytes]:
    """Start the supervisor, in a session of its own so that Ctrl-C reaches only the one who asked. No part runs yet."""
    home = settings.home
    _own_folder(socket_of(home).parent)
    file = settings.run_dir / "supervisor.conf"
    file.touch(mode=0o600)
    file.write_text(configuration(settings, parts_of(settings, cluster)))
    environment = {
        **os.environ, "CITY_HOME": str(home), "CITY_HOST": settings.host, "CITY_PORT": str(settings.port),
        "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1", PART: mark("supervisor", home),
    }  # fmt: skip
    with (home / "log" / "supervisor.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.launch.watch", "-c", str(file)],
            cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + 30
    while not Control(home).answers():
        if process.poll() is not None or time.monotonic() > until:
            raise Unavailable("The supervisor did not start.\n{log}", log=tail(home / "log" / "supervisor.log"))
        time.sleep(0.05)
    return process


def _own_folder(folder: Path) -> None:
    """Make a folder for sockets; refuse one that another user made first."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.lstat().st_uid != os.geteuid():
        raise Unavailable("{folder} belongs to another user: it can't hold this city's sockets.", folder=folder)


class Control:
    """Asking the supervisor of a home."""

    def __init__(self, home: Path) -> None:
        self._socket = socket_of(home)

    def _ask(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, HTTPException) as error:
            raise Unavailable("The supervisor does not answer. ./city up starts it again.") from error
        finally:
            transport.close()

    def answers(self) -> bool:
        """Whether a supervisor runs for this home."""
        try:
            return bool(self._ask("getState")["statename"])
        except (Unavailable, xmlrpc.client.Error):
            return False

    def states(self) -> dict[str, str]:
        """Part → state (RUNNING, STARTING, BACKOFF, FATAL, STOPPED, EXITED, STOPPING), in starting order."""
        found = {info["name"]: info["statename"] for info in self._ask("getAllProcessInfo")}
        return {name: found[name] for name in PARTS if name in found}

    def heads(self) -> dict[str, int]:
        """Part → process id of what the supervisor started for it; 0 while it does not run."""
        return {info["name"]: int(info["pid"]) for info in self._ask("getAllProcessInfo")}

    def start(self, part: str) -> None:
        """Start a part unless it runs, without waiting for it."""
        try:
            self._ask("startProcess", part, False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise Unavailable("{part} did not start: {reason}", part=part, reason=fault.faultString) from fault

    def stop(self, part: str) -> None:
        """Stop a part and wait for it."""
        try:
            self._ask("stopProcess", part)
        except xmlrpc.client.Fault as fault:
            if "NOT_RUNNING" not in fault.faultString:
                raise

    def shut_down(self) -> None:
        """End the supervisor once all parts are stopped, and wait until it is gone."""
        try:
            pid = int(self._ask("getPID"))
            self._ask("shutdown")
        except Unavailable:  # it is gone already
            return
        until = time.monotonic() + STOP_PATIENCE_S
        while is_alive(pid):
            if time.monotonic() > until:
                raise Unavailable("The supervisor (process {pid}) does not end.", pid=pid)
            time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
