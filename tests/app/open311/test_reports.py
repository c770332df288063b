"""Reports of outside applications: what is taken, how a refusal is told, and that one report counts once."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.cases.models import Case, CaseClass, CaseMove, CasePhoto, CaseSource
from app.cases.photos import PhotoStore
from app.open311 import filing, tasks
from app.open311.models import ServiceType, Submission
from tests import make_cases, make_open311
from tests.make_open311 import WHERE, report

OUTSIDE = {"lat": "0", "long": "0"}


def cases(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Case)) or 0


def only_case(db: Session) -> Case:
    return db.scalars(select(Case)).one()


def told(answer: Any) -> list[tuple[int, str]]:
    return [(one["code"], one["description"]) for one in answer.get_json()]


def test_a_report_becomes_a_public_case_at_its_place(
    client: FlaskClient, db: Session, key: str, lamp: CaseClass
) -> None:
    answer = report(client, key, description="Dark since Monday.\r\nBoth <b>lamps</b>.")
    assert answer.status_code == 201
    [made] = answer.get_json()
    case = only_case(db)
    assert made["service_request_id"] == case.number
    assert "token" not in made
    assert (case.class_id, case.source, case.area_code) == (lamp.id, CaseSource.PUBLIC, make_cases.SOUTH_AREA)
    assert case.description == "Dark since Monday.\nBoth lamps."
    [move] = db.scalars(select(CaseMove))
    assert (move.actor, move.account_id) == ("Open311: Lamp Watch", None)


def test_the_public_may_only_create() -> None:
    viewer = filing.viewer_for("Lamp Watch")
    assert viewer.rights == {"cases.create"}
    assert viewer.reaches(make_cases.SOUTH_AREA)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"api_key": None}, 403, "open311.bad_key"),
        ({"api_key": "o311_guess"}, 403, "open311.bad_key"),
        ({"api_key": ""}, 403, "open311.bad_key"),
        ({"service_code": None}, 400, "open311.missing"),
        ({"service_code": " "}, 400, "open311.missing"),
        ({"service_code": "no-such-thing"}, 404, "open311.no_service"),
        ({"service_code": "test-catalogue-component-01"}, 404, "open311.no_service"),  # a major class
        ({"jurisdiction_id": "elsewhere"}, 404, "open311.no_jurisdiction"),
        ({"lat": None, "long": None}, 400, "open311.missing"),
        ({"lat": None}, 400, "open311.missing"),
        ({"long": ""}, 400, "open311.missing"),
        ({"lat": "north"}, 400, "open311.bad_argument"),
        ({"lat": "nan"}, 400, "open311.bad_argument"),
        ({"lat": "91"}, 400, "open311.bad_argument"),
        (OUTSIDE, 400, "grid.outside_city"),
        ({"lat": WHERE["long"], "long": WHERE["lat"]}, 400, "open311.bad_argument"),  # swapped: 121 is no latitude
        ({"address_id": "999999999"}, 400, "open311.bad_argument"),
        ({"lat": None, "long": None, "address_id": "x"}, 400, "open311.bad_argument"),
        ({"lat": None, "long": None, "address_string": "Atlantis"}, 400, "open311.bad_argument"),
        ({"description": "x" * 4001}, 400, "open311.bad_argument"),
        ({"description": "a\x00b"}, 400, "open311.bad_argument"),
        ({"media_url": "javascript:alert(1)"}, 400, "open311.bad_argument"),
        ({"media_url": "file:///etc/passwd"}, 400, "open311.bad_argument"),
        ({"email": "nobody"}, 400, "open311.bad_argument"),
        ({"phone": "1" * 41}, 400, "open311.bad_argument"),
        ({"accuracy_m": "-1"}, 400, "open311.bad_argument"),
        ({"attribute[colour]": "red"}, 400, "open311.bad_argument"),
    ],
)
def test_what_can_not_be_taken_is_an_error_list_and_no_case(
    client: FlaskClient, db: Session, key: str, given: dict[str, Any], status: int, code: str
) -> None:
    for form in ("json", "xml"):
        answer = report(client, key, form, **given)
        assert answer.status_code == status
        assert answer.headers["X-Error-Code"] == code
        listed = answer.get_json() if form == "json" else make_open311.plain(make_open311.tree(answer))
        assert [int(one["code"]) for one in listed] == [status]
        assert all(one["description"] for one in listed)
    assert cases(db) == 0


def test_all_that_is_wrong_is_told_at_once(client: FlaskClient, db: Session, key: str, lamp: CaseClass) -> None:
    make_open311.questions(db)
    answer = report(client, key, lat=None, description="x" * 4001, email="nobody")
    assert answer.status_code == 400
    assert [words for _code, words in told(answer)] == [
        "lat and long go together: lat is missing.",
        "description has more than 4000 characters.",
        "email is no e-mail address.",
        "attribute[what] is required by this service.",
    ]


def test_only_forms_are_taken(client: FlaskClient, key: str) -> None:
    answer = client.post("/open311/v2/requests.json", json={"api_key": key})
    assert answer.status_code == 400
    assert "Send a form" in told(answer)[0][1]


def test_a_description_of_4000_characters_is_taken(client: FlaskClient, db: Session, key: str) -> None:
    assert report(client, key, description="字" * 4000).status_code == 201
    assert len(only_case(db).description) == 4000


def test_errors_speak_the_asked_language(client: FlaskClient, key: str) -> None:
    answer = client.post("/open311/v2/requests.json?lang=zh", data={"api_key": key, **WHERE})
    assert told(answer) == [(400, "必须提供 service_code。")]


def test_a_place_may_be_an_address_by_id_or_by_words(client: FlaskClient, db: Session, key: str) -> None:
    door = make_open311.door(db)
    make_open311.door(db, "1040", at=make_cases.NORTH)
    by_id = report(client, key, lat=None, long=None, address_id=str(door.id))
    by_words = report(client, key, lat=None, long=None, address_string="1038 nanjing west rd")
    chinese = report(client, key, lat=None, long=None, address_string="南京西路1038号")
    assert [one.status_code for one in (by_id, by_words, chinese)] == [201, 201, 201]
    found = db.scalars(select(Case)).all()
    assert {(one.address_id, one.located_by.value, one.area_code) for one in found} == {
        (door.id, "address", make_cases.SOUTH_AREA)
    }


def test_a_street_is_not_an_address(client: FlaskClient, db: Session, key: str) -> None:
    make_open311.door(db)
    make_open311.door(db, "1040", at=make_cases.NORTH)
    answer = report(client, key, lat=None, long=None, address_string="南京西路")
    assert answer.status_code == 400
    assert told(answer) == [(400, "南京西路 is not one address of the city: 2 fit. Send lat and long instead.")]


def test_lat_and_long_win_over_an_address_in_words(client: FlaskClient, db: Session, key: str) -> None:
    make_open311.door(db, at=make_cases.NORTH)
    assert report(client, key, address_string="by the kiosk, 南京西路1038号").status_code == 201
    case = only_case(db)
    assert case.area_code == make_cases.SOUTH_AREA
    assert case.attributes["open311"]["address_string"] == "by the kiosk, 南京西路1038号"


def test_answers_are_kept_by_code_and_lists_as_lists(client: FlaskClient, db: Session, key: str) -> None:
    make_open311.questions(db)
    given = {
        "attribute[what]": "dark", "attribute[more][]": ["wires", "glass"], "attribute[height_m]": "4.5",
        "attribute[since]": "2026-03-01T08:00:00+08:00", "attribute[words]": "two\nlines", "attribute[pole]": "",
    }  # fmt: skip
    sent = {"api_key": key, "service_code": make_open311.LAMP, **WHERE, **given}
    answer = client.post("/open311/v2/requests.xml", data=sent)
    assert answer.status_code == 201, answer.text
    assert only_case(db).attributes["open311"]["answers"] == {
        "what": "dark", "more": ["wires", "glass"], "height_m": "4.5", "since": "2026-03-01T08:00:00+08:00",
        "words": "two\nlines",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "attribute[what] is required by this service."),
        ({"attribute[what]": ""}, "attribute[what] is required by this service."),
        ({"attribute[what]": "purple"}, "attribute[what] does not fit its datatype singlevaluelist."),
        ({"attribute[what]": ["dark", "leans"]}, "attribute[what] takes one value."),
        ({"attribute[more][]": ["wires", "x"]}, "attribute[more] does not fit its datatype multivaluelist."),
        ({"attribute[height_m]": "tall"}, "attribute[height_m] does not fit its datatype number."),
        ({"attribute[height_m]": "nan"}, "attribute[height_m] does not fit its datatype number."),
        ({"attribute[since]": "yesterday"}, "attribute[since] does not fit its datatype datetime."),
        ({"attribute[since]": "2026-03-01T08:00:00"}, "attribute[since] does not fit its datatype datetime."),
        ({"attribute[pole]": "two\nlines"}, "attribute[pole] does not fit its datatype string."),
        ({"attribute[words]": "x" * 4001}, "attribute[words] does not fit its datatype text."),
        ({"attribute[note]": "it takes none"}, "The service has no attribute note."),
    ],
)
def test_answers_that_do_not_fit_are_refused_by_name(
    client: FlaskClient, db: Session, key: str, given: dict[str, Any], words: str
) -> None:
    make_open311.questions(db)
    sent = {"api_key": key, "service_code": make_open311.LAMP, **WHERE, "attribute[what]": "dark"} | given
    if not given:
        del sent["attribute[what]"]
    answer = client.post("/open311/v2/requests.json", data=sent)
    assert (answer.status_code, told(answer)) == (400, [(400, words)])
    assert cases(db) == 0


def test_photos_are_taken_by_content_and_lose_their_metadata(
    client: FlaskClient, db: Session, key: str, app: OpenAPI
) -> None:
    given = make_open311.photo("anything.bin", gps=make_cases.HERE, Artist="Zhang San")
    answer = report(client, key, media=given)
    assert answer.status_code == 201, answer.text
    [photo] = db.scalars(select(CasePhoto))
    assert photo.case_id == only_case(db).id
    kept = PhotoStore.of(app.extensions["city"].settings).find(photo.key).read_bytes()
    assert b"Zhang San" not in kept
    assert b"Exif" not in kept


def test_a_file_that_is_no_photo_takes_the_whole_report_back(
    client: FlaskClient, db: Session, key: str, app: OpenAPI, web_home: Any
) -> None:
    before = set((web_home / "uploads").rglob("*.jpg"))
    files = [make_open311.photo(), (io.BytesIO(b"<script>"), "photo.jpg")]
    answer = report(client, key, media=files)
    assert answer.status_code == 400
    assert answer.headers["X-Error-Code"] == "cases.not_a_photo"
    assert cases(db) == 0
    assert db.scalar(select(func.count()).select_from(CasePhoto)) == 0
    assert set((web_home / "uploads").rglob("*.jpg")) == before


def test_too_large_a_report_is_told_in_the_same_form(db: Session, web_home: Any, app: OpenAPI, key: str) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 10_000
    answer = report(app.test_client(), key, "xml", media=(io.BytesIO(b"\xff" * 20_000), "big.jpg"))
    assert answer.status_code == 413
    assert make_open311.plain(make_open311.tree(answer)) == [{"code": "413", "description": "The report is too large."}]


def test_the_same_report_under_one_key_is_one_case(client: FlaskClient, db: Session, key: str) -> None:
    headers = {"Idempotency-Key": "a-phone-in-a-tunnel"}
    first, again = (report(client, key, headers=headers, media=make_open311.photo()) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert cases(db) == 1
    assert db.scalar(select(func.count()).select_from(CasePhoto)) == 1


def test_another_report_under_a_used_key_is_refused_and_another_application_has_keys_of_its_own(
    client: FlaskClient, db: Session, key: str
) -> None:
    headers = {"Idempotency-Key": "1"}
    report(client, key, headers=headers)
    answer = report(client, key, headers=headers, description="another")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (400, "idempotency.key_reused")
    other = make_open311.application(db, "Other")[0]
    assert report(client, other, headers=headers, description="another").status_code == 201
    assert cases(db) == 2


def test_a_refused_report_may_be_mended_and_sent_again_under_its_key(
    client: FlaskClient, db: Session, key: str
) -> None:
    headers = {"Idempotency-Key": "1"}
    assert report(client, key, headers=headers, **OUTSIDE).status_code == 400
    assert report(client, key, headers=headers).status_code == 201


def test_a_batch_service_gives_a_token_until_its_case_is_made(
    client: FlaskClient, db: Session, key: str, lamp: CaseClass
) -> None:
    make_open311.batch(db, lamp)
    headers = {"Idempotency-Key": "storm"}
    answer = report(client, key, headers=headers, description="dark", phone="13800138000", media=make_open311.photo())
    [made] = answer.get_json()
    assert (answer.status_code, "service_request_id" in made) == (201, False)
    waiting = client.get(f"/open311/v2/tokens/{made['token']}.json")
    assert waiting.get_json() == [{"service_request_id": None, "token": made["token"]}]
    assert cases(db) == 0
    submission = db.scalars(select(Submission)).one()
    assert "13800138000" not in str(submission.payload)
    tasks.file_report(submission_id=submission.id)
    tasks.file_report(submission_id=submission.id)
    case = only_case(db)
    assert case.reported_at == submission.received_at
    assert client.get(f"/open311/v2/tokens/{made['token']}.json").get_json() == [
        {"service_request_id": case.number, "token": made["token"]}
    ]
    assert report(client, key, headers=headers, description="dark", phone="13800138000",
                  media=make_open311.photo()).get_json() == answer.get_json()  # fmt: skip
    assert db.scalars(select(CasePhoto)).one().case_id == case.id


def test_a_batch_report_whose_job_was_lost_is_queued_again_once(
    client: FlaskClient, db: Session, key: str, lamp: CaseClass
) -> None:
    def jobs() -> int:
        waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'open311.file' AND status = 'todo'"
        return db.execute(text(waiting)).scalar_one()

    make_open311.batch(db, lamp)
    report(client, key)
    db.execute(text("DELETE FROM procrastinate_jobs"))
    now = int(datetime.now(UTC).timestamp())
    tasks.ask_again(timestamp=now)
    assert jobs() == 0  # it has not waited long
    for _ in range(2):
        tasks.ask_again(timestamp=now + 3600)
    assert jobs() == 1
    tasks.file_report(submission_id=db.scalars(select(Submission.id)).one())
    db.execute(text("DELETE FROM procrastinate_jobs"))
    tasks.ask_again(timestamp=now + 7200)
    assert (jobs(), cases(db)) == (0, 1)


def test_a_batch_report_whose_class_is_gone_is_told_by_its_token(
    client: FlaskClient, db: Session, key: str, lamp: CaseClass
) -> None:
    make_open311.batch(db, lamp)
    [made] = report(client, key).get_json()
    lamp.is_active = False
    db.flush()
    tasks.file_report(submission_id=db.scalars(select(Submission.id)).one())
    db.expire_all()
    answer = client.get(f"/open311/v2/tokens/{made['token']}.json")
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (404, "open311.no_token")
    assert db.scalars(select(Submission.problem)).one() == "invalid_input"
    assert cases(db) == 0


def test_a_class_kept_from_the_public_takes_no_reports(
    client: FlaskClient, db: Session, key: str, lamp: CaseClass
) -> None:
    make_open311.batch(db, lamp, is_public=False, kind=ServiceType.REALTIME)
    assert report(client, key).status_code == 404
