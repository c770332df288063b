"""Fixtures for tests that ask the web application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.sealing import vault
from app.settings import Settings
from app.web.create import create_app


@pytest.fixture(scope="session")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that test applications keep their keys and uploads in."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def assembled(web_home: Path) -> OpenAPI:
    """The application, put together once: 400 addresses take a third of a second each time."""
    return create_app(Settings(home=web_home))


@pytest.fixture
def app(db: Session, assembled: OpenAPI, web_home: Path) -> Iterator[OpenAPI]:
    """The application on the test's own connection: requests and `db` see the same rolled-back transaction.

    What a test changes of its settings, layers and kept facts is put back after it.
    """
    layers = assembled.extensions["city"].layers
    parts = [assembled.config, assembled.extensions, vars(layers)]
    before = [dict(part) for part in parts]
    inside = [(kept, kept.copy()) for kept in (layers._layers, layers._sources, layers._opened)]
    assembled.testing = True
    vault.bind(web_home)
    yield assembled
    vault.bind(None)
    for part, kept in zip(parts, before, strict=True):
        part.clear()
        part.update(kept)
    for changed, kept in inside:
        changed.clear()
        (changed.extend if isinstance(changed, list) else changed.update)(kept)


@pytest.fixture
def fresh_app(db: Session, web_home: Path) -> OpenAPI:
    """An application of the test's own, which may be given further addresses."""
    made = create_app(Settings(home=web_home))
    made.testing = True
    return made


@pytest.fixture
def client(app: OpenAPI) -> FlaskClient:
    """A client that nobody is logged in with."""
    return app.test_client()
