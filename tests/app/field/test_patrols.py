"""Patrols: consent, points, coverage of cells, who may look at a track, what the public found where one passed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from pyproj import Geod
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.accounts.models import Account
from app.accounts.service import viewer_of
from app.audit.models import AuditEntry
from app.cases.models import Case, CaseSource
from app.cases.numbers import city_zone
from app.evaluation import asked as asking
from app.evaluation import figures as evaluation
from app.evaluation.figures import Figure
from app.evaluation.indicators import INDICATORS
from app.evaluation.predicates import Window
from app.field import coverage, figures
from app.field.layers import rows
from app.field.models import Patrol, PatrolConsent, PatrolPoint
from gis.errors import Forbidden, NotFound
from grid import duty
from grid.models import UnitCell
from tests import make, make_accounts, make_cases, make_organisation

HERE, NORTH = make_cases.HERE, make_cases.NORTH
TRACK = "/api/v1/field/tracks"


@pytest.fixture
def cells(db: Session) -> dict[str, UnitCell]:
    made = make.city(db)
    duty.make(db, "D1", [one.code for one in made.values() if one.area_code == make_cases.SOUTH_AREA])
    duty.make(db, "D2", [one.code for one in made.values() if one.area_code == make_cases.NORTH_AREA])
    return made


@pytest.fixture
def inspector(db: Session, cells: dict[str, UnitCell]) -> Account:
    return make_accounts.account(db, role="inspector", areas=[make_cases.SOUTH_AREA], full_name="Zhang Wei")


@pytest.fixture
def chief(db: Session, cells: dict[str, UnitCell]) -> Account:
    return make_accounts.account(db, role="chief", areas=[make_cases.SOUTH_AREA])


@pytest.fixture
def phone(app: OpenAPI, inspector: Account) -> FlaskClient:
    return make_accounts.client_as(app, inspector)


def agree(phone: FlaskClient, given: bool = True) -> None:
    assert phone.post("/api/v1/field/consent", json={"given": given}).json["consent"] is given


def track(*spots: tuple[float, float], first: int = 0, patrol: str | None = None, **given: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    points = [
        {"number": first + index, "at": now.isoformat(), "lon": lon, "lat": lat, "accuracy_m": 6.0}
        for index, (lon, lat) in enumerate(spots)
    ]
    return {
        "patrol": patrol or str(uuid.uuid4()), "started_at": now.isoformat(), "sent_at": now.isoformat(),
        "points": points,
    } | given  # fmt: skip


def test_nothing_is_recorded_without_consent_and_its_words_are_only_added_to(phone: FlaskClient, db: Session) -> None:
    refused = phone.post(TRACK, json=track(HERE))
    assert (refused.status_code, refused.json["code"]) == (403, "field.no_consent")
    assert db.scalars(select(PatrolPoint)).all() == []
    agree(phone)
    agree(phone, given=False)
    assert db.scalars(select(PatrolConsent.is_given).order_by(PatrolConsent.id)).all() == [True, False]
    with pytest.raises(DBAPIError), db.begin_nested():
        db.execute(text("UPDATE patrol_consents SET is_given = true"))


def test_points_of_before_the_consent_and_outside_the_city_are_counted_not_kept(
    phone: FlaskClient, db: Session
) -> None:
    agree(phone)
    db.execute(text("SELECT 1"))
    body = track(HERE, (0.0, 0.0), HERE)
    body["points"][2]["at"] = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    body["started_at"] = body["points"][2]["at"]
    told = phone.post(TRACK, json=body).json
    assert (told["kept"], told["outside"], told["refused"], told["upto"]) == (1, 1, 1, 2)


def test_a_batch_sent_again_adds_nothing(phone: FlaskClient, db: Session) -> None:
    agree(phone)
    body = track(HERE, HERE)
    first, again = phone.post(TRACK, json=body).json, phone.post(TRACK, json=body).json
    assert first == again
    more = track(HERE, first=1, patrol=body["patrol"], ended_at=datetime.now(UTC).isoformat())
    assert phone.post(TRACK, json=more).json == first | {"ended": True}
    assert len(db.scalars(select(PatrolPoint)).all()) == 2


def test_a_patrol_is_its_owners(app: OpenAPI, phone: FlaskClient, db: Session) -> None:
    agree(phone)
    body = track(HERE)
    phone.post(TRACK, json=body)
    other = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    agree(other)
    taken = other.post(TRACK, json=body)
    assert (taken.status_code, taken.json["code"]) == (403, "field.other_account")


def test_coverage_is_patrolled_by_assigned_cells_and_a_poor_fix_proves_nothing(
    phone: FlaskClient, db: Session, chief: Account, inspector: Account
) -> None:
    agree(phone)
    poor = track((HERE[0] + make.SIDE, HERE[1]))
    poor["points"][0]["accuracy_m"] = 80.0
    phone.post(TRACK, json=poor)
    phone.post(TRACK, json=track(HERE, NORTH))
    share = coverage.coverage(db, viewer_of(chief), 7)
    assert (share.patrolled, share.assigned, share.rate) == (1, 2, 0.5)
    own = coverage.own_cells(db, viewer_of(inspector), datetime.now(UTC) - timedelta(days=7))
    assert coverage.walked(own).rate == 0.5
    [cold] = coverage.not_walked(db, viewer_of(chief), 7)
    assert (cold.area_code, cold.walked_at) == (make_cases.SOUTH_AREA, None)
    assert coverage.Walked(0, 0).rate is None


def test_the_layer_tells_when_a_cell_was_walked_and_never_by_whom(
    phone: FlaskClient, db: Session, chief: Account
) -> None:
    agree(phone)
    phone.post(TRACK, json=track(HERE))
    shown = db.execute(rows(viewer_of(chief))).all()
    assert sorted(one.walked for one in shown) == ["never", "today"]
    assert set(shown[0]._fields) == {"id", "geom", "area_code", "unit_cell_id", "code", "walked_at", "walked"}


def test_a_track_is_seen_by_its_person_and_by_the_chief_of_the_area_who_leaves_a_record(
    app: OpenAPI, phone: FlaskClient, db: Session, chief: Account, inspector: Account
) -> None:
    agree(phone)
    phone.post(TRACK, json=track(HERE, NORTH))
    patrol = db.scalars(select(Patrol)).one()
    looks = select(AuditEntry).where(AuditEntry.act == "patrols.track")
    assert coverage.track(db, viewer_of(inspector), patrol.id)["points"] == 1  # the other lies outside the areas
    assert db.scalars(looks).all() == []
    assert coverage.track(db, viewer_of(chief), patrol.id)["who"] == "Zhang Wei"
    [look] = db.scalars(looks).all()
    assert (look.account_id, look.subject_id) == (chief.id, str(patrol.id))
    with pytest.raises(Forbidden):
        coverage.track(db, make_accounts.viewer(db, role="inspector"), patrol.id)
    east = make_accounts.viewer(db, role="chief", areas=["310199002"])
    with pytest.raises(NotFound):
        coverage.track(db, east, patrol.id)


@pytest.mark.parametrize(("metres", "is_found"), [(49.0, True), (51.0, False)])
def test_what_the_public_found_where_an_inspector_passed_within_fifty_metres(
    phone: FlaskClient, db: Session, chief: Account, metres: float, is_found: bool
) -> None:
    agree(phone)
    phone.post(TRACK, json=track(HERE))
    lon, lat, _ = Geod(ellps="WGS84").fwd(*HERE, 90, metres)
    lamp = make_cases.case_class(db).id
    told = make_cases.case(db, at=(lon, lat), class_id=lamp, source=CaseSource.PUBLIC)
    make_cases.case(db, at=(lon, lat), class_id=lamp, source=CaseSource.INSPECTOR)
    today = db.scalars(select(Case.reported_at).limit(1)).one().astimezone(city_zone(db)).date()
    found = coverage.missed(db, viewer_of(chief), today)
    assert [one["number"] for one in found] == ([told.number] if is_found else [])
    if is_found:
        assert found[0]["distance_m"] == pytest.approx(metres, abs=0.01)
    assert coverage.missed(db, viewer_of(chief), today - timedelta(days=1)) == []


def test_the_desk_shows_patrols_to_who_may_see_them(app: OpenAPI, phone: FlaskClient, chief: Account) -> None:
    agree(phone)
    phone.post(TRACK, json=track(HERE))
    page = make_accounts.client_as(app, chief).get("/patrols").text
    assert "Zhang Wei" in page
    assert phone.get("/patrols").status_code == 403


def test_the_evaluation_counts_coverage_and_what_was_passed_by(
    phone: FlaskClient, db: Session, chief: Account, inspector: Account
) -> None:
    agree(phone)
    phone.post(TRACK, json=track(HERE))
    make_organisation.post(db, duty_cells=["D1"], staff=[inspector.name])
    lamp = make_cases.case_class(db).id
    make_cases.case(db, at=HERE, class_id=lamp, source=CaseSource.PUBLIC)
    for _ in range(3):
        make_cases.case(db, at=HERE, by=viewer_of(inspector), class_id=lamp, source=CaseSource.INSPECTOR)
    now = datetime.now(UTC)
    window, viewer = Window(now - timedelta(days=1), now + timedelta(minutes=1)), viewer_of(chief)
    assert sorted(figures.coverage(db, viewer, window, "cell").values()) == [(0, 1), (1, 1)]
    [(account, pair)] = figures.coverage(db, viewer, window, "inspector").items()
    assert (account, pair[0]) == (str(inspector.id), 1)
    assert list(figures.missed(db, viewer, window, "cell").values()) == [(1, 4)]
    assert figures.missed(db, viewer, window, "inspector") == {str(inspector.id): (1, 4)}
    before = Window(now - timedelta(days=3), now - timedelta(days=2))
    assert figures.missed(db, viewer, before, "cell") == {}
    assert list(figures.coverage(db, viewer, before, "cell").values()) == [(0, 1), (0, 1)]


def test_figures_of_patrols_keep_to_the_area_asked_for_and_open_to_cells_and_cases(
    app: OpenAPI, phone: FlaskClient, db: Session, chief: Account, inspector: Account
) -> None:
    agree(phone)
    phone.post(TRACK, json=track(HERE))
    make_organisation.post(db, "beat", duty_cells=["D1"], staff=[inspector.name])
    lamp = make_cases.case_class(db).id
    lost = make_cases.case(db, at=HERE, class_id=lamp, source=CaseSource.PUBLIC)
    own = make_cases.case(db, at=HERE, by=viewer_of(inspector), class_id=lamp, source=CaseSource.INSPECTOR)
    both = [INDICATORS["coverage"], INDICATORS["missed"]]
    viewer = viewer_of(chief)

    def ask(**given: str) -> dict[str, Figure]:
        return evaluation.whole(db, viewer, asking.read(db, viewer, period="day", **given), both)

    assert ask() == ask(area=make_cases.SOUTH_AREA) == ask(post="beat")
    assert ask() == {"coverage": Figure(1, 2), "missed": Figure(1, 2)}
    assert ask(area=make_cases.NORTH_AREA).get("coverage", Figure(0, 0)).denominator == 0
    question = asking.read(db, viewer, period="day")
    opened = [evaluation.picked(db, viewer, question, INDICATORS["missed"], numerator=one) for one in (True, False)]
    found = [set(db.scalars(one)) if one is not None else None for one in opened]
    assert found == [{lost.id}, {lost.id, own.id}]
    page = make_accounts.client_as(app, chief).get("/evaluation/cases?indicator=missed&period=day&part=numerator")
    assert lost.number in page.text
    assert own.number not in page.text
    page = make_accounts.client_as(app, chief).get("/evaluation/cases?indicator=coverage&period=day&part=denominator")
    assert page.text.count('class="cell-number"') == 2
