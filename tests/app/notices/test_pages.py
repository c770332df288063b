"""The pages and API of notices: one's own, how one is told, and what administrators decide."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.service import viewer_of
from app.cases.models import CaseWarning
from app.live.message import Change
from app.notices import quiet, service, wording
from app.notices.models import DeliveryStatus, Notice, NoticeDelivery, NoticeRule, NoticeSettings, NoticeTemplate
from app.notices.spread import spread
from app.notices.topics import EventKind, Said, Topic, TopicBroken, register
from app.notices.wording import BadWording, UnknownField
from tests import make, make_accounts, make_cases

WORDS = {
    "title_zh": "请处置{what}", "title_en": "Please handle: {what}",
    "body_zh": "{number} 在{where}", "body_en": "{number} at {where}",
}  # fmt: skip
EVENT = "/admin/notices/events/cases.dispatched"


@pytest.fixture
def intake(db: Session) -> Account:
    make.city(db)
    return make_accounts.account(db, role="intake", language="en")


@pytest.fixture
def mine(app: OpenAPI, intake: Account) -> FlaskClient:
    return make_accounts.client_as(app, intake)


@pytest.fixture
def admin(app: OpenAPI, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator", language="en"))


def report(db: Session, many: int = 1) -> None:
    chosen = make_cases.case_class(db).id
    for _ in range(many):
        make_cases.case(db, class_id=chosen)
    db.flush()
    spread(db, sends_mail=False)


def test_ones_own_notices_are_listed_counted_and_marked_as_read(db: Session, app: OpenAPI, mine: FlaskClient) -> None:
    report(db, 3)
    told = mine.get("/api/v1/notices").json
    assert [one["title"] for one in told["items"]] == ["New report: Street lamp"] * 3
    assert (told["unread"], told["next"]) == (3, None)
    newest = told["items"][0]["id"]
    assert mine.post("/api/v1/notices/read", json={"ids": [newest]}).json == {"read": 1, "unread": 2}
    assert mine.post("/api/v1/notices/read", json={"ids": [newest]}).json == {"read": 0, "unread": 2}
    assert newest not in [one["id"] for one in mine.get("/api/v1/notices?unread=1").json["items"]]
    page = mine.get("/api/v1/notices?limit=2").json
    rest = mine.get(f"/api/v1/notices?limit=2&after={page['next']}").json
    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    other = make_accounts.client_as(app, make_accounts.account(db, role="chief"))
    assert other.get("/api/v1/notices").json["items"] == []
    refused = other.post("/api/v1/notices/read", json={"ids": [newest]})
    assert (refused.status_code, refused.json["code"]) == (404, "notices.no_such_notice")
    assert mine.post("/api/v1/notices/read", json={"all": True}).json["unread"] == 0
    for body in ({}, {"ids": [1], "all": True}, {"ids": [0]}):
        assert mine.post("/api/v1/notices/read", json=body).status_code == 422


def test_the_page_speaks_both_languages_and_marks_without_scripts(db: Session, mine: FlaskClient) -> None:
    assert "Nothing yet." in mine.get("/notices").text
    report(db, 2)
    page = mine.get("/notices").text
    assert page.count("New report: Street lamp") >= 2
    assert "新上报：路灯" in mine.get("/notices?lang=zh").text
    first = db.scalars(select(Notice).order_by(Notice.id)).first()
    assert first is not None
    assert mine.post("/notices/read", data={"id": str(first.id)}).status_code == 303
    assert mine.get("/api/v1/notices/unread").json == {"unread": 1}
    mine.post("/notices/read", data={"unread": "1"})
    assert "通知已全部读完" in mine.get("/notices?unread=1&lang=zh").text


def test_only_who_was_told_hears_of_it_at_once(db: Session, intake: Account) -> None:
    said = Change.parse(f'{{"channel": "notices", "kind": "created", "id": {intake.id}, "area": ""}}')
    own, other = viewer_of(intake), make_accounts.viewer(db, role="intake")
    assert said.is_for(own, frozenset({"notices"}))
    assert not said.is_for(own, frozenset({"cases"}))
    assert not said.is_for(other, frozenset({"notices"}))


# --- how one wants to be told ---------------------------------------------------------------------------------------


def test_one_sets_address_language_and_quiet_hours(db: Session, mine: FlaskClient, intake: Account) -> None:
    given = {
        "email": "li@example.org",
        "by_email": "yes",
        "language": "zh",
        "quiet_from": "22:00",
        "quiet_until": "07:00",
    }
    assert "Saved." in mine.post("/me/notices", data=given).text
    kept = db.get(NoticeSettings, intake.id)
    db.refresh(intake)
    assert kept is not None
    assert (intake.email, kept.language, kept.quiet_from, kept.quiet_until) == (
        "li@example.org",
        "zh",
        time(22),
        time(7),
    )
    for field, wrong in (("email", "no address"), ("email", ""), ("quiet_from", "late"), ("language", "fr")):
        answer = mine.post("/me/notices", data=given | {field: wrong})
        assert answer.status_code == 422, (field, wrong)
    db.refresh(intake)
    assert intake.email == "li@example.org"


SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-07-01T13:59+00:00", None),  # 21:59 in the city
        ("2026-07-01T14:00+00:00", "2026-07-02T07:00+08:00"),  # 22:00
        ("2026-07-01T20:30+00:00", "2026-07-02T07:00+08:00"),  # 04:30 the next day
        ("2026-07-01T23:00+00:00", None),  # 07:00
    ],
)
def test_quiet_hours_run_over_midnight_by_the_citys_clock(now: str, end: str | None) -> None:
    at = datetime.fromisoformat(now)
    assert quiet.after(at, time(22), time(7), SHANGHAI) == (datetime.fromisoformat(end) if end else at)
    assert quiet.after(at, None, None, SHANGHAI) == at


def test_mail_waits_for_the_end_of_quiet_hours_unless_it_is_urgent_and_comes_in_ones_language(db: Session) -> None:
    make.city(db)
    crew = make_accounts.account(db, role="department", department="Lighting", email="li@example.org", language="en")
    db.add(NoticeSettings(account_id=crew.id, language="zh", quiet_from=time(12), quiet_until=time(14)))
    case = make_cases.case(db)
    case.department = "Lighting"
    for event in ("cases.dispatched", "cases.overseen"):
        service.occur(db, event, case.id)
    db.flush()
    now = datetime(2026, 7, 1, 4, 30, tzinfo=UTC)  # 12:30 in the city
    spread(db, sends_mail=True, now=now)
    found = {one.event: one for one in db.scalars(select(NoticeDelivery))}
    assert found["cases.dispatched"].next_at == datetime(2026, 7, 1, 6, tzinfo=UTC)  # 14:00
    assert found["cases.overseen"].next_at == now
    assert found["cases.dispatched"].payload["title"] == "派给您：路灯"


# --- wordings and rules ---------------------------------------------------------------------------------------------


def test_a_wording_is_saved_only_as_it_was_shown_on_a_real_example(db: Session, admin: FlaskClient) -> None:
    case = make_cases.case(db)
    shown = admin.post(EVENT, data=WORDS | {"do": "preview"})
    assert shown.status_code == 200
    assert "Please handle: Street lamp" in shown.text
    assert f"{case.number} 在" in shown.text
    assert db.scalars(select(NoticeTemplate)).all() == []
    seen = "\n".join(WORDS[name] for name in ("title_zh", "body_zh", "title_en", "body_en"))
    changed = admin.post(EVENT, data=WORDS | {"do": "save", "seen": seen, "title_en": "Not seen: {what}"})
    assert "Not seen: Street lamp" in changed.text
    assert db.scalars(select(NoticeTemplate)).all() == []
    assert admin.post(EVENT, data=WORDS | {"do": "save", "seen": seen}).status_code == 303
    make_accounts.account(db, role="department", department="Lighting")
    case.department = "Lighting"
    service.occur(db, "cases.dispatched", case.id)
    spread(db, sends_mail=False)
    kept = db.scalars(select(Notice).where(Notice.event == "cases.dispatched")).one()
    assert (kept.texts["en"]["title"], kept.texts["zh"]["title"]) == ("Please handle: Street lamp", "请处置路灯")
    admin.post(EVENT, data={"do": "reset"})
    assert db.scalars(select(NoticeTemplate)).all() == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{who}", UnknownField), ("{number.real}", BadWording), ("{number!r}", BadWording),
        ("{number:>9999999}", BadWording),
        ("{", BadWording), ("{0}", BadWording), ("{}", BadWording), ("{number[0]}", BadWording),
        ("{{% x %}", BadWording),
    ],
)  # fmt: skip
def test_a_wording_holds_named_fields_and_nothing_else(db: Session, admin: FlaskClient, text: str, error: type) -> None:
    with pytest.raises(error):
        wording.check(text, {"number"}, field="body_en")
    answer = admin.post(EVENT, data=WORDS | {"do": "save", "body_en": text})
    assert answer.status_code == 422
    assert 'id="body_en-told"' in answer.text
    assert db.scalars(select(NoticeTemplate)).all() == []


def test_what_a_field_holds_is_never_read_as_a_wording() -> None:
    assert wording.fill("{{{number}}} {what}", {"number": "{what}", "what": "<b>"}) == "{{what}} <b>"


def test_a_declared_wording_with_an_unknown_field_stops_the_start() -> None:
    said = Said(zh="{nobody}", en="x")
    broken = Topic("t", {"e": EventKind(name=said, title=said, body=said)}, {}, {}, *[lambda *_: None] * 4)  # type: ignore[arg-type]
    with pytest.raises(TopicBroken):
        register(broken)


def test_rules_decide_who_is_told_but_an_assignment_stays_told(db: Session, admin: FlaskClient) -> None:
    rules = f"{EVENT}/rules"
    assert admin.post(rules, data={"who_department": "email"}).status_code == 422
    assert admin.post(rules, data={"who_department": ["app"], "who_chief": "app"}).status_code == 303
    kept = {one.who: one.channels for one in db.scalars(select(NoticeRule))}
    assert kept == {"department": ["app"], "chief": ["app"]}
    chief = make_accounts.account(db, role="chief")
    case = make_cases.case(db)
    service.occur(db, "cases.dispatched", case.id)
    spread(db, sends_mail=False)
    assert chief.id in db.scalars(select(Notice.account_id).where(Notice.event == "cases.dispatched")).all()


def test_failed_messages_are_shown_without_address_and_sent_again(db: Session, admin: FlaskClient) -> None:
    crew = make_accounts.account(db, role="department", full_name="Li Lei", email="li@example.org")
    dead = NoticeDelivery(
        channel="email",
        event="cases.dispatched",
        account_id=crew.id,
        payload={},
        status="dead",
        problem="550 receiver refused",
    )
    db.add(dead)
    db.flush()
    page = admin.get("/admin/notices").text
    assert "Li Lei" in page
    assert "550 receiver refused" in page
    assert "li@example.org" not in page
    assert [one["id"] for one in admin.get("/api/v1/notices/failed").json["items"]] == [dead.id]
    assert admin.post(f"/api/v1/notices/failed/{dead.id}/resend").status_code == 204
    db.refresh(dead)
    assert (dead.status, dead.tries) == (DeliveryStatus.WAITING, 0)
    again = admin.post(f"/api/v1/notices/failed/{dead.id}/resend")
    assert (again.status_code, again.json["code"]) == (404, "notices.not_failed")


def test_a_webhooks_secret_is_shown_once_and_its_areas_lie_within_its_makers(
    db: Session, app: OpenAPI, admin: FlaskClient
) -> None:
    body = {"name": "Hotline", "url": "http://10.0.0.7:8080/in", "events": ["cases.closed"], "areas": ["310199001"]}
    made = admin.post("/api/v1/notices/webhooks", json=body)
    assert made.status_code == 201
    assert len(made.json["secret"]) > 40
    assert made.headers["Cache-Control"] == "no-store"
    assert "secret" not in admin.get("/api/v1/notices/webhooks").json["items"][0]
    assert made.json["secret"] not in admin.get("/admin/notices/webhooks").text
    south = make_accounts.client_as(app, make_accounts.account(db, role="administrator", areas=[make_cases.SOUTH_AREA]))
    assert south.post("/api/v1/notices/webhooks", json=body).status_code == 403
    assert south.get("/api/v1/notices/webhooks").json["items"] == []
    assert south.post(f"/api/v1/notices/webhooks/{made.json['id']}/end").status_code == 404
    assert admin.post("/api/v1/notices/webhooks", json=body | {"events": ["cases.nothing"]}).status_code == 404
    assert admin.post(f"/api/v1/notices/webhooks/{made.json['id']}/end").json["ended_at"]
    page = admin.post("/admin/notices/webhooks", data={"name": "x", "url": "http://a.b/c", "area": ""})
    assert page.status_code == 201


@pytest.mark.parametrize("role", ["chief", "leader", "intake", "department", "inspector"])
def test_only_administrators_decide(db: Session, app: OpenAPI, role: str) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role=role))
    for address in ("/admin/notices", EVENT, "/admin/notices/webhooks", "/admin/notices/escalation"):
        assert client.get(address).status_code == 403, address
    for address in (
        EVENT,
        f"{EVENT}/rules",
        "/admin/notices/failed",
        "/admin/notices/webhooks",
        "/admin/notices/escalation",
    ):
        assert client.post(address, data=WORDS).status_code == 403, address


def test_the_hours_of_escalation_are_set_and_taken_away(db: Session, admin: FlaskClient) -> None:
    page = "/admin/notices/escalation"
    assert "1 · 4 · 24" in admin.get(page).text
    chosen = make_cases.case_class(db)
    wrong = admin.post(page, data={"class_id": str(chosen.id), "hours": "4, 1"})
    assert wrong.status_code == 422
    assert 'id="hours-told"' in wrong.text
    assert admin.post(page, data={"class_id": str(chosen.id), "hours": "0.5, 2"}).status_code == 303
    shown = admin.get(page).text
    assert "0.5 · 2" in shown
    assert "0118" in shown
    [taken] = [part.split("/")[0] for part in shown.split(f"{page}/")[1:]]
    assert admin.post(f"{page}/{taken}/remove").status_code == 303
    assert "0.5 · 2" not in admin.get(page).text


def test_a_case_page_shows_its_warnings_and_that_nobody_stood_above(db: Session, admin: FlaskClient) -> None:
    from_text = "2026-07-01T07:00:00+00:00"
    case = make_cases.case(db)
    db.execute(
        CaseWarning.__table__.insert().values(
            case_id=case.id,
            due_at=datetime.fromisoformat(from_text),
            step="level_1",
            after_h=1.0,
            told=[],
            is_alert=True,
        )
    )
    page = admin.get(f"/cases/{case.number}").text
    assert "Level 1: 1 h overdue" in page
    assert "Nobody stands at this level" in page


def test_figures_tell_of_what_waits_and_of_nobody_above(db: Session, client: FlaskClient) -> None:
    told = client.get("/metrics").text
    for name in ("city_notices_waiting", "city_notices_dead", "city_notices_untold", "city_escalation_alerts"):
        assert f"\n{name} 0.0" in told
