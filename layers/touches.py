"""What writes touched, read from the log that they leave in their own transaction.

A process that keeps tiles asks the log before it gives one: whatever was committed before it asked is known after it,
so that no kept tile is ever older than the last commit. Who waits while another one's look is on its way is served by
the next look together with all others that wait: one short statement for many requests.

Transactions end in another order than they write. So each look remembers its snapshot, and the next one reads what
that snapshot could not see: rows of transactions that ran then (`xip`) or began since (`xmax`).
"""

from __future__ import annotations

import atexit
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import generators, pq
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from gis.db import bound

Box = tuple[float, float, float, float]
AWAY_S = 600.0  # who has not looked for so long begins anew: the log forgets after a quarter of an hour
RECENT_MAX = 4096
_HELD: ContextVar[int | None] = ContextVar("held", default=None)
# Prepared once and sent as it is: a fifth of the time that the driver's usual way takes, at every request.
_LOOK = (
    b"SELECT pg_current_snapshot()::text, (SELECT json_agg(json_build_array(name, west, south, east, north))"
    b" FROM tile_touches WHERE xid >= $1::bigint OR xid = ANY($2::bigint[]))"
)
_NAME = b"look"
_NOTHING = (b"9223372036854775807", b"{}")
_SAY = text("INSERT INTO tile_touches (name, west, south, east, north) VALUES (:name, :w, :s, :e, :n)")


@dataclass(frozen=True)
class Touch:
    """Something of `name` was written in a box (west, south, east, north in degrees), or anywhere (None)."""

    name: str
    box: Box | None


def say(db: Session, name: str, box: Box | None) -> None:
    """Write into the log, in the writer's own transaction, what no trigger writes."""
    west, south, east, north = box or (None, None, None, None)
    db.execute(_SAY, {"name": name, "w": west, "s": south, "e": east, "n": north})


class Touches:
    """This process's reading of the log: how far it is, what was new, and who wants to hear of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = self._served = 0
        self._engine: Engine | None = None
        self._raw: psycopg.Connection[Any] | None = None
        self._seen = _NOTHING
        self._at = 0.0
        self._told: list[Callable[[list[Touch] | None], None]] = []
        self._recent: deque[tuple[int, Touch]] = deque(maxlen=RECENT_MAX)
        self.position = 0  # how many touches were read, or a jump where all is forgotten

    def listen(self, told: Callable[[list[Touch] | None], None]) -> None:
        """Tell `told` what was touched, in order; None says that anything may have been."""
        self._told.append(told)

    def catch_up(self) -> int | None:
        """Read what was committed until now; the position after it. None where nothing may be kept.

        That is in a transaction that others can't see (a test's), and where the database is away.
        """
        held = _HELD.get()
        if held is not None:
            return held
        engine = bound()
        if isinstance(engine, Connection):
            return None
        self._asked += 1
        mine = self._asked
        with self._lock:
            if self._served < mine or engine is not self._engine:
                upto = self._asked
                try:
                    self._look(engine)
                except (psycopg.Error, OSError):
                    self._forget()
                    return None
                self._served = upto
            return self.position

    @contextmanager
    def standing(self) -> Iterator[int | None]:
        """Look once for a request that only reads: within it `catch_up` gives the same position again.

        What was committed before the request came is known, and no more is promised to it.
        """
        position = self.catch_up()
        mark = _HELD.set(position)
        try:
            yield position
        finally:
            _HELD.reset(mark)

    def since(self, position: int) -> list[Touch] | None:
        """What was touched after a position; None where that is no longer known."""
        if self.position - position > len(self._recent):
            return None
        return [touch for number, touch in self._recent if number > position]

    def _look(self, engine: Engine) -> None:
        if engine is not self._engine or self._raw is None or time.monotonic() - self._at > AWAY_S:
            self._begin(engine)
            return
        found = self._ask(self._seen)
        self._at = time.monotonic()
        if found:
            self._pass_on([Touch(one[0], None if one[1] is None else tuple(one[1:])) for one in json.loads(found)])

    def _begin(self, engine: Engine) -> None:
        self._forget()
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._raw = psycopg.connect(url, autocommit=True, application_name="citygrid touches", options="-c jit=off")
        self._raw.pgconn.prepare(_NAME, _LOOK)
        self._ask(_NOTHING)
        self._at, self._engine = time.monotonic(), engine

    def _ask(self, unseen: tuple[bytes, bytes]) -> bytes | None:
        """What transactions wrote that an earlier snapshot could not see; notes the snapshot of this look."""
        if self._raw is None:
            raise psycopg.OperationalError("not connected")
        self._raw.pgconn.send_query_prepared(_NAME, unseen)
        result = self._raw.wait(generators.execute(self._raw.pgconn))[-1]
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(result.error_message.decode(errors="replace"))
        _, xmax, xip = (result.get_value(0, 0) or b"").split(b":")
        self._seen = xmax, b"{" + xip + b"}"
        found: bytes | None = result.get_value(0, 1)
        return found

    def _pass_on(self, found: list[Touch]) -> None:
        for touch in found:
            self.position += 1
            self._recent.append((self.position, touch))
        for told in self._told:
            told(found)

    def close(self) -> None:
        """End the connection; the next look begins anew."""
        if self._raw is not None:
            self._raw.close()
        self._raw = self._engine = None

    def _forget(self) -> None:
        """Nothing is known any more: all that was kept must go."""
        self.close()
        self._recent.clear()
        self.position += RECENT_MAX + 1
        for told in self._told:
            told(None)


TOUCHES = Touches()
atexit.register(TOUCHES.close)
