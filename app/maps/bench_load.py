"""A light client for the benchmarks: one thread, many connections, each asking again as soon as it was answered.

Python's own HTTP client takes longer for a tile than the server does, on the same cores; this one sends bytes that were
put together before and reads no more of an answer than it must.
"""

from __future__ import annotations

import math
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

from gis.errors import Unavailable

HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
GOOD = (b"HTTP/1.1 200", b"HTTP/1.1 204", b"HTTP/1.1 304")


@dataclass
class Line:
    """One connection: its socket, and what came of the answer so far."""

    sock: socket.socket
    got: bytearray = field(default_factory=bytearray)

    def is_answered(self) -> bool:
        """Whether the whole answer is there; Unavailable for one that says no."""
        end = self.got.find(HEAD_END)
        if end < 0:
            return False
        if not self.got.startswith(GOOD):
            raise Unavailable("{address} was answered with {status}.", address="a tile", status=self.got[:40].decode())
        head = bytes(self.got[: end + 2]).lower()
        if b"transfer-encoding: chunked" in head:
            return self.got.endswith(LAST_CHUNK)
        at = head.find(b"content-length: ")
        size = int(head[at + 16 : head.find(b"\r\n", at)]) if at >= 0 else 0
        return len(self.got) >= end + len(HEAD_END) + size


def answers_a_second(
    port: int, addresses: Sequence[str], *, clients: int, seconds: float | None = None, headers: str = ""
) -> float:
    """How many answers come a second when so many clients ask for the addresses again and again, or each once (None).

    Unavailable when an answer says no, or nothing comes for 10 s.
    """
    asked = [
        f"GET {one} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n{headers}\r\n".encode() for one in addresses
    ]
    waiting = iter(asked) if seconds is None else cycle(asked)
    until = math.inf if seconds is None else time.perf_counter() + seconds
    done = 0
    with selectors.DefaultSelector() as lines:
        began = time.perf_counter()
        for first in islice(waiting, clients):
            line = Line(socket.create_connection(("127.0.0.1", port), timeout=60))
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines.register(line.sock, selectors.EVENT_READ, line)
            line.sock.sendall(first)
        while lines.get_map() and time.perf_counter() < until:
            ready = lines.select(timeout=10)
            if not ready:
                raise Unavailable("{address} was answered with {status}.", address="a tile", status="nothing in 10 s")
            for key, _ in ready:
                done += _heard(lines, key.data, waiting)
        spent = time.perf_counter() - began
        for key in list(lines.get_map().values()):
            key.data.sock.close()
    return done / spent


def _heard(lines: selectors.BaseSelector, line: Line, waiting: Iterator[bytes]) -> int:
    """Take what came; ask for the next when the answer is whole, and hang up when there is none. 1 for an answer."""
    part = line.sock.recv(1 << 18)
    if not part:
        raise Unavailable("{address} was answered with {status}.", address="a tile", status="an end")
    line.got += part
    if not line.is_answered():
        return 0
    line.got.clear()
    following = next(waiting, None)
    if following is None:
        lines.unregister(line.sock)
        line.sock.close()
    else:
        line.sock.sendall(following)
    return 1
