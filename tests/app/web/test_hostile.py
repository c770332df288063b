"""Hostile input at every address: answered in problem+json with a code, never by an error of ours, never as markup."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from prometheus_client import generate_latest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests import make_accounts, make_people
from tests.make_streets import Street, streets

JSON = {"Accept": "application/json"}
PARTS = (
    "x'; DROP TABLE cases; --", "%27%20OR%20'1'='1", "a%00b", "%ff%fe", "../../../etc/passwd", "..%2f..%2fetc%2fpasswd",
    "99999999999999999999999", "-1", "0", "{0.__class__}", "%25s", "NaN", "%E2%80%AE", "x" * 300,
)  # fmt: skip
ROLES = ("administrator", "commander", "clerk", "intake", "department")


@pytest.fixture
def town(db: Session, web_home: Path, tmp_path: Path) -> Iterator[Street]:
    """One street with a row in every register."""
    with make_people.keys(tmp_path):
        yield streets(db, web_home)[0]


def clients(app: OpenAPI, db: Session, *roles: str) -> list[FlaskClient]:
    return [make_accounts.client_as(app, make_accounts.account(db, role=role)) for role in roles]


def wrong_answer(answer: object) -> str | None:
    """What is wrong with an answer; None for a good one."""
    status: int = answer.status_code  # type: ignore[attr-defined]
    if status < 400:
        return None
    if status >= 500:
        return str(status)
    if answer.headers.get("X-Error-Code"):  # type: ignore[attr-defined]  # Open311 has a form of its own for errors
        return None
    problem = answer.json if answer.mimetype == "application/problem+json" else {}  # type: ignore[attr-defined]
    return None if {"type", "title", "status", "detail", "code"} <= set(problem) else f"{status} without a code"


def test_nothing_in_a_path_breaks_an_address(app: OpenAPI, db: Session, town: Street) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if "<" in str(rule) and rule.endpoint != "static"]
    bad = []
    for client in clients(app, db, "commander", "clerk"):
        for rule in rules:
            for part in PARTS:
                address = re.sub(r"<[^>]+>", lambda _: part, str(rule))  # noqa: B023  # used at once
                for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                    answer = client.open(address, method=method, json={}, headers=JSON, buffered=True)
                    bad += [(method, address, wrong)] if (wrong := wrong_answer(answer)) else []
    assert bad == []


def test_nothing_in_a_query_breaks_the_api(app: OpenAPI, db: Session, town: Street) -> None:
    keys = {"number": town.case_number, "code": town.component_code, "id": "1", "layer_id": "cases", "row_id": "1"}
    bad = []
    for client in clients(app, db, "commander"):
        for path, operations in app.api_doc["paths"].items():
            address = re.sub(r"\{(\w+)\}", lambda found: keys.get(found[1], "1"), path)
            for parameter in operations.get("get", {}).get("parameters", []):
                for part in PARTS if parameter["in"] == "query" else ():
                    answer = client.get(f"{address}?{parameter['name']}={part}", headers=JSON, buffered=True)
                    bad += [(path, parameter["name"], part, wrong)] if (wrong := wrong_answer(answer)) else []
    assert bad == []


BODIES = (
    b"", b"{", b"[]", b"null", b'"x"', b"[" * 100_000, b'{"a":' * 20_000, b"\xff\xfe",
    b'{"class_id": 1e400, "lon": NaN, "lat": Infinity}', b'{"class_id": 99999999999999999999, "lon": 121.4, "lat": 31}',
    b'{"q": "\\u0000", "name": "\\u0000", "note": "\\u0000", "to": "filed", "purpose": "verify"}', b'{"q": "\\ud800"}',
)  # fmt: skip
TYPES = ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x" * 500)


def test_no_body_breaks_the_api(app: OpenAPI, db: Session, town: Street) -> None:
    keys = {"number": town.case_number, "code": town.component_code}
    able = clients(app, db, *ROLES)
    bad = []
    for path, operations in app.api_doc["paths"].items():
        address = re.sub(r"\{(\w+)\}", lambda found: keys.get(found[1], "1"), path)
        for method in operations.keys() - {"get"}:
            for client in able:
                sent = [(body, TYPES[0]) for body in BODIES] + [(BODIES[3], kind) for kind in TYPES]
                for body, kind in sent:
                    answer = client.open(address, method=method.upper(), data=body, content_type=kind, headers=JSON)
                    bad += [(method, path, body[:20], kind[:9], wrong)] if (wrong := wrong_answer(answer)) else []
    assert bad == []


@pytest.mark.parametrize(
    "field", ["description", "reported_at", "class_id", "address_id", "component_id", "photo_keys"]
)
@pytest.mark.parametrize(
    "value", ["a\x00b", 10**30, -1, [], {}, ["\x00"], "\ud800", "x" * 5000, "0001-01-01T00:00:00+14:00", True]
)
def test_a_case_with_one_hostile_field_is_refused_in_words_or_kept_as_text(
    app: OpenAPI, db: Session, town: Street, field: str, value: object
) -> None:
    class_id = db.scalar(text("SELECT class_id FROM cases LIMIT 1"))
    body = {"class_id": class_id, "lon": town.lon, "lat": town.lat, field: value}
    [client] = clients(app, db, "intake")
    answer = client.post("/api/v1/cases", data=json.dumps(body), content_type="application/json")
    assert wrong_answer(answer) is None, answer.text
    assert answer.status_code in (201, 422)


PAGES = (
    "/", "/cases", "/cases/{case_number}", "/components", "/components/{component_code}", "/events",
    "/events/{event_number}", "/facilities", "/facilities/{facility_id}", "/residents", "/residents/{person_id}",
    "/buildings/{building_id}", "/admin/audit", "/admin/accounts", "/map", "/me",
    "/layers/addresses/map.html?by=cell", "/layers/cases/map.html?by=cell&title=%3Cscript%3Ealert(1)%3C/script%3E",
    "/layers/cases/map.html?title=%7B%7B7*7777777%7D%7D&q=%7B%7B7*7777777%7D%7D",
    "/layers/components/map.html?by=cell", "/layers/duty_cells/map.html?by=area",
)  # fmt: skip
MARKUP = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&{{7*7777777}}"""


def test_markup_in_any_text_stays_text_on_every_page_and_in_the_map_file(
    app: OpenAPI, db: Session, town: Street
) -> None:
    for table, columns in {
        "cases": ("description", "outcome", "department"), "case_moves": ("note", "actor"),
        "components": ("name_zh", "name_en", "in_charge"), "component_entries": ("note", "actor"),
        "events": ("title", "description"), "event_entries": ("note", "actor"),
        "facilities": ("name_zh", "name_en", "address_text"), "facility_entries": ("note",),
        "addresses": ("text_zh", "text_en", "number"), "buildings": ("name_zh", "name_en"),
        "areas": ("name_zh", "name_en"), "duty_cells": ("name_zh", "name_en", "responsible", "team"),
        "case_classes": ("name_zh", "name_en"), "city": ("name_zh", "name_en"), "dwellings": ("room",),
        "accounts": ("full_name",), "emergency_classes": ("name_zh", "name_en"), "resident_entries": ("note",),
    }.items():  # fmt: skip
        db.execute(text("ALTER TABLE " + table + " DISABLE TRIGGER USER"))
        for column in columns:
            db.execute(text(f"UPDATE {table} SET {column} = :markup"), {"markup": MARKUP})
    able = clients(app, db, "commander", "clerk", "administrator")
    shown = 0
    for page in PAGES:
        for client in able:
            answer = client.get(page.format(**town.__dict__), buffered=True)
            assert answer.status_code in (200, 403), page
            assert "<script>alert(1)" not in answer.text, page
            assert "<img src=x" not in answer.text, page
            assert "54444439" not in answer.text, page
            shown += "alert(1)" in answer.text
    assert shown > len(PAGES)  # it was there to be shown


def test_what_is_searched_for_is_shown_again_as_text(app: OpenAPI, db: Session, town: Street) -> None:
    asked = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    names = ("q", "area", "status", "class", "from", "to", "after", "level", "kind", "actor", "act", "next", "lang")
    for client in clients(app, db, "clerk", "administrator"):
        for page in ("/cases", "/components", "/events", "/facilities", "/residents", "/admin/audit", "/login", "/map"):
            for name in names:
                assert "<script>alert" not in client.get(f"{page}?{name}={asked}").text, (page, name)


def test_nothing_personal_stands_in_the_logs(
    app: OpenAPI, db: Session, town: Street, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clerk, intake = clients(app, db, "clerk", "intake")
    number, secret = make_people.number(77), "Zhang Wushuang"
    sent = {"dwelling_id": town.dwelling_id, "name": secret, "number": number, "from_on": "2025-01-01"}
    for body in (sent, sent, sent | {"name": secret + "\x00"}, sent | {"dwelling_id": 10**30}, sent | {"from_on": "x"}):
        clerk.post("/api/v1/residents", json=body)
    clerk.post("/api/v1/residents/search", json={"q": secret})
    clerk.post("/api/v1/residents/search", json={"q": number + "\x00"})
    clerk.post("/residents/search", data={"q": secret + "\x00"})
    intake.post("/api/v1/cases", json={"class_id": 1, "lon": 0, "lat": 0, "description": secret + "\x00"})
    clerk.get(f"/api/v1/nothing/{secret}")
    clerk.post("/login", data={"name": secret, "password": secret})
    told = "\n".join(logging.Formatter().format(one) for one in caplog.records)
    assert secret not in told
    assert number not in told
    assert secret not in json.dumps([list(row) for row in db.execute(text("SELECT actor, detail FROM audit_entries"))])


def test_a_strangers_words_for_methods_are_not_kept_as_figures(app: OpenAPI, client: FlaskClient) -> None:
    for method in ("BREW", "AAAA", "BBBB"):
        assert client.open("/healthz", method=method).status_code == 405
    assert b'method="BREW"' not in generate_latest()
    assert b'method="other"' in generate_latest()


@pytest.mark.parametrize(
    "key",
    [
        "../keys/session", "..%2f..%2fkeys%2fsession", "%2e%2e/keys/session", "a" * 32 + "/..", "/etc/passwd",
        "....//....//keys/session", "ab" * 16 + "%00.jpg", "AB" * 16,
    ],
)  # fmt: skip
def test_no_photo_key_leads_out_of_the_photos(app: OpenAPI, db: Session, key: str) -> None:
    [client] = clients(app, db, "inspector")
    doors = (f"/photos/{key}", f"/photos/{key}/thumbnail", f"/static/../var/{key}", f"/static/%2e%2e/{key}")
    for address in doors:
        assert client.get(address, headers=JSON).status_code in (404, 422)
