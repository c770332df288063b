"""Fixtures for tests of notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.sealing import vault


@pytest.fixture
def statements(db: Session) -> Iterator[Callable[[], list[str]]]:
    """The statements that the test's connection has run."""
    ran: list[str] = []

    def keep(_c: object, _cu: object, sql: str, *_rest: object) -> None:
        ran.append(sql)

    connection = db.connection()
    event.listen(connection, "before_cursor_execute", keep)
    yield lambda: ran
    event.remove(connection, "before_cursor_execute", keep)


@pytest.fixture(autouse=True)
def keys(tmp_path: Path) -> Iterator[None]:
    """A home of the test's own for the keys that seal addresses and secrets."""
    vault.bind(tmp_path)
    yield
    vault.bind(None)
