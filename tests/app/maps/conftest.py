"""An application that has the test layers beside its own, over the rolled-back database of the test."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from grid.models import UnitCell
from tests import make, make_accounts
from tests.layers.things import LAMPS, LODGERS, PLOTS


@pytest.fixture
def cells(db: Session) -> dict[str, UnitCell]:
    return make.city(db)


@pytest.fixture
def web(app: Flask) -> Flask:
    layers = app.extensions["city"].layers
    known = layers._layers
    for one in (LAMPS, PLOTS, LODGERS):
        if one.id not in known:
            layers.add(one)
    return app


@pytest.fixture
def planner(web: Flask, db: Session, cells: dict[str, UnitCell]) -> FlaskClient:
    return make_accounts.client_as(web, make_accounts.account(db, role="planner"))


@pytest.fixture
def south(web: Flask, db: Session, cells: dict[str, UnitCell]) -> FlaskClient:
    return make_accounts.client_as(web, make_accounts.account(db, role="planner", areas=["310199001001"]))
