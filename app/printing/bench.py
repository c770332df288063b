"""`./city bench prints`: map files and sheets of a city of many rows.

A map file is made as the map page makes it, in the layer's usual look and in styles of its own, and is opened in
Chromium without a network. It may hold rows one by one or circles that count them, but all of them: the numbers in the
file are added up. `--rows` says how many cases there are.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import force_locale

from app.accounts.rights import RIGHTS
from app.launch import vendor
from app.maps.asked import registry
from app.maps.bench_city import Town, town
from app.maps.thematic import build
from app.printing.book import Imprint
from app.printing.making import make
from app.printing.schemas import PrintIn
from app.settings import Settings
from app.web.create import create_app
from gis import db as database
from gis.db import transaction
from gis.errors import Unavailable
from grid.reach import whole_city
from layers.counts import total
from layers.declared import read_declared
from layers.folium_map import Order
from layers.resolve import resolve

FILE_MB, OPEN_S = 5.0, 3.0
SHEET_S = 20.0
LAYER = "cases"
STYLES: dict[str, dict[str, Any] | None] = {
    "usual": None, "single": {"kind": "single"}, "cluster": {"kind": "cluster"}, "heat": {"kind": "heat"},
    "hexagons": {"kind": "hexagons", "side_m": 500}, "cells": {"kind": "graduated", "over": "cell"},
}  # fmt: skip
DRAWN = "path.leaflet-interactive, canvas.leaflet-zoom-animated, .city-number"
VIEWER = whole_city(RIGHTS)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def bench_prints(rows: int) -> Iterator[dict[str, Any]]:
    """Sizes and opening times of map files, and the time that a sheet takes."""
    vendor.install()
    with town(rows) as of, tempfile.TemporaryDirectory(prefix="citygrid-bench-files-") as room:
        web = create_app(Settings(home=of.home, database_url=of.url))
        database.bind(of.engine)
        try:
            files = dict(_files(web, Path(room)))
            yield from _of_files(web, files)
            yield _sheet(web, of)
        finally:
            database.bind(None)


def _files(web: Flask, room: Path) -> Iterator[tuple[str, Path]]:
    with web.test_request_context(), force_locale("en"):
        for name, declared in STYLES.items():
            layer = registry().get(LAYER, VIEWER)
            if declared is not None:
                with transaction() as db:
                    layer = resolve(db, layer, VIEWER, read_declared(declared)).layer
            file = room / f"{name}.html"
            file.write_text(build(layer, VIEWER, Order(lang="en"), styled=declared is not None), encoding="utf-8")
            yield name, file


def _of_files(web: Flask, files: dict[str, Path]) -> Iterator[dict[str, Any]]:
    opened = _opened(files)
    for name, file in files.items():
        yield _figure(f"map file, {name}: size", file.stat().st_size / 1e6, "MB", FILE_MB)
        yield _figure(f"map file, {name}: opens", opened[name], "s", OPEN_S)
    with web.app_context(), transaction() as db:
        whole = total(db, registry().get(LAYER, VIEWER), VIEWER)
    told = {int(one.replace(",", "")) for one in re.findall(r"([\d,]+) rows", files["single"].read_text("utf-8"))}
    yield {"name": "map file: rows told of rows", "value": max(told, default=0), "unit": "rows", "reference": whole,
           "ratio": max(told, default=0) / max(whole, 1), "limit": 1.0, "ok": whole in told}  # fmt: skip


def _opened(files: dict[str, Path]) -> dict[str, float]:
    """Seconds from asking for a file to something drawn, in Chromium with the network closed."""
    chromium = shutil.which("chromium")
    if chromium is None or not find_spec("playwright"):
        raise Unavailable("This bench needs Chromium and the test requirements: run ./city test once.")
    browsers: Any = import_module("playwright.sync_api")
    found = {}
    with browsers.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, file in files.items():
            page = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True).new_page()
            began = time.perf_counter()
            page.goto(file.as_uri())
            page.wait_for_selector(DRAWN, state="attached", timeout=60_000)
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found[name] = time.perf_counter() - began
            page.context.close()
        browser.close()
    return found


def _sheet(web: Flask, of: Town) -> dict[str, Any]:
    """An A3 sheet of the whole city with all its cases."""
    asked = PrintIn(query=f"on={LAYER}", paper="A3", lang="en", title="Bench")
    imprint = Imprint("Bench", "", "bench", "Bench", "en", "http://127.0.0.1/v/bench", "bench")
    with web.test_request_context(), force_locale("en"), transaction() as db:
        began = time.perf_counter()
        make(db, registry(), VIEWER, asked, imprint, MOMENT, lambda _done, _count: None)
        return _figure("sheet A3, whole city: made", time.perf_counter() - began, "s", SHEET_S)


def _figure(name: str, value: float, unit: str, limit: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 2), "unit": unit, "reference": limit, "ratio": round(value / limit, 3),
        "limit": 1.0, "ok": value <= limit,
    }  # fmt: skip


BENCHES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {"prints": bench_prints}
