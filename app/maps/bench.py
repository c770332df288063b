"""`./city bench tiles|features`: a real server's answers against the same SQL run by itself.

Tiles are the busiest ones whose rows are still sent. A request costs some 4 ms whatever it asks for (who asks, two
transactions, Flask), so the ratio of a tile of a few hundred rows is higher; its time is shorter.

The SQL is the very text that the door sends, prepared, on one connection of psycopg that does nothing else. Each tile
and page is asked for five times over HTTP (the server keeps none, so every answer is a cold one) and five times by
itself, by turns, after one pass over all has brought the pages into PostgreSQL's memory for both. The better time of
each counts, so that what else the machine does strikes neither.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil
import psycopg
from sqlalchemy.orm import Session

from app.accounts.rights import RIGHTS
from app.cases.layers import CASES
from app.maps.bench_city import SOUTH, TILE_DEG, WEST, Served, Town, served, town
from gis.errors import Unavailable
from grid.reach import whole_city
from layers.features import matched_query, page_query
from layers.filters import NOTHING
from layers.kept import Ready
from layers.mercator import Tile, tile_at
from layers.tile_counts import counts_query
from layers.tiles import rows_query

TILE_RATIO, FEATURE_RATIO, MEMORY_MB = 1.3, 2.0, 500.0
SAMPLES, ROUNDS = 40, 5
CLIENTS, CLIENT_S = 8, 15.0
VIEWER = whole_city(RIGHTS)


@dataclass(frozen=True)
class Question:
    """The same thing asked in two ways: an address, and the statements behind it."""

    address: str
    statements: tuple[tuple[Ready, dict[str, float]], ...]


@dataclass
class Times:
    """Seconds of each question, asked over HTTP and run by itself; bytes of the answers."""

    http_s: list[float] = field(default_factory=list)
    sql_s: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median over questions of HTTP against SQL: load that comes and goes strikes both of a pair."""
        return statistics.median(web / bare for web, bare in zip(self.http_s, self.sql_s, strict=True))


def bench_tiles(rows: int) -> Iterator[dict[str, Any]]:
    """Cold tiles of zoom 14, and the memory of the web processes under 8 clients."""
    with town(rows) as of, served(of, tile_cache_mb=0) as server:
        questions = _asked(of, _tiles)
        times = _measure(of, server, questions)
        yield _figure("tiles: cold, zoom 14", times, TILE_RATIO)
        yield _figure("tiles: cold, zoom 12, counts", _measure(of, server, _asked(of, _count_tiles)), TILE_RATIO)
        yield _told("tiles: size, zoom 14", statistics.median(times.sizes) / 1e3, "kB", ok=True)
        yield from _under_load(server, [one.address for one in questions])


def bench_features(rows: int) -> Iterator[dict[str, Any]]:
    """Pages of 100 features by rectangle, and the memory of the web processes under 8 clients."""
    with town(rows) as of, served(of, tile_cache_mb=0) as server:
        questions = _asked(of, _pages)
        yield _figure("features: 100 by rectangle", _measure(of, server, questions), FEATURE_RATIO)
        yield from _under_load(server, [one.address for one in questions])


def _asked(of: Town, make: Callable[[Session, Town], list[Question]]) -> list[Question]:
    with Session(of.engine) as db:
        return make(db, of)


def _tiles(db: Session, of: Town) -> list[Question]:
    """Tiles spread over the city whose rows are sent."""
    inside = {tile_at(*_spot(of, n), 14) for n in range(SAMPLES * 3)}
    mixed = sorted(inside, key=lambda at: (at.x * 7919 + at.y) % 104729)[:SAMPLES]
    return [Question(_address(at), (rows_query(db, CASES, VIEWER, at),)) for at in mixed]


def _count_tiles(db: Session, of: Town) -> list[Question]:
    """The tiles of zoom 12 over the city: rows are found to be too many, then counted."""
    inside = sorted({tile_at(*_spot(of, n), 12) for n in range(SAMPLES * 3)}, key=lambda at: (at.x, at.y))[:SAMPLES]
    return [
        Question(_address(at), (rows_query(db, CASES, VIEWER, at), counts_query(db, CASES, VIEWER, at)))
        for at in inside
    ]


def _address(at: Tile) -> str:
    return f"/tiles/cases/{at.z}/{at.x}/{at.y}.mvt"


def _pages(db: Session, of: Town) -> list[Question]:
    """Rectangles as wide as a screen shows at zoom 14: about two tiles."""
    found = []
    for n in range(SAMPLES):
        west, south = _spot(of, n)
        bbox = (west, south, west + 1.8 * TILE_DEG, south + TILE_DEG)
        picked = page_query(db, CASES, VIEWER, NOTHING, bbox=bbox, after=None, limit=101)
        matched = matched_query(db, CASES, VIEWER, NOTHING, bbox)
        edges = ",".join(f"{edge:.6f}" for edge in bbox)
        found.append(Question(f"/api/v1/layers/cases/features?bbox={edges}&limit=100", (picked, matched)))
    return found


def _spot(of: Town, n: int) -> tuple[float, float]:
    """A place in the city, without order but the same in every run (additive recurrence of the plastic number)."""
    across, up = (0.7548776662466927 * n % 1, 0.5698402909980532 * n % 1)
    room = of.span_deg - 0.9 * TILE_DEG
    return WEST + across * room, SOUTH + up * room


def _measure(of: Town, server: Served, questions: Sequence[Question]) -> Times:
    times = Times()
    client = server.connect()
    options = "-c jit=off -c timezone=UTC -c plan_cache_mode=force_custom_plan"
    with psycopg.connect(of.url, autocommit=True, prepare_threshold=1, options=options) as connection:
        for one in questions:
            _run(connection, one)
        for one in questions[:3]:
            _ask(client, server.token, one.address)  # the server's own start: imports, first connections
        for one in questions:
            pairs = [_pair(connection, client, server.token, one, web_first=n % 2 == 0) for n in range(ROUNDS)]
            times.http_s.append(min(pair[0] for pair in pairs))
            times.sql_s.append(min(pair[1] for pair in pairs))
            times.sizes.append(pairs[0][2])
    client.close()
    return times


def _pair(
    connection: psycopg.Connection[Any], client: Any, token: str, question: Question, *, web_first: bool
) -> tuple[float, float, int]:
    """Seconds over HTTP, seconds by itself, bytes of the answer."""
    web_s = sql_s = 0.0
    size = 0
    for web in (True, False) if web_first else (False, True):
        began = time.perf_counter()
        if web:
            size = _ask(client, token, question.address)
            web_s = time.perf_counter() - began
        else:
            _run(connection, question)
            sql_s = time.perf_counter() - began
    return web_s, sql_s, size


def _run(connection: psycopg.Connection[Any], question: Question) -> int:
    """What the door sends for one request: a transaction and the statements in it."""
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        for ready, binds in question.statements:
            cursor.execute(ready.text, {**ready.known, **binds}).fetchall()
    return 0


def _ask(client: Any, token: str, address: str) -> int:
    """The bytes of the answer; Unavailable if it isn't one."""
    client.request("GET", address, headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"})
    answer = client.getresponse()
    body = answer.read()
    if answer.status not in (200, 204):
        raise Unavailable("{address} was answered with {status}.", address=address, status=answer.status)
    return len(body)


def _under_load(server: Served, addresses: Sequence[str]) -> Iterator[dict[str, Any]]:
    """8 clients at once: answers a second, and the most memory that a web process held."""
    end = time.monotonic() + CLIENT_S
    seconds: list[float] = []
    failed: list[str] = []

    def browse(number: int) -> None:
        client = server.connect()
        n = number * 5
        while time.monotonic() < end and not failed:
            began = time.perf_counter()
            try:
                _ask(client, server.token, addresses[n % len(addresses)])
            except (Unavailable, OSError) as error:
                failed.append(str(error))
            seconds.append(time.perf_counter() - began)
            n += 1
        client.close()

    threads = [threading.Thread(target=browse, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    peak_mb = 0.0
    while any(thread.is_alive() for thread in threads):
        peak_mb = max(peak_mb, *(_resident_mb(one) for one in server.workers()), 0.0)
        time.sleep(0.1)
    yield _told("8 clients: answers", len(seconds) / CLIENT_S, "1/s", ok=not failed)
    yield _told("8 clients: memory of a web process", peak_mb, "MB", MEMORY_MB, ok=0 < peak_mb <= MEMORY_MB)


def _told(name: str, value: float, unit: str, reference: float | None = None, *, ok: bool) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 1), "unit": unit, "reference": reference,
        "ratio": None if reference is None else round(value / reference, 3),
        "limit": None if reference is None else 1.0, "ok": ok,
    }  # fmt: skip


def _resident_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def _figure(name: str, times: Times, limit: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(statistics.median(times.http_s) * 1e3, 2), "unit": "ms",
        "reference": round(statistics.median(times.sql_s) * 1e3, 2), "ratio": round(times.ratio, 3), "limit": limit,
        "ok": times.ratio <= limit,
    }  # fmt: skip


BENCHES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {"tiles": bench_tiles, "features": bench_features}
