"""An application with the test layers, a city of four communities, and prints made as the worker makes them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.printing import service
from app.printing.models import PrintJob
from app.printing.running import carry_out
from app.settings import Settings
from grid.models import AddressKind, UnitCell
from tests import make, make_accounts
from tests.layers.things import LAMPS, LODGERS, PLOTS, lamps

Printed = Callable[..., PdfReader]
ON_SOUTH, ON_NORTH = "310199001001001", "310199001002001"


@pytest.fixture
def cells(db: Session) -> dict[str, UnitCell]:
    return make.city(db)


@pytest.fixture
def web(app: Flask) -> Flask:
    layers = app.extensions["city"].layers
    for one in (LAMPS, PLOTS, LODGERS):
        if one.id not in layers._layers:
            layers.add(one)
    return app


@pytest.fixture
def lit(db: Session, cells: dict[str, UnitCell]) -> None:
    """Three lamps and two houses in the south, nine lamps in the north."""
    lamps(db, cells[ON_SOUTH], [(121.4502 + n * 1e-4, 31.2305) for n in range(3)])
    lamps(db, cells[ON_SOUTH], [(121.4511, 31.2311), (121.4513, 31.2311)], kind=AddressKind.BUILDING)
    lamps(db, cells[ON_NORTH], [(121.4502 + n * 1e-4, 31.2325) for n in range(9)])


@pytest.fixture
def planner(web: Flask, db: Session, cells: dict[str, UnitCell]) -> FlaskClient:
    return make_accounts.client_as(web, make_accounts.account(db, role="planner", full_name="Li Hua"))


@pytest.fixture
def south(web: Flask, db: Session, cells: dict[str, UnitCell]) -> FlaskClient:
    return make_accounts.client_as(web, make_accounts.account(db, role="planner", areas=["310199001001"]))


def work(web: Flask, db: Session, where: Path) -> PrintJob:
    """What the worker does with the last print asked for."""
    job_id = db.scalar(select(PrintJob.id).order_by(PrintJob.id.desc()).limit(1))
    assert job_id is not None
    city = web.extensions["city"]
    carry_out(web, city.layers, city.settings, job_id, where)
    db.expire_all()
    return db.get_one(PrintJob, job_id)


def folder(web: Flask) -> Path:
    settings: Settings = web.extensions["city"].settings
    return service.folder(settings)


@pytest.fixture
def printed(web: Flask, db: Session) -> Printed:
    """Ask for a print over HTTP, have it made, download it and open it."""

    def go(client: FlaskClient, **asked: Any) -> PdfReader:
        answer = client.post("/api/v1/prints", json={"query": "on=lamps", "lang": "en"} | asked)
        assert answer.status_code == 202, answer.text
        job = work(web, db, folder(web))
        assert job.state == "done", job.error
        file = client.get(f"/prints/{job.key}.pdf", buffered=True)
        assert file.status_code == 200
        return PdfReader(io.BytesIO(file.data))

    return go
