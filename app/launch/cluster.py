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

import psutil

from gis.errors import Unavailable

EXTENSIONS = ("postgis", "pgrouting", "pg_trgm", "btree_gist")
SOCKET_FOLDER_MAX = 85  # bytes: sun_path holds 107, "/.s.PGSQL.5432.lock" and what the supervisor adds take their share
SHORT = Path("/tmp")  # not TMPDIR: every ./city of a home must look in the same place
ELSEWHERE = Path("/var/lib/citygrid")  # for homes below a folder that the server's user can't enter, such as /root
SMALL_SHM = 256 << 20


def bin_dir(version: str | None = None) -> Path:
    """Where PostgreSQL keeps its programs: those of a version, or the newest installed (Debian's layout)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found and version is not None:
        found = [program for program in found if program.parts[-3] == version]
        if not found:
            raise Unavailable(
                "This city's database was made by PostgreSQL {version}, which is not installed any more. "
                "Install postgresql-{version} and its PostGIS, then ./city backup here and restore in a new home.",
                version=version,
            )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Unavailable("PostgreSQL is not installed. Run ./city up as root, or ask for the packages it names.")
    return Path(on_path).resolve().parent


def short_folder(folder: Path, home: Path) -> Path:
    """A folder for sockets: as asked, or one in the temporary folder where the path is too long for a socket."""
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_MAX:  # bytes: a Chinese letter takes three
        return folder
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return SHORT / f"citygrid-{digest}-{folder.name}"


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
        """The cluster of a home, in the home itself or where `place` recorded that it lies."""
        recorded = home / "cluster.location"
        base = Path(recorded.read_text().strip()) if recorded.is_file() else home
        log = (home / "log" if base == home else base) / "postgres.log"
        sockets = short_folder(base / "run" / "pg", home)
        return cls(base / "cluster", sockets, log, home / "keys" / "database", durable)

    @classmethod
    def place(cls, home: Path) -> Cluster:
        """The cluster of a home whose folders are there; put elsewhere if the server's user can't enter the home."""
        made = cls.at(home)
        if made.data.exists() or not made.runs_as or made.can_enter(home):
            return made
        base = ELSEWHERE / hashlib.sha256(str(home).encode()).hexdigest()[:12]
        base.mkdir(parents=True, exist_ok=True)
        (home / "cluster.location").write_text(f"{base}\n")
        return cls.at(home)

    @property
    def runs_as(self) -> str | None:
        """The user that the server runs as: PostgreSQL refuses root."""
        return "postgres" if os.geteuid() == 0 else None

    @property
    def version(self) -> str | None:
        """The PostgreSQL version that made the data; None before that."""
        file = self.data / "PG_VERSION"
        return file.read_text().strip() if file.exists() else None

    def can_enter(self, folder: Path) -> bool:
        """Whether the server's user can pass through a folder."""
        asked = subprocess.run(self.as_server_user(["test", "-x", str(folder)]), cwd="/", check=False)
        return asked.returncode == 0

    def url(self, database: str | None = None) -> str:
        """The connection URL, password included; for processes of this home only."""
        password = self.secret_file.read_text().strip()
        return f"postgresql://city:{password}@/{database or self.database}?host={quote(str(self.socket_dir), safe='')}"

    def as_server_user(self, command: list[str]) -> list[str]:
        """A command line that runs under the server's user."""
        return (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] if self.runs_as else command
        )

    def create(self) -> bool:
        """Make the cluster if it is not there yet, and say whether it was made; a half-made one is made anew."""
        for folder in (self.log.parent, self.socket_dir, self.secret_file.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if not self.secret_file.exists():
            self.secret_file.touch(mode=0o600)
            self.secret_file.write_text(secrets.token_urlsafe(24))
        if self.version is not None:
            self._ensure_owner()
            self._own()
            return False
        if self.data.exists() and any(self.data.iterdir()):
            raise Unavailable(
                "{folder} holds something that is not a whole database. Put it back from a backup, or move it away.",
                folder=self.data,
            )
        shutil.rmtree(self.data, ignore_errors=True)
        making = self.data.with_name("cluster.making")  # renamed once whole, so that a killed initdb leaves no half
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True, mode=0o700)
        self._own(making)
        with tempfile.NamedTemporaryFile("w", prefix=".initdb-", dir=self.data.parent) as password:
            password.write(self.secret_file.read_text().strip())
            password.flush()
            if self.runs_as:
                shutil.chown(password.name, self.runs_as)
            self._run([
                str(bin_dir() / "initdb"), "-D", str(making), "-U", "city", "--encoding=UTF8", "--locale=C.UTF-8",
                "--auth=scram-sha-256", f"--pwfile={password.name}", "--no-instructions",
            ])  # fmt: skip
        making.rename(self.data)
        return True

    def _ensure_owner(self) -> None:
        """Unavailable for the database of somebody else: a start as the wrong user would lock its owner out."""
        owner, wanted = self.data.stat().st_uid, os.geteuid()
        if self.runs_as:
            wanted = pwd.getpwnam(self.runs_as).pw_uid
        if owner != wanted:
            raise Unavailable(
                "The database in {folder} belongs to {owner}, and here it would run as {wanted}. "
                "Run ./city as the user who made it, or hand it over first: chown -R {wanted} {folder}",
                folder=self.data,
                owner=user_name(owner),
                wanted=user_name(wanted),
            )

    def _own(self, data: Path | None = None) -> None:
        if self.runs_as:
            user = pwd.getpwnam(self.runs_as)
            for folder in (data or self.data, self.socket_dir):
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
            "listen_addresses": "", "unix_socket_directories": str(self.socket_dir), "max_connections": "200",
            "shared_buffers": f"{shared_buffers_mb()}MB", "work_mem": "32MB", "maintenance_work_mem": "256MB",
            "jit": "off", "log_error_verbosity": "terse",  # a failing row's contents stay out of the log
            "random_page_cost": "1.1", "max_wal_size": "2GB", "checkpoint_timeout": "15min",
            "max_parallel_workers_per_gather": "1", "timezone": "UTC",
        }  # fmt: skip
        if shutil.disk_usage("/dev/shm").total < SMALL_SHM:  # containers give 64 MB, too little for parallel queries
            chosen["dynamic_shared_memory_type"] = "mmap"
        if not self.durable:
            chosen |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]

    def server_command(self) -> list[str]:
        """The server in the foreground, for a supervisor; to be run under `runs_as`."""
        return [str(bin_dir(self.version) / "postgres"), "-D", str(self.data), *self.options]

    def start(self) -> None:
        """Start the server in the background and wait until it answers (tests, benchmarks and backups use this)."""
        options = " ".join(f"'{part}'" if " " in part or part.endswith("=") else part for part in self.options)
        self._run([
            str(bin_dir(self.version) / "pg_ctl"), "-D", str(self.data), "-l", str(self.log),
            "-w", "-t", "120", "-o", options, "start",
        ])  # fmt: skip

    def stop(self) -> None:
        """Stop the server; open connections are cut."""
        self._run([str(bin_dir(self.version) / "pg_ctl"), "-D", str(self.data), "-w", "-m", "fast", "stop"])


def user_name(uid: int) -> str:
    """The name of a user of this machine, or the number of one that it does not know."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def shared_buffers_mb() -> int:
    """An eighth of the machine's memory, between 64 and 512 MB."""
    return max(64, min(512, (psutil.virtual_memory().total >> 20) // 8))
