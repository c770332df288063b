"""tipg, another server of tiles and features from PostGIS, in an environment of its own: what ours is compared with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.maps.bench_city import Town, free_port, wait_until_up
from gis.errors import Unavailable

WANTED = ("tipg==1.6.1", "uvicorn==0.54.0")
HOME = Path(tempfile.gettempdir()) / "citygrid-bench-peer"


def python() -> Path:
    """Its Python, brought in from the package registry at the first need."""
    found = HOME / "bin" / "python"
    if not (HOME / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True, capture_output=True)
        asked = [str(found), "-m", "pip", "install", "--quiet", "--no-input", *WANTED]
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable("The peer of the benchmark can't be installed: {reason}", reason=done.stderr[-500:])
        (HOME / "ready").touch()
    return found


# It takes no socket's path as a host: its connections are sent there where they are made
NOWHERE = "localhost:5432"
PEER = """
import tipg.database
make = tipg.database.asyncpg.create_pool
tipg.database.asyncpg.create_pool = lambda url, **k: make(url.replace("@{nowhere}/", "@{socket}:5432/"), **k)
from tipg.main import app
"""


@contextmanager
def tipg(of: Town) -> Iterator[int]:
    """The peer on the same database, with as many processes as ours; its port."""
    port = free_port()
    login, socket = of.url.removeprefix("postgresql://").split("@/bench?host=")
    (of.home / "peer.py").write_text(PEER.format(nowhere=NOWHERE, socket=socket))
    command = [str(python()), "-m", "uvicorn", "peer:app", "--port", str(port), "--workers", "2"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CITY_", "PYTHON"))} | {
        "DATABASE_URL": f"postgresql://{login}@{NOWHERE}/bench", "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_CACHE_DISABLE": "TRUE",
    }  # fmt: skip
    with (of.home / "peer.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=of.home, env=environ, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_up(process, port, of.home / "peer.log")
        yield port
    finally:
        process.terminate()
        process.wait(20)
