"""A city with one class, an application with a key, and a client that nobody is logged in with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.cases.models import CaseClass
from app.sealing import vault
from tests import make_open311


@pytest.fixture(autouse=True)
def keys(tmp_path: Path) -> Iterator[None]:
    """Sealing keys of a throwaway home, whichever home the application was made with."""
    vault.bind(tmp_path)
    yield
    vault.bind(None)


@pytest.fixture
def lamp(db: Session) -> CaseClass:
    return make_open311.city(db)


@pytest.fixture
def key(db: Session, lamp: CaseClass) -> str:
    return make_open311.application(db)[0]
