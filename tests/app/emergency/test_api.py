"""The events' API and pages."""

from __future__ import annotations

from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.emergency.classes import find_class, load_classes
from tests import make, make_accounts, make_events
from tests.make_events import POINT, square


def test_a_commander_opens_redraws_and_ends_an_event(app: OpenAPI, db: Session) -> None:
    make.city(db)
    load_classes(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="commander"))
    body = {"class_id": find_class(db, "NEWS", "11A02").id, "title": "Waterlogging", "geometry": POINT}
    made = client.post("/api/v1/events", json=body)
    assert made.status_code == 201, made.json
    number = made.json["number"]
    assert made.json["geometry"]["type"] == "Point"
    redrawn = client.patch(f"/api/v1/events/{number}", json={"geometry": square(make.WEST, make.SOUTH), "level": "I"})
    assert (redrawn.json["geometry"]["type"], redrawn.json["level"]) == ("Polygon", "I")
    assert client.patch(f"/api/v1/events/{number}", json={"status": "ended"}).json["ended_at"]
    log = client.get(f"/api/v1/events/{number}/history").json["items"]
    assert [entry["kind"] for entry in log] == ["opened", "redrawn", "changed", "ended"]
    assert client.get("/api/v1/events?status=ended").json["matched"] == 1
    assert client.get(f"/api/v1/events/{number}/inside").json["buildings"] == 0
    refused = client.patch(f"/api/v1/events/{number}", json={"status": "contained"})
    assert (refused.status_code, refused.json["code"], refused.json["field"]) == (
        409,
        "events.move_not_allowed",
        "status",
    )


def test_the_same_post_twice_under_one_key_opens_one_event(app: OpenAPI, db: Session) -> None:
    make.city(db)
    load_classes(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="commander"))
    body = {"class_id": find_class(db, "NEWS", "11A02").id, "title": "Waterlogging", "geometry": POINT}
    answers = [client.post("/api/v1/events", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert answers[0].json["number"] == answers[1].json["number"]
    assert client.get("/api/v1/events").json["matched"] == 1


def test_problems_name_their_field(app: OpenAPI, db: Session) -> None:
    make.city(db)
    load_classes(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="commander"))
    body = {"class_id": find_class(db, "NEWS", "11A02").id, "title": "Far away", "geometry": POINT}
    for change, field in (
        ({"title": " "}, "title"),
        ({"level": "V"}, "level"),
        ({"geometry": {"type": "Point", "coordinates": [0, 0]}}, "geometry"),
        ({"class_id": 0}, "class_id"),
        ({"happened_at": "2026-01-01T00:00:00"}, "happened_at"),
        ({"unknown": 1}, "unknown"),
    ):
        answer = client.post("/api/v1/events", json=body | change)
        assert (answer.status_code, answer.json["field"]) == (422, field), answer.json
    assert client.get("/api/v1/events/E0000000000").status_code == 404


def test_the_classes_are_searched_as_a_tree(app: OpenAPI, db: Session) -> None:
    load_classes(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="commander"))
    [top] = client.get("/api/v1/emergency-classes?q=typhoon").json["items"]
    assert [leaf["name_zh"] for middle in top["children"] for leaf in middle["children"]] == ["台风"]


def test_the_pages_show_list_event_and_acts_by_right(app: OpenAPI, db: Session) -> None:
    make.city(db)
    event = make_events.event(db, title="Gas smell <b>")
    commander = make_accounts.client_as(app, make_accounts.account(db, role="commander"))
    assert "Gas smell &lt;b&gt;" in commander.get("/events?lang=en").text
    assert "No event fits" in commander.get("/events?lang=en&q=nothing").text
    page = commander.get(f"/events/{event.number}?lang=en").text
    assert "What lies inside" in page
    assert "Declare void" in page
    done = commander.post(f"/events/{event.number}", data={"level": "II", "status": "contained", "note": "holding"})
    assert done.status_code == 303
    assert (event.number in commander.get("/events?lang=en&level=II&status=contained").text) is True
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    assert "Declare void" not in inspector.get(f"/events/{event.number}?lang=en").text
    assert inspector.post(f"/events/{event.number}", data={"level": "I"}).status_code == 403
    away = make_accounts.client_as(app, make_accounts.account(db, role="commander", areas=["310199001002"]))
    assert away.get(f"/events/{event.number}").status_code == 404
    assert commander.get("/events?from=yesterday").status_code == 422


def test_the_first_screen_shows_what_still_runs(app: OpenAPI, db: Session) -> None:
    make.city(db)
    make_events.event(db, title="Still burning")
    commander = make_accounts.client_as(app, make_accounts.account(db, role="commander"))
    assert "Still burning" in commander.get("/?lang=en").text
