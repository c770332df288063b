"""The application with the test layers, plots in the south and in the north, and people who look at them."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from grid.models import UnitCell
from tests import make, make_accounts
from tests.layers.things import LAMPS, LODGERS, PLOTS, plot

SOUTH_CELL, NORTH_CELL = "310199001001001", "310199001002001"


@pytest.fixture
def cells(db: Session) -> dict[str, UnitCell]:
    return make.city(db)


@pytest.fixture
def web(app: Flask, db: Session, cells: dict[str, UnitCell]) -> Flask:
    layers = app.extensions["city"].layers
    for one in (LAMPS, PLOTS, LODGERS):
        if one.id not in layers._layers:
            layers.add(one)
    for at in range(12):
        plot(db, cells[SOUTH_CELL], 121.4502 + at * 0.0003, 31.2302, 0.0001, floors=at * at + 1, use=f"u{at % 2}")
    for at in range(2):
        plot(db, cells[NORTH_CELL], 121.4502 + at * 0.0003, 31.2332, 0.0001, floors=900 + at, use="north")
    return app


@pytest.fixture
def planner(web: Flask, db: Session) -> FlaskClient:
    return make_accounts.client_as(web, make_accounts.account(db, role="planner"))


@pytest.fixture
def dispatcher(web: Flask, db: Session) -> FlaskClient:
    return make_accounts.client_as(web, make_accounts.account(db, role="dispatcher"))


@pytest.fixture
def south(web: Flask, db: Session) -> FlaskClient:
    return make_accounts.client_as(web, make_accounts.account(db, role="planner", areas=["310199001001"]))
