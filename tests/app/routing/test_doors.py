"""Routing's pages and API."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseStatus
from app.organisation import register
from app.routing import versions
from tests import make, make_accounts, make_cases
from tests import make_organisation as org

HERE = "/admin/routing"
LAMP = "test catalogue component 0118"


@pytest.fixture
def lamp(db: Session) -> Case:
    make.city(db)
    for code in ("power", "roads"):
        org.department(db, code)
    return make_cases.case(db, class_id=make_cases.case_class(db, department="roads").id)


@pytest.fixture
def admin(app: OpenAPI, db: Session, lamp: Case) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator"))


def test_a_rule_is_drafted_ordered_tried_and_put_in_force_by_forms_alone(
    admin: FlaskClient, db: Session, lamp: Case
) -> None:
    form = {
        "name": "lamps",
        "classes": [LAMP],
        "department": "power",
        "hours": "00:00-24:00",
        "weekdays": list("1234567"),
    }
    assert admin.post(f"{HERE}/rules/new", data=form).status_code == 303
    assert admin.post(f"{HERE}/rules/new", data={"name": "rest", "department": "roads"}).status_code == 303
    draft = versions.draft(db)
    assert draft is not None
    assert [rule.name for rule in versions.rules_of(db, draft)] == ["lamps", "rest"]
    assert admin.post(f"{HERE}/rules/2/up", data={"revision": draft.revision}).status_code == 303
    assert admin.post(f"{HERE}/rules/2/up", data={"revision": "1"}).status_code == 409  # the draft moved on
    assert admin.post(f"{HERE}/rules/1/down").status_code == 303
    for page in ("?version=draft", "/rules/1", "/replay?version=draft&rule=1", "/reports?version=draft"):
        assert "lamps" in admin.get(HERE + page).text, page
    assert admin.post(f"{HERE}/activate").status_code == 303
    explained = admin.get(f"{HERE}/explain?case={lamp.number}&lang=en").text
    assert "Rule 1 lamps fits." in explained
    assert admin.post(f"{HERE}/rules/1/remove").status_code == 303
    assert admin.post(f"{HERE}/discard").status_code == 303
    assert versions.draft(db) is None


def test_a_refused_rule_keeps_what_was_typed(admin: FlaskClient) -> None:
    for wrong, words in (
        ({"polygon": "{not json"}, "The polygon is no GeoJSON geometry."),
        ({"hours": "dusk"}, "dusk is no span of hours."),
        ({"department": ""}, "department"),
    ):
        form = {"name": "my rule", "department": "power"} | wrong
        refused = admin.post(f"{HERE}/rules/new?lang=en", data=form)
        assert refused.status_code == 422
        assert words in refused.text
        assert 'value="my rule"' in refused.text


def test_the_dispatch_form_preselects_the_rules_department_with_its_reason(
    app: OpenAPI, db: Session, lamp: Case
) -> None:
    org.rules(db, {"name": "lamps", "classes": [LAMP], "department": "power"})
    lamp.status = CaseStatus.FILED
    db.flush()
    client = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))
    shown = client.get(f"/cases/{lamp.number}?lang=en").text
    assert '<option value="power" selected>Power and lighting</option>' in shown
    assert "Rule 1 lamps fits." in shown
    [act] = [one for one in client.get(f"/api/v1/cases/{lamp.number}").json["acts"] if one["act"] == "dispatch"]
    assert act["form"][0]["suggested"]["position"] == 1
    sent = {"act": "dispatch", "department": "roads"}
    assert client.post(f"/cases/{lamp.number}/moves", data=sent).status_code == 303
    assert "chosen by hand; the rules said Power and lighting" in client.get(f"/cases/{lamp.number}?lang=en").text


def test_programs_write_read_explain_replay_and_report(admin: FlaskClient, db: Session, lamp: Case) -> None:
    rules = [{"name": "lamps", "classes": [LAMP], "department": "power"}]
    made = admin.post("/api/v1/routing/rules", json={"rules": rules, "activate": True})
    assert (made.status_code, made.json["status"], made.json["rules"][0]["problems"]) == (201, "active", [])
    read = admin.get("/api/v1/routing/rules?version=active").json
    again = admin.post("/api/v1/routing/rules", json={"rules": read["rules"]})  # what is read can be sent back
    assert (again.status_code, again.json["version"]) == (201, 2)
    told = admin.get(f"/api/v1/routing/explain?case={lamp.number}").json
    assert (told["department"], told["by"], told["position"]) == ("power", "rule", 1)
    place = f"class_id={lamp.class_id}&lon={make_cases.NORTH[0]}&lat={make_cases.NORTH[1]}"
    assert admin.get(f"/api/v1/routing/explain?{place}").json["tried"][0]["met"] == ["class"]
    lamp.status, lamp.department = CaseStatus.HANDLING, "roads"
    db.flush()
    replay = admin.get("/api/v1/routing/replay?rule=1").json
    assert (replay["cases"], replay["elsewhere"], replay["matched"]) == (1, 1, 1)
    assert (replay["items"][0]["went"], replay["items"][0]["would"]) == ("roads", "power")
    report = admin.get("/api/v1/routing/reports").json
    assert (report["pairs"], report["unowned"]) == (4, 0)
    assert admin.get("/api/v1/routing/explain").status_code == 422
    assert admin.get("/api/v1/routing/rules?version=77").json["code"] == "routing.no_such_version"
    wrong = admin.post("/api/v1/routing/rules", json={"rules": [{"department": "gone"}]})
    assert (wrong.status_code, wrong.json["code"], wrong.json["field"]) == (422, "routing.rule_wrong", "department")


def test_a_fault_that_comes_later_is_told_on_the_first_screen_and_on_the_page(
    admin: FlaskClient, db: Session, lamp: Case
) -> None:
    org.rules(db, {"name": "lamps", "classes": [LAMP], "department": "power"})
    assert "is not there or inactive" not in admin.get("/?lang=en").text
    register.change(db, org.EDITOR, "department", "power", {"is_active": False})
    for page in ("/?lang=en", f"{HERE}?lang=en"):
        assert "Rule 1: the department power is not there or inactive." in admin.get(page).text, page
    lamp.status = CaseStatus.FILED
    db.flush()
    [act] = [
        one for one in make_accounts.client_as(admin.application, make_accounts.account(db, role="dispatcher"))
        .get(f"/api/v1/cases/{lamp.number}").json["acts"] if one["act"] == "dispatch"
    ]  # fmt: skip
    assert "power" in act["form"][0]["suggested"]["problem"]


def test_only_who_may_sees_the_pages_and_changes_rules(app: OpenAPI, db: Session, lamp: Case) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))
    for path in ("", "/replay", "/reports", "/explain", "/rules/new"):
        assert client.get(HERE + path).status_code == 403, path
    assert client.post("/api/v1/routing/rules", json={"rules": []}).status_code == 403
    assert client.get("/api/v1/routing/rules").status_code == 200
