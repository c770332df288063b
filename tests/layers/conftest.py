"""The layers' sample rows borrow the table of addresses as plain points."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session


@pytest.fixture(autouse=True)
def unguarded(request: pytest.FixtureRequest) -> None:
    """Points may stand anywhere, beyond the city too: the guard of addresses is off inside the test's transaction."""
    if "db" in request.fixturenames:
        db: Session = request.getfixturevalue("db")
        db.execute(text("ALTER TABLE addresses DISABLE TRIGGER located_insert"))
