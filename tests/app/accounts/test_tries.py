"""Guessing: what it costs, and that its answers tell nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import service, tries
from app.accounts.errors import Locked, TooManyTries, WrongLogin
from app.accounts.models import Account
from app.audit.models import AuditEntry
from tests import make_accounts
from tests.app.accounts.test_logins import log_in
from tests.make_accounts import PASSWORD


def test_a_name_that_nobody_has_rests_like_one_that_somebody_has(db: Session) -> None:
    make_accounts.account(db, name="lin")
    told = {
        name: [(type(one), str(one)) for one in (service.log_in(db, name, "wrong") for _ in range(7))]
        for name in ("lin", "nobody", "Nobody ")
    }
    assert [kind for kind, _ in told["lin"]] == [WrongLogin] * 5 + [Locked] * 2
    assert told["nobody"] == told["lin"]
    assert [kind for kind, _ in told["Nobody "]] == [Locked] * 7  # the same name


def test_what_was_typed_as_an_unknown_name_is_not_kept_whole(client: FlaskClient, db: Session) -> None:
    log_in(client, "my-password-in-the-wrong-field", "x")
    entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.actor) == ("login.failed", "my…")
    assert "password" not in f"{entry.actor}{entry.subject_id}{entry.detail}"


def failures(db: Session, count: int, address: str, *, ago: timedelta = timedelta()) -> None:
    at = datetime.now(UTC) - ago
    db.add_all(
        AuditEntry(actor="x", act="login.failed", subject="login", address=address, at=at, detail={})
        for _ in range(count)
    )
    db.flush()


def test_an_address_with_a_hundred_failures_is_not_looked_at_for_a_while(client: FlaskClient, db: Session) -> None:
    make_accounts.account(db, name="lin")
    failures(db, tries.ADDRESS_MAX - 1, "127.0.0.1")
    failures(db, tries.ADDRESS_MAX, "127.0.0.1", ago=tries.ADDRESS_SPAN + timedelta(seconds=1))
    assert log_in(client, "lin", "wrong").status_code == 401  # the hundredth within the span
    refused = log_in(client, "lin", PASSWORD)
    assert refused.status_code == 429
    assert "登录失败次数过多" in refused.text
    kept = select(func.count()).where(AuditEntry.address == "127.0.0.1")
    assert db.scalar(kept) == 2 * tries.ADDRESS_MAX  # refusals leave no rows: the record can't be flooded
    assert isinstance(service.log_in(db, "lin", PASSWORD, address="10.0.0.9"), Account)
    assert isinstance(service.log_in(db, "lin", PASSWORD, address="127.0.0.1"), TooManyTries)


def test_names_that_no_column_can_hold_are_wrong_and_no_error(client: FlaskClient) -> None:
    for name in ("a\x00b", "'; DROP TABLE accounts; --", "x" * 100_000, "\u202e", "🦢", ""):
        assert log_in(client, name, "wrong").status_code in (401, 422)
