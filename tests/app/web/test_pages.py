"""The frame."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.accounts.models import Role
from tests import make, make_accounts


def test_a_stranger_is_sent_to_the_login_and_back(client: FlaskClient) -> None:
    answer = client.get("/me?tab=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/me%3Ftab%3D2"


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_first_screen(app: OpenAPI, db: Session, role: Role) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role=role))
    answer = client.get("/")
    assert answer.status_code == 200
    assert "试验城" in answer.text
