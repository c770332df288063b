"""A private PostgreSQL cluster in the city's home: made with initdb, reached over a unix socket only."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gis.errors import Unavailable

EXTENSIONS = ("postgis", "pgrouting", "pg_trgm", "btree_gist")
SOCKET_PATH_MAX = 100  # sun_path holds 107 bytes, "/.s.PGSQL.5432" takes its share


def bin_dir() -> Path:
    """Where the newest installed PostgreSQL keeps its programs (Debian and Ubuntu lay them out by version)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Unavailable("PostgreSQL is not installed. Run ./city up as root, or ask for the packages it names.")
    return Path(on_path).resolve().parent


@dataclass(frozen=True)
class Cluster:
    """One cluster: its data folder, its socket folder, and how to reach it."""

    data: Path
    socket_dir: Path
    log: Path
    secret_file: Path
    durable: bool = True
    database: str = "city"

    @classmethod
    def at(cls, home: Path, *, durable: bool = True) -> Cluster:
        """The cluster of a home. Where the path is too long for a socket, the socket lies in the temporary folder."""
        socket_dir = home / "run"
        if len(str(socket_dir)) > SOCKET_PATH_MAX - 15:
            digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
            socket_dir = Path(tempfile.gettempdir()) / f"citygrid-{digest}"
        return cls(home / "cluster", socket_dir, home / "log" / "postgres.log", home / "keys" / "database", durable)

    @property
    def runs_as(self) -> str | None:
        """The user that the server runs as: PostgreSQL refuses root."""
        return "postgres" if os.geteuid() == 0 else None

    def url(self, database: str | None = None) -> str:
        """The connection URL, password included; for processes of this home only."""
        password = self.secret_file.read_text().strip()
        return f"postgresql://city:{password}@/{database or self.database}?host={quote(str(self.socket_dir), safe='')}"

    def as_server_user(self, command: list[str]) -> list[str]:
        """A command line that runs under the server's user."""
        return (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] if self.runs_as else command
        )

    def create(self) -> None:
        """Make the cluster if it is not there yet; a half-made one is made anew."""
        for folder in (self.log.parent, self.socket_dir, self.secret_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if not self.secret_file.exists():
            self.secret_file.touch(mode=0o600)
            self.secret_file.write_text(secrets.token_urlsafe(24))
        if (self.data / "PG_VERSION").exists() and (self.data / "postgresql.auto.conf").exists():
            self._own()
            return
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True, mode=0o700)
        self._own()
        with tempfile.NamedTemporaryFile("w", prefix="citygrid-") as password:
            password.write(self.secret_file.read_text().strip())
            password.flush()
            if self.runs_as:
                shutil.chown(password.name, self.runs_as)
            self._run([
                str(bin_dir() / "initdb"), "-D", str(self.data), "-U", "city", "--encoding=UTF8", "--locale=C.UTF-8",
                "--auth=scram-sha-256", f"--pwfile={password.name}", "--no-instructions",
            ])  # fmt: skip

    def _own(self) -> None:
        if self.runs_as:
            user = pwd.getpwnam(self.runs_as)
            for folder in (self.data, self.socket_dir):
                os.chown(folder, user.pw_uid, user.pw_gid)
            self.log.touch()
            os.chown(self.log, user.pw_uid, user.pw_gid)

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(self.as_server_user(command), capture_output=True, text=True, cwd="/", check=False)
        if done.returncode != 0:
            raise Unavailable(
                "The database could not be prepared: {reason}", reason=(done.stderr or done.stdout).strip()
            )

    @property
    def options(self) -> list[str]:
        """Settings given on the server's command line: socket only, sized for a small machine."""
        chosen = {
            "listen_addresses": "", "unix_socket_directories": str(self.socket_dir), "max_connections": "100",
            "shared_buffers": "512MB", "work_mem": "32MB", "maintenance_work_mem": "256MB", "jit": "off",
            "random_page_cost": "1.1", "max_wal_size": "2GB", "checkpoint_timeout": "15min",
            "max_parallel_workers_per_gather": "1", "timezone": "UTC",
        }  # fmt: skip
        if not self.durable:
            chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]

    def server_command(self) -> list[str]:
        """The server in the foreground, for a supervisor; to be run under `runs_as`."""
        return [str(bin_dir() / "postgres"), "-D", str(self.data), *self.options]

    def start(self) -> None:
        """Start the server in the background and wait until it answers (tests and benchmarks use this)."""
        options = " ".join(f"'{part}'" if " " in part or part.endswith("=") else part for part in self.options)
        self._run([
            str(bin_dir() / "pg_ctl"), "-D", str(self.data), "-l", str(self.log),
            "-w", "-t", "120", "-o", options, "start",
        ])  # fmt: skip

    def stop(self) -> None:
        """Stop the server; open connections are cut."""
        self._run([str(bin_dir() / "pg_ctl"), "-D", str(self.data), "-w", "-m", "fast", "stop"])
