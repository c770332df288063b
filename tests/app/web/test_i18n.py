"""Languages: who chooses, and what scripts get."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from flask_babel import format_date, format_datetime
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.settings import Settings
from app.web.create import create_app
from tests import make, make_accounts


def language_of(client: FlaskClient, address: str = "/login") -> str:
    return client.get(address).text.split('<html lang="')[1].split('"')[0]


def test_chinese_stands_until_someone_chooses(client: FlaskClient) -> None:
    assert language_of(client) == "zh-CN"


def test_the_citys_language_is_the_default(client: FlaskClient, db: Session) -> None:
    make.city(db, language="en")
    assert language_of(client) == "en"


def test_the_operators_setting_goes_before_the_city(db: Session, web_home) -> None:
    make.city(db, language="en")
    app = create_app(Settings(home=web_home, language="zh"))
    app.testing = True
    assert language_of(app.test_client()) == "zh-CN"


def test_an_accounts_language_goes_before_the_citys_and_the_sessions_choice_before_both(
    app: OpenAPI, db: Session
) -> None:
    make.city(db, language="zh")
    client = make_accounts.client_as(app, make_accounts.account(db, language="en"))
    assert language_of(client, "/me") == "en"
    answer = client.post("/language", data={"language": "zh", "next": "/me?a=1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/me?a=1")
    assert language_of(client, "/me") == "zh-CN"


def test_an_address_may_name_a_language_for_itself(client: FlaskClient) -> None:
    assert language_of(client, "/login?lang=en") == "en"
    assert language_of(client) == "zh-CN"
    assert language_of(client, "/login?lang=xx") == "zh-CN"


def test_an_unknown_language_is_refused(app: OpenAPI, db: Session) -> None:
    client = make_accounts.client_as(app, make_accounts.account(db))
    assert client.post("/language", data={"language": "xx"}).status_code == 422


def test_scripts_get_the_words_once_and_then_not_again(client: FlaskClient) -> None:
    answer = client.get("/i18n/zh.json")
    assert answer.json["as of {time}"] == "截至 {time}"
    assert answer.json["%(n)s account"] == ["%(n)s 个账号"]
    again = client.get("/i18n/zh.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "immutable" in client.get("/i18n/zh.json?v=1").headers["Cache-Control"]


def test_moments_are_told_in_the_citys_time_zone(app: OpenAPI, db: Session) -> None:
    make.city(db, time_zone="America/New_York")
    client = make_accounts.client_as(app, make_accounts.account(db))
    assert 'data-time-zone="America/New_York"' in client.get("/me").text


def test_a_page_that_names_a_language_sets_it_for_what_its_scripts_ask(client: FlaskClient) -> None:
    client.get("/login?lang=en", headers={"Accept": "text/html"})
    assert language_of(client, "/login") == "en"


def test_a_script_that_names_a_language_leaves_the_session_alone(client: FlaskClient) -> None:
    client.get("/login?lang=en", headers={"Accept": "application/json"})
    assert language_of(client, "/login") == "zh-CN"


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["4 Mar 2026, 06:39", "4 Mar 2026, 06:39:05", "4 Mar 2026", "Wednesday, 4 March 2026"]),
        ("zh", ["2026年3月4日 06:39", "2026年3月4日 06:39:05", "2026年3月4日", "2026年3月4日星期三"]),
    ],
)
def test_days_and_moments_are_written_one_way_that_nobody_misreads(
    app: OpenAPI, db: Session, lang: str, expected: list[str]
) -> None:
    """06:39 in Shanghai is 22:39 UTC of the day before; never 3/4/26, which is April to half of the readers."""
    make.city(db)
    at = datetime(2026, 3, 3, 22, 39, 5, tzinfo=UTC)
    with app.test_request_context(f"/?lang={lang}"):
        told = [format_datetime(at, "medium"), format_datetime(at, "long"), format_date(date(2026, 3, 4), "medium"),
                format_date(date(2026, 3, 4), "full")]  # fmt: skip
    assert told == expected
