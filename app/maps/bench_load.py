"""A light client for warm answers: one thread, many connections, each asking again as soon as it was answered.

Python's own HTTP client takes longer for a warm tile than the server does; this one sends bytes that were put together
before and reads no more of an answer than it must.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from gis.errors import Unavailable

HEAD_END = b"\r\n\r\n"
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
        at = self.got.find(b"Content-Length: ", 0, end)
        size = int(self.got[at + 16 : self.got.find(b"\r\n", at)]) if at >= 0 else 0
        return len(self.got) >= end + len(HEAD_END) + size


def answers_a_second(port: int, addresses: Sequence[str], *, clients: int, seconds: float, headers: str = "") -> float:
    """How many answers come a second when so many clients ask for the addresses again and again."""
    asked = [
        f"GET {one} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n{headers}\r\n".encode() for one in addresses
    ]
    with selectors.DefaultSelector() as waiting:
        for number in range(clients):
            line = Line(socket.create_connection(("127.0.0.1", port), timeout=60))
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(line.sock, selectors.EVENT_READ, line)
            line.sock.sendall(asked[number % len(asked)])
        done, sent, began = 0, clients, time.perf_counter()
        while time.perf_counter() - began < seconds:
            for key, _ in waiting.select(timeout=10):
                line = key.data
                line.got += line.sock.recv(1 << 18)
                if line.is_answered():
                    line.got.clear()
                    done += 1
                    line.sock.sendall(asked[sent % len(asked)])
                    sent += 1
        spent = time.perf_counter() - began
        for key in list(waiting.get_map().values()):
            key.data.sock.close()
    return done / spent
