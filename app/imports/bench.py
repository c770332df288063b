"""`./city bench import`: a file of cases into a city of its own, against a bare COPY of the rows that came out of it.

The reference is psycopg's COPY of the finished rows into an identical table: the same columns, indexes, unique and
foreign keys, but no triggers. It does no reading of a CSV by field, no validation, no datum shift and no locating, and
writes the cases only (the import also writes their moves).
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, box
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.launch import schema
from app.launch.cluster import Cluster
from app.settings import PROJECT
from gis import bulk
from gis import db as database

WEST, SOUTH, SIDE, ACROSS = 121.40, 31.20, 0.001, 100  # 10,000 cells of about 100 m
RATIO_MAX, MEMORY_MAX_MB = 4.0, 700.0
CHILD = """
import json, sys, time
from pathlib import Path
from sqlalchemy.orm import Session
from app.cases.registers import CASES
from app.imports.service import Options, import_file
from gis import db as database
from grid.reach import whole_city

engine = database.make_engine(sys.argv[1])
began = time.perf_counter()
with Session(engine) as db, db.begin():
    report = import_file(db, whole_city(["cases.create"]), CASES, Path(sys.argv[2]), Options(system="bench"))
seconds = time.perf_counter() - began
status = Path("/proc/self/status").read_text()
peak_kb = int(status.split("VmHWM:")[1].split()[0])
print(json.dumps({"seconds": seconds, "peak_mb": peak_kb / 1024, "added": report.added, "refused": report.refused}))
"""
REFERENCE = """
CREATE TABLE cases_bare (LIKE cases INCLUDING ALL);
ALTER TABLE cases_bare ADD FOREIGN KEY (class_id) REFERENCES case_classes, ADD FOREIGN KEY (unit_cell_id) REFERENCES
unit_cells, ADD FOREIGN KEY (address_id) REFERENCES addresses, ADD FOREIGN KEY (reported_by) REFERENCES accounts
"""

CITY = """
INSERT INTO city (profile, name_zh, name_en, boundary, crs_epsg, time_zone, language, levels, cell_scheme,
    cell_target_m2, snap_m, is_demo)
VALUES ('bench', '量', 'Bench', ST_GeomFromWKB(:whole, 4326), 4549, 'Asia/Shanghai', 'zh', '[]', 'bench',
    10000, 50, false);
INSERT INTO grid_versions (label, method) VALUES ('bench', 'squares');
INSERT INTO unit_cells (code, area_code, geom, area_m2, version_id, valid_from)
SELECT '310199001' || lpad(j::text, 3, '0') || lpad(i::text, 3, '0'), '310199001' || lpad(j::text, 3, '0'),
    ST_MakeEnvelope(:west + i * :side, :south + j * :side, :west + (i + 1) * :side, :south + (j + 1) * :side, 4326),
    10000, (SELECT id FROM grid_versions), '2020-01-01'
FROM generate_series(0, :across - 1) i, generate_series(0, :across - 1) j;
INSERT INTO catalogue_schemes (name, version, title_zh, title_en) VALUES ('bench', '1', '量', 'Bench');
INSERT INTO case_classes (scheme_id, kind, code, name_zh, name_en)
SELECT id, 'event', '01', '大类', 'Major' FROM catalogue_schemes;
INSERT INTO case_classes (scheme_id, kind, code, parent_id, name_zh, name_en)
SELECT scheme_id, 'event', '01' || lpad(n::text, 2, '0'), id, '小类' || n, 'Minor ' || n
FROM case_classes, generate_series(1, 80) n;
ANALYZE
"""


def bench_import(rows: int) -> Iterator[dict[str, Any]]:
    """Measure an import of so many cases; one result for each figure."""
    home = Path(tempfile.mkdtemp(prefix="citygrid-bench-"))
    home.chmod(0o755)
    cluster = Cluster.at(home, durable=True)
    cluster.create()
    cluster.start()
    try:
        engine = _city(cluster)
        file = home / "cases.csv"
        write_cases(file, rows)
        first = _import(cluster.url("bench"), file)
        bare_s = _bare_copy(engine, home)
        again = _import(cluster.url("bench"), file)
        engine.dispose()
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)
    yield _figure("import: time", first["seconds"], "s", bare_s, RATIO_MAX)
    yield _figure("import: rate", rows / first["seconds"], "rows/s", rows / bare_s, None)
    yield {
        "name": "import: memory", "value": round(first["peak_mb"], 1), "unit": "MB", "reference": MEMORY_MAX_MB,
        "ratio": round(first["peak_mb"] / MEMORY_MAX_MB, 3), "limit": 1.0, "ok": first["peak_mb"] <= MEMORY_MAX_MB,
    }  # fmt: skip
    yield _exact("import: rows added", first["added"], rows)
    yield _exact("import: rows added by a second run", again["added"], 0)


def _figure(name: str, value: float, unit: str, reference: float, limit: float | None) -> dict[str, Any]:
    ratio = value / reference
    return {
        "name": name, "value": round(value, 3), "unit": unit, "reference": round(reference, 3),
        "ratio": round(ratio, 3), "limit": limit, "ok": limit is None or ratio <= limit,
    }  # fmt: skip


def _exact(name: str, value: int, expected: int) -> dict[str, Any]:
    ratio = value / expected if expected else float(value)
    return {
        "name": name, "value": value, "unit": "rows", "reference": expected, "ratio": ratio,
        "limit": 1.0 if expected else 0.0, "ok": value == expected,
    }  # fmt: skip


def _city(cluster: Cluster) -> Engine:
    """A migrated database with a square city of 10,000 unit cells and a small catalogue."""
    admin = database.make_engine(cluster.url("postgres"))
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE DATABASE bench"))
    admin.dispose()
    engine = database.make_engine(cluster.url("bench"))
    schema.upgrade(engine)
    with Session(engine) as db, db.begin():
        make_city(db)
    return engine


def make_city(db: Session) -> None:
    """One street, a community for each row of cells; a catalogue of eighty classes."""
    whole = MultiPolygon([box(WEST, SOUTH, WEST + ACROSS * SIDE, SOUTH + ACROSS * SIDE)])
    given = {"whole": shapely.to_wkb(whole), "west": WEST, "south": SOUTH, "side": SIDE, "across": ACROSS}
    for statement in CITY.split(";"):
        db.execute(text(statement), {name: value for name, value in given.items() if f":{name}" in statement})


def write_cases(file: Path, rows: int, seed: int = 20261122) -> None:
    """A CSV of invented cases, as another system would export them."""
    random = np.random.default_rng(seed)
    head = ("case_id", "class_code", "status", "source", "description", "department", "reported_at", "due_at",
            "closed_at", "lon", "lat", "channel_note")  # fmt: skip
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        for start in range(0, rows, 100_000):
            n = min(100_000, rows - start)
            lon = WEST + random.random(n) * SIDE * ACROSS
            lat = SOUTH + random.random(n) * SIDE * ACROSS
            minor = random.integers(1, 81, n)
            at = np.datetime64("2025-01-01T00:00:00") + random.integers(0, 365 * 86400, n).astype("timedelta64[s]")
            due = at + np.timedelta64(2, "D")
            is_open = random.random(n) < 0.15
            for i in range(n):
                writer.writerow((
                    f"B{start + i:08d}", f"01{minor[i]:02d}", "open" if is_open[i] else "closed", "hotline",
                    f"路面破损，位于第{start + i}号灯杆旁", f"养护{minor[i] % 12}队", str(at[i]).replace("T", " "),
                    str(due[i]).replace("T", " "), "" if is_open[i] else str(due[i]).replace("T", " "),
                    f"{lon[i]:.6f}", f"{lat[i]:.6f}", "热线转办",
                ))  # fmt: skip


def _import(url: str, file: Path) -> dict[str, Any]:
    """One import in a process of its own, so that its peak memory is its own."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, url, str(file)], capture_output=True, text=True, cwd=PROJECT, check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"the import did not run:\n{done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _bare_copy(engine: Engine, home: Path) -> float:
    """Seconds of a COPY of the imported rows into an identical table without triggers."""
    file = home / "cases.copy"
    with Session(engine) as db, db.begin(), bulk.driver(db).cursor() as cursor, file.open("wb") as stream:
        with cursor.copy("COPY cases TO STDOUT") as out:
            for block in out:
                stream.write(block)
        for statement in REFERENCE.split(";"):
            cursor.execute(statement.encode())
    began = time.perf_counter()
    with Session(engine) as db, db.begin():
        cursor = bulk.driver(db).cursor()
        with file.open("rb") as stream, cursor.copy("COPY cases_bare FROM STDIN") as copy:
            while block := stream.read(1 << 20):
                copy.write(block)
    return time.perf_counter() - began


BENCHES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {"import": bench_import}
