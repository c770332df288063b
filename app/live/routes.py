"""`GET /live`: server-sent events of what changes in the viewer's reach."""

from __future__ import annotations

import queue
import random
import time
from collections.abc import Iterator

from flask import Blueprint, Response, request

from app.accounts.session import current_viewer
from app.live.hub import END, HUB, RESYNC, Stream
from app.live.message import CHANNELS, Change
from gis.errors import InvalidInput

bp = Blueprint("live", __name__)
BEAT_S = 15.0
LIFE_S = 900.0  # a stream ends after a quarter of an hour: the browser comes back and proves itself again
RETRY_MS = 2000


@bp.get("/live")
def live() -> Response:
    """A stream of ``event: change`` with ``{"channel","kind","id","bbox"}``; ``event: resync`` says: load all anew."""
    viewer = current_viewer()
    asked = frozenset(name for name in request.args.get("channels", "").split(",") if name)
    unknown = sorted(asked - CHANNELS)
    if not asked or unknown:
        known = ", ".join(sorted(CHANNELS))
        raise InvalidInput("Name the channels to watch. Known channels: {known}.", field="channels", known=known)
    stream = HUB.open(viewer, asked)
    if request.headers.get("Last-Event-ID"):
        stream.put(RESYNC)  # what was missed is not kept; a browser that comes back reads again
    answer = Response(events(stream), mimetype="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Accel-Buffering"] = "no"
    answer.call_on_close(lambda: HUB.close(stream))
    return answer


def events(stream: Stream, *, beat_s: float = BEAT_S, life_s: float = LIFE_S) -> Iterator[str]:
    """The stream's text, a comment as heartbeat while nothing happens."""
    until = time.monotonic() + life_s * random.uniform(0.8, 1.2)
    yield f"retry: {RETRY_MS}\nid: {int(time.time())}\n: open\n\n"
    while time.monotonic() < until:
        try:
            item = stream.waiting.get(timeout=beat_s)
        except queue.Empty:
            yield ": beat\n\n"
            continue
        if isinstance(item, Change):
            yield f"event: change\nid: {int(time.time())}\ndata: {item.to_json()}\n\n"
        elif item == RESYNC:
            yield "event: resync\ndata: {}\n\n"
        elif item == END:
            return
