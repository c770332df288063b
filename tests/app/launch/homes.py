"""Homes for tests with real processes: each its own folder and port, and nothing left afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from app.launch import processes
from app.launch.cluster import Cluster
from app.launch.supervisor import Control
from app.settings import PROJECT
from tests.ports import free_port


@dataclass
class Home:
    """A city's home in a temporary folder that the database's user may enter."""

    path: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="citygrid-home-")))
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.path.chmod(0o755)

    def run(self, *arguments: str, typed: str = "", **given: str) -> subprocess.CompletedProcess[str]:
        """A command of the city on this home, as the launcher runs it once everything is installed."""
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("CITY_") and k != "DATABASE_URL"},
            "CITY_HOME": str(self.path), "CITY_PORT": str(self.port), "CITY_WEB_PROCESSES": "1",
            "PYTHONPATH": str(PROJECT), **given,
        }  # fmt: skip
        command = [sys.executable, "-P", "-m", "app", *arguments]
        return subprocess.run(
            command, cwd="/", env=environment, input=typed, capture_output=True, text=True, check=False, timeout=150
        )

    def must(self, *arguments: str, **given: str) -> str:
        """As `run`, and it has to succeed; gives all that it said."""
        done = self.run(*arguments, **given)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def sql(self, statement: str) -> str:
        """What a statement answers: the first row, its columns joined."""
        with psycopg.connect(Cluster.at(self.path).url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            row = cursor.fetchone() if cursor.description else None
        return "|".join(str(value) for value in row or ())

    @property
    def control(self) -> Control:
        """The supervisor of this home."""
        return Control(self.path)

    def remove(self) -> None:
        """End everything that runs on this home, and delete it."""
        if self.control.answers():
            self.run("down")
        processes.mend(self.path, Cluster.at(self.path))
        shutil.rmtree(self.path, ignore_errors=True)
