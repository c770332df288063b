"""Figures for Prometheus: requests by view, time taken, watching browsers.

Each server process counts for itself; where ``PROMETHEUS_MULTIPROC_DIR`` is set, the figures of all are added up.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from ipaddress import ip_address

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer, public
from app.live.hub import HUB
from gis.db import transaction
from gis.errors import CityError

log = logging.getLogger(__name__)

bp = Blueprint("metrics", __name__)
REQUESTS = Counter("city_requests_total", "Requests by view and status", ["view", "method", "status"])
SECONDS = Histogram(
    "city_request_seconds", "Time to the first byte of an answer, by view", ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
STREAMS = Gauge("city_live_streams", "Open event streams", multiprocess_mode="livesum")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


WATCHED: dict[str, tuple[Gauge, Callable[[Session], float]]] = {}


def watch(name: str, words: str, read: Callable[[Session], float]) -> None:
    """Add a figure that is read from the database when figures are asked for; from a domain's `init`."""
    if name not in WATCHED:
        WATCHED[name] = (Gauge(name, words, multiprocess_mode="mostrecent"), read)


def _look() -> None:
    """Read the watched figures; where the database is away they stay as they were."""
    try:
        with transaction() as db:
            for gauge, read in WATCHED.values():
                gauge.set(read(db))
    except (CityError, SQLAlchemyError) as error:
        log.warning("figures of the database could not be read: %s", type(error).__name__)


@bp.get("/metrics")
@public
def metrics() -> Response:
    """The figures; from the machine itself without a login, from elsewhere for who may read the audit record."""
    if not _is_local():
        current_viewer().require("audit.read")
    STREAMS.set(len(HUB.streams))
    _look()
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library has none
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_local() -> bool:
    try:
        near = ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    return near and "X-Forwarded-For" not in request.headers


def _start() -> None:
    g.started_s = time.perf_counter()


def _count(answer: Response) -> Response:
    view = request.endpoint or "none"
    REQUESTS.labels(view, _method(), answer.status_code).inc()
    if "started_s" in g:
        SECONDS.labels(view).observe(time.perf_counter() - g.started_s)
    return answer


def _method() -> str:
    """The request's method, one of few: a stranger can send any word, and each would be kept."""
    return request.method if request.method in METHODS else "other"


def install(web: Flask) -> None:
    """Count every request."""
    web.before_request(_start)
    web.after_request(_count)
    web.register_blueprint(bp)
