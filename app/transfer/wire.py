"""Calls to a partner: signed, short, with what went wrong told in words."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from app.transfer import protocol
from app.transfer.errors import PartnerAway

TIMEOUT_S = 10.0
ANSWER_MAX = 20_000_000


def call(base_url: str, system: str, secret: str, method: str, target: str, body: bytes = b"") -> bytes:
    """The body of a good answer. `target` is the path below the base with its query. Raises PartnerAway."""
    parts = urlsplit(base_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    signed = protocol.headers(system, secret, method, target, body)
    line = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        sent = signed | ({"Content-Type": "application/json"} if body else {})
        line.request(method, parts.path.rstrip("/") + target, body=body or None, headers=sent)
        answer = line.getresponse()
        told = answer.read(ANSWER_MAX + 1)
    except (OSError, http.client.HTTPException) as error:
        raise PartnerAway("It does not answer: {reason}", reason=type(error).__name__) from error
    finally:
        line.close()
    if answer.status != 200:
        raise PartnerAway("It answered {status}: {reason}", status=answer.status, reason=_reason(told))
    if len(told) > ANSWER_MAX:
        raise PartnerAway("It answered {status}: {reason}", status=answer.status, reason="too long")
    return told


def call_json(base_url: str, system: str, secret: str, method: str, target: str, body: bytes = b"") -> dict[str, Any]:
    """The same, read as a JSON object."""
    try:
        told = json.loads(call(base_url, system, secret, method, target, body))
    except ValueError as error:
        raise PartnerAway("It answered {status}: {reason}", status=200, reason="not JSON") from error
    if not isinstance(told, dict):
        raise PartnerAway("It answered {status}: {reason}", status=200, reason="not an object")
    return told


def _reason(told: bytes) -> str:
    try:
        problem = json.loads(told)
        return f"{problem['code']}: {problem.get('detail', '')}"[:400]
    except (ValueError, KeyError, TypeError):
        return told[:200].decode("utf-8", "replace")
