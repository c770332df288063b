"""Addresses inside this site."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app, url_for


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
