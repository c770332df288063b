"""POST that may come twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import APIBlueprint, OpenAPI
from pydantic import BaseModel
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.settings import Settings
from app.web.create import create_app
from app.web.idempotency import forget_old, idempotent
from app.web.models import IdempotencyKey
from gis import db as database
from gis.errors import Conflict
from tests import make_accounts
from tests.conftest import copy_database

KEY = {"Idempotency-Key": "k1"}


class Body(BaseModel):
    number: int = 0


def add_counter(app: OpenAPI, *, takes_s: float = 0) -> list[int]:
    """POST /api/v1/count, which notes each time it really runs."""
    ran: list[int] = []
    api = APIBlueprint("counter", __name__)

    @api.post("/api/v1/count")
    @idempotent
    def post_count(body: Body) -> tuple[dict[str, int], int]:
        time.sleep(takes_s)
        ran.append(body.number)
        if body.number < 0:
            raise Conflict("You can't lock your own account.")
        return {"ran": len(ran), "number": body.number}, 201

    app.register_api(api)
    return ran


@pytest.fixture
def ran(fresh_app: OpenAPI) -> list[int]:
    return add_counter(fresh_app)


@pytest.fixture
def client(fresh_app: OpenAPI, ran: list[int], db: Session) -> FlaskClient:
    return make_accounts.client_as(fresh_app, make_accounts.account(db))


def test_a_repetition_gets_the_first_answer_and_runs_nothing(client: FlaskClient, ran: list[int]) -> None:
    first = client.post("/api/v1/count", json={"number": 5}, headers=KEY)
    again = client.post("/api/v1/count", json={"number": 5}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json == {"ran": 1, "number": 5}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert ran == [5]


def test_without_a_key_every_post_runs(client: FlaskClient, ran: list[int]) -> None:
    client.post("/api/v1/count", json={})
    client.post("/api/v1/count", json={})
    assert len(ran) == 2


def test_a_key_with_another_body_is_refused(client: FlaskClient, ran: list[int]) -> None:
    client.post("/api/v1/count", json={"number": 5}, headers=KEY)
    answer = client.post("/api/v1/count", json={"number": 6}, headers=KEY)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency.key_reused")
    assert ran == [5]


def test_keys_of_two_accounts_have_nothing_to_do_with_each_other(
    fresh_app: OpenAPI, client: FlaskClient, db: Session
) -> None:
    other = make_accounts.client_as(fresh_app, make_accounts.account(db))
    assert client.post("/api/v1/count", json={}, headers=KEY).json["ran"] == 1
    assert other.post("/api/v1/count", json={}, headers=KEY).json["ran"] == 2


def test_an_act_that_failed_may_be_tried_again(client: FlaskClient, ran: list[int]) -> None:
    assert client.post("/api/v1/count", json={"number": -1}, headers=KEY).status_code == 409
    assert client.post("/api/v1/count", json={"number": 1}, headers=KEY).status_code == 201


def test_an_act_that_died_without_an_answer_is_never_run_again(
    client: FlaskClient, ran: list[int], db: Session
) -> None:
    client.post("/api/v1/count", json={}, headers=KEY)
    db.execute(update(IdempotencyKey).values(status=None, body=None))
    answer = client.post("/api/v1/count", json={}, headers=KEY)
    assert (answer.status_code, answer.json["code"]) == (409, "idempotency.unfinished")
    assert len(ran) == 1


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_has_a_sensible_length(client: FlaskClient, key: str) -> None:
    answer = client.post("/api/v1/count", json={}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422


def test_old_keys_are_forgotten(client: FlaskClient, db: Session) -> None:
    client.post("/api/v1/count", json={}, headers=KEY)
    client.post("/api/v1/count", json={}, headers={"Idempotency-Key": "k2"})
    db.execute(text("UPDATE idempotency_keys SET started_at = now() - interval '25 hours' WHERE key = 'k1'"))
    forget_old(db)
    assert db.scalars(select(IdempotencyKey.key)).all() == ["k2"]


@pytest.fixture
def racing(cluster, template_url: str, tmp_path: Path) -> Iterator[tuple[OpenAPI, Account]]:
    """An application on a database of its own, where requests truly run side by side."""
    engine = database.make_engine(copy_database(cluster, "city_idempotency"))
    app = create_app(Settings(home=tmp_path), engine=engine)
    with database.transaction() as db:
        who = make_accounts.account(db)
    yield app, who
    database.bind(None)
    engine.dispose()


def test_of_two_at_the_same_time_one_runs_and_the_other_gets_its_answer(racing: tuple[OpenAPI, Account]) -> None:
    app, who = racing
    ran = add_counter(app, takes_s=0.5)
    answers: list[tuple[int, object]] = []

    def post() -> None:
        answer = make_accounts.client_as(app, who).post("/api/v1/count", json={"number": 3}, headers=KEY)
        answers.append((answer.status_code, answer.json))

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(201, {"ran": 1, "number": 3})] * 4
    assert ran == [3]
    with database.transaction() as db:
        assert db.scalar(select(func.count()).select_from(IdempotencyKey)) == 1
