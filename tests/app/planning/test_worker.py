"""A real worker process carries a run out, is killed in the middle of it, and the next one does it again, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from app.accounts.service import viewer_of
from app.datasets import service as datasets
from app.datasets.service import Wish
from app.planning import commands, service
from app.settings import PROJECT, Settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis import db as database
from gis.db import transaction
from gis.files.read import open_file
from layers.layer import Registry
from tests import make, make_accounts
from tests.app.planning.conftest import CRS, frames
from tests.conftest import copy_database

WAIT_S = 120


@pytest.fixture
def own(cluster: Any, template_url: str, tmp_path: Path) -> Iterator[tuple[str, Engine, Registry]]:
    """A city of its own with the layers in it."""
    url = copy_database(cluster, "city_planning")
    engine = database.make_engine(url)
    database.bind(engine)
    registry = cast(Assembly, create_app(Settings(home=tmp_path)).extensions["city"]).layers
    yield url, engine, registry
    database.bind(None)
    engine.dispose()


def until(true: Callable[[], Any], log: Path) -> None:
    end = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"it never came: {log.read_text()[-2000:]}")
        time.sleep(0.05)


def test_a_recipe_brings_its_files_into_a_city_of_its_own(
    own: tuple[str, Engine, Registry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With real commits: layers that were just made are seen by what follows."""
    monkeypatch.setattr(commands, "_registry", lambda: own[2])
    with transaction() as db:
        make.city(db, crs_epsg=CRS)
        make_accounts.account(db, role="planner", name="pia")
    for name, frame in frames().items():
        frame.to_file(tmp_path / f"{name}.gpkg", engine="pyogrio")
    given = {
        "name": "brought", "inputs": [{"layer": name, "file": f"{name}.gpkg"} for name in ("zones", "spots")],
        "steps": [{"do": "count", "as": "out", "of": "zones", "with": "spots"}],
    }  # fmt: skip
    (tmp_path / "brought.json").write_text(json.dumps(given), encoding="utf-8")
    words = ["run", str(tmp_path / "brought.json"), "--from", str(tmp_path), "--as", "pia", "--json"]
    done = CliRunner().invoke(commands.plan, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"] == 5


def test_a_run_whose_worker_was_killed_is_done_by_the_next(own: tuple[str, Engine, Registry], tmp_path: Path) -> None:
    url, engine, registry = own
    with transaction() as db:
        make.city(db, crs_epsg=CRS)
        account = make_accounts.account(db, role="planner", name="pia")
        viewer = viewer_of(account)
        for name, frame in frames().items():
            file = tmp_path / f"{name}.gpkg"
            frame.to_file(file, engine="pyogrio")
            with open_file(file) as opened:
                datasets.add_source(db, viewer, opened, name, Wish(name), lambda _: False)
        table = datasets.get(db, viewer, "zones").table
    with transaction() as db:
        recipe = service.create(db, viewer, "trial", "", [{"do": "count", "as": "out", "of": "zones", "with": "spots"}])
        run_id, recipe_id = service.ask_run(db, viewer, registry, recipe.id).id, recipe.id
    log = tmp_path / "worker.log"

    def start() -> subprocess.Popen[bytes]:
        environment = os.environ | {"CITY_HOME": str(tmp_path), "DATABASE_URL": url}
        with log.open("ab") as out:
            return subprocess.Popen([sys.executable, "-m", "app.jobs"], cwd=PROJECT, env=environment, stdout=out,
                                    stderr=out)  # fmt: skip

    def state() -> tuple[str, int | None]:
        with engine.connect() as connection:
            asked = text("SELECT state, backend FROM recipe_runs WHERE id = :id")
            row = connection.execute(asked, {"id": run_id}).one()
            return str(row.state), row.backend

    def waits(pid: int | None) -> bool:
        with engine.connect() as connection:
            asked = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND wait_event_type = 'Lock'")
            return bool(connection.execute(asked, {"pid": pid}).scalar_one())

    gate = engine.connect()  # whoever reads the zones waits here: the run stands still in the middle
    gate.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
    first = start()
    try:
        until(lambda: state()[0] == "running" and waits(state()[1]), log)
        backend = state()[1]
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    with engine.begin() as connection:  # as after the half minute in which a worker may be silent
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'"))
        alive = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        assert connection.execute(alive, {"pid": backend}).scalar_one() == 1  # its statement waits and knows nothing
    second = start()
    try:
        until(lambda: state()[1] not in (backend, None), log)  # taken over, the old statement ended
        gate.rollback()
        gate.close()
        until(lambda: state()[0] == "done", log)
    finally:
        second.send_signal(signal.SIGTERM)
        second.wait(30)
    with transaction() as db:
        done = service.get_run(db, viewer, recipe_id, run_id)
        layer = service.layer_of(db, service.get(db, viewer, recipe_id))
        assert layer is not None
        assert (done.state.value, layer.version, layer.row_count) == ("done", 1, 5)
        left = db.execute(text("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'overlay%'")).scalar_one()
    assert left == 0
