"""A worker that is killed in the middle of a scenario: the next one ends what it left, and works the scenario out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.service import viewer_of
from app.facilities import service as facilities
from app.facilities.schemas import NewFacility
from app.scenarios import service
from app.settings import PROJECT, Settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis import db as database
from grid.models import Road
from tests import make, make_accounts, make_events
from tests.conftest import copy_database

WAIT_S = 120  # a worker that starts on a busy machine takes its time
KIND = "school"


@pytest.fixture
def own(cluster: Any, template_url: str, tmp_path: Path) -> Iterator[tuple[Engine, str]]:
    assert template_url
    url = copy_database(cluster, "city_scenario_killed")
    made = database.make_engine(url)
    database.bind(made)
    yield made, url
    database.bind(None)
    made.dispose()


def worker(home: Path, url: str) -> subprocess.Popen[bytes]:
    environ = os.environ | {"CITY_HOME": str(home), "DATABASE_URL": url}
    with (home / "worker.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "app.jobs"], cwd=PROJECT, env=environ, stdout=log, stderr=log)


def until(claim: Callable[[], Any], home: Path) -> Any:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := claim():
            return found
        time.sleep(0.1)
    pytest.fail((home / "worker.log").read_text()[-3000:])


def test_a_scenario_whose_worker_is_killed_is_worked_out_by_the_next(own: tuple[Engine, str], tmp_path: Path) -> None:
    engine, url = own
    app = create_app(Settings(home=tmp_path, database_url=url))
    registry = app.extensions["city"].layers
    assert isinstance(app.extensions["city"], Assembly)
    with database.transaction() as db:
        make.city(db)
        who = make_accounts.account(db, role="planner", name="pia")
        viewer = viewer_of(who)
        spot = {"type": "Point", "coordinates": [make.WEST + 0.001, make.SOUTH + 0.001]}
        school = NewFacility.model_validate({"kind": KIND, "name_en": "School", "geometry": spot})
        facilities.create(db, make_events.viewer(Role.CLERK), school)
        line = LineString([(make.WEST, make.SOUTH + 0.001), (make.WEST + 0.003, make.SOUTH + 0.001)])
        db.add(Road(road_class="residential", geom=from_shape(line, srid=4326)))
        db.flush()
        made = service.create(db, viewer, registry, "Killed", {"kind": KIND, "limit": 200}, [])
        run = service.ask_run(db, viewer, made.id).id

    def state() -> tuple[str, int | None]:
        with Session(engine) as db:
            found = db.execute(text("SELECT state, backend FROM scenario_runs WHERE id = :id"), {"id": run}).one()
            return str(found[0]), found[1]

    def waits(pid: int | None) -> bool:
        asked = text("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = :pid")
        with Session(engine) as db:
            return bool(db.scalar(asked, {"pid": pid}))

    with engine.connect() as holder, holder.begin():
        holder.execute(text("LOCK TABLE addresses IN ACCESS EXCLUSIVE MODE"))  # the run stands still in the middle
        first = worker(tmp_path, url)
        try:
            until(lambda: state()[0] == "running" and waits(state()[1]), tmp_path)
        finally:
            first.send_signal(signal.SIGKILL)
            first.wait(20)
        lost = state()[1]
        second = worker(tmp_path, url)
        try:
            until(lambda: state()[1] not in (None, lost), tmp_path)
            assert not waits(lost)  # what the lost one waited for was ended
        except BaseException:
            second.kill()
            raise
    try:
        until(lambda: state()[0] == "done", tmp_path)
        with Session(engine) as db:
            assert db.scalar(text("SELECT count(*) FROM scenario_runs")) == 1
    finally:
        second.terminate()
        second.wait(30)
