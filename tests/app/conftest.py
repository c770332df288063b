"""Fixtures for tests that ask the web application."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.settings import Settings
from app.web.create import create_app


@pytest.fixture(scope="session")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that test applications keep their keys and uploads in."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def app(db: Session, web_home: Path) -> OpenAPI:
    """The application on the test's own connection: requests and `db` see the same rolled-back transaction."""
    made = create_app(Settings(home=web_home))
    made.testing = True
    return made


@pytest.fixture
def client(app: OpenAPI) -> FlaskClient:
    """A client that nobody is logged in with."""
    return app.test_client()
