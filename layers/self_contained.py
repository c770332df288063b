"""One HTML file that needs nothing from outside: every library it links is put into it from `static/vendor`."""

from __future__ import annotations

import base64
import mimetypes
import re
from functools import partial
from pathlib import Path

from gis.errors import Unavailable

LINK = re.compile(
    r"""<script[^>]*\ssrc="(?P<script>https?://[^"]+)"[^>]*></script>"""
    r"""|<link[^>]*\srel="stylesheet"[^>]*\shref="(?P<sheet>https?://[^"]+)"[^>]*/?>"""
)
CSS_URL = re.compile(r"""url\(\s*(?P<quote>['"]?)(?P<path>(?!data:|#)[^'")]+)(?P=quote)\s*\)""")
SOURCE_MAP = re.compile(r"^\s*(//|/\*)# sourceMappingURL=.*$", re.MULTILINE)
OUTSIDE = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']?(?:https?:)?//|<link[^>]*\shref=["']?(?:https?:)?//"""
    r"""|url\(\s*['"]?(?:https?:)?//|@import\s+(?:url\()?['"]?(?:https?:)?//""",
    re.IGNORECASE,
)


def self_contained(page: str, vendor: Path) -> str:
    """The page with each linked script and style sheet replaced by the file of the same name under `vendor`.

    Raises Unavailable for a file that is not there, or if anything from outside is left.
    """
    whole = LINK.sub(partial(_inlined, vendor=vendor), page)
    left = OUTSIDE.search(whole)
    if left:
        raise Unavailable("The map file still asks for something from outside: {what}", what=left.group()[:120])
    return whole


def _inlined(link: re.Match[str], vendor: Path) -> str:
    if link["script"]:
        text = _vendored(link["script"], vendor).read_text(encoding="utf-8")
        return "<script>" + SOURCE_MAP.sub("", text).replace("</script", "<\\/script") + "</script>"
    file = _vendored(link["sheet"], vendor)
    text = SOURCE_MAP.sub("", file.read_text(encoding="utf-8"))
    return (
        "<style>"
        + CSS_URL.sub(partial(_as_data, folder=file.parent), text).replace("</style", "<\\/style")
        + "</style>"
    )


def _vendored(address: str, vendor: Path) -> Path:
    """The file of the same name, or its minified twin."""
    name = address.partition("?")[0].rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    for wanted in (name, f"{stem}.min{dot}{ending}", name.replace(".min.", ".")):
        found = sorted(vendor.rglob(wanted))
        if found:
            return found[0]
    raise Unavailable("The library {name} is not among ours. Run ./city up, which fetches them.", name=name)


def _as_data(found: re.Match[str], folder: Path) -> str:
    """A picture or font of a style sheet as a data URI."""
    path = found["path"].partition("#")[0].partition("?")[0]
    file = folder / path
    if not path:
        return found.group()
    if not file.is_file():
        raise Unavailable("The library {name} is not among ours. Run ./city up, which fetches them.", name=path)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"url(data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()})"
