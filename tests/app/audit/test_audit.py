"""The audit record: what is written stays, and who may read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import delete, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry
from app.audit.queries import AuditFilter, page
from app.audit.service import record
from gis.errors import Forbidden
from grid.reach import Viewer
from tests import make, make_accounts

LIN = Viewer(1, "lin", "clerk", ("",))


@pytest.fixture
def auditor(app: OpenAPI, db: Session) -> FlaskClient:
    return make_accounts.client_as(app, make_accounts.account(db, role="administrator", name="admin"))


@pytest.mark.parametrize("change", [delete(AuditEntry), update(AuditEntry).values(actor="someone else")])
def test_an_entry_can_be_neither_changed_nor_deleted(db: Session, change) -> None:
    record(db, LIN, act="residents.open", subject="person", subject_id=7, purpose="visit")
    with pytest.raises(ProgrammingError), db.begin_nested():
        db.execute(change)


def test_an_entry_names_who_what_why_and_outside_a_request_no_address(db: Session) -> None:
    entry = record(
        db, LIN, act="residents.open", subject="person", subject_id=7, purpose="visit", detail={"via": "map"}
    )
    assert (entry.actor, entry.account_id, entry.act, entry.subject, entry.subject_id) == (
        "lin", 1, "residents.open", "person", "7",
    )  # fmt: skip
    assert (entry.purpose, entry.detail, entry.address) == ("visit", {"via": "map"}, None)


def test_only_who_may_read_the_record_reads_it(app: OpenAPI, db: Session) -> None:
    with pytest.raises(Forbidden):
        page(db, LIN, AuditFilter())
    client = make_accounts.client_as(app, make_accounts.account(db, role="leader"))
    assert client.get("/api/v1/audit").status_code == 403


def test_pages_go_through_all_entries_once_newest_first(auditor: FlaskClient, db: Session) -> None:
    ids = [record(db, LIN, act="residents.open", subject="person", subject_id=n).id for n in range(7)]
    seen: list[int] = []
    after = ""
    while after is not None:
        told = auditor.get(
            f"/api/v1/audit?actor=lin&limit=3&after={after}" if after else "/api/v1/audit?actor=lin&limit=3"
        )
        assert told.json["matched"] == 7
        seen += [item["id"] for item in told.json["items"]]
        after = told.json["next"]
    assert seen == sorted(ids, reverse=True)


def test_filters_by_act_family_and_time(auditor: FlaskClient, db: Session) -> None:
    record(db, LIN, act="residents.open", subject="person")
    record(db, LIN, act="residents.create", subject="person")
    record(db, LIN, act="login", subject="account")

    def matched(**query: str) -> int:
        return auditor.get("/api/v1/audit", query_string={"actor": "LIN"} | query).json["matched"]

    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert matched() == 3
    assert matched(act="residents.open") == 1
    assert matched(act="residents.*") == 2
    assert matched(act="residents%") == 0
    assert matched(**{"from": later}) == 0
    assert matched(to=later) == 3


def test_a_wrong_filter_names_its_field(auditor: FlaskClient) -> None:
    assert auditor.get("/api/v1/audit?limit=0").json["field"] == "limit"
    assert auditor.get("/api/v1/audit?after=nonsense").json["field"] == "after"
    assert auditor.get("/api/v1/audit?from=yesterday").json["field"] == "from"


def test_the_page_speaks_of_acts_in_words_and_of_days_in_the_citys_time(auditor: FlaskClient, db: Session) -> None:
    make.city(db, time_zone="Asia/Shanghai")
    record(db, LIN, act="residents.open", subject="person", subject_id=7, purpose="入户走访")
    told = auditor.get("/admin/audit?actor=lin").text
    assert "查看居民档案" in told
    assert "入户走访" in told
    today = db.execute(text("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")).scalar_one()
    assert "入户走访" in auditor.get(f"/admin/audit?actor=lin&from={today}&to={today}").text
    assert "没有符合筛选条件的记录" in auditor.get(f"/admin/audit?actor=lin&from={today + timedelta(days=1)}").text
    assert auditor.get("/admin/audit?from=yesterday").status_code == 422
