"""Libraries that are loaded when first used, not when the city starts.

A few large libraries (tables, sheets, pinyin) serve single tasks; every web process, worker and command would load
them at its start, about a second of work and a hundred megabytes together. Named through `library` they are loaded by
the first use. Python's import lock makes that safe in threads.
"""

from __future__ import annotations

import importlib
from typing import Any


class _Library:
    """Stands for a module; looking for anything in it loads it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)

    def __repr__(self) -> str:
        return f"<{self._name}, loaded when used>"


def library(name: str) -> Any:
    """The library of this name (dots for its inner modules); ImportError comes with the first use."""
    return _Library(name)
