"""Calls of other systems over HTTP, signed.

The body is JSON. ``X-City-Timestamp`` holds seconds since 1970, ``X-City-Signature`` holds ``v1=`` and the hexadecimal
HMAC-SHA-256 of *timestamp, a dot, body* under the webhook's secret; ``X-City-Message-Id`` is the same at each
repetition. Any answer of 2xx is a receipt; redirects are not followed.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from app.notices.deliver import Message, NotTaken

TIMEOUT_S = 10.0
AT_ONCE = 5


def send(messages: Sequence[Message], timeout_s: float = TIMEOUT_S) -> Mapping[int, NotTaken | None]:
    """Call each address, a few at once, so that one that hangs does not hold up the others."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda one: _send_one(one, timeout_s), messages)
        return dict(zip((one.delivery_id for one in messages), outcomes, strict=True))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What proves that a body is ours and when it was sent."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _send_one(one: Message, timeout_s: float) -> NotTaken | None:
    body = json.dumps({"message_id": one.message_id} | dict(one.payload), ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8", "User-Agent": "CityGrid", "Connection": "close",
        "X-City-Message-Id": one.message_id, "X-City-Timestamp": timestamp,
        "X-City-Signature": signature(one.secret, timestamp, body),
    }  # fmt: skip
    parts = urlsplit(one.to)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        status = connection.getresponse().status
    except TimeoutError:
        return NotTaken("no answer in time")
    except (OSError, http.client.HTTPException, ValueError) as error:
        return NotTaken(f"can't be reached ({type(error).__name__})")
    finally:
        connection.close()
    return None if 200 <= status < 300 else NotTaken(f"answered {status}", for_good=status == 410)
