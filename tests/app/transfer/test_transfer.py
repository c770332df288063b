"""Offers, answers, who may move a case, loops, order of messages, signatures, reach: without a second process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import acts, steps
from app.cases.models import Case
from app.sealing import vault
from app.transfer import inbox, partners, protocol, queries, reconcile, taking
from app.transfer.errors import HeldElsewhere, NoPartner, NothingToRecall, SequenceUsed
from app.transfer.models import Holder, Incoming, Outgoing, Partner, Reconciliation, Transfer, TransferState
from app.transfer.partners import PartnerIn
from app.workflow.situation import Given
from gis.errors import InvalidInput, NotFound
from grid.locate import OutsideCity
from grid.reach import Viewer, whole_city
from tests import make, make_accounts, make_cases
from tests.make_transfer import SECRET

ADMIN = whole_city({"accounts.manage"})
RIGHTS = make_cases.ALL | {"cases.transfer"}
DISPATCHER = Viewer(None, "Li", "dispatcher", ("",), rights=RIGHTS)
INTAKE = Viewer(None, "Wang", "intake", ("",), rights=RIGHTS)
LINE = f"{make_cases.SCHEME} | component | 0118 = LAMP both"
LON, LAT = make_cases.HERE


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path) -> Iterator[None]:
    vault.bind(tmp_path)
    yield
    vault.bind(None)


def partner(db: Session, code: str = "12345", **given: Any) -> Partner:
    facts: dict[str, Any] = {
        "kind": "hotline", "name_zh": f"{code} 热线", "name_en": f"Hotline {code}", "base_url": "http://127.0.0.1:9",
        "secret": SECRET,
    }  # fmt: skip
    made = partners.save(db, ADMIN, PartnerIn(code=code, **facts | given))
    partners.save_mapping(db, ADMIN, made, LINE, "description = content")
    return made


@pytest.fixture
def hotline(db: Session, app: OpenAPI, tmp_path: Path) -> Partner:
    vault.bind(tmp_path)  # the application has bound its own home
    make.city(db)
    make_cases.case_class(db)
    return partner(db)


@pytest.fixture
def case(db: Session, hotline: Partner) -> Case:
    return make_cases.case(db)


def do(db: Session, who: Viewer, case: Case, act: str, note: str = "because", **answers: Any) -> Case:
    return acts.act(db, who, case.number, act, Given(answers, note)).case


def give(db: Session, case: Case, to: str = "12345") -> Transfer:
    do(db, DISPATCHER, case, "transfer", partner=to)
    return db.scalars(select(Transfer).where(Transfer.case_id == case.id).order_by(Transfer.id.desc())).first()  # type: ignore[return-value]


def message(key: str, seq: int, kind: str, **body: Any) -> protocol.Message:
    return protocol.Message.model_validate({
        "id": secrets.token_hex(16), "transfer": key, "seq": seq, "kind": kind, "at": datetime.now(UTC), "body": body,
    })  # fmt: skip


def say(db: Session, of: Partner, key: str, seq: int, kind: str, **body: Any) -> None:
    """A message that came and was done."""
    inbox.receive(db, of.id, message(key, seq, kind, **body))
    db.flush()
    inbox.apply(of.id, key)
    db.expire_all()


def offer(db: Session, of: Partner, **given: Any) -> Transfer:
    told: dict[str, Any] = {"class_code": "LAMP", "content": "灯不亮", "lon": LON, "lat": LAT, "address": "x"}
    body: dict[str, Any] = {
        "id": "A-1", "origin": {"system": of.code, "id": "A-1"}, "chain": [of.code],
        "case": told | given.pop("told", {}),
    }  # fmt: skip
    key = secrets.token_hex(16)
    say(db, of, key, 1, "offer", **body | given)
    return db.scalars(select(Transfer).where(Transfer.key == key)).one()


def sent(db: Session, of: Transfer) -> list[str]:
    return list(db.scalars(select(Outgoing.kind).where(Outgoing.transfer_id == of.id).order_by(Outgoing.seq)))


def test_an_offered_case_is_held_until_it_is_answered_and_says_why(db: Session, case: Case) -> None:
    give(db, case)
    assert case.status == "transferred"
    with pytest.raises(HeldElsewhere) as refused:
        do(db, INTAKE, case, "file")
    assert refused.value.code == "transfer.held_elsewhere"
    blocked = {one["act"]: one["blocked"] for one in steps.as_json(db, INTAKE, case.number)["acts"]}
    assert blocked["file"]["code"] == "transfer.held_elsewhere"
    assert blocked["recall"] is None


def test_an_offer_is_written_in_the_partners_names_with_its_limits(db: Session, case: Case) -> None:
    case.description = "dark"
    made = give(db, case)
    body = db.scalars(select(Outgoing.body).where(Outgoing.transfer_id == made.id)).one()
    assert body["case"]["content"] == "dark"
    assert body["case"]["class_code"] == "LAMP"
    assert body["chain"] == ["test"]
    assert made.contact_due_at is not None
    assert made.reply_due_at is not None
    assert made.contact_due_at < made.reply_due_at


def test_a_refusal_brings_the_case_back_where_it_was(db: Session, hotline: Partner, case: Case) -> None:
    do(db, INTAKE, case, "file")
    made = give(db, case)
    say(db, hotline, made.key, 1, "refuse", reason="not ours", code="refused")
    assert (case.status, made.state, made.holder) == ("filed", TransferState.REFUSED, Holder.US)
    do(db, DISPATCHER, case, "dispatch", department="Lighting")


def test_the_masters_end_ends_the_case_here_and_its_reopening_reopens_it(
    db: Session, hotline: Partner, case: Case
) -> None:
    made = give(db, case)
    say(db, hotline, made.key, 1, "accept", id="B-7", state="reported")
    say(db, hotline, made.key, 2, "status", state="closed", result="Mended")
    assert (case.status, case.outcome, made.their_id) == ("closed", "Mended", "B-7")
    with pytest.raises(HeldElsewhere):
        do(db, INTAKE, case, "reopen")
    say(db, hotline, made.key, 3, "status", state="handling")
    assert case.status == "transferred"


def test_messages_out_of_order_wait_for_their_turn_and_count_once(db: Session, hotline: Partner, case: Case) -> None:
    made = give(db, case)
    late = message(made.key, 2, "status", state="closed", result="Mended")
    assert inbox.receive(db, hotline.id, late)
    inbox.apply(hotline.id, made.key)
    assert case.status == "transferred"
    say(db, hotline, made.key, 1, "accept", id="B-7")
    assert case.status == "closed"
    assert not inbox.receive(db, hotline.id, late)
    with pytest.raises(SequenceUsed):
        inbox.receive(db, hotline.id, message(made.key, 2, "comment", reason="x"))


def test_who_does_not_have_the_case_moves_nothing(db: Session, hotline: Partner, case: Case) -> None:
    made = give(db, case)
    say(db, hotline, made.key, 1, "status", state="closed", result="x")
    assert case.status == "transferred"
    problem = db.scalars(select(Incoming.problem)).one()
    assert problem.startswith("transfer.unexpected")


def test_recalled_before_the_answer_it_is_ours_again_and_is_asked_for_once(
    db: Session, hotline: Partner, case: Case
) -> None:
    made = give(db, case)
    do(db, INTAKE, case, "recall")
    with pytest.raises(NothingToRecall):
        do(db, INTAKE, case, "recall")
    say(db, hotline, made.key, 1, "recalled")
    assert (case.status, made.state) == ("reported", TransferState.RECALLED)
    assert sent(db, made) == ["offer", "recall"]


def test_a_located_offer_becomes_a_case_of_the_hotline_and_moves_are_told(db: Session, hotline: Partner) -> None:
    made = offer(db, hotline)
    case = db.get_one(Case, made.case_id)
    assert (case.source, case.external_system, case.external_id, case.description) == (
        "hotline", "12345", "A-1", "灯不亮",
    )  # fmt: skip
    do(db, INTAKE, case, "file")
    do(db, INTAKE, case, "correct", place=[LON, LAT])  # nothing of it is the other side's concern
    assert sent(db, made) == ["accept", "status"]


def test_a_repeated_offer_of_the_same_case_is_refused(db: Session, hotline: Partner) -> None:
    offer(db, hotline)
    again = offer(db, hotline)
    assert (again.state, again.case_id, sent(db, again)) == (TransferState.REFUSED, None, ["refuse"])
    assert len(db.scalars(select(Case)).all()) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"chain": ["test", "110", "12345"]}, "loop"), ({"origin": {"system": "test", "id": "1"}}, "loop"),
        ({"chain": ["12345", "110", "12345"]}, "loop"), ({"chain": ["110"]}, "chain"),
        ({"told": {"class_code": "WATER"}}, "class_not_taken"), ({"told": {"lon": 900}}, "bad_offer"),
    ],
)  # fmt: skip
def test_what_may_not_come_is_refused_by_a_message(
    db: Session, hotline: Partner, given: dict[str, Any], code: str
) -> None:
    made = offer(db, hotline, **given)
    body = db.scalars(select(Outgoing.body).where(Outgoing.transfer_id == made.id)).one()
    assert (made.state, body["code"]) == (TransferState.REFUSED, code)


def test_a_case_never_goes_back_as_new_and_a_cycle_of_three_is_refused(db: Session, hotline: Partner) -> None:
    police = partner(db, "110", kind="police")
    made = offer(db, hotline, chain=["110", "12345"], origin={"system": "110", "id": "P-1"})
    case = db.get_one(Case, made.case_id)
    with pytest.raises(NoPartner):  # 110 › 12345 › us: neither of the two takes it from us
        do(db, DISPATCHER, case, "transfer", partner=police.code)
    do(db, DISPATCHER, case, "hand_back")
    assert (made.holder, made.state, case.status) == (Holder.THEM, TransferState.HANDED_BACK, "transferred")
    say(db, hotline, made.key, 2, "status", state="closed", result="Mended")
    assert case.status == "closed"


def test_what_we_gave_back_and_is_offered_anew_goes_on_as_the_same_case(db: Session, hotline: Partner) -> None:
    first = offer(db, hotline)
    case = db.get_one(Case, first.case_id)
    do(db, DISPATCHER, case, "hand_back")
    second = offer(db, hotline)
    assert (second.case_id, case.status, first.ended_at is not None) == (case.id, "reported", True)


def test_an_offer_without_a_place_waits_and_is_located_or_refused(db: Session, hotline: Partner) -> None:
    made = offer(db, hotline, told={"lon": 10.0, "lat": 10.0})
    assert (made.state, made.case_id) == (TransferState.OFFERED, None)
    with pytest.raises(OutsideCity):
        taking.take(db, INTAKE, made.id, 10.0, 10.0)
    street = Viewer(None, "x", "intake", ("310199001001",), rights=RIGHTS)
    with pytest.raises(NotFound):
        taking.take(db, street, made.id, LON, LAT)
    case = taking.take(db, INTAKE, made.id, LON, LAT)
    assert (case.status, sent(db, made)) == ("reported", ["accept"])
    other = offer(db, hotline, id="A-2", origin={"system": "12345", "id": "A-2"}, told={"lon": None})
    with pytest.raises(InvalidInput):
        taking.refuse(db, INTAKE, other.id, " ")
    taking.refuse(db, INTAKE, other.id, "another city")
    assert (other.state, sent(db, other)) == (TransferState.REFUSED, ["refuse"])


def test_a_running_transfer_keeps_its_mapping(db: Session, hotline: Partner, case: Case) -> None:
    made = give(db, case)
    partners.save_mapping(db, ADMIN, hotline, LINE.replace("LAMP", "LIGHT"), "")
    assert queries.mapping_version(db, made) == 2
    assert partners.current(db, hotline.id).version == 3


def test_both_lists_are_compared_by_id_answer_state_and_content() -> None:
    def line(key: str, state: str = "filed", digest: str = "d", answer: str = "accepted") -> reconcile.Line:
        return reconcile.Line(key, f"x:{key}", answer, state, "x", digest, waiting=False)

    here = [line("a"), line("b"), line("c"), line("d"), line("f")]
    there = [line("a"), line("b", state="closed"), line("c", digest="e"), line("e"), line("f", answer="refused")]
    found = {one["transfer"]: one["kind"] for one in reconcile.compare(here, there)}
    assert found == {"b": "state", "c": "content", "d": "missing_there", "e": "missing_here", "f": "answer"}


def call(client: FlaskClient, body: bytes, **changed: str) -> Any:
    path = f"{protocol.PREFIX}/messages"
    signed = protocol.headers("12345", SECRET, "POST", path, body) | changed
    return client.post(path, data=body, headers=signed)


def test_the_door_takes_what_a_partner_signed_and_nothing_else(
    db: Session, hotline: Partner, client: FlaskClient
) -> None:
    body = message("ab" * 16, 1, "comment").model_dump_json().encode()
    assert call(client, body).json["repeated"] is False
    assert call(client, body).json["repeated"] is True
    for changed in ({"X-Signature": "sha256=00"}, {"X-System": "110"}, {"X-Timestamp": "x"}, {"X-Timestamp": ""}):
        answer = call(client, body, **changed)
        assert (answer.status_code, answer.json["code"]) == (401, "transfer.bad_signature")
    stamp = str(int(time.time()) - 1000)
    old = protocol.sign(SECRET, stamp, "POST", f"{protocol.PREFIX}/messages", body)
    answer = call(client, body, **{"X-Timestamp": stamp, "X-Signature": old})
    assert answer.status_code == 401
    assert "-1000" in answer.json["detail"]
    assert call(client, b"{").status_code == 422
    hotline.per_minute, hotline.used = 1, 100
    db.flush()
    assert call(client, body).status_code == 429
    assert client.get(f"{protocol.PREFIX}/transfers").status_code == 401


def test_the_signature_is_that_of_the_documented_example() -> None:
    """Worked out with `openssl dgst -sha256 -hmac`, as docs/transfer.md tells."""
    made = protocol.sign("a-secret-of-both-sides", "1764144000", "POST", "/transfer/v1/messages", b'{"a":1}')
    assert made == "sha256=a71307e8a826ea407487bd5b265c275ec456b3f5ebf88086c9290fa9be3ae6f4"


def test_pages_show_lists_offers_and_partners(db: Session, app: OpenAPI, hotline: Partner) -> None:
    waiting = offer(db, hotline, told={"lon": None})
    taken = offer(db, hotline, id="A-2", origin={"system": "12345", "id": "A-2"})
    intake = make_accounts.client_as(app, make_accounts.account(db, role="intake", language="en"))
    assert "A-1" in intake.get("/transfer").text
    assert intake.post(f"/transfer/incoming/{waiting.id}/refuse", data={"reason": ""}).status_code == 422
    answer = intake.post(f"/transfer/incoming/{waiting.id}/take", data={"place": f"{LON},{LAT}"})
    assert answer.status_code == 303
    page = intake.get(answer.headers["Location"]).text
    assert "We have the case" in page
    number = db.get_one(Case, taken.case_id).number
    told = intake.get(f"/api/v1/transfer/cases/{number}").json["items"]
    assert [one["holder"] for one in told] == ["us"]
    assert intake.post(f"/transfer/{taken.id}/comments", data={"words": "Which pole?"}).status_code == 303
    assert sent(db, taken)[-1] == "comment"
    found = {"kind": "missing_there", "transfer": "k", "id": "=1+1", "here": "a", "there": "", "on_the_way": False}
    report = Reconciliation(partner_id=hotline.id, day=datetime.now(UTC).date(), ours=1, theirs=0, differences=[found])
    db.add(report)
    db.flush()
    assert "Not known there" in intake.get("/transfer/reconciliation").text
    assert "'=1+1" in intake.get(f"/transfer/reconciliation/{report.id}.csv").text
    street = make_accounts.client_as(app, make_accounts.account(db, role="intake", areas=["310199001002"]))
    assert street.get("/transfer/reconciliation").status_code == 403
    assert street.get(f"/transfer/incoming/{waiting.id}").status_code == 404
    assert street.get(f"/api/v1/transfer/transfers/{taken.id}").status_code == 404


def test_an_administrator_adds_a_system_and_its_mapping(db: Session, app: OpenAPI, hotline: Partner) -> None:
    admin = make_accounts.client_as(app, make_accounts.account(db, role="administrator", language="en"))
    form = {
        "code": "110", "kind": "police", "name_zh": "公安", "name_en": "Police", "base_url": "http://10.0.0.9:80",
        "secret": SECRET, "contact_limit": "1 work_day", "reply_limit": "5 work_day", "complex_limit": "15 work_day",
    }  # fmt: skip
    for wrong in ({"secret": "short"}, {"base_url": "ftp://x"}, {"reply_limit": "soon"}, {"code": "12345"}):
        assert admin.post("/admin/transfer", data=form | wrong).status_code in (409, 422)
    made = admin.post("/admin/transfer", data=form)
    assert made.status_code == 303
    page = made.headers["Location"]
    assert SECRET not in admin.get(page).text
    assert admin.post(f"{page}/mapping", data={"classes": "nonsense"}).status_code == 422
    assert admin.post(f"{page}/mapping", data={"classes": LINE, "fields": ""}).status_code == 303
    assert "LAMP both" in admin.get(page).text
    police = db.scalars(select(Partner).where(Partner.code == "110")).one()
    assert partners.current(db, police.id).version == 2
    assert partners.secret_of(police) == SECRET
