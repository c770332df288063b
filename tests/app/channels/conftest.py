"""A city with one class and a door, sealing keys of a throwaway home, and who closes a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseClass, CaseMove, CaseStatus
from app.sealing import vault
from tests import make_accounts, make_open311

Close = Callable[..., Case]


@pytest.fixture(autouse=True)
def keys(tmp_path: Path) -> Iterator[None]:
    vault.bind(tmp_path)
    yield
    vault.bind(None)


@pytest.fixture
def lamp(db: Session) -> CaseClass:
    made = make_open311.city(db)
    make_open311.door(db)
    return made


@pytest.fixture
def desk(app: OpenAPI, db: Session, lamp: CaseClass) -> FlaskClient:
    """An intake officer of the whole city at the phone desk."""
    return make_accounts.client_as(app, make_accounts.account(db, role="intake", name="operator"))


@pytest.fixture
def close(db: Session) -> Close:
    """Close a case, some time ago."""

    def closed(number: str, **ago: int) -> Case:
        case = db.scalars(select(Case).where(Case.number == number)).one()
        at = datetime.now(UTC) - timedelta(**ago)
        db.add(CaseMove(
            case_id=case.id, act="close", from_status=case.status.value, to_status=CaseStatus.CLOSED, at=at,
            actor="Li Si", note="done",
        ))  # fmt: skip
        case.status, case.closed_at = CaseStatus.CLOSED, at
        db.flush()
        return case

    return closed
