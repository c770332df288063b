"""One LISTEN connection a process, fanned out to the streams of this process.

Works in threads and in gevent's greenlets alike: it is made of a thread and queues, which gevent replaces.
The listener starts with the first stream, so nothing is opened before a server forks.
"""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass, field

import psycopg
from sqlalchemy import Connection

from app.live.message import ACCOUNTS, CHANNEL, Change
from gis.db import bound
from grid.reach import Viewer

log = logging.getLogger(__name__)
WAITING_MAX = 500  # what a stream that does not read may leave waiting before it is told to load anew
LOOK_EVERY_S = 5.0
RETRY_FIRST_S, RETRY_LONGEST_S = 0.5, 15.0
END = "end"
RESYNC = "resync"


@dataclass(eq=False)
class Stream:
    """One watching browser: who, which channels, and what waits to be sent (a change, `RESYNC` or `END`)."""

    viewer: Viewer
    channels: frozenset[str]
    waiting: queue.Queue[Change | str] = field(default_factory=lambda: queue.Queue(WAITING_MAX))

    def put(self, item: Change | str) -> None:
        """Add an item; a stream that fell behind loses all of it for one `RESYNC`."""
        try:
            self.waiting.put_nowait(item)
        except queue.Full:
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(item if item == END else RESYNC)


class Hub:
    """The streams of this process and the connection that feeds them."""

    def __init__(self) -> None:
        self.streams: set[Stream] = set()
        self.is_listening = threading.Event()
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._listener: threading.Thread | None = None

    def open(self, viewer: Viewer, channels: frozenset[str]) -> Stream:
        """A new stream; starts the listener if it does not run."""
        stream = Stream(viewer, channels)
        self.streams.add(stream)
        with self._starting:
            if self._listener is None or not self._listener.is_alive():
                self._stop.clear()
                self._listener = threading.Thread(target=self._run, args=(_conninfo(),), name="live", daemon=True)
                self._listener.start()
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream."""
        self.streams.discard(stream)

    def stop(self) -> None:
        """End the listener and all streams."""
        self._stop.set()
        for stream in list(self.streams):
            stream.put(END)
        if self._listener is not None:
            self._listener.join(LOOK_EVERY_S + 5)
            self._listener = None

    def pass_on(self, change: Change) -> None:
        """Give a change to the streams that may hear of it; a changed account's streams end and log in anew."""
        for stream in list(self.streams):
            if change.channel == ACCOUNTS:
                if stream.viewer.account_id == change.record_id:
                    stream.put(END)
            elif change.is_for(stream.viewer, stream.channels):
                stream.put(change)

    def _run(self, conninfo: str) -> None:
        wait_s = RETRY_FIRST_S
        is_first = True
        while not self._stop.is_set():
            try:
                with psycopg.connect(conninfo, autocommit=True, application_name="citygrid live") as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    if not is_first:
                        self._resync()
                    is_first, wait_s = False, RETRY_FIRST_S
                    self.is_listening.set()
                    self._listen(connection)
            except (psycopg.Error, OSError) as error:
                self.is_listening.clear()
                log.warning("live: lost the database (%s), trying again in %.1f s", error, wait_s)
                self._stop.wait(wait_s)
                wait_s = min(wait_s * 2, RETRY_LONGEST_S)
        self.is_listening.clear()

    def _listen(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self._stop.is_set():
            for notice in connection.notifies(timeout=LOOK_EVERY_S):
                try:
                    self.pass_on(Change.parse(notice.payload))
                except (ValueError, KeyError, TypeError):
                    log.warning("live: a notice that nobody understands")
            connection.execute("SELECT 1")  # a connection that died silently shows here

    def _resync(self) -> None:
        for stream in list(self.streams):
            stream.put(RESYNC)


def _conninfo() -> str:
    engine = bound()
    url = (engine.engine if isinstance(engine, Connection) else engine).url
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


HUB = Hub()
