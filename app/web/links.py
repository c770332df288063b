"""Addresses inside this site."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import current_app, url_for
from werkzeug.datastructures import MultiDict


def local_target(wanted: str | None, default: str = "/") -> str:
    """An address to go to that can't lead off this site: a path of ours, or the default."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or "\n" in wanted:
        return default
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else default


def asset(name: str) -> str:
    """The address of a file of ours in static/, with a mark that changes when the file does."""
    file = Path(current_app.static_folder or "") / name
    changed_ns = file.stat().st_mtime_ns if file.exists() else 0
    return url_for("static", filename=name, v=format(changed_ns // 1_000_000 & 0xFFFFFFFF, "x"))


def merge_query(given: MultiDict[str, str], **changed: object) -> str:
    """A query string with some values changed; None leaves one out."""
    kept = [(name, value) for name, value in given.items(multi=True) if name not in changed and value]
    return urlencode(kept + [(name, str(value)) for name, value in changed.items() if value is not None])
