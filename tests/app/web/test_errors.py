"""Errors as people and programs are told them."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import APIBlueprint, OpenAPI
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.accounts.session import public
from gis.db import transaction
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from tests import make, make_accounts

RAISED: dict[str, Exception] = {
    "invalid": InvalidInput("There is no account named {name}.", name="lin", field="name"),
    "forbidden": Forbidden("Your role may not do this ({right}).", right="x.y"),
    "missing": NotFound("There is no such account."),
    "conflict": Conflict("You can't lock your own account."),
    "away": Unavailable("The database does not answer."),
    "unforeseen": ZeroDivisionError("secret detail"),
    "database": OperationalError("SELECT 1", {}, Exception("server closed the connection")),
    "braces": InvalidInput("Name or password is wrong.", field="{x}"),
}


class Kind(BaseModel):
    kind: str


class Body(BaseModel):
    count: int = Field(ge=1)
    at: AwareDatetime | None = None


@pytest.fixture
def broken(fresh_app: OpenAPI, db: Session) -> FlaskClient:
    api = APIBlueprint("broken", __name__)

    @api.get("/api/v1/broken/<kind>")
    @public
    def get_broken(path: Kind) -> None:
        raise RAISED[path.kind]

    @api.get("/broken/<kind>")
    @public
    def page_broken(path: Kind) -> None:
        raise RAISED[path.kind]

    @api.post("/api/v1/broken")
    def post_broken(body: Body) -> dict[str, int]:
        return {"count": body.count}

    @api.post("/api/v1/misplaced")
    def post_misplaced() -> dict[str, int]:
        with transaction() as db:
            cell = db.execute(text("SELECT id, area_code FROM unit_cells LIMIT 1")).one()
            db.execute(
                text(
                    "INSERT INTO facilities (kind, name_zh, name_en, geom, unit_cell_id, area_code, located_by)"
                    " VALUES ('school', 'x', 'x', ST_Point(0, 0, 4326), :id, :area_code, 'map')"
                ),
                cell._asdict(),
            )
        return {}

    fresh_app.register_api(api)
    return make_accounts.client_as(fresh_app, make_accounts.account(db))


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("invalid", 422, "invalid_input"),
        ("forbidden", 403, "forbidden"),
        ("missing", 404, "not_found"),
        ("conflict", 409, "conflict"),
        ("away", 503, "unavailable"),
        ("database", 503, "unavailable"),
        ("unforeseen", 500, "internal"),
    ],
)
def test_each_family_has_its_status_and_stable_code(broken: FlaskClient, kind: str, status: int, code: str) -> None:
    answer = broken.get(f"/api/v1/broken/{kind}?lang=en")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    told = answer.json
    assert (told["status"], told["code"]) == (status, code)
    assert told["type"] == f"urn:citygrid:problem:{code}"
    assert told["title"]
    assert told["detail"]


def test_words_and_places_are_in_the_readers_language(broken: FlaskClient) -> None:
    assert broken.get("/api/v1/broken/invalid?lang=en").json["detail"] == "There is no account named lin."
    told = broken.get("/api/v1/broken/invalid?lang=zh").json
    assert (told["detail"], told["field"]) == ("没有名为 lin 的账号。", "name")


def test_an_unforeseen_error_is_logged_under_the_number_told_and_says_no_more(
    broken: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = broken.get("/api/v1/broken/unforeseen")
    assert answer.json["trace"] in caplog.text
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_people_get_a_page_that_says_what_to_do_next(broken: FlaskClient) -> None:
    answer = broken.get("/broken/missing?lang=en", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "There is no such account." in answer.text
    assert "Search for it above." in answer.text


def test_a_script_on_a_page_gets_a_problem(broken: FlaskClient) -> None:
    answer = broken.get("/broken/missing", headers={"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"})
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "count", "This is needed."),
        ({"count": 0}, "count", "Must be at least 1."),
        ({"count": "many"}, "count", "Give a whole number."),
        ({"count": 1, "at": "2026-03-01T08:00:00"}, "at", "time zone"),
    ],
)
def test_a_body_that_does_not_fit_names_the_field(
    broken: FlaskClient, body: dict[str, object], field: str, words: str
) -> None:
    answer = broken.post("/api/v1/broken?lang=en", json=body)
    assert answer.status_code == 422
    assert (answer.json["code"], answer.json["field"]) == ("invalid_input", field)
    assert words in answer.json["detail"]


def test_a_body_that_is_no_json_is_told(broken: FlaskClient) -> None:
    answer = broken.post("/api/v1/broken", data="{", content_type="application/json")
    assert answer.status_code in (400, 415, 422)
    assert answer.mimetype == "application/problem+json"


def test_a_row_that_the_database_refuses_as_misplaced_is_invalid_input(broken: FlaskClient, db: Session) -> None:
    make.city(db)
    answer = broken.post("/api/v1/misplaced")
    assert (answer.status_code, answer.json["code"]) == (422, "grid.misplaced")


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    answer = client.delete("/healthz", headers={"Accept": "application/json"})
    assert answer.status_code in (403, 405)


def test_every_error_class_has_a_code_of_its_own_shape() -> None:
    waiting = [CityError]
    while waiting:
        one = waiting.pop()
        assert one.code.replace("_", "").replace(".", "").isalnum(), one
        waiting.extend(one.__subclasses__())


def test_a_missing_right_is_named_in_the_readers_words(app: OpenAPI, db: Session) -> None:
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    refused = inspector.get("/admin?lang=en", headers={"Accept": "text/html"})
    assert refused.status_code == 403
    assert "Manage accounts" in refused.text
    assert "accounts.manage" not in refused.text
    assert "管理账号" in inspector.get("/admin?lang=zh", headers={"Accept": "text/html"}).text
