"""A city's own names of states, steps and tasks: on every screen and in every answer, and back again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.workflow import labels
from tests import make, make_accounts, make_cases

PAGE = "/admin/labels/grid-case"
SWAPPED = {
    "states.verifying.zh": "核查中", "states.verifying.en": "Being looked at",
    "acts.verify.zh": "派核查", "acts.verify.en": "Have it looked at",
}  # fmt: skip


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    labels._kept.clear()
    yield
    labels._kept.clear()


@pytest.fixture
def admin(app: OpenAPI, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator", areas=[""]))


def test_a_city_swaps_words_and_pages_api_and_outside_applications_show_them(
    app: OpenAPI, admin: FlaskClient, db: Session
) -> None:
    case = make_cases.case(db)
    assert admin.post(PAGE, data=SWAPPED).status_code == 303
    client = make_accounts.client_as(app, make_accounts.account(db, role="intake", areas=[""]))
    told = client.get(f"/api/v1/cases/{case.number}").json
    assert [one["words"] for one in told["acts"] if one["act"] == "verify"] == ["派核查"]
    client.post(f"/api/v1/cases/{case.number}/moves", json={"act": "verify"})
    page = client.get(f"/cases/{case.number}").text
    assert "核查中" in page
    assert "派核查" in page  # also in what happened
    outside = client.get(f"/open311/v2/requests/{case.number}.json").json[0]
    assert outside["status_notes"] == "核查中"


def test_both_blank_is_the_declared_name_and_one_blank_is_refused(admin: FlaskClient, db: Session) -> None:
    admin.post(PAGE, data=SWAPPED)
    assert len(labels.own_names(db, "grid-case")) == 2
    refused = admin.post(PAGE, data=SWAPPED | {"states.verifying.en": ""})
    assert refused.status_code == 422
    assert "核查中" in refused.text
    assert admin.post(PAGE, data=SWAPPED | {"states.verifying.en": "", "states.verifying.zh": ""}).status_code == 303
    assert list(labels.own_names(db, "grid-case")) == ["acts.verify"]
    assert admin.post(PAGE, data=SWAPPED | {"reset": "1"}).status_code == 303
    assert labels.own_names(db, "grid-case") == {}


def test_who_changed_a_name_is_in_the_audit_record(admin: FlaskClient, db: Session) -> None:
    admin.post(PAGE, data=SWAPPED)
    told = admin.get("/api/v1/audit?act=labels.change").json
    assert len(told["items"]) == 2


def test_there_is_no_page_for_a_kind_that_is_not_there(admin: FlaskClient) -> None:
    assert admin.get("/admin/labels/nothing").status_code == 404
    assert admin.get("/admin/labels").status_code == 302
