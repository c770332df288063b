"""`./city bench field`: reports queued in a real browser without a network, sent while the server is killed.

The very modules of the phone page run in Chromium, which is needed for it, as for the browser tests.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts import service
from app.accounts.rights import RIGHTS
from app.maps.bench_city import Town, free_port, town, wait_until_up
from app.settings import PROJECT
from gis.errors import Unavailable
from grid.reach import whole_city

REPORTS, KILLS = 1000, 3
EVERY_PHOTO = 10  # every tenth report has one
LONGEST_S = 600
PASSWORD = "bench-lantern-heron-41"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FILL = """async ([from, to, everyPhoto, lon, lat, classId]) => {
  const queue = await import("/static/js/field/queue.js");
  const session = await import("/static/js/field/session.js");
  const account = session.me().account_id;
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  canvas.getContext("2d").fillRect(0, 0, 30, 30);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
  for (let n = from; n < to; n += 1) {
    const photos = n % everyPhoto ? [] : [{ id: queue.newId(), data: await blob.arrayBuffer(), type: "image/jpeg" }];
    const body = { case: { class_id: classId, lon: lon + (n % 40) * 1e-5, lat, located_by: "gnss", description: `offline ${n}` } };
    await queue.enqueue({ account, kind: "report", label: { note: body.case.description }, body }, photos);
  }
}"""  # noqa: E501  # JavaScript
WAITING = """async () => {
  const store = await import("/static/js/field/store.js");
  return (await store.allItems()).filter((one) => one.state !== "sent").length;
}"""
NUDGE = "() => { import('/static/js/field/page.js').then((page) => page.send()); }"
CELL = """SELECT ST_X(ST_PointOnSurface(geom)) AS lon, ST_Y(ST_PointOnSurface(geom)) AS lat
FROM unit_cells WHERE valid_to IS NULL ORDER BY id LIMIT 1"""
FOUND = """SELECT count(DISTINCT c.id) AS cases, count(DISTINCT c.description) AS distinct_, count(p.id) AS photos
FROM cases c LEFT JOIN case_photos p ON p.case_id = c.id WHERE c.description LIKE 'offline %'"""


@dataclass
class Web:
    """The city's server on a port of its own, to be killed and started again."""

    town: Town
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """As `./city up` serves it; waits until it answers."""
        environ = os.environ | {
            "CITY_HOME": str(self.town.home), "CITY_PORT": str(self.port), "DATABASE_URL": self.town.url,
            "CITY_WEB_PROCESSES": "2", "CITY_LOG_LEVEL": "warning",
        }  # fmt: skip
        command = [sys.executable, "-m", "gunicorn", "-c", "python:app.launch.gunicorn_conf", "app.web.wsgi:app"]
        log = self.town.home / "web.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=out, stderr=subprocess.STDOUT)
        wait_until_up(self.process, self.port, log)

    def kill(self) -> None:
        """All of its processes at once, in the middle of whatever they do."""
        if self.process is None:
            return
        master = psutil.Process(self.process.pid)
        for one in [master, *master.children(recursive=True)]:
            one.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self.process = None


def offline_reports(reports: int = REPORTS, kills: int = KILLS) -> Iterator[dict[str, Any]]:
    """Queue so many reports offline, send them while the server is killed so often; one figure for each claim."""
    with town(1) as made:
        spot = _place(made)
        web = Web(made, free_port())
        web.start()
        profile = Path(tempfile.mkdtemp(prefix="citygrid-phone-"))
        began = time.monotonic()
        try:
            with _playwright().sync_playwright() as driver:
                left = _send_all(driver, web, profile, reports, kills, spot)
        finally:
            web.kill()
            shutil.rmtree(profile, ignore_errors=True)
        seconds = round(time.monotonic() - began, 1)
        found = _found(made.engine)
    wanted = len(range(0, reports, EVERY_PHOTO))
    name = f"offline reports, server killed {kills} times"
    yield _figure(f"{name}: cases", found["cases"], reports, "cases")
    yield _figure(f"{name}: distinct reports", found["distinct"], reports, "cases")
    yield _figure(f"{name}: photos", found["photos"], wanted, "photos")
    yield {"name": f"{name}: left on the phone", "value": left, "unit": "reports", "reference": 0, "ratio": None,
           "limit": 0, "ok": left == 0}  # fmt: skip
    yield {"name": f"{name}: time", "value": seconds, "unit": "s", "reference": None, "ratio": None, "limit": None,
           "ok": True}  # fmt: skip


def _playwright() -> Any:
    try:
        return importlib.import_module("playwright.sync_api")
    except ModuleNotFoundError as error:
        raise Unavailable("This bench needs a browser: ./city test installs what drives it.") from error


def _send_all(driver: Any, web: Web, profile: Path, reports: int, kills: int, spot: dict[str, Any]) -> int:
    """Queue offline, kill the browser, open it again, and send; gives how many are left."""
    context, page = _open(driver, web, profile, spot)
    page.fill("[name=name]", "bench-inspector")
    page.fill("[name=password]", PASSWORD)
    page.click("form button.primary")
    page.wait_for_selector("[data-module='field/page'][data-mounted=yes]")
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_selector("[data-part=class] .chip")  # who it is and what it takes along are on the phone
    context.set_offline(True)
    page.evaluate(FILL, [0, reports, EVERY_PHOTO, spot["lon"], spot["lat"], spot["class_id"]])
    context.close()
    context, page = _open(driver, web, profile, spot)
    page.wait_for_selector("[data-module='field/page'][data-mounted=yes]")
    killer = Thread(target=_kill, args=(web, reports, kills), daemon=True)
    killer.start()
    end = time.monotonic() + LONGEST_S
    while (left := int(page.evaluate(WAITING))) and time.monotonic() < end:
        page.evaluate(NUDGE)
        time.sleep(0.5)
    context.close()
    killer.join(60)
    return left if not killer.is_alive() else max(left, 1)  # a server not killed often enough proves nothing


def _kill(web: Web, reports: int, kills: int) -> None:
    """The server dies when a quarter, a half, … of the reports are in, and comes back after a second."""
    for turn in range(kills):
        while _found(web.town.engine)["cases"] < reports * (turn + 1) // (kills + 1):
            time.sleep(0.01)
        web.kill()
        time.sleep(1)
        web.start()


def _open(driver: Any, web: Web, profile: Path, spot: dict[str, Any]) -> tuple[Any, Any]:
    browser = next((one for one in CHROMIUM if Path(one).exists()), None)
    if browser is None:
        raise Unavailable("This bench needs Chromium.")
    context = driver.chromium.launch_persistent_context(
        str(profile), executable_path=browser, args=["--no-sandbox", "--disable-gpu"], permissions=["geolocation"],
        geolocation={"longitude": spot["lon"], "latitude": spot["lat"]}, viewport={"width": 390, "height": 844},
    )  # fmt: skip
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"http://127.0.0.1:{web.port}/field")
    return context, page


def _place(made: Town) -> dict[str, Any]:
    """A place in a cell, a class, and an inspector."""
    with Session(made.engine) as db, db.begin():
        role = service.parse_role("inspector")
        operator = whole_city(RIGHTS)
        service.create(db, operator, name="bench-inspector", role=role, areas=[""], password=PASSWORD)
        row = db.execute(text(CELL)).one()
        minor = db.scalar(text("SELECT id FROM case_classes WHERE parent_id IS NOT NULL AND is_active LIMIT 1"))
        return {"lon": row.lon, "lat": row.lat, "class_id": minor}


def _found(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        row = connection.execute(text(FOUND)).one()
    return {"cases": row.cases, "distinct": row.distinct_, "photos": row.photos}


def _figure(name: str, value: int, wanted: int, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "reference": wanted, "ratio": round(value / wanted, 4),
            "limit": 1, "ok": value == wanted}  # fmt: skip


def bench_field(_rows: int) -> Iterator[dict[str, Any]]:
    """1,000 reports, three kills, whatever the rows."""
    return offline_reports()


BENCHES = {"field": bench_field}
