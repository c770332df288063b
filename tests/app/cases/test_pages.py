"""The pages of cases, without scripts."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from pyproj import Geod
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases import acts
from app.cases.models import CaseStatus
from tests import make, make_accounts, make_cases, make_organisation


@pytest.fixture
def intake(app: OpenAPI, db: Session) -> FlaskClient:
    """An intake officer of the whole city, logged in."""
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="intake"))


def page(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_the_list_says_when_there_is_nothing_and_when_nothing_fits(intake: FlaskClient, db: Session) -> None:
    assert "No case has been logged in your areas yet." in page(intake, "/cases?lang=en")
    assert "您的辖区还没有案件。" in page(intake, "/cases?lang=zh")
    make_cases.case(db)
    assert "No case fits these filters." in page(intake, "/cases?lang=en&q=nothing-like-it")


def test_the_list_shows_number_class_status_and_count(intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db, description="<b>dark</b>")
    shown = page(intake, "/cases?lang=en")
    assert f'href="/cases/{case.number}"' in shown
    assert "Street lamp" in shown
    assert "&lt;b&gt;dark" in shown
    assert '<span class="count">1</span>' in shown
    assert "路灯" in page(intake, "/cases?lang=zh")


def test_filters_stand_in_the_address_and_as_chips_that_take_them_away(intake: FlaskClient, db: Session) -> None:
    make_cases.case(db)
    shown = page(intake, "/cases?lang=en&status=open&clock=overdue&area=310199&q=lamp")
    assert "Words: lamp" in shown
    assert 'href="/cases?status=open&amp;clock=overdue&amp;area=310199"' in shown
    assert "/map?layer=cases" not in shown  # the big map can't filter by clock: the list's own map shows these rows
    assert "/map?layer=cases" in page(intake, "/cases?lang=en&status=open&area=310199&q=lamp")


def test_a_filter_that_can_not_be_read_is_told_and_left_out(intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    for query in ("clock=late", "status=nonsense", "class=x", "from=someday", "bbox=1,2"):
        shown = page(intake, f"/cases?lang=en&{query}")
        assert 'role="alert"' in shown, query
        assert case.number in shown, query


def test_the_next_page_goes_on_where_this_one_ends(intake: FlaskClient, db: Session) -> None:
    numbers = [make_cases.case(db, reported_at=make_cases.noon(1, n % 24)).number for n in range(52)]
    first = page(intake, "/cases?lang=en")
    after = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = page(intake, after + "&lang=en")
    shown = {number for number in numbers if number in first}
    rest = {number for number in numbers if number in second}
    assert (len(shown), len(rest), shown & rest) == (50, 2, set())
    assert 'rel="next"' not in second


def test_a_case_tells_where_what_and_what_happened(intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db, description="dark since Monday", accuracy_m=8)
    shown = page(intake, f"/cases/{case.number}?lang=en")
    for words in ("dark since Monday", "310199001001001", "Reported", "8 m", "File the case", "None within 200 m."):
        assert words in shown, words
    assert "Dispatch to a department" not in shown  # not this status, not this role


def test_a_case_on_the_default_point_says_so(intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    db.execute(text("UPDATE cases SET located_by = 'default'"))
    assert "Not truly located" in page(intake, f"/cases/{case.number}?lang=en")
    assert "not truly located" in page(intake, "/cases?lang=en")


def test_the_clock_stands_beside_the_case(intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db, reported_at=datetime.now(UTC) - timedelta(hours=5))
    db.execute(text("UPDATE cases SET due_at = now() - interval '2 hours', yellow_at = now() - interval '3 hours'"))
    db.expire(case)
    for url in ("/cases?lang=en", f"/cases/{case.number}?lang=en"):
        assert "2 hours over" in page(intake, url)
    assert "已超 2小时" in page(intake, f"/cases/{case.number}?lang=zh")


def test_a_step_by_form_goes_on_or_comes_back_with_what_was_typed(intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    url = f"/cases/{case.number}/moves"
    refused = intake.post(url, data={"act": "refuse", "revision": "1", "note": " "})
    assert (refused.status_code, "note" in refused.text) == (422, True)
    done = intake.post(url, data={"act": "file", "revision": "1"})
    assert (done.status_code, done.headers["Location"]) == (303, f"/cases/{case.number}")
    stale = intake.post(url, data={"act": "file", "revision": "1"})
    assert stale.status_code == 409
    assert "已先行办理" in stale.text
    assert intake.post(url, data={"act": "nonsense", "revision": "2"}).status_code == 422


def test_the_last_step_is_taken_back_on_the_page(intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    url = f"/cases/{case.number}"
    assert "Take back your last step" not in page(intake, f"{url}?lang=en")
    intake.post(f"{url}/moves", data={"act": "file"})
    assert "Take back your last step" in page(intake, f"{url}?lang=en")
    assert intake.post(f"{url}/undo").status_code == 303
    db.expire(case)
    assert case.status == "reported"
    assert intake.post(f"{url}/undo").status_code == 409


def test_a_request_is_answered_on_the_page(app: OpenAPI, intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    url = f"/cases/{case.number}"
    assert intake.post(f"{url}/moves", data={"act": "void", "note": "logged twice"}).status_code == 303
    chief = make_accounts.client_as(app, make_accounts.account(db, role="chief"))
    shown = page(chief, f"{url}?lang=en")
    assert "logged twice" in shown
    assert "Grant" in shown
    found = re.search(rf"{url}/requests/(\d+)", shown)
    assert found is not None
    assert chief.post(found[0], data={"answer": "refuse", "reply": " "}).status_code == 422
    assert chief.post(found[0], data={"answer": "grant"}).status_code == 303
    db.expire(case)
    assert case.status == "void"


def test_a_new_case_starts_on_the_map(app: OpenAPI, intake: FlaskClient, db: Session) -> None:
    answer = intake.get("/cases/new")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/map?act=new-case")
    clerk = make_accounts.client_as(app, make_accounts.account(db, role="clerk"))
    assert clerk.get("/cases/new").status_code == 403


def test_the_first_screen_says_what_waits_for_each_role(app: OpenAPI, intake: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    assert case.number in page(intake, "/?lang=en")
    dispatcher = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))
    assert case.number not in page(dispatcher, "/?lang=en")
    acts.act(db, make_cases.viewer("intake"), case.number, "file")
    assert case.number in page(dispatcher, "/?lang=en")
    db.execute(text("UPDATE cases SET due_at = now() - interval '2 hours', yellow_at = now() - interval '3 hours'"))
    planner = make_accounts.client_as(app, make_accounts.account(db, role="planner"))
    assert "Cases overdue" in page(planner, "/?lang=en")
    far = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher", areas=[make_cases.NORTH_AREA]))
    assert case.number not in page(far, "/?lang=en")


def test_strangers_are_sent_to_the_login(client: FlaskClient) -> None:
    answer = client.get("/cases", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=/cases")


def test_departments_are_told_by_name_and_chosen_from_those_of_the_city(app: OpenAPI, db: Session) -> None:
    make.city(db)
    make_organisation.department(db, "power")
    case = make_cases.case(db, class_id=make_cases.case_class(db, department="power").id)
    case.status = CaseStatus.FILED
    db.flush()
    dispatcher = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))
    shown = page(dispatcher, f"/cases/{case.number}?lang=en")
    assert "<dd>Power and lighting</dd>" in shown
    assert '<option value="power" selected>Power and lighting</option>' in shown
    assert "<dd>电力照明</dd>" in page(dispatcher, f"/cases/{case.number}?lang=zh")
    layer = dispatcher.get("/api/v1/layers?lang=en").json["items"]
    [cases] = [one for one in layer if one["id"] == "cases"]
    [department] = [one for one in cases["fields"] if one["name"] == "department"]
    assert department["choices"] == {"power": "Power and lighting"}
    other = dispatcher.get("/api/v1/layers/cases/features?f.department=somebody+else")
    assert (other.status_code, other.json["matched"]) == (200, 0)  # a name outside the list is no mistake


def test_a_city_without_named_departments_takes_what_is_written(app: OpenAPI, db: Session) -> None:
    make.city(db)
    case = make_cases.case(db)
    case.status = CaseStatus.FILED
    db.flush()
    dispatcher = make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))
    assert re.search(
        '<input id="dispatch-department" name="department" maxlength="200" value="" required',
        page(dispatcher, f"/cases/{case.number}"),
    )
    sent = {"act": "dispatch", "department": "Bureau of lamps"}
    assert dispatcher.post(f"/cases/{case.number}/moves", data=sent).status_code == 303
    assert "<dd>Bureau of lamps</dd>" in page(dispatcher, f"/cases/{case.number}")


@pytest.mark.parametrize(
    ("role", "status", "first"),
    [
        ("dispatcher", CaseStatus.FILED, "Dispatch to a department"),
        ("department", CaseStatus.HANDLING, "Report as handled"),
        ("intake", CaseStatus.CHECKING, "Close the case"),
        ("inspector", CaseStatus.VERIFYING, "Give the result of verifying"),
        ("dispatcher", CaseStatus.HANDLING, None),  # waits for the department: what one could do leads it back
    ],
)
def test_the_step_that_leads_on_stands_first_and_stands_out(
    app: OpenAPI, db: Session, role: str, status: CaseStatus, first: str | None
) -> None:
    make.city(db)
    case = make_cases.case(db)
    if status == CaseStatus.VERIFYING:  # its task is what the inspector answers
        acts.act(db, make_cases.viewer("intake"), case.number, "verify")
    case.status = status
    db.flush()
    who = make_accounts.client_as(app, make_accounts.account(db, role=role))
    shown = page(who, f"/cases/{case.number}?lang=en").split('id="next-h"')[1].split("</section>")[0]
    look, words = re.findall("<(?:summary|button)([^>]*)>([^<]+)</(?:summary|button)>", shown)[0]
    assert ("primary" in look) == (first is not None)
    assert first is None or words == first


def test_photos_come_with_the_form_of_a_step_and_survive_its_refusal(app: OpenAPI, db: Session) -> None:
    make.city(db)
    inspector = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    case = make_cases.case(db)
    make_cases.photo_row(db, "cd" * 16, case_id=case.id)
    url = f"/cases/{case.number}/moves"
    sent = {"act": "self_handled", "note": " ", "photos": (io.BytesIO(make_cases.jpeg()), "after.jpg")}
    refused = inspector.post(url, data=sent, content_type="multipart/form-data")
    assert refused.status_code == 422
    [kept] = re.findall(r'name="photos" value="([0-9a-f]{32})" checked', refused.text)
    done = inspector.post(url, data={"act": "self_handled", "note": "swept", "photos": kept})
    assert done.status_code == 303
    shown = page(inspector, f"/cases/{case.number}?lang=en")
    assert shown.index('alt="before"') < shown.index('alt="after"')  # side by side in the history
    assert shown.count(f"/photos/{kept}/thumbnail") == 2  # there, and among all photos


def test_neighbours_in_space_and_time_and_cases_of_the_component_are_shown_with_distances(
    intake: FlaskClient, db: Session
) -> None:
    lamp = make_cases.component(db)
    now = datetime.now(UTC)
    lon, lat = make_cases.HERE
    case = make_cases.case(db, component_id=lamp.id)
    near = make_cases.case(db, at=(lon + 0.001, lat), reported_at=now - timedelta(days=90))  # open, however old
    recent = make_cases.case(db, at=(lon, lat + 0.0005), reported_at=now - timedelta(days=29))
    old = make_cases.case(db, at=(lon, lat + 0.0004), reported_at=now - timedelta(days=31))
    same = make_cases.case(db, component_id=lamp.id, reported_at=now - timedelta(days=400))
    gone = [recent.id, old.id, same.id]
    db.execute(text("UPDATE cases SET status = 'closed', closed_at = now() WHERE id = ANY(:ids)"), {"ids": gone})
    shown = page(intake, f"/cases/{case.number}?lang=en")
    metres = round(Geod(ellps="WGS84").inv(lon, lat, lon + 0.001, lat)[2])
    assert f"{metres} m" in shown
    assert near.number in shown
    assert recent.number in shown
    assert old.number not in shown
    component = shown.split('id="component-h"')[1]
    assert same.number in component
    assert near.number not in component
