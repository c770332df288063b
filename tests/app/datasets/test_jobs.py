"""Large files are examined and made by the worker, with progress; what fails leaves nothing but its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.datasets import tasks, uploads
from app.datasets.models import Dataset, Upload
from app.datasets.originals import Originals
from app.settings import Settings
from tests import make, make_accounts
from tests.app.datasets import files
from tests.app.datasets.files import HERE, S, W
from tests.app.datasets.test_doctor import API, send


@pytest.fixture
def planner(app: Flask, db: Session, web_home: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Every file is a large one here, and the worker knows the home."""
    make.city(db)
    monkeypatch.setattr(uploads, "INLINE_BYTES", 100)
    monkeypatch.setattr(tasks, "TELL_EVERY_S", 0.0)
    monkeypatch.setattr(tasks, "read_settings", lambda: Settings(home=web_home))
    return make_accounts.client_by_token(app, db, make_accounts.account(db, role="planner"))


def queued(db: Session) -> list[tuple[str, int]]:
    """The tasks that wait, with the upload that each is about."""
    asked = text("SELECT task_name, args->>'upload_id' FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
    return [(name, int(upload)) for name, upload in db.execute(asked)]


def work(db: Session) -> None:
    """Do what waits, as the worker does."""
    for name, upload_id in queued(db):
        {"datasets.examine": tasks.examine, "datasets.make": tasks.make}[name](upload_id)
    db.execute(text("DELETE FROM procrastinate_jobs"))
    db.expire_all()


def test_a_large_file_is_examined_and_made_by_the_worker(planner: FlaskClient, db: Session) -> None:
    answer = send(planner, "s.csv", files.csv([*HERE[:9], *((y, x) for x, y in HERE[9:])]))
    assert (answer.status_code, answer.json["state"], answer.json["tables"]) == (202, "examining", [])
    key = answer.json["key"]
    early = planner.post(API, json={"upload": key, "table": "s"})
    assert (early.status_code, early.json["code"]) == (409, "datasets.upload_busy")
    work(db)
    told = planner.get(f"{API}/uploads/{key}").json
    assert (told["state"], told["share"], told["tables"][0]["rows"]) == ("ready", 1, 12)
    made = planner.post(API, json={"upload": key, "table": "s", "title": "Spots"})
    assert (made.status_code, made.json["upload"]["state"]) == (202, "making")
    work(db)
    told = planner.get(f"{API}/uploads/{key}").json
    assert (told["state"], told["made"]) == ("ready", ["spots"])
    assert planner.get(f"{API}/spots").json["rows"] == 12
    assert planner.post(f"{API}/spots/mends", json={"mends": {"swap": False}}).status_code == 202
    assert planner.delete(f"{API}/spots").json["code"] == "datasets.layer_busy"
    work(db)
    assert (planner.get(f"{API}/spots").json["rows"], planner.get(f"{API}/spots").json["version"]) == (9, 2)


def test_progress_is_told_while_the_work_goes_on(planner: FlaskClient, db: Session) -> None:
    upload = Upload(
        key="k", name="n.csv", suffix=".csv", sha256="0" * 64, size_bytes=1, state="examining", report={},
        samples={}, work={},
    )  # fmt: skip
    db.add(upload)
    db.flush()
    tasks._teller(upload.id)(0.4)
    db.expire_all()
    assert upload.share == 0.4


def test_a_large_file_that_is_none_fails_with_its_reason_and_without_its_bytes(
    planner: FlaskClient, db: Session, web_home: Path
) -> None:
    answer = send(planner, "none.csv", "a,b\n" + "1,2\n" * 100)
    work(db)
    told = planner.get(f"{API}/uploads/{answer.json['key']}").json
    assert (told["state"], told["problem"]["code"]) == ("failed", "datasets.no_place")
    upload = db.query(Upload).one()
    assert not Originals.of(Settings(home=web_home)).path(upload.sha256, upload.suffix).exists()


def test_what_can_not_be_made_is_told_and_may_be_tried_again(planner: FlaskClient, db: Session) -> None:
    key = send(planner, "far.geojson", files.points([(16.37, 48.2), (16.38, 48.2)])).json["key"]
    work(db)
    planner.post(API, json={"upload": key, "table": "far", "mends": {"inside": True}})
    work(db)
    told = planner.get(f"{API}/uploads/{key}").json
    assert (told["state"], told["problem"]["code"]) == ("ready", "datasets.nothing_left")
    assert db.query(Dataset).count() == 0
    assert planner.post(API, json={"upload": key, "table": "far"}).status_code == 202
    work(db)
    assert db.query(Dataset).one().row_count == 2


def test_uploads_of_which_nothing_is_made_are_forgotten_after_a_week(
    planner: FlaskClient, db: Session, web_home: Path
) -> None:
    bodies = {"used": files.points([(W, S)] * 9), "unused": files.points([(W, S)] * 8)}
    keys = {name: send(planner, f"{name}.geojson", body).json["key"] for name, body in bodies.items()}
    work(db)
    planner.post(API, json={"upload": keys["used"], "table": "used"})
    work(db)
    db.execute(text("UPDATE dataset_uploads SET changed_at = now() - interval '8 days'"))
    tasks.sweep(0)
    db.expire_all()
    assert [one.name for one in db.query(Upload)] == ["used.geojson"]
