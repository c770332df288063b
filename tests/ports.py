"""Ports for servers of tests."""

from __future__ import annotations

import random
import socket

OWN = range(10_000, 32_000)  # below those that the kernel gives to connections going out, which may take one any time


def free_port() -> int:
    """A port that nothing listens on now."""
    while True:
        port = random.SystemRandom().choice(OWN)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
