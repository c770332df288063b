"""`./city user …`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask_openapi3 import OpenAPI
from sqlalchemy.orm import Session

from app.accounts import commands, service
from app.accounts.models import Account, Role
from gis.errors import CityError
from tests import make, make_accounts


@pytest.fixture
def user(db: Session, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command on the test's own transaction."""
    make.city(db)
    monkeypatch.setattr(commands, "open_city", lambda: None)
    return lambda *words, given=None: CliRunner().invoke(commands.user, words, input=given)


def test_a_made_account_logs_in_with_the_printed_password(user: Callable[..., Result], db: Session) -> None:
    done = user("add", "wang", "--role", "clerk", "--areas", "310199001,310199001002")
    assert done.exit_code == 0
    made = service.log_in(db, "wang", done.stdout.strip())
    assert isinstance(made, Account)
    assert (made.role, made.areas) == (Role.CLERK, ["310199001"])


def test_without_areas_it_is_the_whole_city(user: Callable[..., Result], db: Session) -> None:
    assert user("add", "wang", "--role", "leader").exit_code == 0
    assert service.need(db, "wang").areas == [""]


def test_a_password_can_be_given_on_standard_input(user: Callable[..., Result], db: Session) -> None:
    done = user("add", "wang", "--role", "leader", "--password-stdin", given="another-lantern-52\n")
    assert (done.exit_code, done.stdout) == (0, "")
    assert isinstance(service.log_in(db, "wang", "another-lantern-52"), Account)


@pytest.mark.parametrize(
    "words",
    [
        ("add", "wang", "--role", "leader", "--areas", "999"),
        ("add", "two words", "--role", "leader"),
        ("token", "nobody"),
        ("password", "nobody"),
        ("lock", "nobody"),
    ],
)
def test_what_can_not_be_done_is_told(user: Callable[..., Result], words: tuple[str, ...]) -> None:
    done = user(*words)
    assert done.exit_code != 0
    assert isinstance(done.exception, CityError)


def test_an_unknown_role_is_a_usage_error(user: Callable[..., Result]) -> None:
    assert user("add", "wang", "--role", "king").exit_code == 2


def test_the_list_is_one_object_a_line(user: Callable[..., Result], db: Session) -> None:
    make_accounts.account(db, name="wang", role="clerk", areas=["310199001"])
    make_accounts.account(db, name="chen", role="leader")
    lines = [json.loads(line) for line in user("list", "--json").stdout.splitlines()]
    assert [(one["name"], one["role"], one["areas"]) for one in lines] == [
        ("chen", "leader", [""]), ("wang", "clerk", ["310199001"]),
    ]  # fmt: skip
    assert "wang" in user("list").stdout


def test_a_printed_token_works(user: Callable[..., Result], app: OpenAPI, db: Session) -> None:
    make_accounts.account(db, name="wang")
    token = user("token", "wang", "--days", "3").stdout.strip()
    answer = app.test_client().get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.json["name"] == "wang"


def test_lock_and_open_again(user: Callable[..., Result], db: Session) -> None:
    who = make_accounts.account(db, name="wang")
    user("lock", "wang")
    db.refresh(who)
    assert not who.is_active
    user("lock", "wang", "--undo")
    db.refresh(who)
    assert who.is_active
