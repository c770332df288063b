"""`./city bench cases`: whole lives of cases over HTTP, and the screens of a district among a million cases.

A life is seven moves, each a request of its own by the role whose turn it is: report, file, dispatch, accept, done,
checked, close. Eight clients at once live such lives by turns on an empty city and on one with `rows` stored cases: the
ratio is the median of the pairs, so that what else the machine does falls on both.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts import service, tokens
from app.accounts.rights import RIGHTS
from app.cases.facts import rebuild
from app.maps.bench_city import SOUTH, TILE_DEG, WEST, Served, Town, served, town
from app.settings import PROJECT
from gis.errors import Unavailable
from grid.reach import whole_city
from layers.mercator import tile_at

CLIENTS, WARM_S, LIVES_S, PAIRS = 8, 3.0, 10.0, 3
LIVES_RATIO = 0.8  # of the rate on an empty city
P95_MS, YEAR_MS = 200.0, 2000.0
ROUNDS = 40
YEAR = {
    "indicators": "/api/v1/evaluation/figures?period=2026",
    "dispatch by department": "/api/v1/evaluation/ranking?period=2026&by=department&indicator=dispatch_accuracy",
    "closing by post": "/api/v1/evaluation/ranking?period=2026&by=post",
    "closing by area": "/api/v1/evaluation/ranking?period=2026&by=area",
}
ROLES = ("inspector", "chief", "dispatcher", "department")
DISTRICT = "3101990010"  # the first ten of the hundred areas


def bench_cases(rows: int) -> Iterator[dict[str, Any]]:
    """Life cycles a second, empty and full; queue, map and indicators of a full city."""
    with town(0) as empty, town(rows) as full:
        give_histories(full)
        keys = keys_of(full)
        yield from _screens(full, keys)
        yield _lives((empty, keys_of(empty)), (full, keys))


def _lives(empty: tuple[Town, dict[str, str]], full: tuple[Town, dict[str, str]]) -> dict[str, Any]:
    pairs = [(lives_a_second(*full), lives_a_second(*empty)) for _ in range(PAIRS)]
    ratio = median(many / few for many, few in pairs)
    return {
        "name": "cases: lives of 7 moves, 8 clients", "value": round(median(many for many, _ in pairs), 1),
        "unit": "1/s", "reference": round(median(few for _, few in pairs), 1), "ratio": round(ratio, 3),
        "limit": LIVES_RATIO, "ok": ratio >= LIVES_RATIO,
    }  # fmt: skip


def give_histories(of: Town) -> None:
    """Clocks, moves and what the moves come to for each stored case, as its life would have left them."""
    statements = Path(__file__).with_name("bench_moves.sql").read_text(encoding="utf-8")
    with of.engine.begin() as connection:
        for statement in statements.split(";\n"):
            connection.execute(text(statement))
    with Session(of.engine) as db, db.begin():
        rebuild(db)
    with of.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE cases, case_moves, case_facts"))


def keys_of(of: Town) -> dict[str, str]:
    """A bearer token for each role that a life needs, and for the duty chief of a district."""
    operator = whole_city(RIGHTS)
    found = {}
    with Session(of.engine) as db, db.begin():
        for name in (*ROLES, "district"):
            account = service.create(
                db, operator, name=f"bench-{name}", role=service.parse_role("chief" if name == "district" else name),
                areas=[DISTRICT if name == "district" else ""], password=secrets.token_urlsafe(24),
                department="bench" if name == "department" else None,
            )  # fmt: skip
            found[name] = tokens.issue(db, operator, account)[0]
    return found


def lives_a_second(of: Town, keys: dict[str, str]) -> float:
    """How many whole lives a real server gets done in a second, asked by clients in a process of their own."""
    with of.engine.connect() as connection:
        class_id = connection.execute(text("SELECT max(id) FROM case_classes")).scalar_one()
    told = {"tokens": {role: keys[role] for role in ROLES}, "class_id": class_id, "west": WEST, "south": SOUTH,
            "span": of.span_deg, "clients": CLIENTS, "warm_s": WARM_S, "lives_s": LIVES_S}  # fmt: skip
    with served(of) as server:
        command = [sys.executable, "-P", "-m", "app.cases.bench_lives", json.dumps(told | {"port": server.port})]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable("The lives of the benchmark broke off: {reason}", reason=done.stderr[-2000:])
    return float(json.loads(done.stdout)["lives"]) / LIVES_S


def _screens(of: Town, keys: dict[str, str]) -> Iterator[dict[str, Any]]:
    """What a district's duty chief opens, one request after the other; the slowest of twenty counts."""
    with served(of) as server:
        queue = ["/cases", "/cases?status=open", "/cases?status=open&clock=overdue", "/cases?status=all&order=newest"]
        yield _p95("cases: queue page of a district", server, keys["district"], queue)
        pins = [f"/api/v1/cases/pins?status=mine&bbox={box}" for box in _boxes(of)]
        yield _p95("cases: marks of a district's map", server, keys["district"], pins)
        tiles = [f"/tiles/cases/14/{x}/{y}.mvt" for x, y in _tiles(of)]
        yield _p95("cases: tiles of a district's map", server, keys["district"], tiles)
        for name, address in YEAR.items():
            yield _p95(f"cases: {name} of a year", server, keys["chief"], [address], limit_ms=YEAR_MS, rounds=3)


def _p95(
    name: str, server: Served, key: str, addresses: list[str], *, limit_ms: float = P95_MS, rounds: int = ROUNDS
) -> dict[str, Any]:
    client = server.connect()
    for address in addresses:
        _ask(client, key, address)
    times = sorted(_ask(client, key, addresses[n % len(addresses)]) for n in range(rounds))
    client.close()
    value = times[min(len(times) - 1, int(0.95 * len(times)))]
    return {
        "name": name, "value": round(value, 1), "unit": "ms", "reference": limit_ms,
        "ratio": round(value / limit_ms, 3), "limit": 1.0, "ok": value <= limit_ms,
    }  # fmt: skip


def _ask(client: HTTPConnection, key: str, address: str) -> float:
    """Milliseconds until the whole answer is here; Unavailable if it isn't one."""
    began = time.perf_counter()
    client.request("GET", address, headers={"Authorization": f"Bearer {key}", "Accept-Encoding": "gzip"})
    answer = client.getresponse()
    answer.read()
    if answer.status not in (200, 204):
        raise Unavailable("{address} was answered with {status}.", address=address, status=answer.status)
    return 1000 * (time.perf_counter() - began)


def _boxes(of: Town) -> list[str]:
    """Rectangles of a screen over the district."""
    corners = [(WEST + n / 10 * of.span_deg, SOUTH) for n in range(10)]
    return [f"{west:.6f},{south:.6f},{west + TILE_DEG:.6f},{south + TILE_DEG:.6f}" for west, south in corners]


def _tiles(of: Town) -> list[tuple[int, int]]:
    """Tiles over the district."""
    found = {(at.x, at.y) for n in range(10) for at in [tile_at(WEST + n / 10 * of.span_deg, SOUTH + TILE_DEG / 9, 14)]}
    return sorted(found)


BENCHES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {"cases": bench_cases}
