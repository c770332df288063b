"""XML and JSON of the same answer. XML follows the element names of GeoReport v2; JSON drops the root of lists."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape

FORMATS = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
ITEMS = {  # what the members of a list are called
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
    "photos": "photo",
    "updates": "update",
}
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # production [2] of XML 1.0


def write(root: str, answer: Any, form: str) -> bytes:
    """The bytes of an answer in ``xml`` or ``json``. `root` names the XML root; in JSON it is left out."""
    if form == "json":
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    parts = [DECLARATION]
    _element(parts, root, answer)
    return "".join(parts).encode()


def _element(parts: list[str], name: str, value: Any) -> None:
    if value is None or value == "":
        parts.append(f"<{name}/>")
        return
    parts.append(f"<{name}>")
    if isinstance(value, dict):
        for key, inner in value.items():
            _element(parts, key, inner)
    elif isinstance(value, list):
        for inner in value:
            _element(parts, ITEMS[name], inner)
    else:
        parts.append(_text(value))
    parts.append(f"</{name}>")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(NOT_XML.sub("", str(value)))
