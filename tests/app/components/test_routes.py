"""The API and pages of components."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from tests import make, make_accounts, make_cases


@pytest.fixture
def department(app: OpenAPI, db: Session) -> FlaskClient:
    """A department of the southern community, logged in."""
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="department", areas=[make_cases.SOUTH_AREA]))


def body(db: Session, at: tuple[float, float] = make_cases.HERE, **given: Any) -> dict[str, Any]:
    return {"class_id": make_cases.case_class(db).id, "lon": at[0], "lat": at[1]} | given


def test_a_component_is_registered_read_changed_and_listed(department: FlaskClient, db: Session) -> None:
    made = department.post("/api/v1/components", json=body(db, in_charge="Lighting")).get_json()
    assert (made["code"], made["state"], made["name_zh"], made["unit_cell"]["code"]) == (
        "3101990118000001", "intact", "路灯", "310199001001001",
    )  # fmt: skip
    url = f"/api/v1/components/{made['code']}"
    changed = department.post(f"{url}/state", json={"state": "missing", "note": "gone"})
    assert (changed.status_code, changed.get_json()["state"]) == (200, "missing")
    assert [one["kind"] for one in department.get(f"{url}/history").get_json()["items"]] == ["registered", "state"]
    told = department.get("/api/v1/components", query_string={"state": "missing"}).get_json()
    assert (told["matched"], told["items"][0]["code"], told["next"]) == (1, made["code"], None)
    near = department.get("/api/v1/components/near", query_string={"lon": made["lon"], "lat": made["lat"]}).get_json()
    assert [one["code"] for one in near["items"]] == [made["code"]]


def test_pages_follow_one_another(department: FlaskClient, db: Session) -> None:
    made = [department.post("/api/v1/components", json=body(db)).get_json()["code"] for _ in range(3)]
    first = department.get("/api/v1/components", query_string={"limit": 2}).get_json()
    rest = department.get("/api/v1/components", query_string={"limit": 2, "after": first["next"]}).get_json()
    assert [one["code"] for one in first["items"] + rest["items"]] == made
    assert rest["next"] is None


@pytest.mark.parametrize(
    "query", [{"state": "rusty"}, {"class": "x"}, {"bbox": "1,2"}, {"after": "!"}, {"limit": "-1"}, {"after": "WzFd"}]
)
def test_a_query_that_makes_no_sense_is_refused(department: FlaskClient, query: dict[str, str]) -> None:
    assert department.get("/api/v1/components", query_string=query).status_code == 422


def test_another_areas_component_is_not_there(app: OpenAPI, department: FlaskClient, db: Session) -> None:
    far = make_cases.component(db, at=make_cases.NORTH)
    for path in (f"/api/v1/components/{far.code}", f"/api/v1/components/{far.code}/history", f"/components/{far.code}"):
        assert department.get(path).status_code == 404, path
    assert department.post(f"/components/{far.code}/state", data={"state": "missing"}).status_code in (404, 422)
    assert far.code not in department.get("/components").get_data(as_text=True)
    assert far.code in make_accounts.client_as(app, make_accounts.account(db)).get("/components").get_data(as_text=True)


def test_the_list_and_one_component_are_pages(department: FlaskClient, db: Session) -> None:
    assert "还没有登记部件" in department.get("/components").get_data(as_text=True)
    lamp = make_cases.component(db)
    page = department.get("/components?lang=en").get_data(as_text=True)
    assert lamp.code in page
    assert "Street lamp" in page
    one = department.get(f"/components/{lamp.code}?lang=en").get_data(as_text=True)
    assert "Intact" in one
    assert "Save the condition" in one
    assert "No component fits" in department.get("/components?lang=en&q=nothing").get_data(as_text=True)


def test_the_condition_is_changed_by_form(department: FlaskClient, db: Session) -> None:
    lamp = make_cases.component(db)
    done = department.post(
        f"/components/{lamp.code}/state", data={"state": "damaged", "expected": "intact", "note": "x"}
    )
    assert (done.status_code, done.headers["Location"]) == (303, f"/components/{lamp.code}")
    wrong = department.post(
        f"/components/{lamp.code}/state", data={"state": "rusty", "expected": "damaged", "note": "kept"}
    )
    assert wrong.status_code == 422
    assert "kept" in wrong.get_data(as_text=True)


def test_who_only_reads_sees_no_form(app: OpenAPI, department: FlaskClient, db: Session) -> None:
    lamp = make_cases.component(db)
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    assert "Save the condition" not in inspector.get(f"/components/{lamp.code}?lang=en").get_data(as_text=True)
    assert (
        inspector.post(f"/components/{lamp.code}/state", data={"state": "missing", "expected": "intact"}).status_code
        == 403
    )
