"""The facilities' API and pages."""

from __future__ import annotations

from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from tests import make, make_accounts
from tests.make_events import POINT


def test_a_facility_is_added_changed_listed_and_shown(app: OpenAPI, db: Session) -> None:
    make.city(db)
    clerk = make_accounts.client_as(app, make_accounts.account(db, role="clerk"))
    made = clerk.post("/api/v1/facilities", json={"kind": "shelter", "name_en": "Hall <1>", "geometry": POINT})
    assert made.status_code == 201, made.json
    address = f"/api/v1/facilities/{made.json['id']}"
    assert clerk.patch(address, json={"capacity": 250}).json["capacity"] == 250
    assert [line["kind"] for line in clerk.get(f"{address}/history").json["items"]] == ["created", "changed"]
    assert clerk.get("/api/v1/facilities?kind=shelter&q=hall").json["matched"] == 1
    listed = clerk.get("/facilities?lang=en").text
    assert "Hall &lt;1&gt;" in listed
    assert "Shelter" in listed
    assert "250" in clerk.get(f"/facilities/{made.json['id']}?lang=en").text
    assert "No facility fits" in clerk.get("/facilities?lang=en&kind=park").text
    refused = clerk.post("/api/v1/facilities", json={"kind": "castle", "name_en": "Keep", "geometry": POINT})
    assert (refused.status_code, refused.json["field"]) == (422, "kind")


def test_who_may_not_edit_gets_403_and_who_is_elsewhere_404(app: OpenAPI, db: Session) -> None:
    make.city(db)
    clerk = make_accounts.client_as(app, make_accounts.account(db, role="clerk"))
    made = clerk.post("/api/v1/facilities", json={"kind": "park", "name_zh": "公园", "geometry": POINT}).json
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    assert inspector.patch(f"/api/v1/facilities/{made['id']}", json={"capacity": 1}).status_code == 403
    away = make_accounts.client_as(app, make_accounts.account(db, role="clerk", areas=["310199001002"]))
    assert away.get(f"/facilities/{made['id']}").status_code == 404
    assert away.get(f"/api/v1/facilities/{made['id']}").status_code == 404
