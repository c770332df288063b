"""The calendar page, the card on the first screen, and the API."""

from __future__ import annotations

import io
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.clocks.calendars import Day, DayKind
from app.clocks.clock import Clock
from app.clocks.limits import LimitUnit, parse_limit
from app.clocks.running import Running, register_running
from app.clocks.service import calendar_of
from app.clocks.words import limit_words
from tests import make, make_accounts
from tests.make_clocks import at, limit

PAGE = "/admin/calendars/default"


@pytest.fixture
def admin(app: OpenAPI, db: Session) -> FlaskClient:
    make.city(db, language="en")
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator", language="en"))


def post(client: FlaskClient, act: str, **fields: object) -> object:
    return client.post(f"{PAGE}/{act}", data={"seen": "1", "year": "2026"} | fields)


def test_a_year_shows_its_special_days_by_mark_and_word(admin: FlaskClient) -> None:
    told = admin.get(f"{PAGE}?year=2026").text
    assert 'data-day="2026-02-17" title="Holiday: Spring Festival"' in told
    assert 'data-day="2026-02-14" title="Make-up working day: Spring Festival"' in told
    assert "248 working days" in told  # of the State Council's calendar of 2026: 365 - 104 + 7 - 20 weekday holidays
    assert told.count('class="day is-holiday') == 33 + 1  # the legend has one
    chinese = admin.get(f"{PAGE}?year=2026&lang=zh").text
    assert 'title="节假日: 春节"' in chinese
    assert ">休<" in chinese


def test_the_address_of_all_calendars_leads_to_the_default_one(admin: FlaskClient) -> None:
    assert admin.get("/admin/calendars").headers["Location"] == PAGE
    assert admin.get("/admin/calendars/none").status_code == 404
    assert admin.get(f"{PAGE}?year=12").status_code == 422


def test_a_day_is_changed_and_the_change_undone(admin: FlaskClient, db: Session) -> None:
    saved = post(admin, "days", **{"from": "2026-06-01", "to": "2026-06-02", "kind": "holiday", "name": "Festival"})
    assert saved.status_code == 303
    assert calendar_of(db).days[date(2026, 6, 2)] == Day(DayKind.HOLIDAY, "Festival")
    told = admin.get(saved.headers["Location"]).text
    assert "Saved as version 2" in told
    undone = post(admin, "restore", seen="2", version="1")
    assert undone.status_code == 303
    assert date(2026, 6, 2) not in calendar_of(db).days


def test_a_change_that_says_nothing_new_is_told_so(admin: FlaskClient) -> None:
    told = post(admin, "fill")
    assert "Nothing changed" in admin.get(told.headers["Location"]).text


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"from": "", "kind": "holiday"}, "is not a day"),
        ({"from": "2026-06-02", "to": "2026-06-01", "kind": "holiday"}, "The last day comes after the first"),
        ({"from": "2026-01-01", "to": "2026-12-31", "kind": "holiday"}, "at most 60 days"),
        ({"from": "2026-06-01", "kind": "party"}, "Choose what these days are"),
        ({"from": "2026-06-01", "kind": "holiday", "name": "=1"}, "begin with ="),
        ({"from": "2026-06-01", "kind": "holiday", "seen": "x"}, "which version"),
    ],
)
def test_a_wrong_day_is_told_beside_its_field_and_nothing_typed_is_lost(
    admin: FlaskClient, fields: dict[str, str], says: str
) -> None:
    told = post(admin, "days", **fields)
    assert told.status_code == 422
    assert says in told.text
    assert f'value="{fields["from"]}"' in told.text


def test_a_change_on_an_older_version_is_a_conflict(admin: FlaskClient) -> None:
    post(admin, "days", **{"from": "2026-06-01", "kind": "holiday"})
    told = post(admin, "days", **{"from": "2026-06-02", "kind": "holiday"})
    assert told.status_code == 409
    assert "Somebody changed the calendar meanwhile" in told.text


def test_hours_are_changed(admin: FlaskClient, db: Session) -> None:
    fields = {"spans": "09:00-12:00，13:00-17:30", "weekdays": ["1", "2", "3"], "day_hours": "7.5",
              "title_zh": "工作日历", "title_en": "Office hours"}  # fmt: skip
    assert post(admin, "hours", **fields).status_code == 303
    found = calendar_of(db)
    assert [str(span) for span in found.spans] == ["09:00-12:00", "13:00-17:30"]
    assert (found.weekdays, found.day_minutes) == (frozenset({1, 2, 3}), 450)
    told = post(admin, "hours", **fields | {"seen": "2", "spans": "late"})
    assert told.status_code == 422
    assert "late is no span of hours" in told.text
    assert 'value="late"' in told.text


def test_a_year_is_exported_and_read_in_again(admin: FlaskClient, db: Session) -> None:
    csv, xlsx = admin.get(f"{PAGE}/2026.csv"), admin.get(f"{PAGE}/2026.xlsx")
    assert csv.data.decode("utf-8-sig").splitlines()[:2] == [
        "date,weekday,kind,name", "2026-01-01,Thu,holiday,New Year's Day",
    ]  # fmt: skip
    assert "default-2026.csv" in csv.headers["Content-Disposition"]
    before = calendar_of(db)
    for name, data in (("a.csv", csv.data), ("a.xlsx", xlsx.data)):
        told = post(admin, "import", file=(io.BytesIO(data), name))
        assert "same=1" in told.headers["Location"]
    assert calendar_of(db) == before


def test_an_unknown_year_is_imported_or_declared_complete(admin: FlaskClient, db: Session) -> None:
    file = (io.BytesIO("日期,类型,名称\n2031-01-01,休,元旦\n2031-01-04,班,元旦\n".encode()), "2031.csv")
    assert post(admin, "import", year="2031", file=file).status_code == 303
    assert post(admin, "complete", year="2032", seen="2").status_code == 303
    found = calendar_of(db)
    assert {2031, 2032} <= found.years
    assert found.works_on(date(2031, 1, 4))
    wrong = post(admin, "import", seen="3", file=(io.BytesIO(b"date,kind\nsoon,holiday\n"), "a.csv"))
    assert wrong.status_code == 422
    assert "Line 2: soon is no day." in wrong.text
    assert post(admin, "import", seen="3").status_code == 422


def test_a_year_that_nobody_published_is_a_clear_warning_never_a_crash(admin: FlaskClient) -> None:
    told = admin.get(f"{PAGE}?year=2040")
    assert told.status_code == 200
    assert "The holidays of 2040 are not known." in told.text
    refused = post(admin, "fill", year="2040")
    assert refused.status_code == 409
    assert "does not hold the holidays of 2040" in refused.text


def test_administrators_are_warned_on_the_first_screen_until_the_year_is_entered(app: OpenAPI, db: Session) -> None:
    make.city(db, time_zone="America/New_York", language="en")  # no list is published for it
    admin = make_accounts.client_as(app, make_accounts.account(db, role="administrator"))
    leader = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    year = datetime.now(ZoneInfo("America/New_York")).year
    assert f"The holidays of {year} are not known." in admin.get("/").text
    assert f"The holidays of {year} are not known." in admin.get(PAGE).text
    assert "are not known" not in leader.get("/").text
    for number, entered in enumerate((year, year + 1), 1):
        post(admin, "complete", seen=str(number), year=str(entered))
    assert "are not known" not in admin.get("/").text


def test_before_a_city_is_loaded_the_page_says_so_and_the_first_screen_stands(app: OpenAPI, db: Session) -> None:
    admin = make_accounts.client_as(app, make_accounts.account(db, role="administrator", language="en"))
    told = admin.get(PAGE)
    assert told.status_code == 409
    assert "No city is loaded yet" in told.text
    assert admin.get("/").status_code == 200


def test_a_limit_is_tried_on_the_page(admin: FlaskClient) -> None:
    told = admin.get(f"{PAGE}?year=2025&start=2025-09-30T17:59&limit=1小时").text
    assert "1 work hour → <strong>Thursday, October 9, 2025 08:59</strong>" in told
    unknown = admin.get(f"{PAGE}?start=2040-09-30T17:59&limit=2 days").text
    assert "The holidays of 2040 are not known: this may be too early." in unknown
    wrong = admin.get(f"{PAGE}?start=2025-09-30T17:59&limit=soon").text
    assert "soon is no limit" in wrong
    assert 'value="soon"' in wrong


def test_after_a_change_the_running_clocks_it_would_move_are_named(
    app: OpenAPI, db: Session, admin: FlaskClient
) -> None:
    running = Running(Clock(limit("1工作日"), at("2026-06-01 08:00"), calendar_of(db)), "Lamp out", "/cases/1")
    register_running(app, lambda _db, _viewer, name: [running] if name == "default" else [])
    saved = post(admin, "days", **{"from": "2026-06-01", "kind": "holiday"})
    told = admin.get(saved.headers["Location"]).text
    assert "1 running clock would be due at another time by this version" in told
    assert '<a href="/cases/1">Lamp out</a>' in told


def test_a_further_calendar_is_made(admin: FlaskClient, db: Session) -> None:
    fields = {"name": "night", "title_zh": "夜班", "title_en": "Night", "spans": "00:00-06:00, 22:00-24:00",
              "weekdays": list("1234567"), "day_hours": "8"}  # fmt: skip
    assert admin.post("/admin/calendars/new", data=fields).status_code == 303
    assert calendar_of(db, "night").days == calendar_of(db).days
    assert 'href="/admin/calendars/night?year=2026"' in admin.get(f"{PAGE}?year=2026").text
    assert admin.post("/admin/calendars/new", data=fields).status_code == 409
    told = admin.post("/admin/calendars/new", data=fields | {"name": "x", "weekdays": []})
    assert told.status_code == 422


def test_only_who_may_change_calendars_sees_their_page(app: OpenAPI, db: Session) -> None:
    make.city(db)
    leader = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    for path in (PAGE, "/admin/calendars", "/admin/calendars/new", f"{PAGE}/2026.csv"):
        assert leader.get(path).status_code == 403
    for act in ("days", "hours", "fill", "complete", "import", "restore"):
        assert leader.post(f"{PAGE}/{act}", data={"seen": "1"}).status_code == 403
    assert app.test_client().get(PAGE).status_code in (302, 401)


def test_the_api_reads_for_all_and_changes_for_some(app: OpenAPI, db: Session) -> None:
    make.city(db)
    leader = make_accounts.client_by_token(app, db, make_accounts.account(db, role="leader"))
    editor = make_accounts.client_by_token(app, db, make_accounts.account(db, role="administrator"))
    [one] = leader.get("/api/v1/calendars").json["items"]
    assert (one["name"], one["spans"], one["weekdays"]) == ("default", ["08:00-12:00", "14:00-18:00"], [1, 2, 3, 4, 5])
    assert leader.get("/api/v1/calendars/default").json["version"] == 1
    year = leader.get("/api/v1/calendars/default/years/2026").json
    assert year["is_known"] is True
    assert year["days"][0] == {"date": "2026-01-01", "kind": "holiday", "name": "New Year's Day"}
    body = {"version": 1, "days": [{"date": "2026-06-01", "kind": "holiday", "name": "Festival"}]}
    assert leader.put("/api/v1/calendars/default/years/2026", json=body).json["code"] == "forbidden"
    told = editor.put("/api/v1/calendars/default/years/2026", json=body).json
    assert (told["version"], told["days"]) == (2, body["days"])
    again = editor.put("/api/v1/calendars/default/years/2026", json=body)
    assert (again.status_code, again.json["code"]) == (409, "clocks.stale_calendar")
    twice = {"version": 2, "days": body["days"] * 2}
    assert editor.put("/api/v1/calendars/default/years/2026", json=twice).json["field"] == "days"
    other = {"version": 2, "days": body["days"]}
    assert editor.put("/api/v1/calendars/default/years/2027", json=other).json["code"] == "clocks.bad_calendar"
    assert leader.get("/api/v1/calendars/none").json["code"] == "clocks.no_such_calendar"


def test_the_api_says_when_a_limit_is_due(app: OpenAPI, db: Session) -> None:
    make.city(db)
    client = make_accounts.client_by_token(app, db, make_accounts.account(db, role="inspector"))
    asked = {"start": "2025-09-30T17:59:00+08:00", "limit": "1小时"}
    told = client.get("/api/v1/calendars/default/due", query_string=asked).json
    assert told["due_at"] == "2025-10-09T00:59:00+00:00"
    assert (told["limit"], told["version"], told["unknown_years"]) == ("1 work_hour", 1, [])
    wrong = client.get("/api/v1/calendars/default/due", query_string=asked | {"limit": "soon"})
    assert (wrong.status_code, wrong.json["code"], wrong.json["field"]) == (422, "clocks.bad_limit", "limit")
    naive = client.get("/api/v1/calendars/default/due", query_string=asked | {"start": "2025-09-30T17:59:00"})
    assert naive.json["field"] == "start"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("unit", LimitUnit)
@pytest.mark.parametrize("amount", ["1", "2", "0.5", "1200"])
def test_a_limit_in_words_reads_back_the_same(
    app: OpenAPI, db: Session, language: str, unit: LimitUnit, amount: str
) -> None:
    asked = parse_limit(f"{amount} {unit.value}")
    with app.test_request_context(f"/?lang={language}"):
        words = limit_words(asked)
    assert parse_limit(words) == asked
    if language == "en":
        assert words.endswith("s") == (amount != "1")
