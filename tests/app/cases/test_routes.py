"""The API of cases as programs see it: answers, refusals, repetition, photos."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from tests import make, make_accounts, make_cases


@pytest.fixture
def inspector(app: OpenAPI, db: Session) -> FlaskClient:
    """An inspector of the southern community, logged in."""
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="inspector", areas=[make_cases.SOUTH_AREA]))


def body(db: Session, at: tuple[float, float] = make_cases.HERE, **given: Any) -> dict[str, Any]:
    return {"class_id": make_cases.case_class(db).id, "lon": at[0], "lat": at[1]} | given


def upload(client: FlaskClient, data: bytes, name: str = "photo.jpg") -> Any:
    return client.post("/api/v1/photos", data={"photo": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def test_a_logged_case_comes_back_whole(inspector: FlaskClient, db: Session) -> None:
    photo = upload(inspector, make_cases.jpeg(gps=make_cases.HERE)).get_json()
    given = body(db, description="dark since Monday", photo_keys=[photo["key"]], accuracy_m=8, located_by="gnss")
    answer = inspector.post("/api/v1/cases", json=given)
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["status"], made["source"], made["located_by"], made["accuracy_m"]) == (
        "reported", "inspector", "gnss", 8,
    )  # fmt: skip
    assert made["class"]["name_zh"] == "路灯"
    assert made["area"]["code"] == make_cases.SOUTH_AREA
    assert made["unit_cell"]["code"] == "310199001001001"
    assert [one["key"] for one in made["photos"]] == [photo["key"]]
    assert inspector.get(f"/api/v1/cases/{made['number']}").get_json() == made
    [first] = inspector.get(f"/api/v1/cases/{made['number']}/history").get_json()["items"]
    assert (first["kind"], first["to_status"]) == ("move", "reported")
    listed = inspector.get("/api/v1/cases").get_json()
    assert (listed["matched"], listed["next"], [one["number"] for one in listed["items"]]) == (
        1,
        None,
        [made["number"]],
    )
    [near] = inspector.get(
        "/api/v1/cases/near", query_string={"lon": given["lon"], "lat": given["lat"], "class_id": given["class_id"]}
    ).get_json()["items"]
    assert (near["number"], near["distance_m"]) == (made["number"], 0)


def test_the_same_post_twice_under_one_key_is_one_case(inspector: FlaskClient, db: Session) -> None:
    given, headers = body(db), {"Idempotency-Key": "a-phone-in-a-tunnel"}
    first, again = (inspector.post("/api/v1/cases", json=given, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json()["number"] == again.get_json()["number"]
    assert db.scalar(select(func.count()).select_from(Case)) == 1


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"lon": 0, "lat": 0}, 422, "grid.outside_city", "geom"),
        ({"lon": make_cases.NORTH[0], "lat": make_cases.NORTH[1]}, 403, "cases.out_of_reach", "lon"),
        ({"class_id": 10**9}, 422, "invalid_input", "class_id"),
        ({"lon": "east"}, 422, "invalid_input", "lon"),
        ({"located_by": "default"}, 422, "invalid_input", "located_by"),
        ({"datum": "EPSG:4610"}, 422, "gis.crs_refused", None),  # Xian 80: PROJ would shift it by nothing
        ({"datum": "+proj=longlat"}, 422, "invalid_input", "datum"),
        ({"description": "x" * 4001}, 422, "invalid_input", "description"),
        ({"status": "closed"}, 422, "invalid_input", "status"),
        ({"reported_at": "2025-06-01T12:00:00"}, 422, "invalid_input", "reported_at"),
        ({"photo_keys": ["0" * 32]}, 422, "invalid_input", "photo_keys"),
    ],
)
def test_what_can_not_be_taken_is_refused_with_the_field(
    inspector: FlaskClient, db: Session, change: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    answer = inspector.post("/api/v1/cases", json=body(db) | change)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    told = answer.get_json()
    assert (told["code"], told.get("field")) == (code, field)
    assert db.scalar(select(func.count()).select_from(Case)) == 0


def test_roles_and_strangers_are_kept_out(
    app: OpenAPI, client: FlaskClient, inspector: FlaskClient, db: Session
) -> None:
    assert client.get("/api/v1/cases").status_code == 401
    assert client.post("/api/v1/cases", json=body(db)).status_code in (401, 403)
    clerk = make_accounts.client_as(app, make_accounts.account(db, role="clerk"))
    assert clerk.post("/api/v1/cases", json=body(db)).status_code == 403
    assert upload(clerk, make_cases.jpeg()).status_code == 403


def test_another_streets_case_is_not_there_at_any_door(app: OpenAPI, inspector: FlaskClient, db: Session) -> None:
    owner = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    key = upload(owner, make_cases.jpeg()).get_json()["key"]
    made = owner.post("/api/v1/cases", json=body(db, make_cases.NORTH, photo_keys=[key])).get_json()
    lon, lat = make_cases.NORTH
    assert inspector.get("/api/v1/cases").get_json()["matched"] == 0
    assert inspector.get("/api/v1/cases", query_string={"area": make_cases.NORTH_AREA}).get_json()["matched"] == 0
    assert inspector.get("/api/v1/cases", query_string={"q": made["number"]}).get_json()["items"] == []
    near = inspector.get("/api/v1/cases/near", query_string={"lon": lon, "lat": lat, "radius_m": 5000})
    assert near.get_json()["items"] == []
    for path in (
        f"/api/v1/cases/{made['number']}", f"/api/v1/cases/{made['number']}/history",
        f"/photos/{key}", f"/photos/{key}/thumbnail", f"/cases/{made['number']}",
    ):  # fmt: skip
        assert inspector.get(path, buffered=True).status_code == 404, path
    move = inspector.post(f"/api/v1/cases/{made['number']}/moves", json={"act": "void", "note": "x"})
    assert move.status_code in (403, 404)
    assert owner.get(f"/photos/{key}", buffered=True).status_code == 200


def test_filters_are_read_from_the_query_and_nonsense_is_named(inspector: FlaskClient, db: Session) -> None:
    inspector.post("/api/v1/cases", json=body(db, reported_at="2025-06-01T12:00:00+08:00"))

    def matched(**query: str) -> int:
        return inspector.get("/api/v1/cases", query_string=query).get_json()["matched"]

    assert matched(status="open") == matched(status="reported,closed") == 1
    assert matched(status="closed") == 0
    assert matched(**{"from": "2025-06-01", "to": "2025-06-01"}) == 1  # a day as an end includes that day
    assert matched(**{"from": "2025-06-02"}) == 0
    assert matched(to="2025-05-31") == 0
    assert matched(to="2025-06-01T11:59:00") == 0  # the city's own time
    west, south = make.WEST, make.SOUTH
    assert matched(bbox=f"{west},{south},{west + 0.01},{south + 0.01}") == 1
    for wrong in (
        {"status": "nonsense"}, {"class": "x"}, {"class": "1;2"}, {"from": "someday"}, {"bbox": "1,2,3"},
        {"bbox": "nan,0,1,1"}, {"bbox": "5,0,1,1"}, {"limit": "0"}, {"limit": "501"}, {"after": "x"},
        {"clock": "late"}, {"kind": "thing"},
    ):  # fmt: skip
        answer = inspector.get("/api/v1/cases", query_string=wrong)
        assert answer.status_code == 422, wrong
        assert answer.get_json()["code"]


def test_pages_follow_one_another(inspector: FlaskClient, db: Session) -> None:
    made = [inspector.post("/api/v1/cases", json=body(db)).get_json()["number"] for _ in range(5)]
    seen, after = [], ""
    while after is not None:
        page = inspector.get("/api/v1/cases", query_string={"limit": 2, "after": after}).get_json()
        assert page["matched"] == 5
        seen += [one["number"] for one in page["items"]]
        after = page["next"]
    assert seen == made[::-1]


def test_a_move_needs_the_right_and_tells_the_next_ones(app: OpenAPI, inspector: FlaskClient, db: Session) -> None:
    number = inspector.post("/api/v1/cases", json=body(db)).get_json()["number"]
    intake = make_accounts.client_as(app, make_accounts.account(db, role="intake"))
    told = intake.get(f"/api/v1/cases/{number}").get_json()
    assert [one["act"] for one in told["acts"]] == ["file", "correct", "verify", "refuse", "merge", "void"]
    assert [one["act"] for one in told["acts"] if one["asks"]] == ["void"]
    url = f"/api/v1/cases/{number}/moves"
    moved = intake.post(url, json={"act": "file", "revision": told["revision"]})
    assert (moved.status_code, moved.get_json()["status"]) == (200, "filed")
    stale = intake.post(url, json={"act": "file", "revision": told["revision"]})
    assert (stale.status_code, stale.get_json()["code"]) == (409, "workflow.stale")
    wrong = intake.post(url, json={"act": "close"})
    assert (wrong.status_code, wrong.get_json()["code"]) == (409, "workflow.act_not_allowed")
    asked = intake.post(url, json={"act": "void", "note": "twice"})
    assert asked.status_code == 202
    [request] = asked.get_json()["requests"]
    answered = intake.post(f"/api/v1/cases/{number}/requests/{request['id']}", json={"answer": "withdraw"})
    assert (answered.status_code, answered.get_json()["requests"]) == (200, [])


def test_a_program_that_prefers_a_short_answer_gets_no_more_than_what_became_of_it(
    app: OpenAPI, inspector: FlaskClient, db: Session
) -> None:
    short = {"Prefer": "return=minimal"}  # RFC 7240
    logged = inspector.post("/api/v1/cases", json=body(db), headers=short)
    assert logged.status_code == 201
    assert logged.headers["Preference-Applied"] == "return=minimal"
    assert logged.get_json().keys() == {"number", "status", "revision"}
    number = logged.get_json()["number"]
    whole = inspector.get(f"/api/v1/cases/{number}").get_json()
    assert (whole["status"], whole["revision"]) == ("reported", 1)


def test_a_past_moment_is_asked_over_the_api(inspector: FlaskClient, db: Session) -> None:
    number = inspector.post("/api/v1/cases", json=body(db)).get_json()["number"]
    found = inspector.get(f"/api/v1/cases/{number}/as-of", query_string={"at": "2999-01-01T00:00:00+08:00"})
    assert (found.status_code, found.get_json()["status"]) == (200, "reported")
    before = inspector.get(f"/api/v1/cases/{number}/as-of", query_string={"at": "2020-01-01T00:00:00+08:00"})
    assert before.status_code == 404


def test_photos_are_taken_by_content_and_served_plain(inspector: FlaskClient, db: Session) -> None:
    answer = upload(inspector, make_cases.jpeg(gps=make_cases.HERE, Make="SecretCam"), name="../../x.php")
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["lon"], made["lat"]) == pytest.approx(make_cases.HERE, abs=1e-6)
    for url in (made["url"], made["thumbnail_url"]):
        got = inspector.get(url, buffered=True)
        assert (got.status_code, got.mimetype) == (200, "image/jpeg")
        assert b"SecretCam" not in got.data
        assert "private" in got.headers["Cache-Control"]
        assert got.headers["X-Content-Type-Options"] == "nosniff"
    for wrong in (b"<svg onload=alert(1)>", b"MZ\x90", b""):
        refused = upload(inspector, wrong)
        assert (refused.status_code, refused.get_json()["code"]) == (422, "cases.not_a_photo")
    assert inspector.post("/api/v1/photos").status_code == 422
    assert inspector.get("/photos/" + "0" * 32).status_code == 404
    assert inspector.get("/photos/..%2f..%2fkeys").status_code == 404


def test_the_catalogue_answers_as_a_tree(inspector: FlaskClient, db: Session) -> None:
    make_cases.case_class(db)
    told = inspector.get("/api/v1/catalogue", query_string={"kind": "component", "q": "ld"}).get_json()
    assert [one["name"] for one in told["schemes"]] == [make_cases.SCHEME]
    [major] = told["items"]
    assert (major["kind"], major["code"], [child["code"] for child in major["children"]]) == (
        "component",
        "01",
        ["0118"],
    )
    assert inspector.get("/api/v1/catalogue", query_string={"kind": "thing"}).status_code == 422
