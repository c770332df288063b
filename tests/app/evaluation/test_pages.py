"""The pages and the API of the evaluation."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from tests import make, make_accounts, make_cases
from tests.app.evaluation.test_figures import publish
from tests.make_evaluation import JUNE, many

PAGES = ("/evaluation", "/evaluation/ranking", "/evaluation/trend", "/evaluation/map")


@pytest.fixture
def chief(app: OpenAPI, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="chief"))


def page(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_page_says_when_there_is_nothing(chief: FlaskClient, address: str, language: str) -> None:
    assert {"zh": "综合评价", "en": "Evaluation"}[language] in page(chief, f"{address}?lang={language}")


def test_the_overview_tells_both_counts_the_period_before_and_the_formulas_version(
    chief: FlaskClient, db: Session
) -> None:
    publish(db)
    shown = page(chief, "/evaluation?lang=en&period=2025-06")
    for words in ("93.72\N{NO-BREAK SPACE}%", "75.82\N{NO-BREAK SPACE}%", ">911</a> / ", ">972</a>", "2026.1",
                  "June 2025",
                  "May 2025"):  # fmt: skip
        assert words in shown, words
    assert "93.72%" in page(chief, "/evaluation?lang=zh&period=2025-06")


def test_a_figure_opens_its_cases_and_their_number_is_the_figure(chief: FlaskClient, db: Session) -> None:
    many(db, 60, due_at=JUNE, status="closed", closed_at=JUNE)
    many(db, 7, due_at=JUNE)
    shown = page(chief, "/evaluation?lang=en&period=2025-06")
    opened = re.search(
        r'href="(/evaluation/cases\?[^"]*indicator=closing&[^"]*part=numerator)"', shown.replace("&amp;", "&")
    )
    assert opened
    url, rows = opened.group(1), 0
    while url:
        told = page(chief, f"{url}&lang=en")
        assert '<span class="count">60</span></h1>' in told
        rows += told.count('class="cell-number"')
        following = re.search(r'href="([^"]*)" rel="next"', told)
        url = following.group(1).replace("&amp;", "&") if following else ""
    assert rows == 60


def test_the_ranking_gives_no_rank_to_few_cases_and_opens_each_areas_cases(chief: FlaskClient, db: Session) -> None:
    south = make_cases.case(db, reported_at=JUNE)
    north = make_cases.case(db, at=make_cases.NORTH, class_id=south.class_id, reported_at=JUNE)
    many(db, 40, south, due_at=JUNE, closed_at=JUNE, status="closed")
    many(db, 3, north, due_at=JUNE)
    shown = page(chief, "/evaluation/ranking?lang=en&period=2025-06&indicator=closing&by=area&level=community")
    assert "too few" in shown
    assert f"area={make_cases.NORTH_AREA}" in shown
    told = chief.get("/api/v1/evaluation/ranking?period=2025-06&indicator=closing&by=area&level=community").json
    assert [(one["key"], one["rank"], one["numerator"], one["denominator"]) for one in told["items"]] == [
        (make_cases.SOUTH_AREA, 1, 40, 40), (make_cases.NORTH_AREA, None, 0, 3)
    ]  # fmt: skip


def test_the_map_hatches_what_has_no_cases_and_sets_zero_apart(chief: FlaskClient, db: Session) -> None:
    south = make_cases.case(db, reported_at=JUNE)
    many(db, 3, south, due_at=JUNE)
    shown = page(chief, "/evaluation/map?lang=en&period=2025-06&indicator=closing&level=community")
    assert shown.count('class="area"') == 2
    assert 'fill="url(#hatch)" d=' in shown
    assert 'fill="#f2f2f0" d=' in shown


def test_the_trend_has_a_point_for_each_of_twelve_periods(chief: FlaskClient, db: Session) -> None:
    publish(db)
    told = chief.get("/api/v1/evaluation/trend?period=2025-07&indicator=closing").json["items"]
    assert [one["period"] for one in told] == [f"2024-{n:02}" for n in range(8, 13)] + [
        f"2025-{n:02}" for n in range(1, 8)
    ]
    assert told[-2]["ratio"] == pytest.approx(911 / 972, abs=1e-6)
    assert told[0]["ratio"] is None
    assert "data-chart=" in page(chief, "/evaluation/trend?lang=en&period=2025-07&indicator=closing")


def test_the_api_tells_the_published_figures_with_period_and_version(chief: FlaskClient, db: Session) -> None:
    publish(db)
    told = {one["indicator"]: one for one in chief.get("/api/v1/evaluation/figures?period=2025-06").json["items"]}
    one = told["closing_on_time"]
    assert (one["numerator"], one["denominator"], one["version"], one["period"]) == (737, 972, "2026.1", "2025-06")
    assert one["from"] == "2025-06-01T00:00:00+08:00"
    listed = chief.get("/api/v1/evaluation/indicators").json["items"]
    assert all(one["is_counted"] for one in listed)  # patrols count theirs


@pytest.mark.parametrize("query", [
    "period=2026-13", "by=nonsense", "level=nonsense", "person=x", "as_of=someday",
])  # fmt: skip
def test_what_can_not_be_read_is_refused(chief: FlaskClient, query: str) -> None:
    address = "/api/v1/evaluation/ranking" if query.startswith(("by", "level")) else "/api/v1/evaluation/figures"
    assert chief.get(f"{address}?{query}").status_code == 422
    assert chief.get("/api/v1/evaluation/ranking?indicator=nonsense").status_code == 404


def test_an_inspector_finds_ones_own_figures_and_nobody_elses(app: OpenAPI, db: Session) -> None:
    make.city(db)
    me = make_accounts.account(db, role="inspector", full_name="Own Name")
    other = make_accounts.account(db, role="inspector", full_name="Other Name")
    many(db, 30, reported_by=me.id)
    many(db, 30, reported_by=other.id)
    client = make_accounts.client_as(app, me)
    shown = page(client, "/evaluation/ranking?lang=en&period=2025-06&indicator=valid_reports")
    assert "Own Name" in shown
    assert "Other Name" not in shown
    assert "/evaluation/map" not in shown
    assert client.get("/evaluation/map").status_code == 403
    assert client.get(f"/evaluation/cases?indicator=valid_reports&person={other.id}").status_code == 403


def test_roles_without_the_right_are_turned_away(app: OpenAPI, db: Session) -> None:
    make.city(db)
    client = make_accounts.client_as(app, make_accounts.account(db, role="planner"))
    assert [client.get(address).status_code for address in PAGES] == [403] * 4
