"""What phones send counts once, whatever happens between: receipts, clocks, photos, conflicts."""

from __future__ import annotations

import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases import photos
from app.cases.models import Case, CasePhoto
from app.field import service
from app.field.models import FieldReceipt
from app.field.receipts import OthersId
from app.field.schemas import ReportIn
from app.launch.cluster import Cluster
from app.settings import Settings
from gis import db as database
from tests import make, make_accounts, make_cases
from tests.conftest import copy_database

NOW = datetime.now(UTC)


@pytest.fixture
def lamp(db: Session) -> int:
    make.city(db)
    return make_cases.case_class(db).id


@pytest.fixture
def phone(app: OpenAPI, db: Session, lamp: int) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role="inspector"))


def report(lamp: int, *, ahead: timedelta = timedelta(0), ago: timedelta = timedelta(hours=2), **given: Any) -> Any:
    """A report made `ago` on a phone whose clock is `ahead`."""
    clock = datetime.now(UTC) + ahead
    case = {"class_id": lamp, "lon": make_cases.HERE[0], "lat": make_cases.HERE[1], "located_by": "gnss"}
    return {
        "client_id": str(uuid.uuid4()), "made_at": (clock - ago).isoformat(), "sent_at": clock.isoformat(),
        "case": case | given,
    }  # fmt: skip


def send_photo(phone: FlaskClient, client_id: str, data: bytes, **form: str) -> Any:
    body = {"client_id": client_id, "photo": (io.BytesIO(data), "photo.jpg")} | form
    return phone.post("/api/v1/field/photos", data=body)


def count(db: Session, model: Any = Case) -> int:
    return db.scalars(select(func.count()).select_from(model)).one()


def test_a_report_sent_again_gives_the_same_answer_and_makes_no_second_case(
    phone: FlaskClient, db: Session, lamp: int
) -> None:
    body = report(lamp)
    first = phone.post("/api/v1/field/reports", json=body)
    assert first.status_code == 201
    later = body | {"sent_at": (datetime.now(UTC) + timedelta(days=3)).isoformat()}
    again = phone.post("/api/v1/field/reports", json=later)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json == first.json
    assert count(db) == 1


def test_the_same_id_for_something_else_or_by_somebody_else_is_refused(
    app: OpenAPI, phone: FlaskClient, db: Session, lamp: int
) -> None:
    body = report(lamp)
    phone.post("/api/v1/field/reports", json=body)
    other = phone.post("/api/v1/field/reports", json=body | {"case": body["case"] | {"description": "other"}})
    assert (other.status_code, other.json["code"]) == (422, "field.id_reused")
    stranger = make_accounts.client_as(app, make_accounts.account(db, role="inspector"))
    taken = stranger.post("/api/v1/field/reports", json=body)
    assert (taken.status_code, taken.json["code"]) == (403, OthersId.code)
    assert count(db) == 1


def test_a_refused_report_leaves_no_receipt_and_goes_through_once_corrected(
    phone: FlaskClient, db: Session, lamp: int
) -> None:
    body = report(lamp, lon=0.0)
    refused = phone.post("/api/v1/field/reports", json=body)
    assert (refused.status_code, refused.json["code"]) == (422, "grid.outside_city")
    assert count(db, FieldReceipt) == 0
    good = body | {"case": body["case"] | {"lon": make_cases.HERE[0]}}
    assert phone.post("/api/v1/field/reports", json=good).status_code == 201


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=400), timedelta(days=-400), timedelta(hours=9)])
def test_a_wrong_clock_makes_no_future_case_and_moves_no_deadline(
    phone: FlaskClient, db: Session, lamp: int, ahead: timedelta
) -> None:
    phone.post("/api/v1/field/reports", json=report(lamp, ahead=ahead))
    case = db.scalars(select(Case)).one()
    now = db.scalars(select(func.now())).one()
    assert case.reported_at == now  # one transaction in tests: the moment of receipt itself
    assert case.entered_at == case.reported_at
    assert case.seen_at is not None
    assert abs((now - timedelta(hours=2) - case.seen_at).total_seconds()) < 60
    receipt = db.scalars(select(FieldReceipt)).one()
    assert receipt.offset_s == pytest.approx(ahead.total_seconds(), abs=60)


def test_a_time_that_no_offset_explains_is_kept_as_claimed_but_bounded(
    phone: FlaskClient, db: Session, lamp: int
) -> None:
    phone.post("/api/v1/field/reports", json=report(lamp, ago=timedelta(days=-5)))
    phone.post("/api/v1/field/reports", json=report(lamp, ago=timedelta(days=900)))
    now = db.scalars(select(func.now())).one()
    seen = db.scalars(select(Case.seen_at).order_by(Case.id)).all()
    assert seen[0] == now
    assert abs((now - timedelta(days=60) - seen[1]).total_seconds()) < 60
    claimed = db.scalars(select(FieldReceipt.made_at).order_by(FieldReceipt.received_at, FieldReceipt.made_at)).all()
    assert {(one > now, one < now - timedelta(days=800)) for one in claimed if one} == {(True, False), (False, True)}


def test_a_photo_belongs_to_its_report_and_counts_once(phone: FlaskClient, db: Session, lamp: int) -> None:
    body, photo_id, data = report(lamp), str(uuid.uuid4()), make_cases.jpeg()
    early = send_photo(phone, photo_id, data, report=body["client_id"])
    assert (early.status_code, early.json["code"]) == (409, "field.report_missing")
    number = phone.post("/api/v1/field/reports", json=body).json["number"]
    first = send_photo(phone, photo_id, data, report=body["client_id"])
    again = send_photo(phone, photo_id, data, report=body["client_id"])
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    [kept] = db.scalars(select(CasePhoto)).all()
    assert kept.case_id == db.scalars(select(Case.id).where(Case.number == number)).one()
    other = send_photo(phone, photo_id, make_cases.jpeg(size=(50, 50)), report=body["client_id"])
    assert (other.status_code, other.json["code"]) == (422, "field.id_reused")


def test_a_step_waits_for_its_photo_which_may_come_again_after_it_was_taken_away(
    app: OpenAPI, phone: FlaskClient, db: Session, lamp: int, web_home: Path
) -> None:
    case = make_cases.case(db, class_id=lamp)
    make_accounts.client_as(app, make_accounts.account(db, role="intake")).post(
        f"/api/v1/cases/{case.number}/moves", json={"act": "verify"}
    )
    photo_id, data = str(uuid.uuid4()), make_cases.jpeg()
    step = {
        "client_id": str(uuid.uuid4()), "made_at": NOW.isoformat(), "sent_at": NOW.isoformat(), "number": case.number,
        "move": {"act": "verified", "answers": {"result": "true"}, "note": "seen"}, "photos": [photo_id],
    }  # fmt: skip
    missing = phone.post("/api/v1/field/moves", json=step)
    assert (missing.status_code, missing.json["code"]) == (409, "field.photo_missing")
    send_photo(phone, photo_id, data)
    photos.remove_unused(db, photos.PhotoStore.of(Settings(home=web_home)), before=datetime.now(UTC) + timedelta(1))
    assert phone.post("/api/v1/field/moves", json=step).json["code"] == "field.photo_missing"
    assert send_photo(phone, photo_id, data).status_code == 201
    done = phone.post("/api/v1/field/moves", json=step)
    assert (done.status_code, done.json["status"]) == (201, "reported")
    assert phone.post("/api/v1/field/moves", json=step).json == done.json
    [kept] = db.scalars(select(CasePhoto)).all()
    assert (kept.case_id, kept.stage) == (case.id, "verified")


def test_a_step_on_a_case_that_moved_is_a_conflict_and_goes_through_with_the_new_revision(
    app: OpenAPI, phone: FlaskClient, db: Session, lamp: int
) -> None:
    case = make_cases.case(db, class_id=lamp)
    intake = make_accounts.client_as(app, make_accounts.account(db, role="intake"))
    intake.post(f"/api/v1/cases/{case.number}/moves", json={"act": "verify"})
    seen = case.revision
    for act in ("take_back", "verify"):
        intake.post(f"/api/v1/cases/{case.number}/moves", json={"act": act, "note": "again"})
    move: dict[str, Any] = {"act": "verified", "answers": {"result": "false"}, "revision": seen}
    step = {
        "client_id": str(uuid.uuid4()), "made_at": NOW.isoformat(), "sent_at": NOW.isoformat(), "number": case.number,
        "move": move,
    }  # fmt: skip
    stale = phone.post("/api/v1/field/moves", json=step)
    assert (stale.status_code, stale.json["code"]) == (409, "workflow.stale")
    db.refresh(case)
    kept = phone.post("/api/v1/field/moves", json=step | {"move": move | {"revision": case.revision}})
    assert kept.status_code == 201


def test_eight_at_once_make_one_case(cluster: Cluster, template_url: str) -> None:
    engine = database.make_engine(copy_database(cluster, "city_field_race"))
    try:
        with Session(engine) as db, db.begin():
            make.city(db)
            lamp = make_cases.case_class(db).id
            viewer = make_accounts.viewer(db)
        given = ReportIn.model_validate(report(lamp))

        def once(_: int) -> tuple[str, bool]:
            with Session(engine) as db, db.begin():
                answer, was_there = service.report(db, viewer, given)
                return str(answer["number"]), was_there

        with ThreadPoolExecutor(8) as many:
            answers = list(many.map(once, range(8)))
        assert len({number for number, _ in answers}) == 1
        assert sorted(was_there for _, was_there in answers) == [False] + [True] * 7
        with Session(engine) as db:
            assert count(db) == 1
    finally:
        engine.dispose()
