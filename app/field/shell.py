"""The files that the field page needs without a network, found by following imports; their hash is its version."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from app.settings import PROJECT
from app.web.importmap import MODULES, VENDOR

ROOTS = ("/static/js/core/boot.js", "/static/js/field/page.js", "/static/js/core/theme.js")
PLAIN = (
    "/static/css/tokens.css", "/static/css/base.css", "/static/css/components.css", "/static/css/field.css",
    "/static/img/mark.svg", "/static/img/field-192.png", f"{VENDOR}/maplibre-gl/maplibre-gl.css",
    f"{VENDOR}/maplibre-gl/maplibre-gl-worker.mjs", f"{VENDOR}/maplibre-gl/maplibre-gl-shared.mjs",
)  # fmt: skip
IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"'$`]+)["']""")


def address_of(name: str, within: str) -> str | None:
    """Where an imported name leads, by the import map; None for what is not ours."""
    if name.startswith("city/"):
        return MODULES["city/"] + name.removeprefix("city/")
    if name.startswith("."):
        return "/" + str((Path(within).parent / name).resolve().relative_to("/"))
    return MODULES.get(name)


@cache
def files() -> list[str]:
    """Addresses of all modules that the page loads, and of its styles and pictures."""
    found, waiting = set(PLAIN), list(ROOTS)
    while waiting:
        one = waiting.pop()
        file = PROJECT / one.lstrip("/")
        if one in found or not file.is_file():
            continue
        found.add(one)
        if not one.startswith(VENDOR):
            named = [address_of(name, one) for name in IMPORT.findall(file.read_text(encoding="utf-8"))]
            waiting += [address for address in named if address]
    return sorted(found)


@cache
def version() -> str:
    """Changes when any of the files, the worker or the page changes; worked out once a process."""
    digest = hashlib.sha256()
    page = Path(__file__).parent / "templates" / "field" / "field.html"
    for file in [*(PROJECT / one.lstrip("/") for one in files()), PROJECT / "static/js/field/worker.js", page]:
        digest.update(file.read_bytes() if file.is_file() else b"-")
    return digest.hexdigest()[:16]
