"""Answers of the map's doors: bodies with an ETag, gzipped once, never kept by anything between us and the reader."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from layers.tile_cache import Packed, etag_of

PRIVATE = "private, max-age=0, must-revalidate"
VARY = "Accept-Encoding, Authorization, Cookie"


def conditional(body: bytes, media_type: str) -> Response:
    """The body, or 304 when the reader holds it already, or 204 when there is nothing.

    The ETag is the hash of the body, so it is the same in every process, for every viewer who sees the same.
    """
    etag = etag_of(body)
    is_known = request.if_none_match.contains_weak(etag)
    return packed(Packed(b"", etag, is_gzipped=False) if is_known else Packed.of(body, etag), media_type)


def packed(body: Packed, media_type: str) -> Response:
    """The same for a body that is packed already."""
    if request.if_none_match.contains_weak(body.etag):
        answer = Response(status=304)
    elif not body.body:
        answer = Response(status=204)
    elif body.is_gzipped and request.accept_encodings.quality("gzip"):
        answer = Response(body.body, content_type=media_type)
        answer.headers["Content-Encoding"] = "gzip"
    else:
        answer = Response(body.plain(), content_type=media_type)
    answer.set_etag(body.etag, weak=True)
    answer.headers["Cache-Control"] = PRIVATE
    answer.headers["Vary"] = VARY
    return answer


def conditional_json(found: Any, media_type: str = "application/json") -> Response:
    """A value as JSON; a string is taken to be JSON already."""
    written = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return conditional(written.encode(), media_type)
