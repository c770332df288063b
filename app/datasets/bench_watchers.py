"""Watching browsers: how soon all of them hear of a write, and what each costs the server."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from sqlalchemy.orm import Session

from app.live.service import announce
from app.maps.bench_city import MIDDLE, Served, Town
from gis.errors import Unavailable

WATCHERS, WRITES = 500, 5
TOLD_S, MEMORY_MB = 1.0, 1.0
OPEN, CHANGE = b": open", b"event: change"


def watchers(of: Town, server: Served) -> Iterator[dict[str, Any]]:
    """Streams open, then writes one by one: the slowest watcher of the slowest write, and memory a watcher."""
    before = _memory(server)
    with ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for _ in range(WATCHERS):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
            line.sendall(
                "GET /live?channels=cases HTTP/1.1\r\nHost: bench\r\n"
                f"Authorization: Bearer {server.token}\r\n\r\n".encode()
            )
            waiting.register(line, selectors.EVENT_READ)
        _all_hear(waiting, OPEN)
        time.sleep(1)  # the listeners of both processes have connected
        each_mb = (_memory(server) - before) / WATCHERS
        slowest = 0.0
        for number in range(WRITES):
            with Session(of.engine) as db, db.begin():
                box = (MIDDLE[0], MIDDLE[1], MIDDLE[0], MIDDLE[1])
                announce(db, channel="cases", kind="changed", record_id=number + 1, area_code="", bbox=box)
            slowest = max(slowest, _all_hear(waiting, CHANGE))
    yield _at_most(f"layers: {WATCHERS} watchers told of a write, the last one", slowest, "s", TOLD_S)
    yield _at_most("layers: memory a watcher", each_mb, "MB", MEMORY_MB)


def _all_hear(waiting: selectors.BaseSelector, word: bytes) -> float:
    """Seconds until every stream has said a word."""
    began, left = time.perf_counter(), {key.fd: b"" for key in waiting.get_map().values()}
    while left:
        if time.perf_counter() - began > 60:
            raise Unavailable("{count} watchers of the benchmark heard nothing.", count=len(left))
        for key, _ in waiting.select(timeout=1):
            got = left.get(key.fd, b"") + key.fileobj.recv(8192)  # type: ignore[union-attr]  # a socket
            if word in got:
                left.pop(key.fd, None)
            elif key.fd in left:
                left[key.fd] = got
    return time.perf_counter() - began


def _memory(server: Served) -> float:
    """Megabytes that the web processes hold for themselves."""
    return sum(one.memory_full_info().uss for one in server.workers()) / 1e6


def _at_most(name: str, value: float, unit: str, limit: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 3), "unit": unit, "reference": limit, "ratio": round(value / limit, 3),
        "limit": 1.0, "ok": value <= limit,
    }  # fmt: skip
