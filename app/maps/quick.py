"""The quick door to kept tiles, in front of the application.

A map asks for twenty tiles at once, and a warm tile is a look into memory: what stands around it (session, routing,
headers) would cost ten times that. Here a request that was answered a moment ago for the same login, layer and query
is answered from memory, after the log of touches was read: it tells of changed accounts, ended logins and changed
layers as well, so that nothing is given that may not be given any more. All else goes on to the application.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, has_request_context, request

from app.maps.answers import PRIVATE, VARY
from app.web.metrics import REQUESTS, SECONDS
from app.web.security import fixed_headers
from layers.tile_cache import CACHE, Packed, Question
from layers.touches import TOUCHES, Touch

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MVT = "application/vnd.mapbox-vector-tile"
VIEW = "tiles.get_tile"
START, END = "/tiles/", ".mvt"
KEPT_S = 1.0  # a login that only time ends gets tiles for this second longer, as in `asked.looking_at_tiles`
QUESTIONS_MAX = 2_000
RIGHTS = frozenset({"accounts", "datasets", "layerbook"})  # touches that may change who may ask what
Signature = tuple[str, str, str, str]
Answer = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


class QuickTiles:
    """The application with the quick door in front of it."""

    def __init__(self, web: Flask, inner: Answer) -> None:
        self.inner = inner
        self.questions: OrderedDict[Signature, tuple[float, Question]] = OrderedDict()
        self.headers = [*fixed_headers(web), ("Cache-Control", PRIVATE), ("Vary", VARY)]
        TOUCHES.listen(self.touched)

    def touched(self, found: list[Touch] | None) -> None:
        """Forget who may ask what when that may have changed."""
        if found is None or any(one.name in RIGHTS for one in found):
            self.questions.clear()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from memory, or hand the request on."""
        path: str = environ["PATH_INFO"]
        if path.startswith(START) and path.endswith(END) and environ["REQUEST_METHOD"] == "GET":
            began = time.perf_counter()
            found = self._kept(environ, path)
            if found is not None:
                return self._answer(environ, start_response, found, began)
        return self.inner(environ, start_response)

    def remember(self, environ: WSGIEnvironment, question: Question) -> None:
        """The application has let this login ask this question."""
        signature = _signature(environ, environ["PATH_INFO"].split("/")[2])
        self.questions[signature] = time.monotonic() + KEPT_S, question
        self.questions.move_to_end(signature)
        while len(self.questions) > QUESTIONS_MAX:
            self.questions.popitem(last=False)

    def _kept(self, environ: WSGIEnvironment, path: str) -> Packed | None:
        parts = path[: -len(END)].split("/")
        if len(parts) != 6:
            return None
        signature = _signature(environ, parts[2])
        if signature not in self.questions or TOUCHES.catch_up() is None:
            return None
        until, question = self.questions.get(signature) or (0.0, None)  # looked for again: the log may have spoken
        if question is None or until < time.monotonic():
            return None
        try:
            at = (int(parts[3]), int(parts[4]), int(parts[5]))
        except ValueError:
            return None
        return CACHE.get(question, at)

    def _answer(
        self, environ: WSGIEnvironment, start_response: StartResponse, found: Packed, began: float
    ) -> Iterable[bytes]:
        headers = [*self.headers, ("ETag", f'W/"{found.etag}"')]
        body, status = b"", "200 OK"
        if f'"{found.etag}"' in environ.get("HTTP_IF_NONE_MATCH", ""):
            status = "304 NOT MODIFIED"
        elif not found.body:
            status = "204 NO CONTENT"
        else:
            body = found.body
            if found.is_gzipped:
                if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "") and "q=0" not in environ["HTTP_ACCEPT_ENCODING"]:
                    headers.append(("Content-Encoding", "gzip"))
                else:
                    body = found.plain()
            headers += [("Content-Type", MVT), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        REQUESTS.labels(VIEW, "GET", int(status[:3])).inc()
        SECONDS.labels(VIEW).observe(time.perf_counter() - began)
        return [body] if body else []


def _signature(environ: WSGIEnvironment, layer_id: str) -> Signature:
    """All of a request that decides who asks what: both proofs, for a proxy may send one of its own for everybody."""
    return (
        environ.get("HTTP_AUTHORIZATION", ""), environ.get("HTTP_COOKIE", ""), layer_id,
        environ.get("QUERY_STRING", ""),
    )  # fmt: skip


def remember(question: Question, position: int) -> None:
    """Let the quick door answer what this request asks from now on, unless who may ask has changed meanwhile."""
    since = TOUCHES.since(position)
    if since is None or any(one.name in RIGHTS for one in since):
        return
    door: Any = current_app.extensions.get("quick_tiles")
    if door is not None and has_request_context() and request.path.startswith(START) and request.path.endswith(END):
        door.remember(request.environ, question)


def install(web: Flask) -> None:
    """Put the quick door in front of an application."""
    door = QuickTiles(web, web.wsgi_app)
    web.extensions["quick_tiles"] = door
    web.wsgi_app = door  # type: ignore[method-assign]  # as Flask says
