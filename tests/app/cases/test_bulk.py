"""Acts on many cases: told before, done each by itself, taken back as a whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.cases import acts, bulk
from app.cases.models import Case, CaseMove, CaseStatus
from app.workflow.forms import AnswerMissing
from app.workflow.models import WorkflowRequest
from app.workflow.situation import Given
from gis.errors import Forbidden, NotFound
from grid.reach import Viewer
from tests import make, make_accounts, make_cases

S = CaseStatus
TO = Given({"department": "Lighting"})


@pytest.fixture
def dispatcher(db: Session) -> Viewer:
    make.city(db)
    return make_accounts.viewer(db, role="dispatcher")


def filed(db: Session, many: int) -> list[str]:
    """Filed cases by number."""
    intake = make_cases.viewer("intake")
    numbers = [make_cases.case(db).number for _ in range(many)]
    for one in numbers:
        acts.act(db, intake, one, "file")
    return numbers


def statuses(db: Session, numbers: list[str]) -> list[str]:
    db.expire_all()
    by_number = {row.number: row.status for row in db.execute(select(Case.number, Case.status))}
    return [by_number[one].value for one in numbers]


def codes(made: bulk.Batch) -> list[str | None]:
    return [one.why_not.code if one.why_not else None for one in made.outcomes]


def test_a_preview_tells_each_case_and_does_nothing(db: Session, dispatcher: Viewer) -> None:
    numbers = [*filed(db, 1), make_cases.case(db).number, "99999999999"]
    told = bulk.preview(db, dispatcher, "dispatch", numbers, TO)
    assert codes(told) == [None, "workflow.act_not_allowed", "not_found"]
    assert (told.good, told.id) == (1, "")
    assert statuses(db, numbers[:2]) == ["filed", "reported"]


def test_one_conflict_does_not_sink_the_others_and_all_moves_carry_one_batch(db: Session, dispatcher: Viewer) -> None:
    first, second, third = filed(db, 3)
    acts.act(db, make_accounts.viewer(db, role="dispatcher"), second, "dispatch", TO)
    made = bulk.do(db, dispatcher, "dispatch", [third, second, first, first], TO)
    assert [one.number for one in made.outcomes] == [third, second, first]
    assert codes(made) == [None, "workflow.act_not_allowed", None]
    assert statuses(db, [first, second, third]) == ["handling"] * 3
    batches = db.scalars(select(CaseMove.batch).where(CaseMove.act == "dispatch", CaseMove.batch.is_not(None))).all()
    assert batches == [made.id] * 2


def test_what_another_edits_meanwhile_is_not_written_over(db: Session, dispatcher: Viewer) -> None:
    one, two = filed(db, 2)
    told = bulk.preview(db, dispatcher, "dispatch", [one, two], TO)
    seen = {row.number: row.revision or 0 for row in told.outcomes}
    acts.act(db, make_cases.viewer("chief"), one, "oversee", Given(note="say when"))
    told = bulk.preview(db, dispatcher, "dispatch", [one, two], TO, seen)
    made = bulk.do(db, dispatcher, "dispatch", [one, two], TO, seen)
    assert codes(told) == codes(made) == ["workflow.stale", None]
    assert statuses(db, [one, two]) == ["filed", "handling"]


def test_a_form_that_is_not_answered_stops_before_any_case(db: Session, dispatcher: Viewer) -> None:
    numbers = filed(db, 2)
    with pytest.raises(AnswerMissing):
        bulk.do(db, dispatcher, "dispatch", numbers)
    assert statuses(db, numbers) == ["filed"] * 2


def test_more_than_the_limit_is_told_with_both_numbers(db: Session, dispatcher: Viewer) -> None:
    with pytest.raises(bulk.TooMany) as refused:
        bulk.do(db, dispatcher, "dispatch", [str(n) for n in range(bulk.ROWS_MAX + 1)], TO)
    assert refused.value.code == "cases.too_many"
    assert (refused.value.places["limit"], refused.value.places["count"]) == (500, 501)


def test_acts_that_need_the_place_itself_are_not_for_many(db: Session, dispatcher: Viewer) -> None:
    assert {one.name for one in bulk.offered(dispatcher)} >= {"dispatch", "send_back", "extend", "suspend", "overseen"}
    names = {one.name for one in bulk.offered(make_cases.viewer("inspector"))}
    assert not names & {"verified", "checked", "self_handled"}
    with pytest.raises(bulk.NotForMany):
        bulk.do(db, make_cases.viewer("department"), "done", filed(db, 1))
    with pytest.raises(Forbidden):
        bulk.do(db, dispatcher, "file", filed(db, 1))
    with pytest.raises(Forbidden):
        bulk.preview(db, make_cases.viewer("commander"), "dispatch", filed(db, 1))
    assert next(one.name for one in bulk.offered(dispatcher, ["filed"])) == "dispatch"


def test_what_a_role_may_only_ask_for_becomes_requests(db: Session, dispatcher: Viewer) -> None:
    numbers = filed(db, 2)
    made = bulk.do(db, dispatcher, "suspend", numbers, Given({"until": "2099-01-01"}, "frost"))
    assert codes(made) == ["cases.day_wrong"] * 2 or all(one.why_not for one in made.outcomes)  # more than a year ahead
    intake = make_accounts.viewer(db, role="intake")
    made = bulk.do(db, intake, "void", numbers, Given(note="test data"))
    assert [(one.asks, one.why_not) for one in made.outcomes] == [(True, None)] * 2
    assert len(db.scalars(select(WorkflowRequest)).all()) == 2
    assert codes(bulk.do(db, intake, "void", numbers, Given(note="again"))) == ["workflow.already_asked"] * 2


def test_a_batch_sent_twice_moves_each_case_once(db: Session, dispatcher: Viewer) -> None:
    numbers = filed(db, 2)
    batch = "a" * 32
    for _ in range(2):
        assert codes(bulk.do(db, dispatcher, "dispatch", numbers, TO, batch=batch)) == [None, None]
    assert len(db.scalars(select(CaseMove).where(CaseMove.batch == batch)).all()) == 2


def test_a_whole_batch_is_taken_back_except_what_went_on(db: Session, dispatcher: Viewer) -> None:
    numbers = filed(db, 3)
    made = bulk.do(db, dispatcher, "dispatch", numbers, TO)
    acts.act(db, make_cases.viewer("department", department="Lighting"), numbers[1], "accept")
    with pytest.raises(NotFound):
        bulk.undo(db, make_accounts.viewer(db, role="dispatcher"), made.id)
    undone = bulk.undo(db, dispatcher, made.id)
    assert codes(undone) == [None, "workflow.cannot_undo", None]
    assert statuses(db, numbers) == ["filed", "handling", "filed"]
    assert codes(bulk.undo(db, dispatcher, made.id)) == ["workflow.cannot_undo"] * 3


def test_after_ten_minutes_a_batch_stays(db: Session, dispatcher: Viewer) -> None:
    numbers = filed(db, 1)
    made = bulk.do(db, dispatcher, "dispatch", numbers, TO)
    db.execute(text("ALTER TABLE case_moves DISABLE TRIGGER USER"))
    db.execute(
        text("UPDATE case_moves SET recorded_at = recorded_at - :span"), {"span": timedelta(minutes=10, seconds=1)}
    )
    db.execute(text("ALTER TABLE case_moves ENABLE TRIGGER USER"))
    db.expire_all()
    assert codes(bulk.undo(db, dispatcher, made.id)) == ["workflow.cannot_undo"]


def test_cases_out_of_reach_are_not_moved_and_look_as_if_they_were_not_there(db: Session) -> None:
    make.city(db)
    here = make_accounts.viewer(db, role="dispatcher", areas=[make_cases.NORTH_AREA])
    numbers = filed(db, 1)
    assert codes(bulk.preview(db, here, "dispatch", numbers, TO)) == ["not_found"]
    assert codes(bulk.do(db, here, "dispatch", numbers, TO)) == ["not_found"]
    assert statuses(db, numbers) == ["filed"]


# Doors


@pytest.fixture
def client(app: OpenAPI, db: Session) -> FlaskClient:
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="dispatcher"))


def test_the_api_previews_does_repeats_and_takes_back(client: FlaskClient, db: Session) -> None:
    numbers = [*filed(db, 2), make_cases.case(db).number]
    body = {"act": "dispatch", "numbers": numbers, "answers": {"department": "Lighting"}}
    told = client.post("/api/v1/cases/bulk", json=body | {"preview": True}).get_json()
    assert (told["good"], told["bad"], told["batch"]) == (2, 1, None)
    assert told["items"][2]["problem"]["code"] == "workflow.act_not_allowed"
    answers = [client.post("/api/v1/cases/bulk", json=body, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    made = answers[0].get_json()
    assert (made["good"], made["can_undo"], answers[1].get_json()) == (2, True, made)
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    undone = client.post(f"/api/v1/batches/{made['batch']}/undo", json={})
    assert (undone.status_code, undone.get_json()["good"]) == (200, 2)
    assert client.post("/api/v1/batches/nothing/undo", json={}).status_code == 404
    wrong = client.post("/api/v1/cases/bulk", json=body | {"numbers": [str(n) for n in range(501)]})
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "cases.too_many")
    assert client.post("/api/v1/cases/bulk", json=body | {"numbers": []}).status_code == 422


def test_pages_lead_from_ticks_to_preview_to_result_to_undo_without_scripts(client: FlaskClient, db: Session) -> None:
    numbers = [*filed(db, 2), make_cases.case(db).number]
    back = "/cases?status=all&c=121.5,31.2&z=14"
    told = client.post("/cases/bulk?lang=en", data={"act": "dispatch", "number": numbers, "back": back})
    assert told.status_code == 200
    for words in ("2 cases go through", "1 does not", "from where it stands now", "Dispatch to a department: 2 cases"):
        assert words in told.text, words
    typed = {"act": "dispatch", "step": "do", "number": numbers[:2], "back": back, "batch": "b" * 32}
    missing = client.post("/cases/bulk?lang=en", data=typed | {"note": "kept words"})
    assert 'role="alert"' in missing.text
    assert "kept words" in missing.text
    done = client.post("/cases/bulk?lang=en", data=typed | {"department": "Lighting", f"revision-{numbers[0]}": "2"})
    assert "2 cases done" in done.text
    assert "Take all 2 back" in done.text
    again = client.post("/cases/bulk?lang=en", data=typed | {"department": "Lighting"})
    assert "2 cases done" in again.text
    undone = client.post(f"/cases/batches/{'b' * 32}/undo?lang=en", data={"back": back})
    assert "2 cases taken back" in undone.text
    assert 'href="/cases?status=all&amp;c=121.5,31.2&amp;z=14"' in undone.text


def test_all_of_a_list_are_taken_from_its_own_filter(client: FlaskClient, db: Session) -> None:
    filed(db, 3)
    make_cases.case(db)
    told = client.post("/cases/bulk?lang=en", data={"act": "dispatch", "all": "1", "back": "/cases?status=filed"})
    assert "3 cases go through" in told.text
    own = client.post("/cases/bulk?lang=en", data={"act": "dispatch", "all": "1", "back": "/cases"})
    assert "3 cases go through" in own.text  # the bare address is the queue of one's own turn
    nothing = client.post("/cases/bulk?lang=en", data={"act": "dispatch", "back": "//elsewhere.example/"})
    assert (nothing.status_code, "Choose some cases first." in nothing.text) == (422, True)
    assert "elsewhere" not in nothing.text


def test_cases_of_one_class_are_filed_under_one_condition_by_page(app: OpenAPI, db: Session) -> None:
    make.city(db)
    intake = make_accounts.client_as(app, make_accounts.account(db, role="intake"))
    lamp = make_cases.case_class(db)
    condition = make_cases.condition(db, lamp.id)
    numbers = [make_cases.case(db, class_id=lamp.id).number for _ in range(2)]
    told = intake.post("/cases/bulk?lang=en", data={"act": "file", "number": numbers})
    assert "2 cases go through" in told.text
    assert "Missing" in told.text
    done = {"act": "file", "step": "do", "number": numbers, "condition_id": str(condition.id)}
    assert "2 cases done" in intake.post("/cases/bulk?lang=en", data=done).text
    assert statuses(db, numbers) == ["filed"] * 2
