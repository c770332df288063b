"""The kinds of matter that this city handles: each domain adds its own when the application is put together."""

from __future__ import annotations

from flask import Flask, current_app

from app.workflow.kinds import Kind

EXTENSION = "matter_kinds"


def register_kind(web: Flask, kind: Kind) -> None:
    """Add a kind of matter."""
    web.extensions.setdefault(EXTENSION, {})[kind.kind] = kind


def known_kinds() -> dict[str, Kind]:
    """All kinds of matter by name."""
    found: dict[str, Kind] = current_app.extensions.get(EXTENSION, {})
    return found
